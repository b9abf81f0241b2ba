// The worker processes as `control` uses them: projection jobs are placed on the least loaded one and started
// again on another when theirs dies. A job that keeps failing is given up and reported as failed for good.

import { type Clock, RoomtapeError } from '@roomtape/media';
import type {
  PauseSpan,
  ProjectedFile,
  ProjectionEnd,
  ProjectionEvent,
  ProjectionJob,
  SnapshotJob,
} from '@roomtape/recorder';
import { publicProblemCode } from '../recordings/problem-code.ts';
import type { MediaProcess } from './media-fleet.ts';

/** One worker process; has the same face as a media process. */
export type WorkerProcess = MediaProcess;

/** What the recordings need of the workers. */
export interface Projector {
  /** Starting a known job again does nothing. */
  start(job: ProjectionJob, pauses: readonly PauseSpan[]): void;
  setPauses(jobId: string, pauses: readonly PauseSpan[]): void;
  finish(jobId: string, end: ProjectionEnd): void;
}

/** What pictures of recordings need of the workers. */
export interface SnapshotPlane {
  /** Writes a picture; rejects with why there is none. */
  takeSnapshot(job: SnapshotJob): Promise<ProjectedFile>;
}

/** How a fleet is made. `onEvent` hears `failed` only when a job is given up. */
export type WorkerFleetOptions = {
  readonly clock: Clock;
  readonly onEvent: (event: ProjectionEvent) => void;
  /** A job failed and is tried again. */
  readonly onRetry: (jobId: string, code: string, message: string) => void;
};

type Placed = {
  readonly job: ProjectionJob;
  pauses: readonly PauseSpan[];
  end: ProjectionEnd | undefined;
  process: WorkerProcess | undefined;
  failures: number;
};

/** After so many deaths of its process or failures in a row a job is given up; its tape stays. */
const FAILURES_MAX = 5;
const RETRY_AFTER_MS = 1_000;
const RETRY_AFTER_MAX_MS = 5_000;

/** Places projection jobs on worker processes. */
export class WorkerFleet implements Projector, SnapshotPlane {
  readonly #options: WorkerFleetOptions;
  readonly #processes: WorkerProcess[] = [];
  readonly #jobs = new Map<string, Placed>();

  constructor(options: WorkerFleetOptions) {
    this.#options = options;
  }

  /** Adds a process; its keeper calls `processUp` and `processDown`. */
  add(process: WorkerProcess): void {
    this.#processes.push(process);
  }

  /** Whether every process is up. */
  get isUp(): boolean {
    return this.#processes.length > 0 && this.#processes.every((process) => process.isUp);
  }

  /** Number of jobs that are not finished. */
  get jobCount(): number {
    return this.#jobs.size;
  }

  start(job: ProjectionJob, pauses: readonly PauseSpan[]): void {
    if (this.#jobs.has(job.jobId)) return;
    const placed: Placed = { job, pauses, end: undefined, process: undefined, failures: 0 };
    this.#jobs.set(job.jobId, placed);
    this.#place(placed);
  }

  setPauses(jobId: string, pauses: readonly PauseSpan[]): void {
    const placed = this.#jobs.get(jobId);
    if (placed === undefined) return;
    placed.pauses = pauses;
    placed.process?.post('setPauses', jobId, pauses);
  }

  finish(jobId: string, end: ProjectionEnd): void {
    const placed = this.#jobs.get(jobId);
    if (placed === undefined) return;
    placed.end = end;
    placed.process?.post('finish', jobId, end);
  }

  /** Not tried again: who asked is told. */
  async takeSnapshot(job: SnapshotJob): Promise<ProjectedFile> {
    const process = this.#leastLoaded();
    if (process === undefined)
      throw new RoomtapeError('WORKER_UNAVAILABLE', 'no worker is up', { blame: 'system', retryable: true });
    return process.request<ProjectedFile>('takeSnapshot', job).catch((error: unknown) => {
      throw error instanceof RoomtapeError ? publicError(error) : error;
    });
  }

  /** A process is up (again): waiting jobs go there. */
  processUp(): void {
    for (const placed of this.#jobs.values()) if (placed.process === undefined) this.#place(placed);
  }

  /** A process died: its jobs start again on another, unless they are what kills it. */
  processDown(process: WorkerProcess, reason: string): void {
    for (const placed of [...this.#jobs.values()]) {
      if (placed.process !== process) continue;
      placed.process = undefined;
      placed.failures += 1;
      if (placed.failures >= FAILURES_MAX) this.#giveUp(placed, `worker ended ${placed.failures} times: ${reason}`);
    }
    this.processUp();
  }

  /** A recorder told a fact. */
  receive(event: ProjectionEvent): void {
    const placed = this.#jobs.get(event.jobId);
    if (placed === undefined) return;
    if (event.kind === 'failed' && isWorthRetrying(event, placed.failures)) {
      this.#retry(placed, event.code, event.message);
      return;
    }
    if (event.kind === 'progressed') placed.failures = 0;
    if (event.kind !== 'progressed') this.#jobs.delete(event.jobId);
    this.#options.onEvent(event);
  }

  /** Plain data for the debug endpoint. */
  async describe(): Promise<Record<string, unknown>> {
    const workers = await Promise.all(
      this.#processes.map(async (process) => [
        process.name,
        await process.request('describe').catch((error: unknown) => ({ error: String(error) })),
      ]),
    );
    const jobs = [...this.#jobs.values()].map(({ job, process, failures, end }) => ({
      jobId: job.jobId,
      process: process?.name,
      failures,
      ending: end !== undefined,
    }));
    return { workers: Object.fromEntries(workers), jobs };
  }

  #place(placed: Placed): void {
    const process = this.#leastLoaded();
    if (process === undefined) return;
    placed.process = process;
    process.post('start', placed.job);
    process.post('setPauses', placed.job.jobId, placed.pauses);
    if (placed.end !== undefined) process.post('finish', placed.job.jobId, placed.end);
  }

  #leastLoaded(): WorkerProcess | undefined {
    const load = (process: WorkerProcess): number =>
      [...this.#jobs.values()].filter((other) => other.process === process).length;
    return this.#processes.filter((candidate) => candidate.isUp).sort((a, b) => load(a) - load(b))[0];
  }

  #retry(placed: Placed, code: string, message: string): void {
    const { jobId } = placed.job;
    placed.failures += 1;
    placed.process = undefined;
    this.#options.onRetry(jobId, code, message);
    const delayMs = Math.min(RETRY_AFTER_MAX_MS, RETRY_AFTER_MS * placed.failures);
    this.#options.clock.after(delayMs, () => {
      if (this.#jobs.get(jobId) === placed && placed.process === undefined) this.#place(placed);
    });
  }

  #giveUp(placed: Placed, message: string): void {
    this.#jobs.delete(placed.job.jobId);
    const { jobId } = placed.job;
    this.#options.onEvent({ kind: 'failed', jobId, code: 'PROJECTION_FAILED', message, retryable: false, files: [] });
  }
}

/** What the caller is told of an error of a worker or of the way to it. */
function publicError(error: RoomtapeError): RoomtapeError {
  const { code, message, blame, retryable, details } = error;
  const name = code.startsWith('IPC_') ? 'WORKER_UNAVAILABLE' : publicProblemCode(code);
  return new RoomtapeError(name, message, { blame, retryable, details, cause: error });
}

/** A full disk is waited for, however long it takes. */
function isWorthRetrying(event: ProjectionEvent & { kind: 'failed' }, failures: number): boolean {
  return publicProblemCode(event.code) === 'DISK_FULL' || (event.retryable && failures + 1 < FAILURES_MAX);
}
