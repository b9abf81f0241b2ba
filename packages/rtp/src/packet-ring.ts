// The last packets of one stream by unwrapped sequence: tells duplicates, and answers NACKs (RFC 4585 §6.2.1), those
// of all viewers of a stream from one shared copy. Holds references, never copies. Fixed size, no times: how often a
// packet is sent again is for its sender to limit.

import { assert } from '@roomtape/media';

/** A ring of a power-of-two size. `Item` is what its owner needs to send a packet again. */
export class PacketRing<Item> {
  readonly #mask: number;
  readonly #sequences: Float64Array;
  #items: (Item | undefined)[] | undefined;

  constructor(size: number) {
    assert(size > 0 && (size & (size - 1)) === 0, 'a ring has a power of two of places');
    this.#mask = size - 1;
    this.#sequences = new Float64Array(size).fill(-1);
  }

  /** Notes a packet; `false` when its sequence was noted before, or is too old to tell. */
  note(item: Item, sequence: number): boolean {
    const slot = sequence & this.#mask;
    const held = this.#sequences[slot] as number;
    if (held >= sequence) return false;
    this.#sequences[slot] = sequence;
    if (this.#items !== undefined) this.#items[slot] = item;
    return true;
  }

  /** What was noted with an unwrapped sequence, if it is still held. */
  find(sequence: number): Item | undefined {
    const slot = sequence & this.#mask;
    return this.#sequences[slot] === sequence ? this.#items?.[slot] : undefined;
  }

  /** Whether the sequence was noted lately. */
  has(sequence: number): boolean {
    return this.#sequences[sequence & this.#mask] === sequence;
  }

  /** Begins or ends holding packets, as long as somebody may ask for them; sequences are always noted. */
  hold(wanted: boolean): void {
    if (!wanted) this.#items = undefined;
    else this.#items ??= new Array<Item | undefined>(this.#mask + 1);
  }

  /** Forgets everything: the numbering restarted. */
  clear(): void {
    this.#sequences.fill(-1);
    this.#items?.fill(undefined);
  }
}
