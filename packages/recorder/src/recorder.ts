// Runs many projections in one process, fairly: one timer, bounded steps, round robin. An error of one job
// stays with it. No process isolation here; the owner runs this in a worker.

import { statfsSync } from 'node:fs';
import { type CancelTimer, type Clock, type Log, RoomtapeError, type UnixUs } from '@roomtape/media';
import { isPassing, Projection } from './projection.ts';
import type { PauseSpan, ProjectionEnd, ProjectionEvent, ProjectionJob, Recorder } from './projection-job.ts';

/** What a recorder needs. */
export type RecorderOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvent: (event: ProjectionEvent) => void;
  /** How often tapes are looked at, ms. */
  readonly pollMs?: number;
  /** A job rests while its output disk has less room than this, so that a full disk is met before it is full. */
  readonly reserveBytes?: number;
};

const POLL_MS = 200;
const RESERVE_BYTES = 8 * 1024 * 1024;
/** The event loop gets its turn after this much work, µs. */
const SLICE_US = 40_000;
const PROGRESS_PERIOD_US = 1_000_000;
const RETRY_FIRST_US = 1_000_000;
const RETRY_MAX_US = 30_000_000;
const FREE_PERIOD_US = 500_000;

type Work = {
  readonly projection: Projection;
  progressedAt: number;
  /** Why it rests and until when, while its output cannot be written. */
  stalled: { readonly code: string; readonly message: string; until: number; waitUs: number } | undefined;
};

/** Creates a recorder that polls at once; `close` it before its process ends. */
export function createRecorder(options: RecorderOptions): Recorder {
  return new TapeRecorder(options);
}

class TapeRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #works = new Map<string, Work>();
  readonly #queue = new Set<Work>();
  readonly #free = new Map<string, { at: number; bytes: number }>();
  readonly #cancelPoll: CancelTimer;
  #cancelRun: CancelTimer | undefined;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#cancelPoll = options.clock.every(options.pollMs ?? POLL_MS, () => this.#poll());
  }

  start(job: ProjectionJob): void {
    if (this.#closed || this.#works.has(job.jobId)) return;
    try {
      const projection = new Projection(job, this.#options.log);
      const work: Work = { projection, progressedAt: Number.NEGATIVE_INFINITY, stalled: undefined };
      this.#works.set(job.jobId, work);
      this.#wake(work);
    } catch (error) {
      this.#report(job.jobId, error, []);
    }
  }

  setPauses(jobId: string, pauses: readonly PauseSpan[]): void {
    this.#works.get(jobId)?.projection.setPauses(pauses);
  }

  finish(jobId: string, end: ProjectionEnd): void {
    const work = this.#works.get(jobId);
    if (work === undefined) return;
    work.projection.finish(end);
    this.#wake(work);
  }

  describe(): Record<string, unknown> {
    const jobs = [...this.#works.values()].map((work) => ({ ...work.projection.describe(), stalled: work.stalled }));
    return { jobs, queued: this.#queue.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPoll();
    this.#cancelRun?.();
    for (const work of this.#works.values()) work.projection.abandon();
    this.#works.clear();
    this.#queue.clear();
  }

  #poll(): void {
    for (const work of this.#works.values()) this.#queue.add(work);
    this.#run();
  }

  #wake(work: Work): void {
    this.#queue.add(work);
    this.#cancelRun ??= this.#options.clock.after(0, () => this.#run());
  }

  #run(): void {
    this.#cancelRun?.();
    this.#cancelRun = undefined;
    const { clock } = this.#options;
    const started = clock.now();
    for (const work of this.#queue) {
      this.#queue.delete(work);
      if (this.#step(work, clock.now()) === 'more') this.#queue.add(work);
      if (clock.now() - started >= SLICE_US) break;
    }
    if (this.#queue.size > 0 && !this.#closed) this.#cancelRun = clock.after(0, () => this.#run());
  }

  #step(work: Work, now: UnixUs): 'more' | 'rest' {
    const { job } = work.projection;
    if (!this.#works.has(job.jobId) || !this.#mayWrite(work, now)) return 'rest';
    try {
      const result = work.projection.step(now);
      if (work.stalled !== undefined && result !== 'more') work.stalled = undefined;
      if (result === 'finished') this.#finished(work);
      else if (result === 'caught-up' && now - work.progressedAt >= PROGRESS_PERIOD_US) this.#progressed(work, now);
      return result === 'more' ? 'more' : 'rest';
    } catch (error) {
      this.#failed(work, error, now);
      return 'rest';
    }
  }

  /** False while the job rests: its disk is (nearly) full, or a retry is not due yet. */
  #mayWrite(work: Work, now: UnixUs): boolean {
    const directory = work.projection.job.outputDirectory;
    if (work.stalled !== undefined && now < work.stalled.until) return false;
    if (this.#freeBytes(directory, now) >= (this.#options.reserveBytes ?? RESERVE_BYTES)) return true;
    const error = { code: 'output-disk-full', message: `less than the reserve is free on ${directory}` };
    if (work.stalled === undefined)
      this.#options.log.warn({ jobId: work.projection.job.jobId, directory }, 'projection stalled');
    work.stalled = { ...error, until: now + RETRY_FIRST_US, waitUs: RETRY_FIRST_US };
    this.#progressed(work, now);
    return false;
  }

  #freeBytes(directory: string, now: UnixUs): number {
    const known = this.#free.get(directory);
    if (known !== undefined && now - known.at < FREE_PERIOD_US) return known.bytes;
    let bytes = Number.POSITIVE_INFINITY;
    try {
      const facts = statfsSync(directory);
      bytes = facts.bavail * facts.bsize;
    } catch {
      // A directory that cannot be asked will say so when it is written to.
    }
    if (this.#free.size > this.#works.size) this.#free.clear();
    this.#free.set(directory, { at: now, bytes });
    return bytes;
  }

  #failed(work: Work, error: unknown, now: UnixUs): void {
    const { projection } = work;
    const { jobId } = projection.job;
    if (!isPassing(error)) {
      const files = safely(() => projection.files()) ?? [];
      projection.abandon();
      this.#works.delete(jobId);
      this.#report(jobId, error, files);
      return;
    }
    const waitUs = Math.min(RETRY_MAX_US, (work.stalled?.waitUs ?? RETRY_FIRST_US / 2) * 2);
    const { code, message } = wordsOf(error);
    work.stalled = { code, message, until: now + waitUs, waitUs };
    this.#options.log.warn({ jobId, code, error: message, retryMs: waitUs / 1000 }, 'projection stalled');
    this.#progressed(work, now);
    projection.restart();
  }

  #report(jobId: string, error: unknown, files: ReturnType<Projection['files']>): void {
    const { code, message } = wordsOf(error);
    this.#options.log.error({ jobId, code, error: message }, 'projection failed');
    this.#options.onEvent({ kind: 'failed', jobId, code, message, retryable: isPassing(error), files });
  }

  #progressed(work: Work, now: UnixUs): void {
    if (now - work.progressedAt < PROGRESS_PERIOD_US) return;
    work.progressedAt = now;
    const files = work.projection.files();
    const { stalled } = work;
    const { jobId } = work.projection.job;
    const why = stalled === undefined ? {} : { stalled: { code: stalled.code, message: stalled.message } };
    this.#options.onEvent({ kind: 'progressed', jobId, files, ...why });
  }

  #finished(work: Work): void {
    const { jobId } = work.projection.job;
    this.#works.delete(jobId);
    this.#options.onEvent({ kind: 'finished', jobId, files: work.projection.files() });
  }
}

function wordsOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RoomtapeError) return { code: error.code, message };
  const code = (error as { code?: unknown }).code;
  return { code: typeof code === 'string' ? code : 'internal', message };
}

function safely<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
