// A file of the browser's own storage, open in a worker. Browsers do not say how much room is left and take part of a
// write without an error when there is none: so some room is kept aside, and what is missing shows at once.

import { clientError } from '../errors.ts';
import type { ByteFile } from './byte-file.ts';

/**
 * Room for what the end of a file needs (an MP4's last pictures and its index): this much, and a part of the file. It is kept by a file that
 * is longer than what is in it: browsers grant room by the file, in large steps, and do not pass it on to another.
 */
const RESERVE_BYTES_MIN = 2 ** 20;
const RESERVE_SHARE = 32;
const RESERVE_STEP_BYTES = 2 ** 20;

/** What browsers give a worker for a file (`FileSystemSyncAccessHandle`). */
export interface SyncHandle {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  read(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** An open file. The handle is the file's to close. */
export class OpfsFile implements ByteFile {
  readonly #handle: SyncHandle;
  readonly #hasReserve: boolean;
  #size: number;
  /** Length of the file with its reserve, zeros behind `#size`. */
  #allocatedBytes: number;
  #isFull = false;
  #isClosed = false;

  /** `hasReserve` only for containers whose readers stop at zeros: after a crash the reserve is still there. */
  constructor(handle: SyncHandle, hasReserve = false) {
    this.#handle = handle;
    this.#hasReserve = hasReserve;
    this.#size = handle.getSize();
    this.#allocatedBytes = this.#size;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (end > this.#size) this.#keepReserveFor(end);
    const written = attempt(() => this.#handle.write(bytes, { at }));
    this.#size = Math.max(this.#size, Math.min(end, this.#handle.getSize()));
    this.#allocatedBytes = Math.max(this.#allocatedBytes, this.#size);
    // Chromium says "no space" as a huge number, others by fewer bytes or an error.
    if (written !== bytes.length) throw this.#full();
  }

  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - at)));
    const count = attempt(() => this.#handle.read(bytes, { at }));
    return bytes.subarray(0, count);
  }

  truncate(size: number): void {
    attempt(() => this.#handle.truncate(size));
    this.#size = size;
    this.#allocatedBytes = size;
  }

  flush(): void {
    attempt(() => this.#handle.flush());
  }

  /** Does nothing the second time. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#allocatedBytes > this.#size) this.#handle.truncate(this.#size);
    } finally {
      this.#handle.close();
    }
  }

  /** The last room is for the end alone: whoever writes past it is told before anything is torn. */
  #keepReserveFor(end: number): void {
    const wanted = end + RESERVE_BYTES_MIN + Math.ceil(end / RESERVE_SHARE);
    if (!this.#hasReserve || this.#isFull || wanted <= this.#allocatedBytes) return;
    try {
      this.#handle.truncate(wanted + RESERVE_STEP_BYTES);
      this.#allocatedBytes = wanted + RESERVE_STEP_BYTES;
    } catch (cause) {
      this.#isFull = true;
      throw this.#full(cause);
    }
  }

  #full(cause?: unknown): Error {
    return clientError('RECORD_STORAGE_FULL', { cause, details: { sizeBytes: this.#size } });
  }
}

/** Runs a call of the handle; its errors become ours. */
function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const isFull = error instanceof Error && error.name === 'QuotaExceededError';
    throw clientError(isFull ? 'RECORD_STORAGE_FULL' : 'RECORD_WRITE_FAILED', { cause: error });
  }
}
