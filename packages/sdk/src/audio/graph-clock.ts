// Tells when a sample of an audio context was, on the page's clock, and notices when the browser left samples out: the
// context then falls behind the clock for good. A busy machine lets it fall behind for a moment, and two crystals let it
// drift slowly: neither is a loss.

/** One reading of both clocks, taken together; ms. */
export type ClockReading = { readonly contextMs: number; readonly pageMs: number };

/** The first readings are looked at together: a context that starts, or a busy page, is off by tens of ms. */
const SETTLE_MS = 250;
const SETTLE_READINGS = 5;
/** A lag below this is the clocks' own noise: blocks are rendered 10 ms at a time. */
const LOSS_MIN_MS = 15;
/** So long a lag has to last; less after an interruption, where a loss is expected. */
const PATIENCE_MS = 500;
const PATIENCE_AFTER_INTERRUPTION_MS = 100;
/** What two crystals may differ by, and thus the fastest drift that is followed: losses are not followed away. */
const DRIFT_MAX = 300e-6;

/** Follows one context for one observer. */
export class GraphClock {
  #offsetMs: number | undefined;
  readonly #first: ClockReading[] = [];
  #lag: { readonly sinceMs: number; readonly leastMs: number } | undefined;
  #lastMs = 0;
  #patienceMs = PATIENCE_MS;

  /** Whether moments can be placed; losses are told from then on. */
  get isSettled(): boolean {
    return this.#offsetMs !== undefined;
  }

  /** When a moment of the context was, ms on the page's clock; once it is settled. */
  pageMsOf(contextMs: number): number {
    return contextMs + (this.#offsetMs ?? 0);
  }

  /** The context stood still and goes on now. */
  noteInterruption(): void {
    this.#patienceMs = PATIENCE_AFTER_INTERRUPTION_MS;
  }

  /** Takes a reading and gives how many ms of sound were lost, told once it is sure: 0 almost always. */
  read(reading: ClockReading): number {
    const { contextMs, pageMs } = reading;
    if (this.#offsetMs === undefined) {
      this.#settle(reading);
      return 0;
    }
    const driftMs = Math.abs(contextMs - this.#lastMs) * DRIFT_MAX;
    this.#lastMs = contextMs;
    const lagMs = pageMs - contextMs - this.#offsetMs;
    if (Math.abs(lagMs) < LOSS_MIN_MS) {
      this.#offsetMs += Math.max(-driftMs, Math.min(driftMs, lagMs));
      this.#lag = undefined;
      return 0;
    }
    if (this.#lag === undefined || Math.sign(lagMs) !== Math.sign(this.#lag.leastMs)) {
      this.#lag = { sinceMs: pageMs, leastMs: lagMs };
    }
    const { sinceMs } = this.#lag;
    const leastMs = Math.abs(lagMs) < Math.abs(this.#lag.leastMs) ? lagMs : this.#lag.leastMs;
    this.#lag = { sinceMs, leastMs };
    if (pageMs - sinceMs < this.#patienceMs) return 0;
    this.#lag = undefined;
    this.#patienceMs = PATIENCE_MS;
    this.#offsetMs += leastMs;
    return Math.max(0, leastMs);
  }

  #settle(reading: ClockReading): void {
    this.#first.push(reading);
    const lastedMs = reading.pageMs - (this.#first[0]?.pageMs ?? 0);
    if (lastedMs < SETTLE_MS || this.#first.length < SETTLE_READINGS) return;
    const offsets = this.#first.map(({ contextMs, pageMs }) => pageMs - contextMs).sort((a, b) => a - b);
    this.#offsetMs = offsets[offsets.length >> 1];
    this.#lastMs = reading.contextMs;
    this.#first.length = 0;
  }
}
