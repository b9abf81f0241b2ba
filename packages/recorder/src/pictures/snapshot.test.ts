import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog, unixUs } from '@roomtape/media';
import { newestChunkStart, openTape } from '@roomtape/tape';
import { afterAll, describe, expect, it } from 'vitest';
import { countedPictures, readPictureFile } from '../testing/counted-pictures.ts';
import { beeps } from '../testing/flash-beep.ts';
import { EPOCH, Script, type ScriptTrack, wall } from '../testing/script.ts';
import { type SnapshotJob, takeSnapshot } from './snapshot.ts';

const root = mkdtempSync(join(tmpdir(), 'roomtape-snapshot-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const S = 1_000_000;
const pictures = countedPictures({ seconds: 6 });
const vp8 = countedPictures({ seconds: 6, codec: 'vp8' });
const sound = beeps({ seconds: 6 });
const video = (more: Partial<ScriptTrack> = {}): ScriptTrack => ({
  ...{ trackId: 1, codec: 'h264', packets: pictures },
  ...more,
});
const audio: ScriptTrack = { trackId: 2, codec: 'opus', packets: sound };

let count = 0;

async function jobOf(script: Script, more: Partial<SnapshotJob> = {}): Promise<SnapshotJob> {
  count += 1;
  const tapeDirectory = join(root, `tape-${count}`);
  await script.write(tapeDirectory);
  const format = more.format ?? 'jpeg';
  return {
    tapeDirectory,
    path: join(root, `picture-${count}.${format}`),
    format,
    media: 'audio-video',
    startAt: unixUs(EPOCH),
    pauses: [],
    ...more,
  };
}

async function counterOf(script: Script, more: Partial<SnapshotJob> = {}): Promise<number | undefined> {
  const { path } = await takeSnapshot(await jobOf(script, more));
  return readPictureFile(path).counter;
}

describe('a snapshot', () => {
  const both = new Script().track(video()).track(audio);

  it.each([
    ['jpeg', 'mjpeg'],
    ['webp', 'webp'],
  ] as const)('is a %s of the newest picture, with its facts', async (format, codec) => {
    const file = await takeSnapshot(await jobOf(both, { format }));

    expect(readPictureFile(file.path)).toEqual({ codec, width: 320, height: 180, counter: 59, participantIndex: 5 });
    expect(file).toMatchObject({ container: format, state: 'finished', width: 320, height: 180, durationUs: 0 });
    expect(Math.abs(file.startedAt - wall(5.9 * S))).toBeLessThan(40_000);
  });

  it.each([
    [0, 0],
    [1.25 * S, 12],
    [3 * S, 30],
    [4.99 * S, 49],
    [5.95 * S, 59],
  ])('at %d µs is the picture a player shows then', async (atUs, counter) => {
    expect(await counterOf(both, { atUs })).toBe(counter);
  });

  it('is smaller where a width is given, and never larger', async () => {
    const small = await takeSnapshot(await jobOf(both, { width: 160 }));
    expect(small).toMatchObject({ width: 160, height: 90 });
    expect(readPictureFile(small.path)).toMatchObject({ width: 160, height: 90 });
    expect(await takeSnapshot(await jobOf(both, { width: 3840 }))).toMatchObject({ width: 320, height: 180 });
  });

  it.each(['vp8', 'vp9', 'h265', 'av1'] as const)('is taken of %s', async (codec) => {
    const script = new Script().track(video({ codec, packets: countedPictures({ seconds: 2, codec }) }));
    expect(await counterOf(script, { atUs: 1.55 * S })).toBe(15);
    expect(await counterOf(script)).toBe(19);
  });

  it('finds reordered pictures at their time', async () => {
    const packets = countedPictures({ seconds: 3, fps: 30, bFrames: 2 });
    const script = new Script().track(video({ packets }));
    const startAt = wall(-S);
    expect(await counterOf(script, { startAt, atUs: 1.31 * S })).toBe(39);
    expect(await counterOf(script, { startAt, atUs: 1.71 * S })).toBe(51);
    expect(await counterOf(script)).toBe(89);
  });

  it('of a paused recording is the last picture before the pause, though the tape goes on', async () => {
    expect(await counterOf(both, { pauses: [{ fromAt: wall(2.55 * S) }] })).toBe(25);
  });

  it('counts time without pauses', async () => {
    // Goes on with the keyframe of second 4: 2.5 s are before it.
    const pauses = [{ fromAt: wall(2.5 * S), toAt: wall(3.9 * S) }];
    expect(await counterOf(both, { pauses, atUs: 2.55 * S })).toBe(40);
    expect(await counterOf(both, { pauses, atUs: 3.05 * S })).toBe(45);
  });

  it('ends where the recording does', async () => {
    const end = { stopAt: wall(4.25 * S) };
    expect(await counterOf(both, { end })).toBe(42);
    await expect(jobOf(both, { end, atUs: 4.5 * S }).then(takeSnapshot)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'atMs', lengthMs: expect.closeTo(4250, -2) },
    });
  });

  it('decodes a minute without keyframes and finds one far back', async () => {
    const packets = countedPictures({ seconds: 60, gopFrames: 10_000 });
    const script = new Script().track(video({ packets })).track({ ...audio, packets: beeps({ seconds: 60 }) });
    expect(await counterOf(script)).toBe(599);
  });

  it('goes on over a change of codec', async () => {
    const script = new Script()
      .track(video({ keeps: (us) => us < 3 * S }))
      .track(video({ trackId: 3, codec: 'vp8', packets: vp8, keeps: (us) => us >= 3 * S }))
      .track(audio);
    expect(await counterOf(script, { atUs: 1.05 * S })).toBe(10);
    expect(await counterOf(script, { atUs: 4.05 * S })).toBe(40);
    expect(await counterOf(script)).toBe(59);
  });

  it('is taken of a tape that is being written', async () => {
    const job = await jobOf(new Script(), { tapeDirectory: join(root, 'growing') });
    const tapeDirectory = join(root, 'growing');
    const clock = createSystemClock();
    const writer = await openTape({ directory: tapeDirectory, tapeId: 'tape', clock, log: silentLog });
    for (const entry of new Script().track(video()).entries()) {
      writer.append(entry);
      if (entry.kind !== 'frame' || entry.arrivedAt < wall(2.35 * S)) continue;
      await writer.flush();
      break;
    }
    expect(readPictureFile((await takeSnapshot({ ...job, tapeDirectory })).path).counter).toBe(24);
    await writer.close();
  });

  it.each([
    ['NO_PICTURE', 'there are no pictures yet', new Script().track(audio), {}],
    ['NO_VIDEO', 'there was only sound', new Script().track(audio), { end: { stopAt: wall(6 * S) } }],
    ['NO_PICTURE', 'the tape is not there yet', undefined, { tapeDirectory: join(root, 'nowhere') }],
    ['INVALID_REQUEST', 'the time is before the first picture', new Script().track(late()).track(audio), { atUs: S }],
  ])('is refused with %s when %s, and leaves nothing', async (code, _when, script, more) => {
    const job = await jobOf(script ?? new Script(), more);
    await expect(takeSnapshot(job)).rejects.toMatchObject({ code });
    expect(existsSync(job.path)).toBe(false);
  });

  it('is found before the newest chunk of a tape that has none', async () => {
    const tapeDirectory = join(root, 'chunks');
    const clock = createSystemClock();
    const limits = { chunkBytesMax: 8 * 1024, queueBytesMax: 1 << 30 };
    const writer = await openTape({ directory: tapeDirectory, tapeId: 'tape', clock, log: silentLog, limits });
    const script = new Script().track(video({ keeps: (us) => us < 3 * S })).track(audio);
    for (const entry of script.entries()) {
      writer.append(entry);
      await writer.flush();
    }
    await writer.seal('test');
    await writer.close();
    expect(newestChunkStart(tapeDirectory)).toBeGreaterThan(300);
    const job = await jobOf(new Script(), { tapeDirectory });
    expect(readPictureFile((await takeSnapshot({ ...job, tapeDirectory })).path).counter).toBe(29);
  });

  it('leaves no half files', () => {
    expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

function late(): ScriptTrack {
  return video({ keeps: (us) => us >= 3 * S });
}
