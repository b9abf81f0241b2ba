// One job in work: tape → planner → files, a bounded step at a time. It keeps nothing a restart would miss: the
// tape is the truth, and any failure that can pass is answered by projecting again from the tape's beginning.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, UnixUs } from '@roomtape/media';
import { openTapeReader, type TapeBatch, type TapeReader } from '@roomtape/tape';
import {
  createPlanner,
  type FileTimeline,
  type PlanKnowledge,
  type PlannedAction,
  type Planner,
} from '@roomtape/timeline';
import { isStaleTemporary, mediaOf, newFileLimit, OutputFile, transcodesAudio } from './output-file.ts';
import type { OutputProjection, StepResult } from './output-projection.ts';
import type { FileJob, PauseSpan, ProjectedFile, ProjectionEnd } from './projection-job.ts';

/** Bytes of tape read per step; bounds how long one job keeps the others waiting. */
const STEP_BYTES = 256 * 1024;
/** A job that may end at a sequence the tape never reaches ends this long after the tape stopped growing, µs. */
const TAIL_WAIT_US = 5_000_000;

/** One projection. */
export class Projection implements OutputProjection {
  readonly job: FileJob;
  readonly #log: Log;
  #reader: TapeReader;
  #planner: Planner;
  #knowledge: PlanKnowledge = { files: {} };
  #pauses: readonly PauseSpan[] = [];
  #end: ProjectionEnd | undefined;
  #outputs = new Map<number, OutputFile>();
  /** Paths this job published, in any pass. */
  readonly #published = new Set<string>();
  #open = new Set<number>();
  readonly #finished = new Map<number, ProjectedFile>();
  #stillSince: UnixUs | undefined;
  #passes = 0;
  /** The files of the pass before, which are still there while a new pass catches up. */
  #earlierFiles: ProjectedFile[] = [];

  constructor(job: FileJob, log: Log) {
    this.job = job;
    this.#log = log.child({ jobId: job.jobId });
    for (const entry of readdirSync(job.outputDirectory))
      if (isStaleTemporary(job, entry)) rmSync(join(job.outputDirectory, entry), { force: true });
    this.#reader = openTapeReader(job.tapeDirectory);
    this.#planner = this.#newPlanner();
  }

  get awaitsKeyframe(): boolean {
    return this.#end === undefined && this.#planner.awaitsKeyframe;
  }

  setPauses(pauses: readonly PauseSpan[]): void {
    this.#pauses = pauses;
    this.#planner.setPauses(pauses);
  }

  /** Sets the end; the first call wins. */
  finish(end: ProjectionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#planner.setStop(end.stopAt);
  }

