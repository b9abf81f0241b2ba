// A file that a recording is written to, byte by byte and in place: OPFS in a worker, memory in tests.

/** An open file. All calls are synchronous, as OPFS in a worker is. */
export interface ByteFile {
  /** Bytes in the file. */
  readonly size: number;
  /**
   * Writes all of `bytes` at `at`, growing the file as needed. Throws a client error: `RECORD_STORAGE_FULL` when
   * fewer bytes were taken (what fitted stays), `RECORD_WRITE_FAILED` otherwise.
   */
  write(bytes: Uint8Array, at: number): void;
  /** Reads up to `length` bytes from `at`; fewer at the end of the file. */
  read(at: number, length: number): Uint8Array;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
