// RTP sequence numbers beyond 16 bits, per SSRC (RFC 3550 A.1). Reports a restart of the numbering instead of
// guessing; does not say which packets are missing.

import { nearestUnwrapped, nextUnwrapped } from './serial-number.ts';

const MODULUS = 0x10000;

/** What a sequence number turned out to be. */
export type UnwrappedSequence =
  /** A plausible place in the numbering, ahead of or behind earlier packets. */
  | { readonly kind: 'continued'; readonly sequence: number }
  /** Too far from everything before: drop the packet; if the next one follows it, the numbering restarted. */
  | { readonly kind: 'suspect' }
  /** The sender started a new numbering; `sequence` is above all earlier ones, `previous` was the highest. */
  | { readonly kind: 'restarted'; readonly sequence: number; readonly previous: number };

/** Limits of a `SequenceUnwrapper`, in packets. */
export type SequenceUnwrapperOptions = {
  /** A larger step ahead is suspect. Default 3000 (RFC 3550 A.1 MAX_DROPOUT). */
  readonly dropoutMax?: number;
  /** A larger step back is suspect. Default 1000: retransmissions come later than RFC 3550's 100 allow. */
  readonly misorderMax?: number;
};

/**
 * Unwraps the sequence numbers of one SSRC. The low 16 bits of an unwrapped number are always the wire's;
 * the first packet is put one cycle up, so that nothing before it turns negative.
 */
export class SequenceUnwrapper {
  readonly #dropoutMax: number;
  readonly #misorderMax: number;
  #highest: number | undefined;
  /** The sequence number that would confirm a restart, -1 when none is expected. */
  #suspectNext = -1;

  constructor(options: SequenceUnwrapperOptions = {}) {
    this.#dropoutMax = options.dropoutMax ?? 3000;
    this.#misorderMax = options.misorderMax ?? 1000;
  }

  /** The highest unwrapped sequence so far. */
  get highest(): number | undefined {
    return this.#highest;
  }

  /** Takes the 16-bit sequence number of the next packet that arrived. */
  unwrap(wire: number): UnwrappedSequence {
    const highest = this.#highest;
    if (highest === undefined) {
      this.#highest = MODULUS + wire;
      return { kind: 'continued', sequence: MODULUS + wire };
    }
    const sequence = nearestUnwrapped(highest, wire, MODULUS);
    const step = sequence - highest;
    if (step <= this.#dropoutMax && step >= -this.#misorderMax) {
      if (step > 0) this.#highest = sequence;
      this.#suspectNext = -1;
      return { kind: 'continued', sequence };
    }
    if (wire !== this.#suspectNext) {
      this.#suspectNext = (wire + 1) % MODULUS;
      return { kind: 'suspect' };
    }
    this.#suspectNext = -1;
    this.#highest = nextUnwrapped(highest, wire, MODULUS);
    return { kind: 'restarted', sequence: this.#highest, previous: highest };
  }

  /** Places a number near the highest one without learning from it (for retransmissions); `undefined` at first. */
  peek(wire: number): number | undefined {
    return this.#highest === undefined ? undefined : nearestUnwrapped(this.#highest, wire, MODULUS);
  }
}
