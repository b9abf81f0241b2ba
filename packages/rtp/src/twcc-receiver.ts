// The receiving side of transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01):
// collects arrivals over all SSRCs of one transport and makes the feedback packets. Estimates nothing.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';
import type { TransportFeedback } from './rtcp-transport-feedback.ts';
import { nearestUnwrapped } from './serial-number.ts';

/** Setup of a `TwccReceiver`. */
export type TwccReceiverOptions = {
  readonly senderSsrc: number;
  /** Time between two feedback packets. Default 50; more than 100 slows the sender's ramp-up. */
  readonly intervalMs?: number;
  /** Statuses in one feedback packet; more are split. Default 512, always below one MTU. */
  readonly statusesMax?: number;
};

/** Sequences after a hole longer than this begin a new series: nobody waits for what lies between. */
const HOLE_MAX = 4000;
/** Arrivals kept until the next feedback; more are dropped. */
const PENDING_MAX = 8192;
/** How far behind a late packet is still told; a power of two. */
const LATE_MAX = 2048;
const TICK_US = 250;
const TICKS_PER_REFERENCE = 256;
const STEP_MAX = 0x7fff;

/** Collects arrivals of one transport and makes feedback for them, each packet reported received once. */
export class TwccReceiver {
  readonly #senderSsrc: number;
  readonly #intervalUs: number;
  readonly #statusesMax: number;
  /** Arrival in ticks of 250 µs by unwrapped transport sequence, not yet reported. */
  readonly #pending = new Map<number, number>();
  #mediaSsrc = 0;
  #highest: number | undefined;
  /** First sequence that no feedback has covered. */
  #uncovered = 0;
  /** By sequence modulo its length, what was reported received: a duplicate is not news. */
  readonly #reported = new Float64Array(LATE_MAX).fill(-1);
  /** Whether arrivals came in order since the last feedback, as nearly always: then nothing is sorted. */
  #inOrder = true;
  #lastPending = 0;
  #feedbackCount = 0;
  #lastAt: UnixUs | undefined;

  constructor(options: TwccReceiverOptions) {
    this.#senderSsrc = options.senderSsrc;
    this.#intervalUs = msToUs(options.intervalMs ?? 50);
    this.#statusesMax = options.statusesMax ?? 512;
  }

  /** When `due` next has feedback; `undefined` while nothing new arrived. */
  get dueAt(): UnixUs | undefined {
    if (this.#pending.size === 0) return undefined;
    return unixUs((this.#lastAt ?? 0) + this.#intervalUs);
  }

  /** Takes a packet of any SSRC of the transport: its transport sequence (16 bits) and when it arrived. */
  received(sequence: number, mediaSsrc: number, arrivedAt: UnixUs): void {
    this.#mediaSsrc = mediaSsrc;
    const unwrapped = this.#unwrap(sequence);
    if (unwrapped < this.#uncovered) {
      const isOld = unwrapped < this.#uncovered - LATE_MAX;
      if (isOld || this.#reported[unwrapped & (LATE_MAX - 1)] === unwrapped) return;
    }
    if (this.#pending.size >= PENDING_MAX || this.#pending.has(unwrapped)) return;
    if (unwrapped < this.#lastPending) this.#inOrder = false;
    this.#lastPending = unwrapped;
    this.#pending.set(unwrapped, Math.round(arrivedAt / TICK_US));
  }

  /** Returns the feedback packets that are due: none before the interval is over, several when one is too small. */
  due(now: UnixUs): TransportFeedback[] {
    const dueAt = this.dueAt;
    if (dueAt === undefined || now < dueAt) return [];
    this.#lastAt = now;
    return this.flush();
  }

  /** Returns feedback for everything pending, whatever the interval. */
  flush(): TransportFeedback[] {
    const sequences = [...this.#pending.keys()];
    if (!this.#inOrder) sequences.sort((a, b) => a - b);
    const feedback: TransportFeedback[] = [];
    for (let at = 0; at < sequences.length; ) at = this.#makeOne(sequences, at, feedback);
    this.#pending.clear();
    this.#inOrder = true;
    this.#lastPending = 0;
    return feedback;
  }

  #unwrap(sequence: number): number {
    if (this.#highest === undefined) {
      this.#highest = 0x10000 + sequence;
      this.#uncovered = this.#highest;
      return this.#highest;
    }
    const unwrapped = nearestUnwrapped(this.#highest, sequence, 0x10000);
    if (unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }

  /** Makes the feedback that begins with `sequences[from]` and returns the index after the last one it covers. */
  #makeOne(sequences: readonly number[], from: number, into: TransportFeedback[]): number {
    const first = sequences[from] as number;
    // A late packet, once reported missing, is reported alone: its neighbours are not reported again.
    const isLate = first < this.#uncovered;
    const hole = first - this.#uncovered;
    const base = isLate || hole > HOLE_MAX ? first : this.#uncovered;
    const firstTick = this.#pending.get(first) as number;
    const reference = Math.floor(firstTick / TICKS_PER_REFERENCE);
    const arrivals: (number | undefined)[] = [];
    let previous = reference * TICKS_PER_REFERENCE;
    let at = from;
    for (; at < sequences.length; at += 1) {
      const sequence = sequences[at] as number;
      const tick = this.#pending.get(sequence) as number;
      const fits = sequence - base < this.#statusesMax && Math.abs(tick - previous) <= STEP_MAX;
      const runsOn = isLate ? sequence === base + arrivals.length && sequence < this.#uncovered : true;
      if (at > from && !(fits && runsOn)) break;
      while (arrivals.length < sequence - base) arrivals.push(undefined);
      arrivals.push(tick - reference * TICKS_PER_REFERENCE);
      previous = tick;
      this.#reported[sequence & (LATE_MAX - 1)] = sequence;
    }
    if (!isLate) this.#uncovered = base + arrivals.length;
    into.push(this.#packet(base, reference, arrivals));
    return at;
  }

  #packet(base: number, reference: number, arrivals: readonly (number | undefined)[]): TransportFeedback {
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    return {
      kind: 'transport-feedback',
      senderSsrc: this.#senderSsrc,
      mediaSsrc: this.#mediaSsrc,
      baseSequence: base & 0xffff,
      referenceTime: reference % 0x1000000,
      feedbackCount,
      arrivals,
    };
  }
}
