// The last packets of one received stream by unwrapped sequence: tells duplicates, and answers the NACKs of all
// its viewers from one shared copy. Fixed size; holding packets can be switched off while nobody watches.

import type { RtpPacket } from '@roomtape/rtp';

/** A ring of a power-of-two size. */
export class PacketRing {
  readonly #size: number;
  readonly #sequences: Float64Array;
  #packets: (RtpPacket | undefined)[] | undefined;

  constructor(size: number) {
    this.#size = size;
    this.#sequences = new Float64Array(size).fill(-1);
  }

  /** Notes a packet; `false` when its sequence was noted before, or is too old to tell. */
  note(packet: RtpPacket, sequence: number): boolean {
    const slot = sequence & (this.#size - 1);
    const held = this.#sequences[slot] as number;
    if (held >= sequence) return false;
    this.#sequences[slot] = sequence;
    if (this.#packets !== undefined) this.#packets[slot] = packet;
    return true;
  }

  /** The packet of an unwrapped sequence, if it is still held. */
  find(sequence: number): RtpPacket | undefined {
    const slot = sequence & (this.#size - 1);
    return this.#sequences[slot] === sequence ? this.#packets?.[slot] : undefined;
  }

  /** Whether the sequence was noted lately. */
  has(sequence: number): boolean {
    return this.#sequences[sequence & (this.#size - 1)] === sequence;
  }

  /** Begins or ends holding packets; sequences are always noted. */
  hold(wanted: boolean): void {
    if (!wanted) this.#packets = undefined;
    else this.#packets ??= new Array<RtpPacket | undefined>(this.#size);
  }

  /** Forgets everything: the numbering restarted. */
  clear(): void {
    this.#sequences.fill(-1);
    this.#packets?.fill(undefined);
  }
}
