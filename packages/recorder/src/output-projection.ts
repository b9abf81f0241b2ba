// What one output of a job is to the recorder that drives it, whether it writes files or single pictures.

import type { UnixUs } from '@roomtape/media';
import type { PauseSpan, ProjectedFile, ProjectionEnd } from './projection-job.ts';

/** What a step led to. */
export type StepResult =
  /** There is more to read now. */
  | 'more'
  /** Everything written so far is projected. */
  | 'caught-up'
  /** The end was reached and the files are closed. */
  | 'finished';

/** One output in work. It reads its tape by itself; the tape is the truth, so that it can be started again at any time. */
export interface OutputProjection {
  /** Reads and projects a bounded amount. Throws operating errors; where they can pass, `restart` is the answer. */
  step(now: UnixUs): StepResult;
  /** Replaces the pauses; what is projected already does not change. */
  setPauses(pauses: readonly PauseSpan[]): void;
  /** Sets the end; the first call wins. */
  finish(end: ProjectionEnd): void;
  /** Starts again from the tape's beginning; what is published stays until the new pass has caught up. */
  restart(): void;
  /** Lets go of everything; published files stay as they are. Never throws. */
  abandon(): void;
  /** The files as they are now under their own names. */
  files(): readonly ProjectedFile[];
  /** Whether it waits for the stream's next keyframe to begin another file; absent where none is waited for. */
  readonly awaitsKeyframe?: boolean;
  /** Plain data for debugging. */
  describe(): Record<string, unknown>;
}
