// Runs many mixes in one process, fairly: one step of each in turn. An error of one stays with it; one that can pass
// is answered by going on from the mix's own tape. No process isolation here; the owner runs this in a worker.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CancelTimer, type Clock, type Log, RoomtapeError } from '@roomtape/media';
import type { MixEvent, MixFacts, MixJob, MixRunner } from '../mix-job.ts';
import { createOverlayPainter } from '../overlay/overlay-painter.ts';
import type { PictureSource } from '../overlay/picture-shelf.ts';
import { firstSettings } from '../plan/mix-plan.ts';
import type { LevelLine } from '../sound/loudness.ts';
import { LATENCY_US, type Mixer, type MixStep, openMixer } from './mixer.ts';

/** What a mix runner needs. */
export type MixRunnerOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvent: (event: MixEvent) => void;
  /** Where users' pictures come from; `AssetLoader` is one. */
  readonly pictures: PictureSource;
  /** Threads of each video encoder. Default 1. */
  readonly threads?: number;
};

/** The loudness of every stream, a JSON line each second, beside the film's tape. The last line of a second counts. */
export const SOUND_WAVE_FILE = 'sound-wave.jsonl';

const POLL_MS = 100;
const PROGRESS_PERIOD_US = 250_000;
const RETRY_FIRST_US = 1_000_000;
const RETRY_MAX_US = 30_000_000;

type Problem = { readonly code: string; readonly message: string };
type Work = {
  readonly job: MixJob;
  facts: MixFacts;
  mixer: Mixer | undefined;
  isLagging: boolean;
  progressedAt: number;
  problems: Problem[];
  retry: { readonly at: number; readonly waitUs: number } | undefined;
};

/** Creates a runner that works at once; `close` it before its process ends. */
export function createMixRunner(options: MixRunnerOptions): MixRunner {
  return new TapeMixRunner(options);
}

class TapeMixRunner implements MixRunner {
  readonly #options: MixRunnerOptions;
  readonly #works = new Map<string, Work>();
  #cancel: CancelTimer | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: MixRunnerOptions) {
    this.#options = options;
  }

  start(job: MixJob, facts: MixFacts): void {
    if (this.#isClosed) return;
    if (this.#works.has(job.jobId)) {
      this.setFacts(job.jobId, facts);
      return;
    }
    const progressedAt = Number.NEGATIVE_INFINITY;
    const work = { job, facts, mixer: undefined, isLagging: false, progressedAt, problems: [], retry: undefined };
    this.#works.set(job.jobId, work);
    this.#wake(0);
  }

  setFacts(jobId: string, facts: MixFacts): void {
    const work = this.#works.get(jobId);
    if (work === undefined) return;
    work.facts = facts;
    work.mixer?.setFacts(facts);
    this.#wake(0);
  }

  describe(): Record<string, unknown> {
    const mixes = [...this.#works.values()].map(({ job, mixer, retry, isLagging }) => ({
      jobId: job.jobId,
      isLagging,
      retryAt: retry?.at,
      ...mixer?.describe(),
    }));
    return { mixes };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    for (const { mixer } of this.#works.values()) await mixer?.close();
    this.#works.clear();
  }

  #wake(delayMs: number): void {
    if (this.#isClosed || this.#running !== undefined) return;
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#running = this.#round().finally(() => {
        this.#running = undefined;
        const isBusy = [...this.#works.values()].some((work) => work.isLagging);
        if (this.#works.size > 0) this.#wake(isBusy ? 0 : POLL_MS);
      });
    });
  }

  /** One step of every mix. */
  async #round(): Promise<void> {
    for (const work of [...this.#works.values()]) {
      if (this.#isClosed) return;
      const { clock } = this.#options;
      if (work.retry !== undefined && clock.now() < work.retry.at) continue;
      try {
        work.mixer ??= await this.#open(work);
        this.#stepped(work, work.mixer, await work.mixer.step());
      } catch (error) {
        await this.#failed(work, error);
      }
    }
  }

  async #open(work: Work): Promise<Mixer> {
    const { clock, log, pictures, threads } = this.#options;
    const { job, facts } = work;
    const { soundWave } = firstSettings(facts).audio;
    const isAudioOnly = job.isAudioOnly === true;
    const mixer = await openMixer({
      job,
      facts,
      clock,
      log: log.child({ jobId: job.jobId }),
      ...(isAudioOnly ? { isAudioOnly } : { painter: await createOverlayPainter({ pictures }) }),
      onProblem: (problem) => work.problems.push(problem),
      ...(job.isComplete === true ? { isComplete: true } : {}),
      ...(threads === undefined ? {} : { threads }),
      ...(soundWave ? { onLevels: (line: LevelLine) => writeLine(job, line) } : {}),
    });
    // Facts may have come while it was opened.
    if (work.facts !== facts) mixer.setFacts(work.facts);
    return mixer;
  }

  #stepped(work: Work, mixer: Mixer, step: MixStep): void {
    const { clock, onEvent } = this.#options;
    const { jobId } = work.job;
    work.retry = undefined;
    work.isLagging = step === 'more';
    if (step === 'finished') {
      this.#works.delete(jobId);
      onEvent({ kind: 'mixed', jobId, mixedUs: mixer.mixedUs, lastSequence: mixer.lastSequence });
      return;
    }
    const problem = work.problems.shift();
    const now = clock.now();
    if (problem === undefined && now - work.progressedAt < PROGRESS_PERIOD_US) return;
    work.progressedAt = now;
    const lagUs = work.isLagging ? now - mixer.nextAt : LATENCY_US;
    const lagMs = work.job.isComplete === true ? 0 : Math.max(0, Math.round(lagUs / 1000));
    onEvent({ kind: 'mix-progressed', jobId, mixedUs: mixer.mixedUs, lagMs, ...(problem ? { problem } : {}) });
  }

  async #failed(work: Work, error: unknown): Promise<void> {
    const { clock, log, onEvent } = this.#options;
    const { jobId } = work.job;
    await work.mixer?.close().catch(() => {});
    work.mixer = undefined;
    work.isLagging = false;
    const message = error instanceof Error ? error.message : String(error);
    const code = codeOf(error);
    const retryable = error instanceof RoomtapeError ? error.retryable : PASSING.has(code);
    if (!retryable) {
      this.#works.delete(jobId);
      log.error({ jobId, code, error: message }, 'mix failed');
      onEvent({ kind: 'mix-failed', jobId, code, message, retryable });
      return;
    }
    const waitUs = Math.min(RETRY_MAX_US, (work.retry?.waitUs ?? RETRY_FIRST_US / 2) * 2);
    work.retry = { at: clock.now() + waitUs, waitUs };
    log.warn({ jobId, code, error: message, retryMs: waitUs / 1000 }, 'mix stalled');
    work.problems.push({ code, message });
  }
}

const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOENT', 'EACCES', 'EROFS']);

function codeOf(error: unknown): string {
  if (error instanceof RoomtapeError) return error.code;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'internal';
}

function writeLine(job: MixJob, line: LevelLine): void {
  appendFileSync(join(job.tapeDirectory, SOUND_WAVE_FILE), `${JSON.stringify(line)}\n`);
}
