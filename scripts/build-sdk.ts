// Builds the browser SDK into packages/sdk/dist, a package that can be published or served as it is: `roomtape.js`, the
// chunks it loads when they are first needed (encoders, muxers, workers), its types; `node scripts/build-sdk.ts`.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { writeSdkTypes } from './sdk-types.ts';

const ROOT = join(import.meta.dirname, '..');
const SDK = join(ROOT, 'packages', 'sdk');
const DIST = join(SDK, 'dist');
/** What every page loads: the entry and what it imports at once. */
export const CORE_GZIP_BYTES_MAX = 60_000;

/** One built file and how large it is when it is sent compressed. */
export type BuiltFile = { readonly name: string; readonly bytes: number; readonly gzipBytes: number };

/** Builds the whole package into `outDir`: code, types, description, licence. */
export async function buildSdkPackage(outDir: string = DIST): Promise<string> {
  await buildSdk(outDir);
  await writeSdkTypes(join(outDir, 'types'));
  const { name, version, license } = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const description = 'Roomtape in the browser: rooms, local recording, raw audio';
  const entry = { types: './types/index.d.ts', default: './roomtape.js' };
  const facts = { name, version, description, license, type: 'module', sideEffects: false, exports: { '.': entry } };
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
  copyFileSync(join(ROOT, 'LICENSE'), join(outDir, 'LICENSE'));
  copyFileSync(join(SDK, 'README.md'), join(outDir, 'README.md'));
  return outDir;
}

/** Builds the code of the SDK into `outDir`; resolves with that folder, rejects with the bundler's error. */
export async function buildSdk(outDir: string = DIST): Promise<string> {
  const { build } = await import('vite');
  await build({
    root: SDK,
    // Relative, so that the files work from whatever folder they are served.
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: {
        input: join(SDK, 'src', 'index.ts'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'roomtape.js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  });
  return outDir;
}

/** The files of a build with their sizes. */
export function builtFiles(outDir: string): BuiltFile[] {
  return readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      return { name: path.slice(outDir.length + 1), bytes: bytes.length, gzipBytes: gzipSync(bytes).length };
    });
}

/** The files a page loads before anything is asked of the SDK: the entry and its static imports. */
export function coreFiles(outDir: string, entry = 'roomtape.js'): readonly BuiltFile[] {
  const files = new Map(builtFiles(outDir).map((file) => [file.name, file]));
  const seen = new Map<string, BuiltFile>();
  const visit = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || seen.has(name)) return;
    seen.set(name, file);
    const text = readFileSync(join(outDir, name), 'utf8');
    // `import(…)` has a bracket where a static import has a quote or a name.
    for (const [, target = ''] of text.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g)) {
      visit(posix.join(posix.dirname(name), target));
    }
  };
  visit(entry);
  return [...seen.values()];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, bytes, gzipBytes } of builtFiles(await buildSdkPackage()).filter((file) =>
    file.name.endsWith('.js'),
  )) {
    console.log(`${name.padEnd(40)} ${(bytes / 1000).toFixed(1)} kB, ${(gzipBytes / 1000).toFixed(1)} kB compressed`);
  }
}
