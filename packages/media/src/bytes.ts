// Reading and writing integers in network bytes without ever throwing: reads past the end give zeros (and set
// a flag in `BitReader`), so parsers check once at their end. Does not own or copy the bytes it is given.

/** Reads an unsigned big-endian 16-bit integer; bytes past the end read as 0. */
export function readUint16(data: Uint8Array, offset: number): number {
  return ((data[offset] ?? 0) << 8) | (data[offset + 1] ?? 0);
}

/** Reads an unsigned big-endian 24-bit integer; bytes past the end read as 0. */
export function readUint24(data: Uint8Array, offset: number): number {
  return (readUint16(data, offset) << 8) | (data[offset + 2] ?? 0);
}

/** Reads an unsigned big-endian 32-bit integer; bytes past the end read as 0. */
export function readUint32(data: Uint8Array, offset: number): number {
  return readUint16(data, offset) * 0x10000 + readUint16(data, offset + 2);
}

/** Writes the low 16 bits of `value` big-endian; bytes past the end are not written. */
export function writeUint16(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 8;
  data[offset + 1] = value;
}

/** Writes the low 24 bits of `value` big-endian; bytes past the end are not written. */
export function writeUint24(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 16;
  writeUint16(data, offset + 1, value);
}

/** Writes the low 32 bits of `value` big-endian; bytes past the end are not written. */
export function writeUint32(data: Uint8Array, offset: number, value: number): void {
  writeUint16(data, offset, value >>> 16);
  writeUint16(data, offset + 2, value);
}

/** Joins byte arrays into a new one with one allocation. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const part of parts) total += part.length;
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A LEB128 number as read: its value and how many bytes it took. */
export type Leb128 = { readonly value: number; readonly bytes: number };

/** Reads an unsigned LEB128 number of at most 32 bits (AV1 §4.10.5); `undefined` when cut short or too large. */
export function readLeb128(data: Uint8Array, offset: number, end = data.length): Leb128 | undefined {
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const at = offset + i;
    if (at >= end) return undefined;
    const byte = data[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value < 2 ** 32 ? { value, bytes: i + 1 } : undefined;
  }
  return undefined;
}

/** Tells how many bytes the shortest LEB128 form of `value` takes. */
export function leb128Bytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes `value` as the shortest LEB128 at `offset` and returns the offset after it. */
export function writeLeb128(data: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    data[at] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  data[at] = rest;
  return at + 1;
}

/**
 * Reads bits, most significant first. Past the end it returns zeros and sets `overrun`: a parser reads all it
 * wants and then asks once whether what it read was there.
 */
export class BitReader {
  readonly #data: Uint8Array;
  readonly #bits: number;
  #at: number;

  constructor(data: Uint8Array, startByte = 0) {
    this.#data = data;
    this.#bits = data.length * 8;
    this.#at = startByte * 8;
  }

  /** Whether more bits were asked for than there are. */
  get overrun(): boolean {
    return this.#at > this.#bits;
  }

  /** Position in bits from the start of the data. */
  get bitOffset(): number {
    return this.#at;
  }

  /** Reads one bit as a boolean. */
  flag(): boolean {
    const at = this.#at;
    this.#at = at + 1;
    return (((this.#data[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1) === 1;
  }

  /** Reads an unsigned integer of 0 to 32 bits. */
  bits(count: number): number {
    let value = 0;
    let left = count;
    while (left > 0) {
      const room = 8 - (this.#at & 7);
      const take = Math.min(left, room);
      const byte = this.#data[this.#at >>> 3] ?? 0;
      value = value * 2 ** take + ((byte >>> (room - take)) & ((1 << take) - 1));
      this.#at += take;
      left -= take;
    }
    return value;
  }

  /** Skips bits. */
  skip(count: number): void {
    this.#at += count;
  }

  /** Reads an unsigned exp-Golomb code (H.264 §9.1); one longer than 32 bits counts as an overrun. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (zeros > 32 || this.overrun) {
        this.#at = this.#bits + 1;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Reads a signed exp-Golomb code (H.264 §9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
