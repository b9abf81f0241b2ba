// A `ByteFile` in memory, for tests: it may have a limit, as a full disk has, and tells its bytes.

import { clientError } from '../errors.ts';
import type { ByteFile } from '../storage/byte-file.ts';

/** Bytes in memory. */
export class MemoryFile implements ByteFile {
  size = 0;
  isClosed = false;
  readonly #limitBytes: number;
  #buffer = new Uint8Array(1024);

  constructor(limitBytes: number = Number.POSITIVE_INFINITY) {
    this.#limitBytes = limitBytes;
  }

  /** A file that holds a copy of `bytes`. */
  static of(bytes: Uint8Array): MemoryFile {
    const file = new MemoryFile();
    file.write(bytes, 0);
    return file;
  }

  /** All bytes, a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.size);
  }

  write(bytes: Uint8Array, at: number): void {
    const fits = Math.max(0, Math.min(bytes.length, this.#limitBytes - at));
    if (at + fits > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(at + fits, 2 * this.#buffer.length));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes.subarray(0, fits), at);
    this.size = Math.max(this.size, at + fits);
    if (fits < bytes.length) throw clientError('RECORD_STORAGE_FULL');
  }

  read(at: number, length: number): Uint8Array {
    return this.#buffer.slice(at, Math.min(this.size, at + length));
  }

  truncate(size: number): void {
    this.#buffer.fill(0, size);
    this.size = size;
  }

  flush(): void {}

  close(): void {
    this.isClosed = true;
  }
}
