// The sending side of transport-wide congestion control: numbers outgoing packets of one transport, remembers
// when they left, and turns incoming feedback into per-packet facts. The estimate is `bandwidth-estimator.ts`.

import { type UnixUs, unixUs } from '@roomtape/media';
import type { TransportFeedback } from './rtcp-transport-feedback.ts';
import { nearestUnwrapped } from './serial-number.ts';

/** What became of one packet sent. */
export type PacketOutcome = {
  readonly sentAt: UnixUs;
  readonly bytes: number;
  /** On the receiver's clock in µs, comparable within one transport; `undefined` when reported missing. */
  readonly receivedUs: number | undefined;
};

/** One feedback packet, matched with what was sent. */
export type TwccReport = {
  readonly arrivedAt: UnixUs;
  /** In the order sent; packets reported received before are left out. */
  readonly outcomes: readonly PacketOutcome[];
  readonly sent: number;
  readonly received: number;
  /** Missing ÷ sent of this report; may be corrected by a later one. */
  readonly lossRatio: number;
  /** From the sending of the newest packet reported to the feedback's arrival: an upper bound of the round trip. */
  readonly roundTripUs: number | undefined;
};

/** Packets in flight that are remembered; a power of two. */
const HISTORY = 8192;
const REFERENCE_CYCLE = 0x1000000;

/** Numbers packets and matches feedback. */
export class TwccSender {
  #next = 0;
  readonly #sequences = new Float64Array(HISTORY).fill(-1);
  readonly #sentAt = new Float64Array(HISTORY);
  readonly #bytes = new Uint16Array(HISTORY);
  /** 24-bit reference time, unwrapped. */
  #reference: number | undefined;

  /** Registers a packet about to be sent and returns its 16-bit transport sequence, to be written into it. */
  stamp(bytes: number, now: UnixUs): number {
    const sequence = this.#next;
    const slot = sequence & (HISTORY - 1);
    this.#next = sequence + 1;
    this.#sequences[slot] = sequence;
    this.#sentAt[slot] = now;
    this.#bytes[slot] = Math.min(bytes, 0xffff);
    return sequence & 0xffff;
  }

  /** Takes a feedback packet; `undefined` when it concerns nothing we remember sending. */
  feedback(feedback: TransportFeedback, arrivedAt: UnixUs): TwccReport | undefined {
    const base = nearestUnwrapped(this.#next, feedback.baseSequence, 0x10000);
    const referenceUs = this.#unwrapReference(feedback.referenceTime) * 64_000;
    const outcomes: PacketOutcome[] = [];
    let received = 0;
    let newestSentAt = Number.NEGATIVE_INFINITY;
    feedback.arrivals.forEach((arrival, i) => {
      const slot = (base + i) & (HISTORY - 1);
      if (base + i < 0 || this.#sequences[slot] !== base + i) return;
      const sentAt = this.#sentAt[slot] as number;
      const receivedUs = arrival === undefined ? undefined : referenceUs + arrival * 250;
      outcomes.push({ sentAt: unixUs(sentAt), bytes: this.#bytes[slot] as number, receivedUs });
      if (receivedUs === undefined) return;
      received += 1;
      newestSentAt = Math.max(newestSentAt, sentAt);
      // Reported received: forgotten, so that a repeated report counts nothing twice.
      this.#sequences[slot] = -1;
    });
    if (outcomes.length === 0) return undefined;
    return {
      arrivedAt,
      outcomes,
      sent: outcomes.length,
      received,
      lossRatio: (outcomes.length - received) / outcomes.length,
      roundTripUs: received === 0 ? undefined : Math.max(0, arrivedAt - newestSentAt),
    };
  }

  #unwrapReference(wire: number): number {
    this.#reference =
      this.#reference === undefined ? REFERENCE_CYCLE + wire : nearestUnwrapped(this.#reference, wire, REFERENCE_CYCLE);
    return this.#reference;
  }
}
