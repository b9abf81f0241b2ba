// Bytes per second of one packet stream, over whole half-second windows. For choosing layers and for display;
// no history is kept.

import type { UnixUs } from '@roomtape/media';

const WINDOW_US = 500_000;
/** Weight of the newest window. */
const NEWEST = 0.4;

/** Measures a bitrate, smoothed over about two seconds. */
export class RateMeter {
  #windowAt = 0;
  #windowBytes = 0;
  #bitrateBps = 0;
  #windows = 0;

  /** Smoothed bits per second as of the last `add` or `settle`. */
  get bitrateBps(): number {
    return this.#bitrateBps;
  }

  /** Counts a packet. */
  add(bytes: number, now: UnixUs): void {
    if (this.#windowAt === 0) this.#windowAt = now;
    if (now - this.#windowAt >= WINDOW_US) this.settle(now);
    this.#windowBytes += bytes;
  }

  /** Closes the window when it is over, so that a stream that stopped decays. */
  settle(now: UnixUs): void {
    const elapsedUs = now - this.#windowAt;
    if (this.#windowAt === 0 || elapsedUs < WINDOW_US) return;
    const rate = (this.#windowBytes * 8 * 1_000_000) / elapsedUs;
    this.#bitrateBps = this.#windows === 0 ? rate : this.#bitrateBps * (1 - NEWEST) + rate * NEWEST;
    this.#windows += 1;
    this.#windowAt = now;
    this.#windowBytes = 0;
  }
}
