import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { openTape } from '@roomtape/tape';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDurationMs } from '../duration.ts';
import { findTapes } from '../tape-location.ts';
import { runCommand } from '../testing/run-command.ts';
import { startTestServer, temporaryDirectory } from '../testing/test-server.ts';
import { command as inspect } from './inspect.ts';
import { command as record } from './record.ts';
import { command as render } from './render.ts';
import { command as verify } from './verify.ts';

let data: string;
beforeAll(async () => {
  data = await temporaryDirectory();
  const directory = join(data, 'tapes', 'tape_1');
  await mkdir(directory, { recursive: true });
  await mkdir(join(data, 'recordings', 'rec_1', 'tapes'), { recursive: true });
  await symlink('../../../tapes/tape_1', join(data, 'recordings', 'rec_1', 'tapes', 'tape_1'));
  const clock = createSystemClock();
  const tape = await openTape({ directory, tapeId: 'tape_1', clock, log: silentLog });
  const at = clock.now();
  tape.append({ kind: 'tape-opened', at, tapeId: 'tape_1', roomId: 'r', streamId: 'cam', userId: 'ann' });
  await tape.seal('test');
  await tape.close();
});
afterAll(() => rm(data, { recursive: true, force: true }));

describe('inspect, verify and render', () => {
  it('find a tape by directory, by id and by recording', () => {
    const tape = join(data, 'tapes', 'tape_1');

    for (const name of [tape, 'tape_1', 'rec_1']) expect(findTapes(name, data)).toEqual([tape]);
    expect(findTapes('none', data)).toEqual([]);
  });

  it('print the tape of a recording', async () => {
    const { code, stdout } = await runCommand(inspect, 'rec_1', '--data-dir', data);

    expect(code).toBe(0);
    expect(stdout).toContain('tape-opened');
    expect(stdout).toContain('tape-sealed');
  });

  it('account for it, also as JSON, and fail on damage', async () => {
    expect(await runCommand(verify, 'tape_1', '--data-dir', data)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('sealed'),
    });
    const { stdout } = await runCommand(verify, 'tape_1', '--data-dir', data, '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ tapeId: 'tape_1', sealed: true }]);
    await mkdir(join(data, 'tapes', 'broken'));
    await writeFile(join(data, 'tapes', 'broken', '000000.tape'), 'x'.repeat(1000));
    expect((await runCommand(verify, 'broken', '--data-dir', data)).code).toBe(1);
  });

  it('say what they need', async () => {
    for (const command of [inspect, verify]) {
      expect((await runCommand(command)).code).toBe(2);
      expect(await runCommand(command, 'none', '--data-dir', data)).toMatchObject({
        code: 1,
        stderr: 'There is no tape at none.\n',
      });
    }
    expect((await runCommand(inspect, 'tape_1', '--from', '-1x', '--data-dir', data)).code).toBe(2);
    expect((await runCommand(render, 'tape_1', 'out.avi', '--data-dir', data)).code).toBe(2);
    expect((await runCommand(render, 'tape_1', 'out.mp4', '--media', 'smell', '--data-dir', data)).code).toBe(2);
    expect((await runCommand(render, 'tape_1', join(data, 'out.mp4'), '--data-dir', data)).stderr).toContain(
      'no such media',
    );
  });
});

describe('record', () => {
  it('records for a while and lists the files', async () => {
    const t = await startTestServer();
    const answer = await t.publish('r', 'cam', t.apiKey);
    const session = answer.headers.get('location')?.split('/').at(-1) ?? '';
    const args = ['--server', t.url, '--api-key', t.apiKey, '--room', 'r', '--duration', '600ms'];
    const run = runCommand(record, ...args);
    const taping = setInterval(() => {
      if (t.media[0]?.sessions.has(session) === true && t.media[0].tapes.size > 0) t.media[0].connect(session);
    }, 50);
    const { code, stdout } = await run;
    clearInterval(taping);
    await t.close();

    expect([code, stdout]).toEqual([0, expect.stringMatching(/^rec_\w+ finished\nfile .*\ncam\.1\.mp4/)]);
  });

  it('says what is wrong with the call, the key and the address', async () => {
    const t = await startTestServer();
    const base = ['--server', t.url, '--data-dir', t.dataDir, '--room', 'r', '--duration', '1ms'];
    expect((await runCommand(record, '--server', t.url)).code).toBe(2);
    expect((await runCommand(record, ...base.slice(0, -1), 'soon')).code).toBe(2);
    expect(await runCommand(record, ...base, '--api-key', 'wrong')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('UNAUTHENTICATED'),
    });
    expect(await runCommand(record, ...base, '--format', 'avi')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NOT_SUPPORTED'),
    });
    expect((await runCommand(record, ...base)).stdout).toMatch(/^rec_\w+ finished/);
    await t.close();
    await expect(runCommand(record, ...base)).rejects.toMatchObject({ code: 'API_KEY_MISSING' });
    expect(await runCommand(record, ...base, '--api-key', 'any')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CONNECTION_FAILED'),
    });
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7', 7000],
    ['soon', undefined],
    ['-1s', undefined],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });
});
