// Runs what the documents tell a reader to type, word for word, in a folder of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { CURL_COMMANDS, SERVER_COMMANDS } from './documented-commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_MS = 60_000;
const [PUBLISH, PLAY, RECORD, INSPECT, VERIFY, ANALYSE, RENDER, RENDER_FILM] = SERVER_COMMANDS as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

type Outcome = { readonly code: number | null; readonly output: string };

let folder = '';
let data = '';
let env: NodeJS.ProcessEnv = {};
let url = '';
let server: ChildProcess;
const running = new Set<ChildProcess>();

describe('the documented commands', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roomtape-docs-'));
    data = join(folder, 'data');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    env = { ...process.env, ROOMTAPE_HTTP_PORT: String(port), ROOMTAPE_MEDIA_PORT: '0', ROOMTAPE_DATA_DIR: data };
    server = start('npm start');
    await untilHealthy();
  }, READY_MS + 5000);

  afterAll(async () => {
    for (const child of running) if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await Promise.all([...running].map(ended));
    rmSync(folder, { recursive: true, force: true });
  });

  it('serve the page at the one address that npm start prints', async () => {
    const page = await fetch(url);

    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<div id="root">');
  });

  it('publish, play, record, and account for a recording', { timeout: 120_000 }, async () => {
    const publishing = run(PUBLISH);
    const isLive = untilLive().then(() => ({ code: 0, output: '' }));
    const first = await Promise.race([publishing, isLive]);
    expect(first, 'the publisher goes live').toEqual({ code: 0, output: '' });

    const [played, recorded] = await Promise.all([run(PLAY), run(RECORD)]);
    const started = await run(shellOf(CURL_COMMANDS[0] ?? ''), false);
    const mixed = await run(shellOf(CURL_COMMANDS[1] ?? ''), false);
    const listed = await run(shellOf(CURL_COMMANDS[2] ?? ''), false);
    const published = await publishing;

    expect([played.code, recorded.code, published.code], played.output + recorded.output + published.output).toEqual([
      0, 0, 0,
    ]);
    expect(JSON.parse(started.output)).toMatchObject({ roomId: 'demo', mode: 'single' });
    expect(JSON.parse(mixed.output)).toMatchObject({ mode: 'mix', film: { layout: { mode: 'gallery' } } });
    expect(JSON.parse(listed.output).recordings).toHaveLength(3);
  });

  it('inspect, verify, analyse and render what was recorded', { timeout: 120_000 }, async () => {
    const recording = oldestRecording();
    const tape = readdirSync(join(data, 'recordings', recording, 'tapes'))[0] ?? '';
    const files = join(data, 'recordings', recording, 'files');
    const file = join(files, readdirSync(files)[0] ?? '');
    const out = join(folder, 'again.mp4');
    const put = (command: string): string =>
      command.replace('TAPE', tape).replace('RECORDING', recording).replace('FILE', file).replace('OUT.mp4', out);

    const inspected = await run(put(INSPECT));
    const verified = await run(put(VERIFY));
    const analysed = await run(put(ANALYSE));
    const rendered = await run(put(RENDER));
    const layout = join(folder, 'layout.json');
    const film = join(folder, 'film.mp4');
    writeFileSync(layout, '{"mode":"single"}');
    const filmed = await run(put(RENDER_FILM).replace('LAYOUT.json', layout).replace('FILM.mp4', film));

    expect([inspected.code, verified.code, analysed.code, rendered.code], analysed.output + rendered.output).toEqual([
      0, 0, 0, 0,
    ]);
    expect(filmed.code, filmed.output).toBe(0);
    expect(existsSync(film)).toBe(true);
    expect(inspected.output).toContain('tape-opened');
    expect(verified.output).toMatch(/R{5}/);
  });

  it('demo records two participants and finds no fault', { timeout: 120_000 }, async () => {
    const demo = await run('npm run demo -- --duration 6s');

    expect(demo.code, demo.output).toBe(0);
    expect(demo.output).toMatch(/h264/i);
  });

  it('npm start ends in order when it is told to', async () => {
    process.kill(-(server.pid ?? 0), 'SIGTERM');
    await ended(server);

    expect(existsSync(join(data, 'server.lock'))).toBe(false);
  });
});

/** Starts a command in its own process group, from the checkout. */
function start(command: string): ChildProcess {
  const child = spawn('bash', ['-c', command], { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function run(command: string, isOurs = true): Promise<Outcome> {
  const takesServer = isOurs && / (publish|play|record) /.test(command);
  const child = start(takesServer ? `${command} --server ${url}` : command);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await ended(child);
  return { code, output };
}

/** The README's requests, with this server's address and key. */
function shellOf(command: string): string {
  return command
    .replace('http://127.0.0.1:8080', url)
    .replaceAll('data/api-key', join(data, 'api-key'))
    .replace('-s ', '-s --fail ');
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

async function untilHealthy(): Promise<void> {
  await until(async () => (await fetch(`${url}/healthz`)).ok, READY_MS);
}

async function untilLive(): Promise<void> {
  const headers = { authorization: `Bearer ${readFileSync(join(data, 'api-key'), 'utf8').trim()}` };
  await until(async () => {
    const answer = await fetch(`${url}/v1/rooms/demo`, { headers });
    const room = (await answer.json()) as { streams?: { state: string }[] };
    return room.streams?.some((stream) => stream.state === 'live') ?? false;
  }, READY_MS);
}

async function until(isTrue: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue().catch(() => false))) {
    if (performance.now() > deadline) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function oldestRecording(): string {
  const folderOf = join(data, 'recordings');
  const ids = readdirSync(folderOf).filter((id) => readdirSync(join(folderOf, id, 'files')).length > 0);
  const createdAt = (id: string): number =>
    (JSON.parse(readFileSync(join(folderOf, id, 'journal.jsonl'), 'utf8').split('\n')[0] ?? '{}') as { at: number }).at;
  return ids.sort((a, b) => createdAt(a) - createdAt(b))[0] ?? '';
}
