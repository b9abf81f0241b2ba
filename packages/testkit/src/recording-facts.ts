// What decoding a recorded file found, as plain data: the input of `analyse.ts`. Times are on the file's
// timeline as a player shows it: edit lists applied, priming dropped.

import type { MediaUs } from '@roomtape/media';
import type { BeepFact } from './beep-detector.ts';

/** One decoded picture. */
export type VideoFrameFact = {
  readonly ptsUs: MediaUs;
  readonly isFlash: boolean;
  /** Absent where the strip is missing or damaged. */
  readonly counter?: number;
  readonly participantIndex?: number;
};

/** A stretch of the file's timeline. */
export type TimeSpan = { readonly fromUs: MediaUs; readonly toUs: MediaUs };

/** What the pictures of a file are. */
export type VideoFacts = {
  readonly codec: string;
  /** Size of the first picture. */
  readonly width: number;
  readonly height: number;
  /** Every size the pictures have had, in order, as `1280x720`. */
  readonly sizes: readonly string[];
  readonly frames: readonly VideoFrameFact[];
  /** From the first picture to the end of the last. */
  readonly span: TimeSpan;
  readonly decodeErrorCount: number;
};

/** What the sound of a file is. */
export type AudioFacts = {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly beeps: readonly BeepFact[];
  readonly span: TimeSpan;
  /** Stretches inside `span` for which the file has no samples. */
  readonly holes: readonly TimeSpan[];
  readonly decodeErrorCount: number;
};

/** All that decoding found in one file. */
export type RecordingFacts = {
  readonly name: string;
  readonly container: string;
  readonly bytes: number;
  /** What the container says its duration is. */
  readonly durationUs: number;
  readonly video?: VideoFacts;
  readonly audio?: AudioFacts;
};
