// Waiting times between attempts: exponential, with full jitter, so that a restarted server is not met by all
// its clients in the same instant.

/** Limits of a backoff, in milliseconds. */
export type BackoffLimits = { readonly firstMs: number; readonly maxMs: number };

/** Gives the next waiting time, longer each time until `reset`. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #attempts = 0;

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Attempts since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds to wait now: between half and all of the current step. */
  next(): number {
    const stepMs = Math.min(this.#limits.maxMs, this.#limits.firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.round(stepMs * (0.5 + this.#random() / 2));
  }

  /** Starts again with the shortest wait. */
  reset(): void {
    this.#attempts = 0;
  }
}
