// The limits of a tape that is written: when bytes go to the disk, and how much may wait for it.

/** Limits of a tape; each has a default. */
export type TapeLimits = {
  /** An entry waits at most this long for its write. Default 250. */
  readonly writeDelayMs: number;
  /** A batch of this size is written at once. Default 256 KiB. */
  readonly batchBytes: number;
  /** Written bytes wait at most this long for fdatasync. Default 1000. */
  readonly syncDelayMs: number;
  /** Bytes waiting for the disk beyond which frames are dropped. Default 4 MiB: 20 s of 1.5 Mbit/s. */
  readonly queueBytesMax: number;
  /** Size at which a new chunk file starts. Default 64 MiB. */
  readonly chunkBytesMax: number;
  /** Age at which a new chunk file starts. Default 10 minutes. */
  readonly chunkMsMax: number;
  /** Pause between attempts while the disk fails. Default 1000. */
  readonly retryDelayMs: number;
};

/** What holds where nothing else is said. */
export const LIMITS_DEFAULT: TapeLimits = {
  writeDelayMs: 250,
  batchBytes: 256 * 1024,
  syncDelayMs: 1000,
  queueBytesMax: 4 * 1024 * 1024,
  chunkBytesMax: 64 * 1024 * 1024,
  chunkMsMax: 10 * 60 * 1000,
  retryDelayMs: 1000,
};
