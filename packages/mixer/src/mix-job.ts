// What a mixer is told and what it tells back: plain data, so that it crosses a process boundary and can be kept in a
// journal. The facts are complete each time they are told; the plan is made of them anew.

import type { MixSettings } from '@roomtape/api';
import type { UnixUs } from '@roomtape/media';

/** A stretch of wall time that is cut out of the film; `toAt` is absent while it lasts. */
export type MixPause = { readonly fromAt: UnixUs; readonly toAt?: UnixUs };

/** One publication that is part of a mix. */
export type MixStream = {
  /** Names this publication within the mix; a stream that comes back later has another. */
  readonly inputId: string;
  readonly streamId: string;
  readonly userId: string;
  readonly userName: string;
  readonly kind: 'camera' | 'screen' | 'whiteboard';
  /** Order of joining; a stream that comes back keeps its place. */
  readonly joinedOrder: number;
  /** Directory of its tape. It may still be growing, or not exist yet. */
  readonly tapeDirectory: string;
  readonly joinedAt: UnixUs;
  /** Absent while it is published. */
  readonly leftAt?: UnixUs;
  /** Last entry of the tape that counts, once that is known. */
  readonly lastSequence?: number;
};

/** Everything a mix is made of besides the tapes themselves. */
export type MixFacts = {
  /** Wall time of the film's first moment. */
  readonly startAt: UnixUs;
  /** Absent while the recording goes on. */
  readonly stopAt?: UnixUs;
  readonly pauses: readonly MixPause[];
  /** Layouts, overlays and volumes, each from a wall time on; the first is in force from the start. */
  readonly settings: readonly { readonly at: UnixUs; readonly settings: MixSettings }[];
  readonly streams: readonly MixStream[];
};

/** One mix: streams' tapes in, one tape out. */
export type MixJob = {
  readonly jobId: string;
  /** Directory of the mix's own tape; made or continued. */
  readonly tapeDirectory: string;
  /** The tapes grow no more: nothing is waited for, and that it all was long ago is no lag. */
  readonly isComplete?: boolean;
  /** Nobody will see it: a film of sound alone. */
  readonly isAudioOnly?: boolean;
};

/** What a mixer reports. `mixed` and `failed` are final. */
export type MixEvent =
  | {
      readonly kind: 'mix-progressed';
      readonly jobId: string;
      /** Length of the film that is on the mix's tape, µs. */
      readonly mixedUs: number;
      /** How far behind the room the mix is, ms. */
      readonly lagMs: number;
      /** A picture that could not be had and the like; told once each. */
      readonly problem?: { readonly code: string; readonly message: string };
    }
  /** The film is whole and its tape sealed. */
  | { readonly kind: 'mixed'; readonly jobId: string; readonly mixedUs: number; readonly lastSequence: number }
  | {
      readonly kind: 'mix-failed';
      readonly jobId: string;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
    };

/** Runs mixes in one process. */
export interface MixRunner {
  /** Starts or continues a mix from its tape; a known job again changes nothing but its facts. */
  start(job: MixJob, facts: MixFacts): void;
  /** Replaces the facts; film that is mixed already does not change. */
  setFacts(jobId: string, facts: MixFacts): void;
  /** Plain data for debugging: per mix its position, lag and inputs. */
  describe(): Record<string, unknown>;
  /** Stops all mixes where they are; a later start goes on from their tapes. */
  close(): Promise<void>;
}
