// Big-endian cursors for RTCP bodies. Reading past the end gives zeros and sets `failed`, so parsers check
// once at the end instead of before every field. Internal to this package.

/** Reads big-endian numbers between two offsets; never throws. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #failed = false;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Whether something was read that is not there. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Bytes left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Reads one byte. */
  uint8(): number {
    if (this.#at >= this.#end) {
      this.#failed = true;
      return 0;
    }
    const value = this.#bytes[this.#at] as number;
    this.#at += 1;
    return value;
  }

  /** Reads 16 bits. */
  uint16(): number {
    const high = this.uint8();
    return (high << 8) | this.uint8();
  }

  /** Reads 24 bits. */
  uint24(): number {
    const high = this.uint8();
    return (high << 16) | this.uint16();
  }

  /** Reads 32 bits. */
  uint32(): number {
    const high = this.uint16();
    return ((high << 16) | this.uint16()) >>> 0;
  }

  /** Reads bytes as UTF-8 text; damaged text becomes replacement characters. */
  text(length: number): string {
    if (length > this.left) {
      this.#failed = true;
      return '';
    }
    const value = new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return value;
  }

  /** Skips bytes. */
  skip(length: number): void {
    if (length > this.left) this.#failed = true;
    else this.#at += length;
  }
}

/** Appends big-endian numbers to a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends one byte. */
  uint8(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** Appends 16 bits. */
  uint16(value: number): void {
    this.uint8(value >>> 8);
    this.uint8(value);
  }

  /** Appends 24 bits. */
  uint24(value: number): void {
    this.uint8(value >>> 16);
    this.uint16(value);
  }

  /** Appends 32 bits. */
  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value);
  }

  /** Appends bytes. */
  append(data: Uint8Array): void {
    if (this.#length + data.length > this.#bytes.length) this.#grow(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }

  /** Overwrites 32 bits written earlier. */
  patchUint32(at: number, value: number): void {
    for (let i = 0; i < 4; i += 1) this.#bytes[at + i] = value >>> (24 - i * 8);
  }

  /** Returns what was written; the writer must not be used afterwards. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + needed));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
