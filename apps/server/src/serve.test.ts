// The real program with real media and worker processes.

import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createClient } from '@roomtape/sdk-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandReference } from './command-reference.ts';
import { addressOf, type ProgramRun, runProgram } from './testing/server-process.ts';
import { temporaryDirectory } from './testing/test-server.ts';

const FREE_PORTS = { ROOMTAPE_HTTP_PORT: '0', ROOMTAPE_MEDIA_PORT: '0', ROOMTAPE_LOG_LEVEL: 'error' };
let folder: string;
beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const serve = (name: string, env: Record<string, string> = {}): ProgramRun =>
  runProgram(['serve'], { ...FREE_PORTS, ROOMTAPE_DATA_DIR: join(folder, name), ...env });

/** As users start it: no variable says where compiled code is kept. */
function serveCompiling(name: string): ProgramRun {
  vi.stubEnv('NODE_COMPILE_CACHE', undefined);
  try {
    return serve(name);
  } finally {
    vi.unstubAllEnvs();
  }
}

type Debug = { children: { name: string; pid: number; restarts: number }[] };
async function childrenOf(server: string, dataDir: string): Promise<Debug['children']> {
  const key = (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
  const answer = await fetch(`${server}/v1/debug`, { headers: { authorization: `Bearer ${key}` } });
  return ((await answer.json()) as Debug).children;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('serve', () => {
  it('comes up healthy, restarts what dies, and ends in order', { timeout: 60_000 }, async () => {
    const run = serveCompiling('life');
    const server = await addressOf(run);
    const client = createClient({ server });
    expect(await client.health()).toMatchObject({ status: 'ok', media: { up: 1, total: 1 }, workers: { up: 1 } });
    expect((await stat(join(folder, 'life', 'api-key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'life', 'token-secret'))).mode & 0o777).toBe(0o600);

    // A child that is killed cannot write it any more: it is there as soon as the child is up.
    const compiled = await readdir(join(folder, 'life', 'code-cache'), { recursive: true });
    expect(compiled.length).toBeGreaterThan(20);

    const before = await childrenOf(server, join(folder, 'life'));
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    await vi.waitFor(
      async () => {
        const after = await childrenOf(server, join(folder, 'life'));
        expect(after.every((child) => child.restarts >= 1)).toBe(true);
        expect(await client.health()).toMatchObject({ status: 'ok' });
      },
      { timeout: 30_000, interval: 100 },
    );

    const last = await childrenOf(server, join(folder, 'life'));
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(last.map(({ pid }) => isAlive(pid))).toEqual([false, false]);
    expect(run.output().stdout).toBe(`Roomtape is at ${server}\n`);
  });

  it('takes its children along when it is killed, and starts again on the same data', { timeout: 40_000 }, async () => {
    const run = serve('killed');
    const children = await childrenOf(await addressOf(run), join(folder, 'killed'));
    run.child.kill('SIGKILL');
    await run.ended;
    await vi.waitFor(() => expect(children.map(({ pid }) => isAlive(pid))).toEqual([false, false]), { timeout: 8000 });

    const again = serve('killed');
    expect(await createClient({ server: await addressOf(again) }).health()).toMatchObject({ status: 'ok' });
    again.child.kill('SIGINT');
    expect(await again.ended).toEqual({ code: 0, signal: null });
  });

  it('refuses a second server on the same data', { timeout: 40_000 }, async () => {
    const first = serve('shared');
    await addressOf(first);
    const second = serve('shared');

    expect(await second.ended).toMatchObject({ code: 3 });
    expect(second.output().stderr).toContain('DATA_DIRECTORY_TAKEN');
    first.child.kill('SIGTERM');
    await first.ended;
  });

  it('comes up where its compiled code cannot be kept', { timeout: 40_000 }, async () => {
    await mkdir(join(folder, 'uncompiled'));
    await writeFile(join(folder, 'uncompiled', 'code-cache'), '');
    const run = serveCompiling('uncompiled');

    expect(await createClient({ server: await addressOf(run) }).health()).toMatchObject({ status: 'ok' });
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
  });

  it('says which HTTP port is in use', { timeout: 20_000 }, async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    const run = serve('port', { ROOMTAPE_HTTP_PORT: String(port) });

    expect(await run.ended).toMatchObject({ code: 4 });
    expect(run.output().stderr).toContain(`127.0.0.1:${port}`);
    taken.close();
  });

  it('says which media port is in use', { timeout: 20_000 }, async () => {
    const taken = createSocket('udp4');
    const port = await new Promise<number>((resolve) => {
      taken.bind(0, '127.0.0.1', () => resolve(taken.address().port));
    });
    const run = serve('media-port', { ROOMTAPE_MEDIA_PORT: String(port) });

    expect(await run.ended).toMatchObject({ code: 4 });
    expect(run.output().stderr).toContain(`127.0.0.1:${port}`);
    taken.close();
  });

  it('says that the data directory cannot be written', { timeout: 20_000 }, async () => {
    await writeFile(join(folder, 'a-file'), '');
    const run = serve('a-file/below');

    expect(await run.ended).toMatchObject({ code: 3 });
    expect(run.output().stderr).toMatch(/^Roomtape cannot start: the data directory .*DATA_DIRECTORY_UNUSABLE/);
  });

  it('lists everything that is wrong with its configuration', { timeout: 20_000 }, async () => {
    const run = serve('wrong', { ROOMTAPE_HTTP_PORTS: '1', ROOMTAPE_FRAGMENT_MS: 'x' });

    expect(await run.ended).toMatchObject({ code: 2 });
    expect(run.output().stderr).toContain('ROOMTAPE_HTTP_PORTS: unknown setting');
    expect(run.output().stderr).toContain('ROOMTAPE_FRAGMENT_MS: must be an integer');
  });
});

describe('roomtape', () => {
  it('lists its commands, shows the options of each and refuses what it does not know', {
    timeout: 30_000,
  }, async () => {
    const run = async (...args: string[]) => {
      const program = runProgram(args);
      const { code } = await program.ended;
      return { code, ...program.output() };
    };

    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('record') });
    expect(await run('serve', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ROOMTAPE_HTTP_PORT'),
    });
    expect(await run('dance')).toMatchObject({ code: 2, stderr: expect.stringContaining('no command "dance"') });
    const wrong = await run('verify', '--jsn', '--data-dir');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--jsn') });
    expect(wrong.stderr).toContain('--data-dir needs a value');
  });

  it('runs under an older Node by starting the pinned one', { timeout: 20_000 }, async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    const bin = join(import.meta.dirname, '../bin/roomtape.mjs');
    const text = execFileSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });

    expect(text).toContain('roomtape COMMAND');
  });

  it('documents its commands as they are', async () => {
    const written = readFileSync(join(import.meta.dirname, '../../../docs/reference/commands.md'), 'utf8');

    expect(written, 'run: node scripts/write-reference.ts').toBe(await commandReference());
  });
});
