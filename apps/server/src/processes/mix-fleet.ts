// The mixer processes as `control` uses them: started when the first mix is, each mix on the one with the fewest, and
// started again from its own tape when its process dies. Films made later have processes of their own, so that they
// never keep a room waiting. A mix that keeps failing is given up.

import type { Clock } from '@roomtape/media';
import type { MixEvent, MixFacts, MixJob } from '@roomtape/mixer';
import type { MediaProcess } from './media-fleet.ts';

/** Films of rooms as they happen, or films made later of tapes that are whole. */
export type MixWork = 'live' | 'render';

/** One mixer process. */
export type MixerProcess = MediaProcess & {
  /** The only films it is given. */
  readonly work: MixWork;
  /** Starts it; resolves when it takes jobs. */
  open(): Promise<void>;
  /** Ends it in order; it may be opened again. */
  close(): Promise<void>;
  /** It made a part of a film. */
  progressed(): void;
};

/** What the recordings need of the mixers. */
export interface MixPlane {
  /** A known job again changes nothing but its facts. */
  start(job: MixJob, facts: MixFacts): void;
  setFacts(jobId: string, facts: MixFacts): void;
}

/** How a fleet is made. `onEvent` hears `mix-failed` only when a mix is given up. */
export type MixFleetOptions = {
  readonly clock: Clock;
  readonly onEvent: (event: MixEvent) => void;
  /** A mix failed and is tried again. */
  readonly onRetry: (jobId: string, code: string, message: string) => void;
};

type Placed = {
  readonly job: MixJob;
  facts: MixFacts;
  process: MixerProcess | undefined;
  failures: number;
  mixedUs: number;
  lagMs: number;
};

/** After so many deaths of its process or failures without any progress a mix is given up; all tapes stay. */
const FAILURES_MAX = 5;
const RETRY_AFTER_MS = 1_000;
/** A process that renders is ended when it had nothing to do for so long. */
const IDLE_MS = 30_000;

/** Places mixes on mixer processes. */
export class MixFleet implements MixPlane {
  readonly #options: MixFleetOptions;
  readonly #processes: MixerProcess[] = [];
  readonly #opened = new Set<MixerProcess>();
  readonly #closing = new Set<MixerProcess>();
  readonly #jobs = new Map<string, Placed>();

  constructor(options: MixFleetOptions) {
    this.#options = options;
  }

  /** Adds a process that may be opened; its keeper calls `processUp` and `processDown`. */
  add(process: MixerProcess): void {
    this.#processes.push(process);
  }

  start(job: MixJob, facts: MixFacts): void {
    if (this.#jobs.has(job.jobId)) {
      this.setFacts(job.jobId, facts);
      return;
    }
    const placed: Placed = { job, facts, process: undefined, failures: 0, mixedUs: 0, lagMs: 0 };
    this.#jobs.set(job.jobId, placed);
    this.#place(placed);
  }

  setFacts(jobId: string, facts: MixFacts): void {
    const placed = this.#jobs.get(jobId);
    if (placed === undefined) return;
    placed.facts = facts;
    placed.process?.post('setFacts', jobId, facts);
  }

