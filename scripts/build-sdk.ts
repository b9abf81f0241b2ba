// Builds the browser SDK into packages/sdk/dist: `roomtape.js`, the chunks it loads when they are first needed
// (encoders, muxers, workers) and nothing else; `node scripts/build-sdk.ts`, or `buildSdk` from a program.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SDK = join(import.meta.dirname, '..', 'packages', 'sdk');

/** One built file and how large it is when it is sent compressed. */
export type BuiltFile = { readonly name: string; readonly bytes: number; readonly gzipBytes: number };

/** Builds the SDK into `outDir`; resolves with that folder, rejects with the bundler's error. */
export async function buildSdk(outDir: string = join(SDK, 'dist')): Promise<string> {
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, bytes, gzipBytes } of builtFiles(await buildSdk())) {
    console.log(`${name.padEnd(40)} ${(bytes / 1000).toFixed(1)} kB, ${(gzipBytes / 1000).toFixed(1)} kB compressed`);
  }
}
