// Sender reports for an outgoing stream (RFC 3550 §6.4.1) and the round trip from a peer's answers to them.
// Sends nothing and does not know when a report is due.

import { type UnixUs, US_PER_SECOND, unixUsToNtp, usToTicks } from '@roomtape/media';
import type { ReportBlock, SenderReport } from './rtcp-report.ts';

/** Says which RTP timestamp (wire or unwrapped) belongs to which moment of the clock the reports quote. */
export type ClockPoint = { readonly timestamp: number; readonly at: UnixUs };

/** Counts what is sent on one outgoing SSRC and makes its sender reports. */
export class SenderReporter {
  readonly #ssrc: number;
  readonly #clockRate: number;
  #packets = 0;
  #octets = 0;
  #latest: ClockPoint | undefined;

  constructor(options: { readonly ssrc: number; readonly clockRate: number }) {
    this.#ssrc = options.ssrc;
    this.#clockRate = options.clockRate;
  }

  /** Counts a packet sent: its outgoing timestamp and payload bytes without header and padding. */
  sent(timestamp: number, payloadBytes: number, now: UnixUs): void {
    this.#packets += 1;
    this.#octets += payloadBytes;
    if (this.#latest?.timestamp !== timestamp) this.#latest = { timestamp, at: now };
  }

  /**
   * Makes a report for this moment; `undefined` before the first packet. `point` is the relation to quote:
   * a forwarder gives one from the source's own reports, the same clock for audio and video, or the viewer
   * loses lip sync; without it the last packet's sending time is used.
   */
  report(now: UnixUs, point: ClockPoint | undefined = this.#latest): SenderReport | undefined {
    if (this.#latest === undefined || point === undefined) return undefined;
    const ntp = unixUsToNtp(now);
    const timestamp = point.timestamp + usToTicks(now - point.at, this.#clockRate);
    return {
      kind: 'sender-report',
      ssrc: this.#ssrc,
      ntpSeconds: ntp.seconds,
      ntpFraction: ntp.fraction,
      rtpTimestamp: timestamp - Math.floor(timestamp / 0x100000000) * 0x100000000,
      packetCount: this.#packets % 0x100000000,
      octetCount: this.#octets % 0x100000000,
      reports: [],
    };
  }
}

/**
 * Computes the round trip in µs from a block that answers our report (RFC 3550 §6.4.1, A.8 figure 2);
 * `undefined` when it answers none or the numbers make no sense (negative, or above 30 s).
 */
export function roundTripUs(block: ReportBlock, now: UnixUs): number | undefined {
  if (block.lastSenderReport === 0) return undefined;
  const ntp = unixUsToNtp(now);
  const middle = (ntp.seconds << 16) | (ntp.fraction >>> 16);
  const units = (middle - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
  // Rounding of the three terms can make a loopback's round trip slightly negative.
  if (units < -66 || units > 30 * 0x10000) return undefined;
  return Math.max(0, Math.round((units * US_PER_SECOND) / 0x10000));
}
