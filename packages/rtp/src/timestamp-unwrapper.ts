// RTP timestamps beyond 32 bits, per SSRC, as source ticks. Compares with the arrival clock only to choose the
// cycle and to report jumps; it never corrects the source's clock.

import { msToUs, type Ticks, ticks, ticksToUs, type UnixUs, usToTicks } from '@roomtape/media';
import { nearestUnwrapped, nextUnwrapped } from './serial-number.ts';

const MODULUS = 0x100000000;

/** What a timestamp turned out to be. */
export type UnwrappedTimestamp =
  | { readonly kind: 'continued'; readonly ticks: Ticks }
  /**
   * The source's clock moved against our arrival clock by `jumpUs` (positive: ahead), more than a network
   * explains. `ticks` never lies before `previousTicks`: a step back goes to the next cycle.
   */
  | { readonly kind: 'jumped'; readonly ticks: Ticks; readonly previousTicks: Ticks; readonly jumpUs: number };

/** Setup of a `TimestampUnwrapper`. */
export type TimestampUnwrapperOptions = {
  readonly clockRate: number;
  /** A larger deviation from the arrival clock is a jump. Default 5000. */
  readonly jumpMsMax?: number;
};

/**
 * Unwraps the timestamps of one SSRC by the half-range rule around what the arrival clock leads to expect, so
 * a pause longer than half a range is placed right. The first timestamp is put one cycle up, so that nothing
 * before it turns negative; the low 32 bits are always the wire's.
 */
export class TimestampUnwrapper {
  readonly #clockRate: number;
  readonly #jumpTicksMax: number;
  #latest: number | undefined;
  #latestAt = 0;

  constructor(options: TimestampUnwrapperOptions) {
    this.#clockRate = options.clockRate;
    this.#jumpTicksMax = usToTicks(msToUs(options.jumpMsMax ?? 5000), options.clockRate);
  }

  /** The highest unwrapped timestamp of the clock in force. */
  get latest(): Ticks | undefined {
    return this.#latest === undefined ? undefined : ticks(this.#latest);
  }

  /** Takes the 32-bit timestamp of a packet and when it arrived. */
  unwrap(wire: number, arrivedAt: UnixUs): UnwrappedTimestamp {
    const latest = this.#latest;
    if (latest === undefined) return this.#advance(MODULUS + wire, arrivedAt);
    const expected = this.#expected(latest, arrivedAt);
    const point = nearestUnwrapped(expected, wire, MODULUS);
    const deviation = point - expected;
    if (deviation <= this.#jumpTicksMax && deviation >= -this.#jumpTicksMax) {
      return point >= latest ? this.#advance(point, arrivedAt) : { kind: 'continued', ticks: ticks(point) };
    }
    const landed = point >= latest ? point : nextUnwrapped(latest, wire, MODULUS);
    this.#advance(landed, arrivedAt);
    const jumpUs = ticksToUs(ticks(deviation), this.#clockRate);
    return { kind: 'jumped', ticks: ticks(landed), previousTicks: ticks(latest), jumpUs };
  }

  /** Places a timestamp (of a sender report, a retransmission) near the latest without learning from it. */
  peek(wire: number): Ticks | undefined {
    return this.#latest === undefined ? undefined : ticks(nearestUnwrapped(this.#latest, wire, MODULUS));
  }

  #expected(latest: number, arrivedAt: UnixUs): number {
    const elapsedUs = arrivedAt - this.#latestAt;
    return elapsedUs <= 0 ? latest : latest + usToTicks(elapsedUs, this.#clockRate);
  }

  #advance(point: number, arrivedAt: UnixUs): UnwrappedTimestamp {
    this.#latest = point;
    this.#latestAt = arrivedAt;
    return { kind: 'continued', ticks: ticks(point) };
  }
}
