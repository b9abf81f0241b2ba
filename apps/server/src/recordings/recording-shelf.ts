// The recordings of a server as they are kept: found by id and by job, and changed by facts only. Every fact goes
// through `record`, which changes the model and the journal together.

import type { Clock } from '@roomtape/media';
import type { JournalEvent, JournalFact } from './journal-event.ts';
import type { KeptRecording } from './kept-recording.ts';
import { applyEvent, fileOwners, isFinal, stateOf } from './recording-model.ts';
import { refusal } from './recording-refusal.ts';
import type { RecordingsOptions } from './recordings-options.ts';

/** What a shelf needs of the parts around it. */
export type RecordingShelfOptions = {
  readonly clock: Clock;
  readonly onChange: RecordingsOptions['onChange'];
  /** A fact is in the journal. */
  readonly onWritten: (kept: KeptRecording) => void;
};

/** Keeps all recordings. */
export class RecordingShelf {
  readonly #options: RecordingShelfOptions;
  readonly #byId = new Map<string, KeptRecording>();
  readonly #byJob = new Map<string, KeptRecording>();

  constructor(options: RecordingShelfOptions) {
    this.#options = options;
  }

  /** Keeps a recording, with the jobs it has already. */
  add(kept: KeptRecording): void {
    this.#byId.set(kept.model.recordingId, kept);
    for (const { jobId } of fileOwners(kept.model)) this.#byJob.set(jobId, kept);
  }

  /** A job of a recording is about to be part of it. */
  addJob(jobId: string, kept: KeptRecording): void {
    this.#byJob.set(jobId, kept);
  }

  /** A recording by id. Throws RECORDING_NOT_FOUND. */
  get(recordingId: string): KeptRecording {
    const kept = this.#byId.get(recordingId);
    if (kept !== undefined) return kept;
    throw refusal('RECORDING_NOT_FOUND', 'no such recording', { recordingId });
  }

  /** A recording by id, where there may be none. */
  find(recordingId: string): KeptRecording | undefined {
    return this.#byId.get(recordingId);
  }

  /** All recordings in the order they were added. */
  all(): IterableIterator<KeptRecording> {
    return this.#byId.values();
  }

  /** The recording that a projection job belongs to. */
  ofJob(jobId: string): KeptRecording | undefined {
    return this.#byJob.get(jobId);
  }

  /** How many recordings are not final. */
  get activeCount(): number {
    let count = 0;
    for (const { model } of this.#byId.values()) if (!isFinal(model)) count += 1;
    return count;
  }

  /** Makes a fact true at once; resolves when it is in the journal. */
  record(kept: KeptRecording, fact: JournalFact): Promise<boolean> {
    const { clock, onChange, onWritten } = this.#options;
    const event = { ...fact, at: clock.now() } as JournalEvent;
    const before = stateOf(kept.model);
    kept.model = applyEvent(kept.model, event);
    const after = stateOf(kept.model);
    if (before !== after) onChange(kept.model, after);
    const written = kept.journal.append(event);
    void written.then(() => onWritten(kept));
    return written;
  }

  /** Records a problem; one that lasts is told once. */
  problem(kept: KeptRecording, problem: { code: string; message: string; streamId: string }): void {
    const { code, streamId } = problem;
    const isKnown = kept.model.problems.some(
      (known) => known.code === code && known.streamId === streamId && known.resolvedAt === undefined,
    );
    if (!isKnown) void this.record(kept, { kind: 'problem', ...problem });
  }

  /** Every problem of a stream is over. */
  resolveProblems(kept: KeptRecording, streamId: string): void {
    for (const problem of kept.model.problems) {
      if (problem.resolvedAt !== undefined || problem.streamId !== streamId) continue;
      void this.record(kept, { kind: 'problem-resolved', code: problem.code, streamId });
    }
  }
}
