// One point of the kill benchmark: record two publishers, kill at a random moment, look at what lies on disk,
// let the server and the publishers come back, stop, and see that nothing that was taped is missing.

import { readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Recording } from '@roomtape/api';
import { createSystemClock } from '@roomtape/media';
import { type BenchServer, sleep } from '../server-process.ts';
import type { FrameMark } from './frame-mark.ts';
import type { Publishers } from './publishers.ts';
import { copySnapshot, type FileReading, readFile, readTape, type Snapshot, snapshotFiles } from './remains.ts';

/** What is killed. */
export type Victim = 'media' | 'worker' | 'control' | 'all';

/** What one point showed; one row per stream. */
export type TrialResult = {
  readonly victim: Victim;
  /** Time from the first recorded media to the kill, ms. */
  readonly phaseMs: number;
  readonly streams: readonly StreamResult[];
  /** Whether the recording reached `finished` by itself. */
  readonly isFinished: boolean;
  /** From the kill until every publisher's media flowed again, ms; 0 when it never stopped. */
  readonly backMs: number;
  readonly notes: readonly string[];
};

/**
 * What a reader makes of a file as it lay: `torn` is read up to the fragment that was being written, which
 * ffmpeg complains about; of an `unreadable` one no frame is read.
 */
export type FileState = 'none' | 'clean' | 'torn' | 'unreadable';

/** How one stream fared. Losses are the age of the newest frame that was kept when the kill came, ms. */
export type StreamResult = {
  readonly streamId: string;
  readonly tapeLossMs: number;
  /** Absent when no file lay there yet. */
  readonly fileLossMs?: number;
  readonly fileAsItLay: FileState;
  /** Frames on the tape at the kill that the finished file lacks. */
  readonly framesLacking: number;
  readonly framesTaped: number;
  readonly isFinalReadable: boolean;
  /** What ffmpeg said of files it did not like. */
  readonly complaints: readonly string[];
};

/** What a trial runs on. */
export type TrialOptions = {
  readonly server: BenchServer;
  readonly publishers: Publishers;
  readonly roomId: string;
  readonly streams: readonly string[];
  readonly victim: Victim;
  /** Time from the first recorded media to the kill, ms. */
  readonly phaseMs: number;
  /** A folder of this trial's own, removed at its end. */
  readonly folder: string;
};

const GO_ON_MS = 3_000;
const FIRST_MEDIA_MS_MAX = 10_000;
const FINISH_MS_MAX = 30_000;
const RESTART_ATTEMPTS_MAX = 20;
const clock = createSystemClock({ keepAlive: true });

/** Runs one point. The result's files are read after `later` resolves, so that the next point need not wait. */
export async function runTrial(options: TrialOptions): Promise<{ later: Promise<TrialResult> }> {
  const { server, victim } = options;
  const started = await startRecording(options);
  await sleep(options.phaseMs);
  const pids = await server.pids();
  const { killedAt, snapshot } = killNow(options, pids, started.recordingId);
  const copies = copySnapshot(snapshot, server.dataDirectory, options.folder);
  const notes = await comeBack(options, pids);
  const backMs = victim === 'worker' ? 0 : (clock.now() - killedAt) / 1000;
  await sleep(GO_ON_MS);
  await persistently(() => server.client.recordings.stop(started.recordingId));
  const recording = await untilFinished(server, started.recordingId);
  return { later: examine({ options, killedAt, copies, recording, backMs, notes }) };
}

type Evidence = {
  readonly options: TrialOptions;
  readonly killedAt: number;
  readonly copies: readonly string[];
  readonly recording: Recording;
  readonly backMs: number;
  readonly notes: readonly string[];
};

async function startRecording({ server, roomId }: TrialOptions): Promise<Recording> {
  const { recordingId } = await persistently(() => server.client.recordings.start({ roomId, audioCodec: 'opus' }));
  const startedAt = clock.now();
  for (;;) {
    const recording = await server.client.recordings.get(recordingId);
    if (recording.firstKeyframeAt !== undefined) return recording;
    if (clock.now() - startedAt > FIRST_MEDIA_MS_MAX * 1000) throw new Error('nothing was recorded');
    await sleep(10);
  }
}

