// The few file operations a tape needs, as a port, so that faults can be injected; and the real ones.
// Writing is asynchronous (a slow disk must not stop the event loop), reading is synchronous (pollers).

import {
  close as closeFile,
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  open,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writev,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A chunk file being written. Errors are those of node:fs, with `code`. */
export interface WritableChunk {
  /** Writes at `position`; resolves to the bytes written, which may be fewer than given. */
  writev(buffers: readonly Uint8Array[], position: number): Promise<number>;
  /** Makes everything written so far survive a power cut. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** A chunk file being read; it may grow meanwhile. */
export interface ReadableChunk {
  sizeBytes(): number;
  /** Fills `target` from `position`; returns the bytes read, fewer at the end of the file. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

/** The file operations of a tape. */
export interface TapeFilesystem {
  makeDirectory(path: string): Promise<void>;
  /** Makes names created in a directory survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** Creates a file for writing; fails with `EEXIST` when there is one. */
  create(path: string): Promise<WritableChunk>;
  /** Names in a directory; empty when there is no directory. */
  list(path: string): string[];
  exists(path: string): boolean;
  /** Opens a file for reading; `undefined` when there is none. */
  openForReading(path: string): ReadableChunk | undefined;
}

const openAsync = promisify(open);
const closeAsync = promisify(closeFile);
const fdatasyncAsync = promisify(fdatasync);
const fsyncAsync = promisify(fsync);

/**
 * At most this many syncs at once in a process. Node has 4 threads for all file and DNS work: with a slow
 * disk, more would leave none for writing.
 */
const CONCURRENT_SYNCS_MAX = 2;

/** The machine's own filesystem. */
export const nodeFilesystem: TapeFilesystem = createNodeFilesystem();

function createNodeFilesystem(): TapeFilesystem {
  const limited = createLimiter(CONCURRENT_SYNCS_MAX);
  return {
    async makeDirectory(path) {
      await mkdir(path, { recursive: true });
    },
    async syncDirectory(path) {
      const fd = await openAsync(path, 'r');
      await limited(() => fsyncAsync(fd)).finally(() => closeAsync(fd));
    },
    async create(path) {
      return writableChunk(await openAsync(path, 'wx'), limited);
    },
    list(path) {
      try {
        return readdirSync(path);
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    openForReading(path) {
      try {
        return readableChunk(openSync(path, 'r'));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

function writableChunk(fd: number, limited: Limiter): WritableChunk {
  return {
    writev: (buffers, position) =>
      new Promise((resolve, reject) => {
        writev(fd, buffers, position, (error, written) => (error === null ? resolve(written) : reject(error)));
      }),
    datasync: () => limited(() => fdatasyncAsync(fd)),
    close: () => closeAsync(fd),
  };
}

function readableChunk(fd: number): ReadableChunk {
  return {
    sizeBytes: () => fstatSync(fd).size,
    read(target, position) {
      let filled = 0;
      while (filled < target.length) {
        const bytes = readSync(fd, target, filled, target.length - filled, position + filled);
        if (bytes === 0) break;
        filled += bytes;
      }
      return filled;
    },
    close: () => closeSync(fd),
  };
}

type Limiter = (action: () => Promise<void>) => Promise<void>;

function createLimiter(concurrentMax: number): Limiter {
  let running = 0;
  const waiting: Array<() => void> = [];
  return async (action) => {
    if (running >= concurrentMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      await action();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
