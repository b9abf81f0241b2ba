// What a receiver knows of one incoming SSRC, for its report blocks (RFC 3550 §6.4.1, A.3, A.8). Counts what
// arrived on the SSRC itself; packets recovered by RTX do not hide the loss from the sender.

import { type Ticks, type UnixUs, US_PER_SECOND, usToTicks } from '@roomtape/media';
import type { ReportBlock, SenderReport } from './rtcp-report.ts';

/** Setup of `ReceptionStats`. */
export type ReceptionStatsOptions = { readonly ssrc: number; readonly clockRate: number };

/** Figures of one incoming stream, for metrics. */
export type ReceptionFigures = {
  readonly received: number;
  /** Expected minus received; negative when duplicates came. */
  readonly lost: number;
  /** Interarrival jitter in ticks of the stream's clock (RFC 3550 A.8). */
  readonly jitterTicks: number;
};

/** Makes the report blocks of one incoming SSRC. */
export class ReceptionStats {
  readonly #ssrc: number;
  readonly #clockRate: number;
  #base: number | undefined;
  #highest = 0;
  #received = 0;
  #jitter = 0;
  #lastTimestamp = 0;
  #lastArrival: Ticks | undefined;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #reportMiddle = 0;
  #reportAt: UnixUs | undefined;

  constructor(options: ReceptionStatsOptions) {
    this.#ssrc = options.ssrc;
    this.#clockRate = options.clockRate;
  }

  /** Figures since the first packet or the last restart. */
  get figures(): ReceptionFigures {
    return { received: this.#received, lost: this.#expected() - this.#received, jitterTicks: Math.floor(this.#jitter) };
  }

  /** Takes a packet that arrived: unwrapped sequence and the timestamp as on the wire. */
  received(sequence: number, timestamp: number, now: UnixUs): void {
    if (this.#base === undefined) {
      this.#base = sequence;
      this.#highest = sequence;
    } else if (sequence > this.#highest) {
      this.#highest = sequence;
    } else if (sequence < this.#base) {
      this.#base = sequence;
    }
    this.#received += 1;
    const arrival = usToTicks(now, this.#clockRate);
    if (this.#lastArrival !== undefined && timestamp !== this.#lastTimestamp) {
      const difference = Math.abs(arrival - this.#lastArrival - ((timestamp - this.#lastTimestamp) | 0));
      // A clock jump is reported elsewhere; it says nothing about the network (bound: 5 s).
      if (difference < 5 * this.#clockRate) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#lastArrival = arrival;
    this.#lastTimestamp = timestamp;
  }

  /** Takes the sender's report on this stream, for LSR and DLSR. */
  senderReport(report: Pick<SenderReport, 'ntpSeconds' | 'ntpFraction'>, now: UnixUs): void {
    this.#reportMiddle = ((report.ntpSeconds << 16) | (report.ntpFraction >>> 16)) >>> 0;
    this.#reportAt = now;
  }

  /** Starts counting anew at the next packet: the sender restarted its numbering. */
  restart(): void {
    this.#base = undefined;
    this.#received = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#lastArrival = undefined;
  }

  /** Makes the block for the next report and begins a new interval; `undefined` before the first packet. */
  report(now: UnixUs): ReportBlock | undefined {
    if (this.#base === undefined) return undefined;
    const expected = this.#expected();
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    const share = expectedInterval <= 0 || lostInterval <= 0 ? 0 : Math.floor((lostInterval * 256) / expectedInterval);
    const lost = Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received));
    return {
      ssrc: this.#ssrc,
      fractionLost: Math.min(255, share),
      cumulativeLost: lost,
      highestSequence: (this.#highest - Math.floor(this.#base / 0x10000) * 0x10000) % 0x100000000,
      jitter: Math.floor(this.#jitter) % 0x100000000,
      lastSenderReport: this.#reportAt === undefined ? 0 : this.#reportMiddle,
      delaySinceLastSenderReport: this.#delaySinceReport(now),
    };
  }

  #expected(): number {
    return this.#base === undefined ? 0 : this.#highest - this.#base + 1;
  }

  #delaySinceReport(now: UnixUs): number {
    if (this.#reportAt === undefined) return 0;
    const units = Math.round(((now - this.#reportAt) * 0x10000) / US_PER_SECOND);
    return Math.max(0, Math.min(0xffffffff, units));
  }
}
