// Lists of 32-bit numbers that grow to millions without being copied, as the tables of an MP4 need them.

import { writeUint32 } from '@roomtape/media';

/** Numbers in a block: a short list is small, and a long one wastes no more than this. */
const BLOCK = 1024;

/** Numbers of 32 bits in order: four bytes of memory each. */
export class Uint32List {
  readonly #blocks: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds the low 32 bits of a number. */
  push(value: number): void {
    const at = this.#length % BLOCK;
    if (at === 0) this.#blocks.push(new Uint32Array(BLOCK));
    const block = this.#blocks.at(-1);
    if (block !== undefined) block[at] = value;
    this.#length += 1;
  }

  /** All numbers as they stand in a file, big-endian. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length * 4);
    for (let i = 0; i < this.#length; i += 1)
      writeUint32(bytes, i * 4, this.#blocks[Math.floor(i / BLOCK)]?.[i % BLOCK] ?? 0);
    return bytes;
  }
}

/** Numbers that tend to repeat, kept as how often each comes in a row: at most eight bytes each. */
export class RunList {
  readonly #rows = new Uint32List();
  #value = 0;
  #count = 0;

  /** Adds the low 32 bits of a number. */
  push(value: number): void {
    if (this.#count > 0 && value !== this.#value) this.#endRun();
    this.#value = value;
    this.#count += 1;
  }

  /** Rows of count and value as they stand in a file. Nothing can be added afterwards. */
  rows(): { readonly count: number; readonly bytes: Uint8Array } {
    if (this.#count > 0) this.#endRun();
    return { count: this.#rows.length / 2, bytes: this.#rows.bytes() };
  }

  #endRun(): void {
    this.#rows.push(this.#count);
    this.#rows.push(this.#value);
    this.#count = 0;
  }
}
