// Turns counters of a running recording into what its user is told, at the interval asked for. Pure.

import type { DataRecordProgress } from './record-config.ts';

/** Counters since the start, at a moment. */
export type ProgressFacts = {
  readonly nowUs: number;
  readonly filmUs: number;
  readonly fileBytes: number;
  readonly packetBytes: { readonly video: number; readonly audio: number };
  readonly pictures: { readonly encoded: number; readonly dropped: number };
};

/** Measures from one report to the next. */
export class ProgressMeter {
  readonly #intervalUs: number;
  #last: ProgressFacts | undefined;

  constructor(intervalMs: number) {
    this.#intervalUs = intervalMs * 1000;
  }

  /** A report, if it is time for one. */
  measure(facts: ProgressFacts): DataRecordProgress | undefined {
    this.#last ??= { ...facts, packetBytes: { video: 0, audio: 0 }, pictures: { encoded: 0, dropped: 0 } };
    const last = this.#last;
    const seconds = (facts.nowUs - last.nowUs) / 1e6;
    // Timers come a little early or late: a tenth of the interval does not matter, a whole tick would.
    if (seconds * 1e6 < this.#intervalUs * 0.9) return undefined;
    this.#last = facts;
    return {
      durationMs: Math.round(facts.filmUs / 1000),
      currentFileBytes: facts.fileBytes,
      framesPerSecond: Math.round(((facts.pictures.encoded - last.pictures.encoded) / seconds) * 10) / 10,
      videoBitrateBps: Math.round(((facts.packetBytes.video - last.packetBytes.video) * 8) / seconds),
      audioBitrateBps: Math.round(((facts.packetBytes.audio - last.packetBytes.audio) * 8) / seconds),
      droppedFrames: facts.pictures.dropped,
    };
  }
}
