// Which of the capture times in a sender's packets to believe. A sender notes the time of sound when its thread
// gets to run, so single ones are late and none is early: the earliest of each second is the true one.

import { ntpToUnixUs, type Ticks, ticksToUs, type UnixUs } from '@roomtape/media';

/** A capture time as sent: NTP of the sender's clock. */
export type CaptureNtp = { readonly ntpSeconds: number; readonly ntpFraction: number };

/** The capture time of a point of the stream. */
export type CapturePoint = CaptureNtp & { readonly position: Ticks; readonly arrivedAt: UnixUs };

const WINDOW_US = 1_000_000;

/** Chooses one capture time a second of one track; the first is given at once. */
export class CaptureTimes {
  /** Whether the sender tells capture times at all. */
  isKnown = false;
  readonly #clockRate: number;
  #windowAt: UnixUs | undefined;
  #best: { readonly point: CapturePoint; readonly offsetUs: number } | undefined;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Takes the capture time of a point of the stream; returns the one to use, when a second is over. */
  add(position: Ticks, ntp: CaptureNtp, arrivedAt: UnixUs): CapturePoint | undefined {
    const { ntpSeconds, ntpFraction } = ntp;
    if (ntpSeconds === 0 && ntpFraction === 0) return undefined;
    const point = { ntpSeconds, ntpFraction, position, arrivedAt };
    const offsetUs = ntpToUnixUs(ntpSeconds, ntpFraction) - ticksToUs(position, this.#clockRate);
    if (this.#windowAt === undefined) {
      this.isKnown = true;
      this.#windowAt = arrivedAt;
      return point;
    }
    if (this.#best === undefined || offsetUs < this.#best.offsetUs) this.#best = { point, offsetUs };
    if (arrivedAt - this.#windowAt < WINDOW_US) return undefined;
    this.#windowAt = arrivedAt;
    const chosen = this.#best.point;
    this.#best = undefined;
    return chosen;
  }

  /** Forgets what was said of timestamps that are no more. */
  reset(): void {
    this.#windowAt = undefined;
    this.#best = undefined;
  }
}
