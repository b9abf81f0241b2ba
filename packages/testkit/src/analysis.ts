// What the analyser says about a recording, as plain data: the form of `analyse --json`. All times are
// milliseconds on the file's timeline, because people read them.

import type { Presence } from './expectation.ts';

/** Everything that can be wrong with a recording. */
export type FaultCode =
  | 'NO_MEDIA'
  | 'TRACK_MISSING'
  | 'TRACK_UNEXPECTED'
  | 'FLASH_MISSING'
  | 'FLASH_UNEXPECTED'
  | 'FLASH_STRAY'
  | 'FLASH_LENGTH'
  | 'BEEP_MISSING'
  | 'BEEP_UNEXPECTED'
  | 'BEEP_STRAY'
  | 'BEEP_LENGTH'
  | 'OFFSET'
  | 'DRIFT'
  | 'FRAMES_MISSING'
  | 'FRAMES_REPEATED'
  | 'FRAMES_OUT_OF_ORDER'
  | 'FRAMES_UNREADABLE'
  | 'PTS_NOT_RISING'
  | 'CADENCE'
  | 'AUDIO_HOLE'
  | 'DURATION'
  | 'DURATION_SKEW'
  | 'END_SKEW'
  | 'DECODE_ERROR'
  | 'WRONG_PARTICIPANT';

/** One thing that is wrong, and where in the file. */
export type Fault = { readonly code: FaultCode; readonly message: string; readonly atMs?: number };

/** One flash or beep as expected and found. */
export type SignalReport = { readonly expected: Presence; readonly isPresent: boolean; readonly atMs?: number };

/** One second of signal time. */
export type SecondReport = {
  readonly atMs: number;
  readonly flash?: SignalReport;
  readonly beep?: SignalReport;
  /** Onset of the beep minus onset of the flash; positive when sound is late. Absent where not measurable. */
  readonly offsetMs?: number;
  readonly isGood: boolean;
};

/** Statistics of the A/V offset over all seconds. */
export type OffsetReport = {
  readonly count: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Slope of the offset over time. */
  readonly driftMsPer10Min: number;
  /** Standard error of the drift, ms in 10 minutes; 0 with fewer than three points. */
  readonly driftErrorMsPer10Min: number;
};

/** What the counters in the pictures say. */
export type CounterReport = {
  readonly first?: number;
  readonly last?: number;
  readonly frames: number;
  readonly missing: number;
  readonly repeated: number;
  readonly outOfOrder: number;
  readonly unreadable: number;
  /** Places where the counter began anew. */
  readonly restarts: number;
  /** Largest difference between the distance of two pictures and what their counters say. */
  readonly cadenceErrorMs: number;
  readonly fps: number;
};

/** The analyser's whole report on one file. */
export type Analysis = {
  readonly name: string;
  readonly container: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly video?: {
    readonly codec: string;
    readonly sizes: readonly string[];
    readonly startMs: number;
    readonly durationMs: number;
    readonly decodeErrors: number;
    readonly counter: CounterReport;
  };
  readonly audio?: {
    readonly codec: string;
    readonly sampleRate: number;
    readonly channels: number;
    readonly startMs: number;
    readonly durationMs: number;
    readonly decodeErrors: number;
    readonly holeMs: number;
  };
  /** By beep and strip, most frequent first. */
  readonly participants: readonly number[];
  readonly seconds: readonly SecondReport[];
  /** Seconds in which something required was not found. */
  readonly missingSeconds: number;
  readonly offset?: OffsetReport;
  readonly faults: readonly Fault[];
  readonly isGood: boolean;
};
