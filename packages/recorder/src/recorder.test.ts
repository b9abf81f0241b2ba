import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeFile } from '@roomtape/ffmpeg';
import { silentLog, type UnixUs, unixUs } from '@roomtape/media';
import { openTape, type TapeEntry, type TapeWriter } from '@roomtape/tape';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectionEvent, ProjectionJob, Recorder } from './projection-job.ts';
import { createRecorder, type RecorderOptions } from './recorder.ts';
import { beeps, flashes, offsetsMs, watch } from './testing/flash-beep.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { EPOCH, Script, wall } from './testing/script.ts';

const S = 1_000_000;
const SECONDS = 8;
const pictures = flashes({ seconds: SECONDS });
const sound = beeps({ seconds: SECONDS });

let root: string;
let clock: ManualClock;
let events: ProjectionEvent[];
let recorders: Recorder[];
let writers: TapeWriter[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roomtape-recorder-live-'));
  clock = new ManualClock(EPOCH);
  events = [];
  recorders = [];
  writers = [];
});
afterEach(async () => {
  for (const recorder of recorders) await recorder.close();
  for (const writer of writers) await writer.close();
  rmSync(root, { recursive: true, force: true });
});

function recorder(more: Partial<RecorderOptions> = {}): Recorder {
  const onEvent = (event: ProjectionEvent) => events.push(event);
  // Accessors (a changing reserve) must survive the merge.
  const options = Object.defineProperties({ clock, log: silentLog, onEvent }, Object.getOwnPropertyDescriptors(more));
  const created = createRecorder(options as RecorderOptions);
  recorders.push(created);
  return created;
}

function job(name: string, more: Partial<ProjectionJob> = {}): ProjectionJob {
  return {
    jobId: name,
    tapeDirectory: join(root, `${name}-tape`),
    outputDirectory: root,
    fileName: name,
    container: 'auto',
    media: 'audio-video',
    audioCodec: 'aac',
    startAt: unixUs(EPOCH),
    fragmentMs: 500,
    ...more,
  };
}

function publication(): Script {
  return new Script()
    .track({ trackId: 1, codec: 'h264', packets: pictures, ticksOrigin: 5 })
    .track({ trackId: 2, codec: 'opus', packets: sound, ticksOrigin: 7 });
}

const arrivalOf = (entry: TapeEntry): number =>
  entry.kind === 'frame' || entry.kind === 'clock-anchor'
    ? entry.arrivedAt
    : entry.kind === 'gap'
      ? entry.toAt
      : entry.at;

async function tape(name: string): Promise<TapeWriter> {
  const directory = join(root, `${name}-tape`);
  const limits = { queueBytesMax: 1 << 28 };
  const writer = await openTape({ directory, tapeId: name, clock, log: silentLog, limits });
  writers.push(writer);
  return writer;
}

/** Appends what arrives up to a time of the source and makes it readable. */
async function appendUntil(writer: TapeWriter, entries: TapeEntry[], untilUs: number): Promise<void> {
  while (entries[0] !== undefined && arrivalOf(entries[0]) < EPOCH + untilUs) {
    const entry = entries.shift();
    if (entry !== undefined) writer.append(entry);
  }
  await writer.flush();
}

const finishedEvent = (name: string) => events.find((event) => event.kind === 'finished' && event.jobId === name);
const stopAt: UnixUs = wall(100 * S);

