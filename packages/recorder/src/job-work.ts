// A job in work: its outputs side by side, each with its own fate, and what is told of all of them together.

import type { Log, UnixUs } from '@roomtape/media';
import { type FailureWords, isPassing, wordsOf } from './failure.ts';
import { openOutput, outputJobs } from './job-outputs.ts';
import type { OutputProjection } from './output-projection.ts';
import type {
  OutputFailure,
  PauseSpan,
  ProjectedFile,
  ProjectionEnd,
  ProjectionEvent,
  ProjectionJob,
} from './projection-job.ts';

/** One output of a job in work. */
export type OutputWork = {
  readonly job: JobWork;
  readonly projection: OutputProjection;
  /** Why it rests and until when, while its files cannot be written. */
  stalled: (FailureWords & { until: number; waitUs: number }) | undefined;
  /** Its last files, once it is over. */
  ended: readonly ProjectedFile[] | undefined;
  /** Present when it was given up. */
  failure: FailureWords | undefined;
};

/** In place of an output that could not be opened. */
const NOTHING: OutputProjection = {
  step: () => 'finished',
  setPauses: () => {},
  finish: () => {},
  restart: () => {},
  abandon: () => {},
  files: () => [],
  describe: () => ({}),
};
const PROGRESS_PERIOD_US = 1_000_000;
/** Of a job with many files progress is told less often, as each time tells of all of them. */
const FILES_PER_PERIOD = 200;

/** One job in work. */
export class JobWork {
  readonly job: ProjectionJob;
  readonly outputs: readonly OutputWork[];
  #progressedAt = Number.NEGATIVE_INFINITY;
  #periodUs = PROGRESS_PERIOD_US;

  /** Opens every output; throws what can pass, such as a directory that is not there. */
  constructor(job: ProjectionJob, log: Log) {
    this.job = job;
    this.outputs = outputJobs(job).map((output) => {
      const rest = { job: this, stalled: undefined };
      try {
        return { ...rest, projection: openOutput(output, log), ended: undefined, failure: undefined };
      } catch (error) {
        if (isPassing(error)) throw error;
        return { ...rest, projection: NOTHING, ended: [], failure: wordsOf(error) };
      }
    });
  }

  /** Whether nothing is left to do. */
  get isOver(): boolean {
    return this.outputs.every(({ ended }) => ended !== undefined);
  }

  setPauses(pauses: readonly PauseSpan[]): void {
    for (const { projection, ended } of this.outputs) if (ended === undefined) projection.setPauses(pauses);
  }

  finish(end: ProjectionEnd): void {
    for (const { projection, ended } of this.outputs) if (ended === undefined) projection.finish(end);
  }

  abandon(): void {
    for (const { projection, ended } of this.outputs) if (ended === undefined) projection.abandon();
  }

  /** What is to be told about the work so far; `undefined` when that was told a moment ago. */
  progress(now: UnixUs): ProjectionEvent | undefined {
    if (now - this.#progressedAt < this.#periodUs) return undefined;
    this.#progressedAt = now;
    const files = this.#files();
    this.#periodUs = PROGRESS_PERIOD_US * Math.max(1, files.length / FILES_PER_PERIOD);
    const [stalled] = this.outputs.flatMap((output) => (output.stalled === undefined ? [] : [output]));
    const why = stalled?.stalled === undefined ? {} : { stalled: this.#told(stalled, stalled.stalled) };
    const awaits = this.outputs.some(({ projection, ended }) => ended === undefined && projection.awaitsKeyframe);
    const keyframe = awaits ? { awaitsKeyframe: true as const } : {};
    return { kind: 'progressed', jobId: this.job.jobId, files, ...why, ...keyframe, ...this.#givenUp() };
  }

  /** What is told at the end: a job failed when nothing could be made. */
  outcome(): ProjectionEvent {
    const { jobId } = this.job;
    const files = this.#files();
    const [first] = this.outputs;
    if (first?.failure === undefined || this.outputs.some(({ failure }) => failure === undefined)) {
      return { kind: 'finished', jobId, files, ...this.#givenUp() };
    }
    return { kind: 'failed', jobId, ...this.#told(first, first.failure), retryable: false, files };
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown>[] {
    return this.outputs.map(({ projection, stalled, failure }) => ({ ...projection.describe(), stalled, failure }));
  }

  #files(): ProjectedFile[] {
    return this.outputs.flatMap(({ projection, ended }, output) => {
      const files = ended ?? projection.files();
      return 'outputs' in this.job ? files.map((file, index) => ({ part: index + 1, ...file, output })) : files;
    });
  }

  #givenUp(): { readonly givenUp?: readonly OutputFailure[] } {
    const givenUp = this.outputs.flatMap((work, output) =>
      work.failure === undefined ? [] : [{ output, ...this.#told(work, work.failure) }],
    );
    return givenUp.length === 0 ? {} : { givenUp };
  }

  /** With several outputs it is told which one is meant. */
  #told(work: OutputWork, { code, message }: FailureWords): FailureWords {
    return { code, message: 'outputs' in this.job ? `outputs.${this.outputs.indexOf(work)}: ${message}` : message };
  }
}
