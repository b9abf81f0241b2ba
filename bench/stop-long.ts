// Stopping a long recording: a tape of synthetic frames is written as fast as a worker process follows it, the
// last seconds in real time; then Stop does what the server does: seal the tape, tell the worker, wait for it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, describeConfig, silentLog, ticks, unixUs, usToTicks } from '@roomtape/media';
import type { ProjectedFile, ProjectionEvent } from '@roomtape/recorder';
import { openTape, type TapeWriter } from '@roomtape/tape';
import type { EncodedLoop, SourceFrame } from '@roomtape/testkit';
import { ChildKeeper, forkChild } from '../apps/server/src/processes/child-process.ts';
import { rounded } from './benchmark.ts';
import { HD_LOOP, loadLoop } from './load/encoded-loop.ts';
import { sleep } from './server-process.ts';

/** What stopping a long recording took and left. */
export type LongStop = {
  /** From Stop until the worker said that the file is finished. */
  readonly finishedMs: number;
  /** Of that, sealing the tape. */
  readonly sealedMs: number;
  readonly bytes: number;
  /** By ffprobe. */
  readonly durationSeconds: number;
  /** How fast the worker followed the tape, seconds of media per second. */
  readonly projectedSpeed: number;
};

const WORKER = join(import.meta.dirname, '..', 'apps', 'server', 'src', 'processes', 'worker.ts');
/** The end of the recording comes in real time, as in life. */
const LIVE_US = 3_000_000;
const LIVE_STEP_MS = 10;
/** Frames appended between two flushes while catching up: below the tape's queue limit. */
const BURST_FRAMES = 200;
const VIDEO_TRACK = 1;
const AUDIO_TRACK = 2;
const clock = createSystemClock({ keepAlive: true });

