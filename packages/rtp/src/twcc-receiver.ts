// The receiving side of transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01):
// collects arrivals over all SSRCs of one transport and makes the feedback packets. Estimates nothing.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';
import type { TransportFeedback } from './rtcp-transport-feedback.ts';
import { nearestUnwrapped } from './serial-number.ts';

/** Setup of a `TwccReceiver`. */
export type TwccReceiverOptions = {
  readonly senderSsrc: number;
  /** Time between two feedback packets while the path is new and the sender looks for its bitrate. Default 50. */
  readonly intervalMs?: number;
  /** The same from then on; more than 100 would slow what the sender does about congestion. Default `intervalMs`. */
  readonly settledIntervalMs?: number;
  /** Statuses in one feedback packet; more are split. Default 512, always below one MTU. */
  readonly statusesMax?: number;
};

/** Sequences after a hole longer than this begin a new series: nobody waits for what lies between. */
const HOLE_MAX = 4000;
/** Arrivals kept until the next feedback; more are dropped. */
const PENDING_MAX = 8192;
/** How far behind the newest packet a late one is still told; a power of two. */
const LATE_MAX = 2048;
/** How long a path counts as new, µs. */
const SETTLE_US = 10_000_000;
const TICK_US = 250;
const TICKS_PER_REFERENCE = 256;
const STEP_MAX = 0x7fff;

/** Collects arrivals of one transport and makes feedback for them, each packet reported received once. */
export class TwccReceiver {
  readonly #senderSsrc: number;
  readonly #intervalUs: number;
  readonly #settledIntervalUs: number;
  readonly #statusesMax: number;
  /** Unwrapped transport sequences not yet reported, and when they arrived, in ticks of 250 µs. */
  #pending: number[] = [];
  #pendingTicks: number[] = [];
  #mediaSsrc = 0;
  #highest: number | undefined;
  /** First sequence that no feedback has covered. */
  #uncovered = 0;
  /** By sequence modulo its length, what arrived: a duplicate is not news. */
  readonly #arrived = new Float64Array(LATE_MAX).fill(-1);
  /** Whether arrivals came in order since the last feedback, as nearly always: then nothing is sorted. */
  #inOrder = true;
  #lastPending = 0;
  #feedbackCount = 0;
  #lastAt: UnixUs | undefined;
  #settlesAt: number | undefined;

  constructor(options: TwccReceiverOptions) {
    this.#senderSsrc = options.senderSsrc;
    this.#intervalUs = msToUs(options.intervalMs ?? 50);
    this.#settledIntervalUs = msToUs(options.settledIntervalMs ?? options.intervalMs ?? 50);
    this.#statusesMax = options.statusesMax ?? 512;
  }

  /** When `due` next has feedback; `undefined` while nothing new arrived. */
  get dueAt(): UnixUs | undefined {
    if (this.#pending.length === 0) return undefined;
    const lastAt = this.#lastAt ?? 0;
    const isSettled = this.#settlesAt !== undefined && lastAt >= this.#settlesAt;
    return unixUs(lastAt + (isSettled ? this.#settledIntervalUs : this.#intervalUs));
  }

  /** The path is new from the next packet on: the sender looks for its bitrate once more. */
  renewPath(): void {
    this.#settlesAt = undefined;
  }

  /** Takes a packet of any SSRC of the transport: its transport sequence (16 bits) and when it arrived. */
  received(sequence: number, mediaSsrc: number, arrivedAt: UnixUs): void {
    this.#mediaSsrc = mediaSsrc;
    this.#settlesAt ??= arrivedAt + SETTLE_US;
    const unwrapped = this.#unwrap(sequence);
    const slot = unwrapped & (LATE_MAX - 1);
    if (this.#arrived[slot] === unwrapped || unwrapped <= (this.#highest ?? 0) - LATE_MAX) return;
    if (this.#pending.length >= PENDING_MAX) return;
    this.#arrived[slot] = unwrapped;
    if (unwrapped < this.#lastPending) this.#inOrder = false;
    this.#lastPending = unwrapped;
    this.#pending.push(unwrapped);
    this.#pendingTicks.push(Math.round(arrivedAt / TICK_US));
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
    if (!this.#inOrder) this.#sort();
    const feedback: TransportFeedback[] = [];
    for (let at = 0; at < this.#pending.length; ) at = this.#makeOne(at, feedback);
    this.#pending.length = 0;
    this.#pendingTicks.length = 0;
    this.#lastPending = 0;
    return feedback;
  }

  #sort(): void {
    const [sequences, ticks] = [this.#pending, this.#pendingTicks];
    const order = Array.from(sequences.keys()).sort((a, b) => (sequences[a] as number) - (sequences[b] as number));
    this.#pending = order.map((index) => sequences[index] as number);
    this.#pendingTicks = order.map((index) => ticks[index] as number);
    this.#inOrder = true;
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

  /** Makes the feedback that begins with the pending packet `from` and returns the index after the last one it covers. */
  #makeOne(from: number, into: TransportFeedback[]): number {
    const sequences = this.#pending;
    const first = sequences[from] as number;
    // A late packet, once reported missing, is reported alone: its neighbours are not reported again.
    const isLate = first < this.#uncovered;
    const hole = first - this.#uncovered;
    const base = isLate || hole > HOLE_MAX ? first : this.#uncovered;
    const firstTick = this.#pendingTicks[from] as number;
    const reference = Math.floor(firstTick / TICKS_PER_REFERENCE);
    const arrivals: (number | undefined)[] = [];
    let previous = reference * TICKS_PER_REFERENCE;
    let at = from;
    for (; at < sequences.length; at += 1) {
      const sequence = sequences[at] as number;
      const tick = this.#pendingTicks[at] as number;
      const fits = sequence - base < this.#statusesMax && Math.abs(tick - previous) <= STEP_MAX;
      const runsOn = isLate ? sequence === base + arrivals.length && sequence < this.#uncovered : true;
      if (at > from && !(fits && runsOn)) break;
      while (arrivals.length < sequence - base) arrivals.push(undefined);
      arrivals.push(tick - reference * TICKS_PER_REFERENCE);
      previous = tick;
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
