// Decides which packets of one SSRC to ask for again, and when (RFC 4585 §6.2.1). Never sends, never waits for
// packets: the jitter buffer does the waiting and tells by `forgetBefore` what no longer matters.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';

/** Limits of a `NackGenerator`. */
export type NackGeneratorOptions = {
  /** How long a missing packet may just be reordered before it is first asked for. Default 5. */
  readonly graceMs?: number;
  /** Shortest time between two requests for a packet, whatever the round trip. Default 20. */
  readonly retryMsMin?: number;
  /** Longest time between two requests for a packet, unless the round trip is longer. Default 80. */
  readonly retryMsMax?: number;
  /** Requests for one packet. Default 16. */
  readonly triesMax?: number;
  /** Age at which a missing packet is given up. Default 1000; use the jitter buffer's wait. */
  readonly ageMsMax?: number;
  /** Missing packets followed; with more, the oldest are given up. Default 1000. */
  readonly missingMax?: number;
  /** Round trip assumed at first, ms; then it is learned from the answers. Default 100. */
  readonly roundTripMs?: number;
};

/** Counters of a `NackGenerator` since it was made. */
export type NackStats = {
  readonly missing: number;
  readonly requested: number;
  readonly recovered: number;
  readonly givenUp: number;
};

type Missing = { readonly since: UnixUs; tries: number; dueAt: number; firstAskedAt: number };

/** Most sequences in one batch: fits one RTCP packet whatever their pattern. */
export const NACK_BATCH_MAX = 256;

/** Follows the missing packets of one SSRC by unwrapped sequence. */
export class NackGenerator {
  readonly #options: Required<NackGeneratorOptions>;
  readonly #missing = new Map<number, Missing>();
  #highest: number | undefined;
  #roundTripUs: number;
  #requested = 0;
  #recovered = 0;
  #givenUp = 0;

  constructor(options: NackGeneratorOptions = {}) {
    this.#options = {
      graceMs: 5,
      retryMsMin: 20,
      retryMsMax: 80,
      triesMax: 16,
      ageMsMax: 1000,
      missingMax: 1000,
      roundTripMs: 100,
      ...options,
    };
    this.#roundTripUs = msToUs(this.#options.roundTripMs);
  }

  /** Counters so far. */
  get stats(): NackStats {
    return {
      missing: this.#missing.size,
      requested: this.#requested,
      recovered: this.#recovered,
      givenUp: this.#givenUp,
    };
  }

  /** When `due` next has something to say; `undefined` while nothing is missing. */
  get dueAt(): UnixUs | undefined {
    if (this.#missing.size === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of this.#missing.values()) earliest = Math.min(earliest, entry.dueAt);
    return unixUs(earliest);
  }

  /** The round trip to the sender as learned so far, µs. */
  get roundTripUs(): number {
    return this.#roundTripUs;
  }

  /** Sets the round trip to the sender where it is known better than from answers to NACKs, µs. */
  setRoundTrip(roundTripUs: number): void {
    this.#roundTripUs = Math.max(0, roundTripUs);
  }

  /** Takes the unwrapped sequence of a packet that arrived, original or retransmitted. */
  received(sequence: number, now: UnixUs): void {
    const highest = this.#highest;
    if (highest === undefined || sequence === highest + 1) {
      this.#highest = sequence;
      return;
    }
    if (sequence <= highest) {
      const entry = this.#missing.get(sequence);
      if (entry === undefined) return;
      this.#missing.delete(sequence);
      if (entry.tries > 0) this.#learnRoundTrip(entry, now);
      return;
    }
    this.#highest = sequence;
    const { graceMs, missingMax } = this.#options;
    // A gap longer than the limit is not walked through: only its newest part can still be of use.
    const from = Math.max(highest + 1, sequence - missingMax);
    this.#givenUp += from - highest - 1;
    for (let s = from; s < sequence; s += 1) {
      this.#missing.set(s, { since: now, tries: 0, dueAt: now + msToUs(graceMs), firstAskedAt: 0 });
    }
    this.#dropOldest(missingMax);
  }

  /**
   * Returns the unwrapped sequences to be asked for now, lowest first, at most 256; they count as asked.
   * The caller masks them to 16 bits (the writer does) and sends one NACK.
   */
  due(now: UnixUs): number[] {
    const batch: number[] = [];
    for (const [sequence, entry] of this.#missing) {
      if (now - entry.since >= msToUs(this.#options.ageMsMax)) {
        this.#missing.delete(sequence);
        this.#givenUp += 1;
      } else if (now >= entry.dueAt && batch.length < NACK_BATCH_MAX) {
        batch.push(sequence);
        this.#planRetry(entry, now);
      }
    }
    this.#requested += batch.length;
    return batch;
  }

  /** Forgets what lies before `sequence`: the jitter buffer has released it or given it up. */
  forgetBefore(sequence: number): void {
    for (const missing of this.#missing.keys()) {
      if (missing >= sequence) break;
      this.#missing.delete(missing);
      this.#givenUp += 1;
    }
  }

  /** Forgets everything and starts anew at the next packet. For a restarted sender. */
  reset(): void {
    this.#givenUp += this.#missing.size;
    this.#missing.clear();
    this.#highest = undefined;
  }

  /**
   * A receiver gets no report blocks to measure by, only answers. The answer to a repeated request is
   * ambiguous (Karn): it may only raise the estimate, and slowly, lest losses be taken for a long path.
   */
  #learnRoundTrip(entry: Missing, now: UnixUs): void {
    this.#recovered += 1;
    const sampleUs = now - entry.firstAskedAt;
    if (entry.tries === 1) this.#roundTripUs += (sampleUs - this.#roundTripUs) / 4;
    else this.#roundTripUs = Math.max(this.#roundTripUs, Math.min(sampleUs, this.#roundTripUs * 1.05));
  }

  #planRetry(entry: Missing, now: UnixUs): void {
    const { retryMsMin, retryMsMax, triesMax, ageMsMax } = this.#options;
    if (entry.tries === 0) entry.firstAskedAt = now;
    entry.tries += 1;
    // Quick at first, then spread over the packet's age, so that the tries outlast a short outage.
    const answeredUs = this.#roundTripUs * 1.25;
    const eased = Math.min(msToUs(retryMsMax), Math.max(msToUs(retryMsMin), answeredUs) * 1.25 ** (entry.tries - 1));
    const wait = Math.max(eased, answeredUs);
    entry.dueAt = entry.tries >= triesMax ? entry.since + msToUs(ageMsMax) : Math.round(now + wait);
  }

  #dropOldest(missingMax: number): void {
    for (const sequence of this.#missing.keys()) {
      if (this.#missing.size <= missingMax) return;
      this.#missing.delete(sequence);
      this.#givenUp += 1;
    }
  }
}