  /** Reads and projects a bounded amount. Throws operating errors of tape and muxer; `restart` is the answer. */
  step(now: UnixUs): StepResult {
    const batch = this.#reader.readBatch({ bytesMax: STEP_BYTES });
    for (const range of batch.skipped) this.#log.warn({ ...range }, 'tape range skipped');
    const last = this.#end?.sequence ?? Number.POSITIVE_INFINITY;
    for (const { sequence, entry } of batch.entries) {
      if (sequence > last) break;
      if (this.#execute(this.#planner.push(entry)) === 'replanned') return 'more';
    }
    if (!batch.atEnd) return 'more';
    for (const index of this.#open) this.#publish(index);
    if ([...this.#open].some((index) => this.#outputs.get(index)?.published === true)) this.#earlierFiles = [];
    return this.#isOver(batch, now) ? this.#close() : 'caught-up';
  }

  /** Starts again from the tape's beginning; what is published stays until the new pass has caught up. */
  restart(): void {
    this.#earlierFiles = this.files();
    this.abandon();
    this.#passes += 1;
    this.#reader = openTapeReader(this.job.tapeDirectory);
    this.#planner = this.#newPlanner();
  }

  /** Lets go of everything; published files stay as they are. Never throws. */
  abandon(): void {
    this.#reader.close();
    for (const index of this.#open) this.#outputs.get(index)?.abandon();
    this.#open.clear();
    this.#outputs.clear();
    this.#finished.clear();
  }

  /** The files as they are now under their own names. */
  files(): ProjectedFile[] {
    const files = this.#planner.summary().files.flatMap((timeline) => this.#describe(timeline) ?? []);
    const last = files.at(-1)?.part ?? 0;
    return [...files, ...this.#earlierFiles.filter(({ part = 0 }) => part > last)];
  }

  /** A file as it is under its own name; one that is closed is looked at once. */
  #describe(timeline: FileTimeline): ProjectedFile | undefined {
    const known = this.#finished.get(timeline.file);
    if (known !== undefined) return known;
    const output = this.#outputs.get(timeline.file);
    if (output?.published !== true) return undefined;
    const file = describeFile(timeline, output);
    if (timeline.closed && !this.#open.has(timeline.file)) this.#finished.set(timeline.file, file);
    return file;
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    const { dropped, clocks } = this.#planner.summary();
    const nextSequence = this.#reader.nextSequence;
    return { jobId: this.job.jobId, nextSequence, passes: this.#passes, dropped, clocks, files: this.files() };
  }

  #newPlanner(): Planner {
    const newFile = newFileLimit(this.job);
    const planner = createPlanner({
      ...(newFile === undefined ? {} : { newFile }),
      media: mediaOf(this.job),
      startAt: this.job.startAt,
      transcodesAudio: transcodesAudio(this.job),
      knowledge: this.#knowledge,
    });
    planner.setPauses(this.#pauses);
    if (this.#end !== undefined) planner.setStop(this.#end.stopAt);
    return planner;
  }

  #execute(actions: readonly PlannedAction[]): 'done' | 'replanned' {
    for (const action of actions) {
      if (action.kind === 'replan') {
        this.#log.info({ reason: action.reason }, 'projection replanned');
        this.#knowledge = action.knowledge;
        this.restart();
        return 'replanned';
      }
      if (action.kind === 'open') {
        this.#outputs.set(action.file, new OutputFile(this.job, action.file, action.plan));
        this.#open.add(action.file);
      } else if (action.kind === 'close') {
        this.#outputs.get(action.file)?.finish(action.endUs);
        this.#open.delete(action.file);
        this.#publish(action.file);
      } else {
        this.#outputs.get(action.file)?.execute(action);
      }
    }
    return 'done';
  }

  #publish(index: number): void {
    const output = this.#outputs.get(index);
    if (output === undefined) return;
    output.publish();
    this.#published.add(output.path);
  }

  #isOver(batch: TapeBatch, now: UnixUs): boolean {
    if (this.#end === undefined) return false;
    const { sequence } = this.#end;
    if (batch.sealed || sequence === undefined || this.#reader.nextSequence > sequence) return true;
    if (batch.entries.length > 0) this.#stillSince = undefined;
    this.#stillSince ??= now;
    return now - this.#stillSince >= TAIL_WAIT_US;
  }

  #close(): StepResult {
    if (this.#execute(this.#planner.finish()) === 'replanned') return 'more';
    this.#earlierFiles = [];
    const kept = new Set([...this.#outputs.values()].map((output) => output.path));
    for (const path of this.#published) if (!kept.has(path)) rmSync(path, { force: true });
    this.#reader.close();
    return 'finished';
  }
}

function describeFile(timeline: FileTimeline, output: OutputFile): ProjectedFile {
  const missingUs: Record<string, number> = {};
  // A reason that concerns both tracks at once is counted once: the longer of the two.
  for (const track of [timeline.video, timeline.audio])
    for (const [reason, us] of Object.entries(track?.missingUs ?? {}))
      missingUs[reason] = Math.max(missingUs[reason] ?? 0, Math.round(us));
  const { videoCodec, audioCodec, width, height } = output;
  return {
    path: output.path,
    part: timeline.file + 1,
    container: output.container,
    state: timeline.closed ? 'finished' : 'recording',
    bytes: output.bytes(),
    durationUs: Math.round(timeline.durationUs),
    startedAt: timeline.startedAt,
    ...(videoCodec === undefined ? {} : { videoCodec }),
    ...(audioCodec === undefined ? {} : { audioCodec }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    missingUs,
  };
}
