// Tells when a sample of an audio context was, on the page's clock, and notices when the browser left samples out: the
// context then falls behind the clock. Slow drift between the two is not a loss.

/** One reading of both clocks, taken together; ms. */
export type ClockReading = { readonly contextMs: number; readonly pageMs: number };

/** A lag below this is the clocks' own noise: blocks are rendered 10 ms at a time. */
const LOSS_MIN_MS = 15;
/** A lag has to be seen this often in a row. */
const CONFIRMATIONS = 3;
/** What two crystals may differ by, and thus the fastest drift that is followed: losses are not followed away. */
const DRIFT_MAX = 300e-6;

/** Follows one context for one observer. */
export class GraphClock {
  #offsetMs: number | undefined;
  #lagMs: number[] = [];
  #lastMs = 0;

  /** When a moment of the context was, ms on the page's clock; before the first reading they are taken as one. */
  pageMsOf(contextMs: number): number {
    return contextMs + (this.#offsetMs ?? 0);
  }

  /**
   * Takes a reading and gives how many ms of sound were lost since the one before: 0 almost always. It is told after
   * three readings that agree.
   */
  read({ contextMs, pageMs }: ClockReading): number {
    const offsetMs = pageMs - contextMs;
    this.#offsetMs ??= offsetMs;
    const driftMs = Math.abs(contextMs - this.#lastMs) * DRIFT_MAX;
    this.#lastMs = contextMs;
    const lagMs = offsetMs - this.#offsetMs;
    if (Math.abs(lagMs) < LOSS_MIN_MS) {
      this.#offsetMs += Math.max(-driftMs, Math.min(driftMs, lagMs));
      this.#lagMs = [];
      return 0;
    }
    this.#lagMs.push(lagMs);
    if (this.#lagMs.length < CONFIRMATIONS) return 0;
    const surest = this.#lagMs.reduce((best, lag) => (Math.abs(lag) < Math.abs(best) ? lag : best));
    this.#lagMs = [];
    this.#offsetMs += surest;
    return Math.max(0, surest);
  }
}
