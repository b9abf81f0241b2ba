// The examples of docs/client-sdk.md, as one program: it has no error of types, and it runs in a real browser against
// the real server. The example of docs/raw-audio.md works as it is written.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toneWav } from '../../packages/sdk/src/audio/testing/tone-wav.ts';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { servePageFolder } from './page-folder.ts';
import { openSdkPage, type SdkSite } from './sdk-page.ts';
import { copySdkPackage } from './shared-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** What the guide speaks of and the reader's page has. */
const READERS = `declare const askYourServer: (roomId: string, userId: string) => Promise<string>;
declare const showSaveFilePicker: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;`;
const PAGE = `<!doctype html><title>Reader</title><video muted></video><script type="module">
import * as roomtape from './roomtape.js'; globalThis.roomtape = roomtape;</script>`;

let folder: string;
let server: ServerProcess;
let site: SdkSite;
let browser: TestBrowser;
let examples: readonly { readonly runs: boolean; readonly text: string }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomtape-examples-'));
  const dist = join(folder, 'node_modules', '@roomtape', 'sdk');
  const guide = await readFile(join(ROOT, 'docs', 'client-sdk.md'), 'utf8');
  examples = [...guide.matchAll(/```ts( not-run)?\n([\s\S]*?)```/g)].map(([, mark, text = '']) => ({
    runs: mark === undefined,
    text,
  }));
  [server, browser] = await Promise.all([startServerProcess(), launchBrowser(), copySdkPackage(dist)]);
  await writeFile(join(dist, 'music.wav'), new Uint8Array(await toneWav(330, 0.09, 2).arrayBuffer()));
  site = await servePageFolder(dist, { '/': PAGE });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

it('has examples without an error of types', async () => {
  await writeFile(join(folder, 'guide.ts'), `${READERS}\n${programOf(examples.map(({ text }) => text))}\nexport {};\n`);
  const settings = {
    compilerOptions: {
      ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, types: [] },
      ...{ target: 'es2024', module: 'esnext', moduleResolution: 'bundler', lib: ['es2024', 'dom', 'dom.iterable'] },
    },
    files: ['guide.ts'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));

  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const said = await promisify(execFile)(compiler, ['-p', folder]).catch((error: { stdout: string }) => error);

  expect(said.stdout).toBe('');
});

it.concurrent('has examples that run, apart from those that need a person', async () => {
  const { run } = await openSdkPage(site, browser);
  const program = programOf(examples.filter(({ runs }) => runs).map(({ text }) => text));
  const body = stripTypeScriptTypes(program.replaceAll(/^import .*$/gm, '')).replace(
    'https://rec.example.org',
    server.url,
  );

  const printed = await run<string[]>(
    `const { createEngine, RoomtapeClientError } = roomtape;
    const printed = [];
    const console = { log: (...words) => printed.push(words.join(' ')) };
    const askYourServer = async (roomId, userId) => {
      const answer = await fetch(argument.url + '/v1/rooms/' + roomId + '/tokens', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + argument.apiKey, 'content-type': 'application/json' },
        body: JSON.stringify({ userId }),
      });
      return (await answer.json()).token;
    };
    ${body}
    return printed;`,
    { url: server.url, apiKey: server.apiKey },
  );

  expect(examples.filter(({ runs }) => !runs)).toHaveLength(1);
  expect(printed).toEqual(expect.arrayContaining(['main recording ', 'main success ', 'aux success ', 'disconnected']));
  expect(printed.filter((line) => /^first\.mp4 \d{4,}$/.test(line))).toHaveLength(1);
  expect(printed.at(-1)).toMatch(/^(RECORD_SUFFIX_NOT_SUPPORTED|ENGINE_DESTROYED) /);
  expect(browser.complaints).toEqual([]);
});

it.concurrent('hears the microphone and records it', async () => {
  const document = await readFile(join(ROOT, 'docs', 'raw-audio.md'), 'utf8');
  const example = /```js\nimport \{ ([^}]+) \} from '@roomtape\/sdk';\n([\s\S]*?)```/.exec(document);
  const { run } = await openSdkPage(site, browser);

  const seen = await run<{ loudest: number; name: string; bytes: number }>(
    `const { ${example?.[1]} } = roomtape; ${example?.[2]}; return { loudest, name: file.name, bytes: file.size };`,
  );

  expect(seen.name).toBe('talk.wav');
  expect(seen.loudest).toBeGreaterThan(1000);
  expect(seen.bytes).toBeGreaterThan(48_000);
  expect(browser.complaints).toEqual([]);
});

/** Blocks as one module: imports first, once. */
function programOf(blocks: readonly string[]): string {
  const lines = blocks.join('\n').split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  return [...imports, ...lines.filter((line) => !line.startsWith('import '))].join('\n');
}
