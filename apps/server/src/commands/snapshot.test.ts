import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from '../command.ts';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { command } from './snapshot.ts';

let t: TestServer;
let id: string;
let folder: string;
beforeAll(async () => {
  t = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'roomtape-picture-'));
  id = String((await t.call('POST', '/v1/recordings', { roomId: 'r' })).body.recordingId);
  const published = await t.publish('r', 'cam', await t.token('r', 'ann'));
  t.media[0]?.connect(published.headers.get('location')?.split('/').at(-1) ?? '');
  await eventually(() => expect(t.workers[0]?.jobs.size).toBe(1));
});
afterAll(async () => {
  await t.close();
  await rm(folder, { recursive: true });
});

async function run(...args: readonly string[]) {
  const parsed = parseCommand(command, [...args, '--server', t.url, '--api-key', t.apiKey]);
  if (parsed.kind !== 'call') throw new Error(JSON.stringify(parsed));
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const io = { stdout: say, stderr: say, env: {}, isTerminal: false, signal: new AbortController().signal };
  return { code: await command.run({ ...parsed, ...io }), said: said.join('') };
}

describe('roomtape snapshot', () => {
  it('saves the picture of a time', async () => {
    const out = join(folder, 'now.webp');
    const { code, said } = await run(id, '--out', out, '--at', '2.5s', '--width', '320', '--stream', 'cam');
    expect([code, await readFile(out, 'utf8')]).toEqual([0, 'a picture']);
    expect(said).toContain('320 × 720, 9 bytes');
    expect(t.workers[0]?.snapshots.at(-1)).toMatchObject({ format: 'webp', atUs: 2_500_000, width: 320 });
  });

  it.each([
    [['ID', '--out', 'x.gif'], 2, '.jpg'],
    [['ID'], 2, '--out'],
    [['ID', '--out', 'x.jpg', '--at', 'noon'], 2, '--at'],
    [['rec_none', '--out', 'x.jpg'], 1, 'RECORDING_NOT_FOUND'],
    [['ID', '--out', 'x.jpg', '--width', 'wide'], 1, 'INVALID_REQUEST'],
  ])('says what is wrong with %j', async (args, exitCode, words) => {
    const { code, said } = await run(...args.map((arg) => (arg === 'ID' ? id : arg)));
    expect(code).toBe(exitCode);
    expect(said).toContain(words);
  });
});
