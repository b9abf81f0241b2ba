// Puts the packets of one SSRC back in order and waits, within named limits, for missing ones. Made for
// recording: completeness before latency, and no delay at all while nothing is missing. Has no clock and asks
// for no retransmission: it only says what is due.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';

/** Receives what a jitter buffer releases, in order of sequence. */
export interface JitterSink<Item> {
  /** The next packet in order. */
  deliver(item: Item, sequence: number): void;
  /** `count` packets from unwrapped sequence `fromSequence` on will not come any more. */
  lost(fromSequence: number, count: number): void;
}

/** Limits of a `JitterBuffer`. */
export type JitterBufferOptions = {
  /**
   * Longest time a packet is held for one before it. About 800 for video with NACK, 200 for audio without.
   */
  readonly waitMsMax: number;
  /** Most packets held, and longest stretch of sequence they may span. Default 2048. */
  readonly packetsMax?: number;
};

/** Counters of a `JitterBuffer` since it was made. */
export type JitterStats = {
  readonly delivered: number;
  /** Given up; some may have come later and are then also counted as `late`. */
  readonly lost: number;
  /** Came after they were given up. */
  readonly late: number;
  readonly duplicates: number;
  /** Came after a later one, in time. */
  readonly reordered: number;
  /** Held now. */
  readonly held: number;
};

type Held<Item> = { readonly item: Item; readonly arrivedAt: UnixUs };
type LostRange = { readonly from: number; readonly to: number };

const LOST_RANGES_KEPT = 32;

/** Reorders packets by unwrapped sequence; see the options for what bounds it. */
export class JitterBuffer<Item> {
  readonly #sink: JitterSink<Item>;
  readonly #packetsMax: number;
  #waitUsMax: number;
  readonly #held = new Map<number, Held<Item>>();
  /** The sequence to be released next; undefined before the first packet and after a reset. */
  #next: number | undefined;
  #highest = 0;
  /** When the gap at the head was first known: earliest arrival among the packets held. */
  #gapSince: number | undefined;
  readonly #lostRanges: LostRange[] = [];
  #delivered = 0;
  #lost = 0;
  #late = 0;
  #duplicates = 0;
  #reordered = 0;

  constructor(sink: JitterSink<Item>, options: JitterBufferOptions) {
    this.#sink = sink;
    this.#packetsMax = options.packetsMax ?? 2048;
    this.#waitUsMax = msToUs(options.waitMsMax);
  }

  /** Counters so far. */
  get stats(): JitterStats {
    return {
      delivered: this.#delivered,
      lost: this.#lost,
      late: this.#late,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      held: this.#held.size,
    };
  }

  /** When `poll` next has something to do; `undefined` while nothing is held. */
  get dueAt(): UnixUs | undefined {
    return this.#gapSince === undefined ? undefined : unixUs(this.#gapSince + this.#waitUsMax);
  }

  /** Changes how long a gap is waited for (RTX turned out to be there, or not). */
  setWaitMsMax(waitMsMax: number): void {
    this.#waitUsMax = msToUs(waitMsMax);
  }

  /** Takes a packet that arrived; releases to the sink, before it returns, whatever is in order now. */
  push(item: Item, sequence: number, now: UnixUs): void {
    const next = this.#next ?? sequence;
    if (sequence === next) {
      if (this.#held.size > 0) this.#reordered += 1;
      if (sequence > this.#highest) this.#highest = sequence;
      this.#deliver(item, sequence);
      if (this.#held.size > 0) this.#drain();
      return;
    }
    if (sequence < next) {
      this.#countBehind(sequence);
      return;
    }
    if (this.#held.has(sequence)) {
      this.#duplicates += 1;
      return;
    }
    if (sequence < this.#highest) this.#reordered += 1;
    else this.#highest = sequence;
    this.#next = next;
    this.#held.set(sequence, { item, arrivedAt: now });
    this.#gapSince = this.#gapSince === undefined ? now : Math.min(this.#gapSince, now);
    while (this.#held.size > 0 && this.#overfull(sequence)) this.#skipGap();
  }

  /** Releases packets whose wait is over, with the gap before them reported as lost. */
  poll(now: UnixUs): void {
    while (this.#gapSince !== undefined && now >= this.#gapSince + this.#waitUsMax) this.#skipGap();
  }

  /** Releases everything held, gaps reported. For the end of a stream. */
  flush(): void {
    while (this.#held.size > 0) this.#skipGap();
  }

  /** Flushes and forgets the place in the numbering: the next packet starts anew. For a restarted sender. */
  reset(): void {
    this.flush();
    this.#next = undefined;
    this.#highest = 0;
    this.#lostRanges.length = 0;
  }

  #overfull(newest: number): boolean {
    return this.#held.size > this.#packetsMax || newest - (this.#next ?? newest) > this.#packetsMax;
  }

  #deliver(item: Item, sequence: number): void {
    this.#next = sequence + 1;
    this.#delivered += 1;
    this.#sink.deliver(item, sequence);
  }

  /** Delivers what is in order at the head, then learns since when the next gap is known. */
  #drain(): void {
    for (;;) {
      const sequence = this.#next ?? 0;
      const held = this.#held.get(sequence);
      if (held === undefined) break;
      this.#held.delete(sequence);
      this.#deliver(held.item, sequence);
    }
    this.#gapSince = undefined;
    for (const { arrivedAt } of this.#held.values()) {
      if (this.#gapSince === undefined || arrivedAt < this.#gapSince) this.#gapSince = arrivedAt;
    }
  }

  #skipGap(): void {
    const from = this.#next ?? 0;
    let to = Number.POSITIVE_INFINITY;
    for (const sequence of this.#held.keys()) to = Math.min(to, sequence);
    const count = to - from;
    this.#lost += count;
    this.#lostRanges.push({ from, to });
    if (this.#lostRanges.length > LOST_RANGES_KEPT) this.#lostRanges.shift();
    this.#next = to;
    this.#sink.lost(from, count);
    this.#drain();
  }

  #countBehind(sequence: number): void {
    const wasLost = this.#lostRanges.some((range) => sequence >= range.from && sequence < range.to);
    if (wasLost) this.#late += 1;
    else this.#duplicates += 1;
  }
}