  /** Films that are being mixed, and how far the slowest of them is behind its room, ms. */
  load(): { readonly mixes: number; readonly lagMs: number } {
    const lags = [...this.#jobs.values()].map(({ lagMs }) => lagMs);
    return { mixes: lags.length, lagMs: Math.max(0, ...lags) };
  }

  /** A process is up (again): waiting mixes go there. */
  processUp(): void {
    for (const placed of this.#jobs.values()) if (placed.process === undefined) this.#place(placed);
  }

  /** A process died: its mixes go on from their tapes on another, unless they are what kills it. */
  processDown(process: MixerProcess, reason: string): void {
    for (const placed of [...this.#jobs.values()]) {
      if (placed.process !== process) continue;
      this.#failed(placed, 'MIXER_ENDED', `the mixer ended: ${reason}`);
    }
    this.processUp();
  }

  /** A mixer told a fact. */
  receive(event: MixEvent): void {
    const placed = this.#jobs.get(event.jobId);
    if (placed === undefined) return;
    if (event.kind === 'mix-failed' && event.retryable && placed.failures + 1 < FAILURES_MAX) {
      this.#failed(placed, event.code, event.message);
      const again = (): void => this.processUp();
      this.#options.clock.after(RETRY_AFTER_MS * placed.failures, again);
      return;
    }
    if (event.kind === 'mix-progressed') {
      // A mixer that dies may have told of frames that did not reach the tape: the next one tells of fewer.
      if (event.mixedUs > placed.mixedUs) {
        placed.failures = 0;
        placed.mixedUs = event.mixedUs;
        placed.process?.progressed();
      }
      placed.lagMs = event.lagMs;
    } else this.#forget(event.jobId);
    this.#options.onEvent(event);
  }

  /** Plain data for the debug endpoint. */
  async describe(): Promise<Record<string, unknown>> {
    const open = this.#processes.filter((process) => process.isUp);
    const mixers = await Promise.all(
      open.map(async (process) => [
        process.name,
        await process.request('describe').catch((error: unknown) => ({ error: String(error) })),
      ]),
    );
    const jobs = [...this.#jobs.values()].map(({ job, process, failures, mixedUs }) => ({
      ...{ jobId: job.jobId, process: process?.name, failures, mixedUs },
    }));
    return { mixers: Object.fromEntries(mixers), jobs };
  }

  /** Every mix gets a process of its own as long as there is one for its work; the others share. */
  #place(placed: Placed): void {
    const work = workOf(placed.job);
    const open = this.#processes.filter((p) => p.work === work && p.isUp && !this.#closing.has(p));
    const [least] = open.sort((a, b) => this.#jobsOn(a) - this.#jobsOn(b));
    const isBusy = least === undefined || this.#jobsOn(least) > 0;
    if (isBusy && this.#openAnother(work)) return;
    if (least === undefined) return;
    placed.process = least;
    least.post('start', placed.job, placed.facts);
  }

  /** Opens a process that was not needed so far; false when there is none. `processUp` follows. */
  #openAnother(work: MixWork): boolean {
    const closed = this.#processes.find((process) => process.work === work && !this.#opened.has(process));
    if (closed === undefined) return false;
    this.#opened.add(closed);
    closed.open().catch((error: unknown) => {
      this.#opened.delete(closed);
      const message = `no mixer could be started: ${error instanceof Error ? error.message : String(error)}`;
      for (const { process, job } of [...this.#jobs.values()]) {
        if (process === undefined && workOf(job) === work) this.#giveUp(job.jobId, 'MIXER_ENDED', message);
      }
    });
    return true;
  }

  #failed(placed: Placed, code: string, message: string): void {
    const { jobId } = placed.job;
    placed.process = undefined;
    placed.failures += 1;
    if (placed.failures < FAILURES_MAX) this.#options.onRetry(jobId, code, message);
    else this.#giveUp(jobId, code, message);
  }

  #giveUp(jobId: string, code: string, message: string): void {
    this.#forget(jobId);
    this.#options.onEvent({ kind: 'mix-failed', jobId, code, message, retryable: false });
  }
  #forget(jobId: string): void {
    this.#jobs.delete(jobId);
    for (const process of this.#opened) {
      if (process.work !== 'render' || this.#jobsOn(process) > 0) continue;
      this.#options.clock.after(IDLE_MS, () => this.#endIdle(process));
    }
  }

  /** Waiting mixes may be about to be placed there: it is ended only when there are none of its work at all. */
  #endIdle(process: MixerProcess): void {
    const isWanted = [...this.#jobs.values()].some(({ job }) => workOf(job) === process.work);
    if (isWanted || !this.#opened.has(process) || this.#closing.has(process)) return;
    this.#closing.add(process);
    void process.close().finally(() => {
      this.#closing.delete(process);
      this.#opened.delete(process);
      this.processUp();
    });
  }

  #jobsOn(process: MixerProcess): number {
    return [...this.#jobs.values()].filter((placed) => placed.process === process).length;
  }
}

function workOf({ isComplete }: MixJob): MixWork {
  return isComplete === true ? 'render' : 'live';
}
