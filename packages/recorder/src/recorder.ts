// Runs many projections in one process, fairly: one timer, bounded steps, round robin. An error of one job
// stays with it. No process isolation here; the owner runs this in a worker.

import { statfsSync } from 'node:fs';
import type { CancelTimer, Clock, Log, UnixUs } from '@roomtape/media';
import { type FailureWords, isPassing, wordsOf } from './failure.ts';
import { JobWork, type OutputWork } from './job-work.ts';
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
const RETRY_FIRST_US = 1_000_000;
const RETRY_MAX_US = 30_000_000;
const FREE_PERIOD_US = 500_000;

/** Creates a recorder that polls at once; `close` it before its process ends. */
export function createRecorder(options: RecorderOptions): Recorder {
  return new TapeRecorder(options);
}

class TapeRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #jobs = new Map<string, JobWork>();
  readonly #queue = new Set<OutputWork>();
  readonly #free = new Map<string, { at: number; bytes: number }>();
  readonly #cancelPoll: CancelTimer;
  #cancelRun: CancelTimer | undefined;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#cancelPoll = options.clock.every(options.pollMs ?? POLL_MS, () => this.#poll());
  }

  start(job: ProjectionJob): void {
    if (this.#closed || this.#jobs.has(job.jobId)) return;
    try {
      const work = new JobWork(job, this.#options.log);
      this.#jobs.set(job.jobId, work);
      if (work.isOver) this.#over(work);
      else this.#wake(work);
    } catch (error) {
      const { code, message } = this.#giveUp(job.jobId, error);
      const { jobId } = job;
      this.#options.onEvent({ kind: 'failed', jobId, code, message, retryable: isPassing(error), files: [] });
    }
  }

  setPauses(jobId: string, pauses: readonly PauseSpan[]): void {
    this.#jobs.get(jobId)?.setPauses(pauses);
  }

  finish(jobId: string, end: ProjectionEnd): void {
    const work = this.#jobs.get(jobId);
    if (work === undefined) return;
    work.finish(end);
    this.#wake(work);
  }

  describe(): Record<string, unknown> {
    const jobs = [...this.#jobs.values()].flatMap((work) => work.describe());
    return { jobs, queued: this.#queue.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPoll();
    this.#cancelRun?.();
    for (const work of this.#jobs.values()) work.abandon();
    this.#jobs.clear();
    this.#queue.clear();
  }

  #poll(): void {
    for (const work of this.#jobs.values()) this.#enqueue(work);
    this.#run();
  }

  #wake(work: JobWork): void {
    this.#enqueue(work);
    this.#cancelRun ??= this.#options.clock.after(0, () => this.#run());
  }

  #enqueue(work: JobWork): void {
    for (const output of work.outputs) if (output.ended === undefined) this.#queue.add(output);
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

  #step(work: OutputWork, now: UnixUs): 'more' | 'rest' {
    const { job } = work.job;
    if (this.#jobs.get(job.jobId) !== work.job || work.ended !== undefined || !this.#mayWrite(work, now)) return 'rest';
    try {
      const result = work.projection.step(now);
      if (work.stalled !== undefined && result !== 'more') work.stalled = undefined;
      if (result === 'finished') this.#ended(work, work.projection.files());
      else if (result === 'caught-up') this.#progressed(work, now);
      return result === 'more' ? 'more' : 'rest';
    } catch (error) {
      this.#failed(work, error, now);
      return 'rest';
    }
  }

  /** False while the output rests: its disk is (nearly) full, or a retry is not due yet. */
  #mayWrite(work: OutputWork, now: UnixUs): boolean {
    const { jobId, outputDirectory: directory } = work.job.job;
    if (work.stalled !== undefined && now < work.stalled.until) return false;
    if (this.#freeBytes(directory, now) >= (this.#options.reserveBytes ?? RESERVE_BYTES)) return true;
    const error = { code: 'output-disk-full', message: `less than the reserve is free on ${directory}` };
    if (work.stalled === undefined) this.#options.log.warn({ jobId, directory }, 'projection stalled');
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
    if (this.#free.size > this.#jobs.size) this.#free.clear();
    this.#free.set(directory, { at: now, bytes });
    return bytes;
  }

  #failed(work: OutputWork, error: unknown, now: UnixUs): void {
    const { projection } = work;
    const { jobId } = work.job.job;
    if (!isPassing(error)) {
      const files = safely(() => projection.files()) ?? [];
      projection.abandon();
      work.failure = this.#giveUp(jobId, error);
      this.#ended(work, files);
      return;
    }
    const waitUs = Math.min(RETRY_MAX_US, (work.stalled?.waitUs ?? RETRY_FIRST_US / 2) * 2);
    const { code, message } = wordsOf(error);
    work.stalled = { code, message, until: now + waitUs, waitUs };
    this.#options.log.warn({ jobId, code, error: message, retryMs: waitUs / 1000 }, 'projection stalled');
    this.#progressed(work, now);
    projection.restart();
  }

  #giveUp(jobId: string, error: unknown): FailureWords {
    const { code, message } = wordsOf(error);
    this.#options.log.error({ jobId, code, error: message }, 'projection failed');
    return { code, message };
  }

  #progressed({ job }: OutputWork, now: UnixUs): void {
    const event = job.progress(now);
    if (event !== undefined) this.#options.onEvent(event);
  }

  /** An output is over: the others go on, and the last one ends the job. */
  #ended(work: OutputWork, files: OutputWork['ended']): void {
    work.ended = files;
    work.stalled = undefined;
    if (work.job.isOver) this.#over(work.job);
  }

  #over(work: JobWork): void {
    this.#jobs.delete(work.job.jobId);
    this.#options.onEvent(work.outcome());
  }
}

function safely<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
