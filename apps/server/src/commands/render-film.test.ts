import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSystemClock, describeConfig, silentLog, unixUs, usToTicks } from '@roomtape/media';
import { openTape } from '@roomtape/tape';
import { createSyntheticSource, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandOutcome, runCommand } from '../testing/run-command.ts';
import { temporaryDirectory } from '../testing/test-server.ts';
import { command } from './render.ts';

const START = 1_700_000_000_000_000;
const SECONDS = 2;
let data: string;

async function tape(tapeId: string, participantIndex: number): Promise<void> {
  const directory = join(data, 'tapes', tapeId);
  const writer = await openTape({ directory, tapeId, clock: createSystemClock(), log: silentLog });
  const at = unixUs(START);
  writer.append({ kind: 'tape-opened', at, tapeId, roomId: 'r', streamId: tapeId, userId: tapeId });
  writer.append({ kind: 'track-added', at, trackId: 1, mediaKind: 'video', codec: 'h264', clockRate: 90_000 });
  writer.append({ kind: 'track-added', at, trackId: 2, mediaKind: 'audio', codec: 'opus', clockRate: 48_000 });
  const source = createSyntheticSource({ name: tapeId, participantIndex, width: 160, height: 96 });
  for (const { kind, type, ptsUs, data: bytes } of source.read(SECONDS * 1e6)) {
    const arrivedAt = unixUs(Math.round(START + ptsUs + 20_000));
    const pts = usToTicks(ptsUs + 1e6, kind === 'video' ? 90_000 : 48_000);
    const facts = type === 'key' && kind === 'video' ? describeConfig('h264', bytes) : undefined;
    if (facts !== undefined) writer.append({ kind: 'config-changed', at: arrivedAt, trackId: 1, ...facts });
    writer.append({ kind: 'frame', trackId: kind === 'video' ? 1 : 2, type, pts, dts: pts, arrivedAt, data: bytes });
  }
  source.close();
  await writer.seal('test');
  await writer.close();
}

beforeAll(async () => {
  data = await temporaryDirectory();
  await Promise.all(['ann', 'ben'].map((name, index) => tape(name, index)));
  const directory = join(data, 'recordings', 'rec_1');
  await mkdir(directory, { recursive: true });
  const link = (name: string) => ({
    kind: 'stream-linked',
    jobId: name,
    tapeId: name,
    streamId: name,
    userId: name,
    fileName: name,
  });
  const events = [
    { at: START, kind: 'started', recordingId: 'rec_1', request: { roomId: 'r' } },
    ...['ann', 'ben'].flatMap((name) => [
      { at: START, ...link(name) },
      { at: START + 20_000, kind: 'media-started', jobId: name },
    ]),
    { at: START + SECONDS * 1e6, kind: 'stopped' },
  ];
  await writeFile(join(directory, 'journal.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeFile(
    join(data, 'side.json'),
    JSON.stringify({ layout: { mode: 'tile' }, canvas: { width: 320, height: 96 } }),
  );
  await writeFile(join(data, 'odd.json'), JSON.stringify({ canvas: { width: 321 } }));
  await writeFile(join(data, 'mode.json'), JSON.stringify({ mode: 'spiral' }));
  await writeFile(join(data, 'no.json'), '{');
});
afterAll(() => rm(data, { recursive: true, force: true }));

const render = (...words: string[]): Promise<CommandOutcome> => runCommand(command, ...words, '--data-dir', data);

describe('render of a recording', () => {
  it('makes a film of all streams with a layout, and leaves nothing else behind', async () => {
    const out = join(data, 'films', 'film.mp4');
    const { code, stdout } = await render('rec_1', '--layout', join(data, 'side.json'), '--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/× real time/);
    expect(await readdir(join(data, 'films'))).toEqual(['film.mp4']);
    const left = readRecording(out, { tile: { x: 0, y: 0, width: 160, height: 96 } });
    const right = readRecording(out, { tile: { x: 160, y: 0, width: 160, height: 96 } });
    const people = [left, right].map(
      ({ video }) => new Set(video?.frames.slice(3).map((frame) => frame.participantIndex)),
    );
    expect(people.map((indexes) => [...indexes])).toEqual([[0], [1]]);
  });

  it.each([
    [['rec_1', '--layout', 'DATA/odd.json'], 2, 'width'],
    [['rec_1', '--layout', 'DATA/mode.json'], 2, 'layout.mode'],
    [['rec_1', '--layout', 'DATA/no.json'], 2, 'JSON'],
    [['rec_1', '--layout', 'DATA/none.json'], 2, 'no file'],
    [['rec_2', '--layout', 'DATA/side.json'], 1, 'no recording rec_2'],
    [['rec_1', '--out', 'DATA/film.mp4'], 2, '--layout'],
    [['rec_1', '--layout', 'DATA/side.json', '--out', 'film.avi'], 2, '.mp4'],
  ])('says what is wrong with %j', async (args, exitCode, words) => {
    const { code, stderr } = await render(...args.map((arg) => arg.replace('DATA', data)));
    expect(code).toBe(exitCode);
    expect(stderr).toContain(words);
    expect(existsSync(join(data, 'film.mp4'))).toBe(false);
  });
});
