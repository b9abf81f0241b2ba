// The types of the browser SDK as declarations that need nothing else: those that `index.ts` leads to, and the few of
// the server's contract they name, written out.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative } from 'node:path';
import { ERROR_CATALOGUE } from '../packages/api/src/index.ts';

const ROOT = join(import.meta.dirname, '..');
/** Objects of the contract that the SDK's own types name. */
const CONTRACT = ['Participant', 'Stream'];
const CONTRACT_FILE = 'contract.d.ts';

/** Makes the declarations, by path from the folder of `index.d.ts`. Rejects with the compiler's words. */
export async function sdkTypes(): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-types-'));
  try {
    const emitted = await compile(folder);
    const files = new Map<string, string>();
    await collect(join(emitted.sdk, '.'), 'index.d.ts', files);
    files.set(CONTRACT_FILE, writeContract(await readFile(emitted.contract, 'utf8')));
    return files;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the declarations into a folder. */
export async function writeSdkTypes(outDir: string): Promise<void> {
  for (const [path, text] of await sdkTypes()) {
    await mkdir(dirname(join(outDir, path)), { recursive: true });
    await writeFile(join(outDir, path), text);
  }
}

async function compile(folder: string): Promise<{ readonly sdk: string; readonly contract: string }> {
  const probe = join(folder, 'contract.ts');
  const outDir = join(folder, 'out');
  // A copy of an object has its type written out in the declaration, however the contract composed it.
  const copies = CONTRACT.map((name) => `declare const a${name}: ${name};\nexport const ${name}0 = { ...a${name} };`);
  await writeFile(probe, `import type { ${CONTRACT.join(', ')} } from '@roomtape/api';\n${copies.join('\n')}\n`);
  const output = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir, rootDir: '/' };
  const settings = {
    extends: join(ROOT, 'tsconfig.browser.json'),
    compilerOptions: { ...output, paths: { '@roomtape/*': [join(ROOT, 'packages/*/src/index.ts')] } },
    files: [join(ROOT, 'packages/sdk/src/index.ts'), probe],
    include: [],
  };
  const project = join(folder, 'tsconfig.json');
  await writeFile(project, JSON.stringify(settings));
  await runCompiler(['-p', project]);
  const emitted = (path: string): string => join(outDir, relative('/', path));
  return { sdk: emitted(join(ROOT, 'packages/sdk/src')), contract: emitted(join(folder, 'contract.d.ts')) };
}

/** Takes a declaration file and those it imports; internals that no type leads to stay out. */
async function collect(folder: string, path: string, files: Map<string, string>): Promise<void> {
  if (files.has(path)) return;
  const written = await readFile(join(folder, path), 'utf8');
  const up = '../'.repeat(path.split('/').length - 1) || './';
  const text = written
    .replaceAll(`'@roomtape/api'`, `'${up}${CONTRACT_FILE.replace('.d.ts', '.js')}'`)
    .replaceAll(/(from '\.[^']*)\.ts'/g, `$1.js'`);
  files.set(path, text);
  for (const [, target = ''] of text.matchAll(/from '(\.[^']*)\.js'/g)) {
    const next = `${posix.normalize(posix.join(posix.dirname(path), target))}.d.ts`;
    if (next !== CONTRACT_FILE) await collect(folder, next, files);
  }
}

function writeContract(declared: string): string {
  const types = declared.replaceAll(/export declare const (\w+)0: /g, 'export type $1 = ');
  const codes = Object.keys(ERROR_CATALOGUE).map((code) => `  | '${code}'`);
  return `${types}/** Codes of the server's errors. */\nexport type ErrorCode =\n${codes.join('\n')};\n`;
}

async function runCompiler(given: readonly string[]): Promise<void> {
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const child = spawn(compiler, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    printed += String(chunk);
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`The types of the SDK are not whole:\n${printed}`);
}