/** Measures one Stop after so many minutes of recording. */
export async function measureLongStop(minutes: number): Promise<LongStop> {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-bench-stop-'));
  const worker = new Worker();
  const writer = await openTape({ directory: join(folder, 'tape'), tapeId: 'tape', clock, log: silentLog });
  try {
    await worker.start();
    return await feedAndStop({ minutes, folder, worker, writer });
  } finally {
    await writer.close();
    await worker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Parts = {
  readonly minutes: number;
  readonly folder: string;
  readonly worker: Worker;
  readonly writer: TapeWriter;
};

async function feedAndStop({ minutes, folder, worker, writer }: Parts): Promise<LongStop> {
  const loop = loadLoop(HD_LOOP);
  const totalUs = minutes * 60_000_000;
  const beganAt = clock.now();
  // The tape's own time ends now: its frames arrived over the last `minutes`.
  const startAt = beganAt - totalUs;
  openTracks(writer, loop, startAt);
  worker.record({ folder, startAt });
  const feed = new Feed({ loop, writer, startAt });
  await feed.rush(totalUs - LIVE_US);
  await worker.caughtUp(writer.nextSequence);
  const followedSeconds = (clock.now() - beganAt) / 1e6;
  await feed.live(totalUs);
  const stoppedAt = clock.now();
  const { sequence } = await writer.seal('stopped');
  const sealedMs = (clock.now() - stoppedAt) / 1000;
  worker.finish({ stopAt: unixUs(startAt + totalUs), sequence });
  const file = await worker.finished;
  const finishedMs = (clock.now() - stoppedAt) / 1000;
  return {
    finishedMs: rounded(finishedMs, 1),
    sealedMs: rounded(sealedMs, 1),
    bytes: file.bytes,
    durationSeconds: durationOf(file.path),
    projectedSpeed: rounded((totalUs - LIVE_US) / 1e6 / followedSeconds),
  };
}

function openTracks(writer: TapeWriter, loop: EncodedLoop, startAt: number): void {
  const at = unixUs(startAt);
  writer.append({ kind: 'tape-opened', at, tapeId: 'tape', roomId: 'room', streamId: 'stream', userId: 'user' });
  writer.append({
    kind: 'track-added',
    at,
    trackId: VIDEO_TRACK,
    mediaKind: 'video',
    codec: 'h264',
    clockRate: 90_000,
  });
  writer.append({
    kind: 'track-added',
    at,
    trackId: AUDIO_TRACK,
    mediaKind: 'audio',
    codec: 'opus',
    clockRate: 48_000,
    channels: 2,
  });
  for (const { kind, codec, trackId } of [
    { kind: 'video', codec: 'h264', trackId: VIDEO_TRACK },
    { kind: 'audio', codec: 'opus', trackId: AUDIO_TRACK },
  ] as const) {
    const frame = loop.frames.find((one) => one.kind === kind);
    const config = frame === undefined ? undefined : describeConfig(codec, frame.data);
    if (config !== undefined) writer.append({ kind: 'config-changed', at, trackId, ...config });
    const clockRate = kind === 'video' ? 90_000 : 48_000;
    writer.append({
      kind: 'clock-anchor',
      trackId,
      ticks: ticks(clockRate),
      senderAt: unixUs(startAt + 1_000_000),
      arrivedAt: at,
    });
  }
}

/** Plays a loop into a tape. */
class Feed {
  readonly #loop: EncodedLoop;
  readonly #writer: TapeWriter;
  readonly #startAt: number;
  #next = 0;
  #round = 0;

  constructor(options: { loop: EncodedLoop; writer: TapeWriter; startAt: number }) {
    this.#loop = options.loop;
    this.#writer = options.writer;
    this.#startAt = options.startAt;
  }

  /** Appends everything up to a media time as fast as the disk takes it. */
  async rush(untilUs: number): Promise<void> {
    while (this.#append(untilUs, BURST_FRAMES) === BURST_FRAMES) await this.#writer.flush();
    await this.#writer.flush();
  }

  /** Appends up to a media time in real time. */
  async live(untilUs: number): Promise<void> {
    const offsetUs = clock.now() - (untilUs - LIVE_US);
    for (let dueUs = 0; dueUs < untilUs; ) {
      dueUs = Math.min(untilUs, clock.now() - offsetUs);
      this.#append(dueUs, BURST_FRAMES);
      await sleep(LIVE_STEP_MS);
    }
  }

  #append(untilUs: number, framesMax: number): number {
    const { frames, durationUs } = this.#loop;
    for (let count = 0; count < framesMax; count++) {
      const frame = frames[this.#next];
      const ptsUs = (frame?.ptsUs ?? 0) + this.#round * durationUs;
      if (frame === undefined || ptsUs >= untilUs) return count;
      this.#write(frame, ptsUs);
      this.#next = (this.#next + 1) % frames.length;
      if (this.#next === 0) this.#round++;
    }
    return framesMax;
  }

  #write({ kind, type, data }: SourceFrame, ptsUs: number): void {
    const clockRate = kind === 'video' ? 90_000 : 48_000;
    // One second on, so that sound, which begins before 0, has no negative time.
    const pts = ticks(usToTicks(ptsUs + 1_000_000, clockRate));
    const trackId = kind === 'video' ? VIDEO_TRACK : AUDIO_TRACK;
    const arrivedAt = unixUs(Math.round(this.#startAt + ptsUs));
    this.#writer.append({ kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data });
  }
}

/** A worker process of the server, with one job. */
class Worker {
  /** Resolves with the file when the job is done. */
  readonly finished: Promise<ProjectedFile>;
  readonly #keeper: ChildKeeper;

  constructor() {
    let done = (_: ProjectionEvent): void => {};
    this.finished = new Promise((resolve, reject) => {
      done = (event) => {
        const [file] = event.files;
        if (event.kind === 'finished' && file !== undefined) resolve(file);
        else if (event.kind !== 'progressed') reject(new Error(`the projection ended as ${event.kind}`));
      };
    });
    this.finished.catch(() => undefined);
    this.#keeper = new ChildKeeper({
      name: 'worker-0',
      spawn: () => forkChild(WORKER, 'worker-0'),
      clock,
      log: silentLog,
      settings: { name: 'worker-0', logLevel: 'warn' },
      onEvent: (event) => done(event as ProjectionEvent),
      onUp: () => {},
      onDown: () => {},
    });
  }

  start(): Promise<void> {
    return this.#keeper.start();
  }

  record({ folder, startAt }: { folder: string; startAt: number }): void {
    const job = { jobId: 'job', tapeDirectory: join(folder, 'tape'), outputDirectory: folder, fileName: 'hour' };
    const form = { container: 'auto', media: 'audio-video', audioCodec: 'opus', fragmentMs: 500 };
    this.#keeper.post('start', { ...job, ...form, startAt: unixUs(startAt) });
  }

  finish(end: { stopAt: number; sequence: number }): void {
    this.#keeper.post('finish', 'job', end);
  }

  /** Waits until the worker has read up to a sequence. */
  async caughtUp(nextSequence: number): Promise<void> {
    for (;;) {
      const { jobs } = await this.#keeper.request<{ jobs: { nextSequence: number }[] }>('describe');
      if ((jobs[0]?.nextSequence ?? 0) >= nextSequence) return;
      await sleep(50);
    }
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}

function durationOf(path: string): number {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path];
  return Number(execFileSync('ffprobe', args, { encoding: 'utf8' }));
}