describe('recorder', () => {
  it('shows no file before a reader can open it', async () => {
    const writer = await tape('young');
    const entries = publication().entries();
    recorder().start(job('young'));
    const path = join(root, 'young.mp4');
    let looks = 0;
    for (let us = 0.05 * S; us <= 2 * S; us += 0.05 * S) {
      await appendUntil(writer, entries, us);
      clock.advance(50);
      if (!existsSync(path)) continue;
      looks += 1;
      expect(probeFile(path).tracks).toHaveLength(2);
    }

    expect(looks).toBeGreaterThan(0);
  });

  it('follows a growing tape with a file that is readable all the time, and finishes it at once', async () => {
    const writer = await tape('live');
    const entries = publication().entries();
    const projecting = recorder();
    projecting.start(job('live'));
    const path = join(root, 'live.mp4');
    for (let us = 0.25 * S; us <= SECONDS * S; us += 0.25 * S) {
      await appendUntil(writer, entries, us);
      clock.advance(250);
      if (us < 2 * S) continue;
      const { durationUs, tracks } = probeFile(path);
      expect(tracks).toHaveLength(2);
      // Half a second of fragment, and what waits for the other track.
      expect(us - durationUs).toBeLessThan(1.3 * S);
    }
    await appendUntil(writer, entries, 100 * S);
    await writer.seal('test');
    projecting.finish('live', { stopAt });
    clock.advance(300);
    const finished = finishedEvent('live');
    expect(finished?.files).toEqual([
      expect.objectContaining({ path, state: 'finished', videoCodec: 'h264', audioCodec: 'aac' }),
    ]);
    const watched = watch(path);
    expect(watched.pictures).toBe(SECONDS * 30);
    expect(Math.max(...offsetsMs(watched))).toBeLessThanOrEqual(20);
    expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(events.filter((event) => event.kind === 'progressed').length).toBeLessThanOrEqual(SECONDS + 1);
  });

  it('projects again after a crash without ever showing a shorter file', async () => {
    const writer = await tape('crash');
    const entries = publication().entries();
    const first = recorder();
    first.start(job('crash'));
    await appendUntil(writer, entries, 5 * S);
    clock.advance(1000);
    const path = join(root, 'crash.mp4');
    const before = probeFile(path).durationUs;
    expect(before).toBeGreaterThan(3.5 * S);
    await first.close();
    writeFileSync(join(root, 'crash.mp4.part'), 'left behind');
    writeFileSync(join(root, 'crash-2.webm.part'), 'left behind');
    writeFileSync(join(root, 'crashed.mp4.part'), 'of another job');
    expect(probeFile(path).durationUs).toBe(before);

    const second = recorder();
    second.start(job('crash'));
    expect(probeFile(path).durationUs).toBe(before);
    await appendUntil(writer, entries, 6 * S);
    clock.advance(400);
    expect(probeFile(path).durationUs).toBeGreaterThanOrEqual(before);
    await appendUntil(writer, entries, 100 * S);
    await writer.seal('test');
    second.finish('crash', { stopAt });
    clock.advance(400);
    expect(finishedEvent('crash')).toBeDefined();
    expect(watch(path).pictures).toBe(SECONDS * 30);
    expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual(['crashed.mp4.part']);
  });

  it('takes a late track in by projecting again', async () => {
    const writer = await tape('late');
    const entries = new Script()
      .track({ trackId: 1, codec: 'h264', packets: pictures })
      .track({ trackId: 2, codec: 'opus', packets: sound, keeps: (us) => us > 5 * S })
      .entries();
    const projecting = recorder();
    projecting.start(job('late'));
    await appendUntil(writer, entries, 4.5 * S);
    clock.advance(1000);
    const path = join(root, 'late.mp4');
    expect(probeFile(path).tracks).toHaveLength(1);
    await appendUntil(writer, entries, 100 * S);
    clock.advance(1000);
    expect(probeFile(path).tracks).toHaveLength(2);
    projecting.finish('late', { stopAt });
    clock.advance(1000);
    expect(finishedEvent('late')?.files).toHaveLength(1);
    expect(Math.max(...offsetsMs(watch(path)))).toBeLessThanOrEqual(20);
  });

  it('cuts out a pause that is called while it runs', async () => {
    const writer = await tape('pause');
    const entries = publication().entries();
    const projecting = recorder();
    projecting.start(job('pause'));
    await appendUntil(writer, entries, 2.4 * S);
    clock.advance(200);
    projecting.setPauses('pause', [{ fromAt: wall(2.5 * S) }]);
    await appendUntil(writer, entries, 4.7 * S);
    clock.advance(200);
    projecting.setPauses('pause', [{ fromAt: wall(2.5 * S), toAt: wall(4.75 * S) }]);
    await appendUntil(writer, entries, 100 * S);
    await writer.seal('test');
    projecting.finish('pause', { stopAt });
    clock.advance(400);
    const [file] = finishedEvent('pause')?.files ?? [];
    expect(Math.abs((file?.durationUs ?? 0) - 5.5 * S)).toBeLessThan(60_000);
    expect(Math.max(...offsetsMs(watch(join(root, 'pause.mp4'))))).toBeLessThanOrEqual(20);
  });

  it('keeps the error of one job away from the others, and tries again by itself', async () => {
    const projecting = recorder();
    for (const name of ['good', 'bad']) {
      const writer = await tape(name);
      await appendUntil(writer, publication().entries(), 100 * S);
      await writer.seal('test');
    }
    const outputDirectory = join(root, 'gone');
    mkdirSync(outputDirectory);
    projecting.start(job('good'));
    projecting.start(job('bad', { outputDirectory }));
    rmSync(outputDirectory, { recursive: true });
    projecting.finish('good', { stopAt });
    projecting.finish('bad', { stopAt });
    clock.advance(1500);
    expect(finishedEvent('good')?.files).toHaveLength(1);
    expect(finishedEvent('bad')).toBeUndefined();
    expect(events.findLast((event) => event.jobId === 'bad')).toMatchObject({
      stalled: { code: 'output-open-failed' },
    });
    mkdirSync(outputDirectory);
    clock.advance(31_000);
    expect(finishedEvent('bad')?.files).toHaveLength(1);
    expect(watch(join(outputDirectory, 'bad.mp4')).pictures).toBe(SECONDS * 30);
  });

  it('rests while the output disk is nearly full and loses nothing', async () => {
    const room = { reserveBytes: 0 };
    const projecting = recorder({
      get reserveBytes() {
        return room.reserveBytes;
      },
    });
    const writer = await tape('full');
    const entries = publication().entries();
    projecting.start(job('full'));
    await appendUntil(writer, entries, 4 * S);
    clock.advance(1000);
    const path = join(root, 'full.mp4');
    const before = probeFile(path).durationUs;
    room.reserveBytes = Number.MAX_SAFE_INTEGER;
    await appendUntil(writer, entries, 100 * S);
    await writer.seal('test');
    projecting.finish('full', { stopAt });
    clock.advance(5000);
    expect(events.at(-1)).toMatchObject({ kind: 'progressed', stalled: { code: 'output-disk-full' } });
    expect(probeFile(path).durationUs).toBe(before);
    room.reserveBytes = 0;
    clock.advance(5000);
    expect(finishedEvent('full')).toBeDefined();
    expect(watch(path).pictures).toBe(SECONDS * 30);
  });

  it('waits for a tape that does not exist yet, and ends without files when it never does', async () => {
    const projecting = recorder();
    projecting.start(job('empty'));
    projecting.start(job('empty'));
    clock.advance(1000);
    projecting.finish('empty', { stopAt });
    clock.advance(1000);
    expect(events.filter((event) => event.kind === 'finished')).toEqual([
      { kind: 'finished', jobId: 'empty', files: [] },
    ]);
    expect(existsSync(join(root, 'empty.mp4'))).toBe(false);
  });

  it('ends a job whose tape was cut short after a few seconds', async () => {
    const writer = await tape('short');
    await appendUntil(writer, publication().entries(), 5 * S);
    const projecting = recorder();
    projecting.start(job('short'));
    projecting.finish('short', { stopAt, sequence: 1_000_000 });
    clock.advance(4000);
    expect(finishedEvent('short')).toBeUndefined();
    clock.advance(3000);
    expect(finishedEvent('short')?.files).toHaveLength(1);
  });

  it('describes its jobs as plain data', async () => {
    const writer = await tape('facts');
    await appendUntil(writer, publication().entries(), 100 * S);
    const projecting = recorder();
    projecting.start(job('facts'));
    clock.advance(1500);
    expect(JSON.parse(JSON.stringify(projecting.describe()))).toMatchObject({
      jobs: [{ jobId: 'facts', files: [{ state: 'recording' }] }],
    });
  });
});