function killNow(
  { server, victim }: TrialOptions,
  pids: Readonly<Record<string, number>>,
  recordingId: string,
): { killedAt: number; snapshot: Snapshot } {
  const chosen = Object.entries(pids).filter(([name]) => victim === 'all' || name.startsWith(victim));
  const killedAt = clock.now();
  for (const [, pid] of chosen) process.kill(pid, 'SIGKILL');
  const recording = join(server.dataDirectory, 'recordings', recordingId);
  // The recording's folder links to its tapes.
  const tapes = readdirSync(join(recording, 'tapes')).map((name) => realpathSync(join(recording, 'tapes', name)));
  return { killedAt, snapshot: snapshotFiles([join(recording, 'files'), ...tapes]) };
}

/** Starts what nothing else starts again, and waits until the publishers send again. */
async function comeBack(
  { server, victim, publishers }: TrialOptions,
  old: Readonly<Record<string, number>>,
): Promise<string[]> {
  const notes: string[] = [];
  if (victim === 'control' || victim === 'all') {
    await server.ended();
    for (let attempt = 1; ; attempt++) {
      try {
        await server.start();
        break;
      } catch (error) {
        if (attempt === RESTART_ATTEMPTS_MAX) throw error;
        notes.push('start refused, tried again');
        await sleep(100);
      }
    }
  } else {
    while ((await server.pids().catch(() => old))[`${victim}-0`] === old[`${victim}-0`]) await sleep(20);
  }
  if (victim !== 'worker') await publishers.reconnect();
  return notes;
}

async function untilFinished(server: BenchServer, recordingId: string): Promise<Recording> {
  const startedAt = clock.now();
  for (;;) {
    const recording = await server.client.recordings.get(recordingId);
    const isLate = clock.now() - startedAt > FINISH_MS_MAX * 1000;
    if (recording.state === 'finished' || recording.state === 'failed' || isLate) return recording;
    await sleep(50);
  }
}

async function examine(evidence: Evidence): Promise<TrialResult> {
  const { options, recording, backMs, notes } = evidence;
  const streams: StreamResult[] = [];
  for (const streamId of options.streams) streams.push(await examineStream(evidence, streamId));
  rmSync(options.folder, { recursive: true, force: true });
  const problems = recording.problems.map(
    ({ code, resolvedAt }) => `${code}${resolvedAt === undefined ? ' (open)' : ''}`,
  );
  const isFinished = recording.state === 'finished';
  const { victim, phaseMs } = options;
  return { victim, phaseMs, streams, isFinished, backMs, notes: [...notes, ...problems] };
}

async function examineStream(evidence: Evidence, streamId: string): Promise<StreamResult> {
  const { options, killedAt, copies, recording } = evidence;
  const folders = new Set(copies.filter((path) => path.endsWith('.tape')).map(dirname));
  const tapes = [...folders].map(readTape).filter((tape) => tape.streamId === streamId);
  const taped = tapes.flatMap(({ marks }) => marks);
  const files = copies.filter((path) => path.endsWith('.mp4') && basename(path).startsWith(`${streamId}.`));
  const finals = recording.files.filter((file) => file.streamId === streamId);
  const lay = await Promise.all(files.map(readFile));
  // From the disk: the server is killed again meanwhile.
  const folder = join(options.server.dataDirectory, 'recordings', recording.recordingId, 'files');
  const end = await Promise.all(finals.map((file) => readFile(join(folder, file.name))));
  const kept = new Set(end.flatMap(({ marks }) => marks.map(({ number }) => number)));
  const layMarks = lay.flatMap(({ marks }) => marks);
  return {
    streamId,
    tapeLossMs: ageMs(taped, killedAt),
    ...(layMarks.length === 0 ? {} : { fileLossMs: ageMs(layMarks, killedAt) }),
    fileAsItLay: stateOf(lay),
    framesLacking: taped.filter(({ number }) => !kept.has(number)).length,
    framesTaped: taped.length,
    isFinalReadable: end.length > 0 && end.every(({ complaints, marks }) => complaints === '' && marks.length > 0),
    complaints: [...lay, ...end].flatMap(({ complaints }) => (complaints === '' ? [] : [complaints.slice(0, 300)])),
  };
}

function stateOf(readings: readonly FileReading[]): FileState {
  if (readings.length === 0) return 'none';
  if (readings.every(({ complaints }) => complaints === '')) return 'clean';
  return readings.every(({ marks }) => marks.length > 0) ? 'torn' : 'unreadable';
}

function ageMs(marks: readonly FrameMark[], killedAt: number): number {
  const newestAt = marks.reduce((newest, { sentAt }) => Math.max(newest, sentAt), 0);
  return (killedAt - newestAt) / 1000;
}

async function persistently<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === RESTART_ATTEMPTS_MAX) throw error;
      await sleep(100);
    }
  }
}
