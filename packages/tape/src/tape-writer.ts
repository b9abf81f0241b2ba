// Writes one tape: takes entries synchronously, puts them on disk in batches, survives a failing disk. What
// was appended is lost with the process until a batch is written (≤ 250 ms), with the machine until a sync.

import { assert, type CancelTimer, type Clock, type Log, type UnixUs, unixUs } from '@roomtape/media';
import { ChunkSink } from './chunk-sink.ts';
import type { TapeEntry } from './entry.ts';
import { tapeError } from './errors.ts';
import { nodeFilesystem, type TapeFilesystem } from './filesystem.ts';
import { type RecoveredTape, readTapeEnd } from './tape-end.ts';
import { LIMITS_DEFAULT, type TapeLimits } from './tape-limits.ts';
import { TapeQueue } from './tape-queue.ts';
import { TapeState } from './tape-state.ts';

/** What a writer tells its owner. Called from the event loop, never from within `append`. */
export type TapeWriterHandlers = {
  /** The disk is full or failing (`ENOSPC`, `EIO`, …). Entries queue up; then frames are dropped and counted. */
  readonly onStalled?: (code: string) => void;
  /** The disk takes bytes again. */
  readonly onRecovered?: () => void;
  /** Frames were dropped and are taken again: video goes on at its next keyframe, which should come soon. */
  readonly onKeyframeNeeded?: () => void;
};

/** What a writer needs. */
export type TapeWriterOptions = {
  /** Made when missing; belongs to this tape alone. */
  readonly directory: string;
  /** 1 to 200 bytes of UTF-8. */
  readonly tapeId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly filesystem?: TapeFilesystem;
  readonly limits?: Partial<TapeLimits>;
  readonly handlers?: TapeWriterHandlers;
};

/** How far a tape reached: everything up to `sequence` is readable by others; -1 when nothing is. */
export type WrittenTo = { readonly sequence: number; readonly at: UnixUs };

/** A writer's counters, for debug endpoints and metrics. */
export type TapeWriterFacts = {
  readonly tapeId: string;
  readonly state: 'open' | 'stalled' | 'sealed' | 'closed';
  readonly chunkNumber: number;
  readonly nextSequence: number;
  readonly writtenSequence: number;
  readonly syncedSequence: number;
  readonly queuedBytes: number;
  readonly writtenBytes: number;
  readonly droppedFrames: number;
  /** Entries other than frames that were not taken: the queue held twice its limit. */
  readonly refusedEntries: number;
  /** Entries written before a failed fdatasync: readable, but a power cut may still take them. */
  readonly uncertainEntries: number;
};

/** Writes one tape. One writer per directory at a time. */
export interface TapeWriter {
  readonly tapeId: string;
  readonly directory: string;
  /** How the tape ended when an earlier writer had left one here unsealed; then write a `gap`. */
  readonly recovered: RecoveredTape | undefined;
  /** Sequence the next entry gets; 0 on a fresh tape, whose first entry must be the caller's `tape-opened`. */
  readonly nextSequence: number;
  /**
   * Takes an entry; keeps a reference to a frame's data until it is written. Never waits and never throws
   * for the disk. Returns its sequence, or `undefined` when it was not taken: a frame while overloaded
   * (becomes part of a `gap`), anything after `seal` or `close`.
   */
  append(entry: TapeEntry): number | undefined;
  /** Resolves when everything appended so far is readable by others; rejects with `tape-stalled`. */
  flush(): Promise<WrittenTo>;
  /** As `flush`, and survives a power cut. */
  sync(): Promise<WrittenTo>;
  /**
   * Ends the tape with `tape-sealed`, synced. On `tape-stalled` the end stays queued and is tried again, as
   * is calling `seal` again, until `close`.
   */
  seal(reason: string): Promise<WrittenTo>;
  /** Writes what can be written now and lets go of the files, unsealed if not sealed. Idempotent; never rejects. */
  close(): Promise<void>;
  describe(): TapeWriterFacts;
}

/**
 * Creates a tape or continues the one in the directory (in a new chunk file, what is there stays as it is).
 * Rejects with `tape-sealed`, `tape-mismatch`, `tape-version-unknown`, or what node:fs says of the directory.
 * Reading the end of an existing tape is synchronous: up to one chunk file.
 */
export async function openTape(options: TapeWriterOptions): Promise<TapeWriter> {
  const { directory, tapeId } = options;
  const filesystem = options.filesystem ?? nodeFilesystem;
  await filesystem.makeDirectory(directory);
  const end = readTapeEnd(directory, filesystem);
  const found = end?.facts;
  if (found !== undefined && found.tapeId !== '' && found.tapeId !== tapeId) {
    throw tapeError('tape-mismatch', 'the directory holds another tape', { directory, tapeId, found: found.tapeId });
  }
  if (found?.sealed === true) throw tapeError('tape-sealed', 'the tape is sealed', { directory, tapeId });
  const limits = { ...LIMITS_DEFAULT, ...options.limits };
  const queue = new TapeQueue({
    ...limits,
    tapeId,
    clock: options.clock,
    nextSequence: found?.nextSequence ?? 0,
    nextChunkNumber: end?.nextChunkNumber ?? 0,
    state: end?.state ?? new TapeState(),
  });
  return new FileTapeWriter({ ...options, filesystem, limits, queue, recovered: found });
}

type Parts = Omit<TapeWriterOptions, 'limits'> & {
  readonly filesystem: TapeFilesystem;
  readonly limits: TapeLimits;
  readonly queue: TapeQueue;
  readonly recovered: RecoveredTape | undefined;
};
/** The disk fails, and at what: only when that succeeds it has recovered. */
type Stall = { readonly code: string; readonly at: 'write' | 'sync' };
type Waiter = { sequence: number; resolve: (to: WrittenTo) => void; reject: (error: Error) => void };

class FileTapeWriter implements TapeWriter {
  readonly tapeId: string;
  readonly directory: string;
  readonly recovered: RecoveredTape | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: TapeLimits;
  readonly #handlers: TapeWriterHandlers;
  readonly #queue: TapeQueue;
  readonly #sink: ChunkSink;
  #waiters: Waiter[] = [];
  #writeTimer: CancelTimer | undefined;
  #syncTimer: CancelTimer | undefined;
  #pump: Promise<void> | undefined;
  /** Runs beside the pump: a disk that syncs slowly must not delay what a crash of the process would lose. */
  #syncing: Promise<void> | undefined;
  #stalled: Stall | undefined;
  #sealing = false;
  #closed: Promise<void> | undefined;
  #syncWanted = false;
  #written: WrittenTo;
  #syncedSequence: number;
  #writtenBytes = 0;
  #uncertainEntries = 0;
  #uncertainTo = -1;

  constructor(parts: Parts) {
    this.tapeId = parts.tapeId;
    this.directory = parts.directory;
    this.recovered = parts.recovered;
    this.#clock = parts.clock;
    this.#log = parts.log.child({ tapeId: parts.tapeId });
    this.#limits = parts.limits;
    this.#handlers = parts.handlers ?? {};
    this.#queue = parts.queue;
    this.#sink = new ChunkSink(parts.filesystem, parts.directory);
    this.#written = { sequence: parts.queue.nextSequence - 1, at: unixUs(parts.recovered?.lastAt ?? 0) };
    this.#syncedSequence = this.#written.sequence;
  }

  get nextSequence(): number {
    return this.#queue.nextSequence;
  }

  append(entry: TapeEntry): number | undefined {
    if (this.#sealing || this.#closed !== undefined) return undefined;
    return this.#add(entry);
  }

  async flush(): Promise<WrittenTo> {
    const sequence = this.#queue.nextSequence - 1;
    if (this.#written.sequence >= sequence) return this.#written;
    if (this.#stalled !== undefined) throw this.#stalledError(this.#stalled.code);
    if (this.#closed !== undefined) throw this.#closedError();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence, resolve, reject });
      this.#startPump();
    });
  }

  async sync(): Promise<WrittenTo> {
    const to = await this.flush();
    while (this.#syncedSequence < to.sequence) {
      if (this.#stalled !== undefined) throw this.#stalledError(this.#stalled.code);
      if (this.#closed !== undefined) throw this.#closedError();
      await this.#startSync();
    }
    return to;
  }

  async seal(reason: string): Promise<WrittenTo> {
    if (!this.#sealing && this.#closed === undefined) {
      this.#sealing = true;
      this.#queue.endGaps();
      this.#add({ kind: 'tape-sealed', at: this.#clock.now(), reason });
    }
    return this.sync();
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  describe(): TapeWriterFacts {
    const open = this.#stalled === undefined ? 'open' : 'stalled';
    return {
      tapeId: this.tapeId,
      state: this.#closed !== undefined ? 'closed' : this.#sealing ? 'sealed' : open,
      chunkNumber: this.#sink.chunkNumber,
      nextSequence: this.#queue.nextSequence,
      writtenSequence: this.#written.sequence,
      syncedSequence: this.#syncedSequence,
      queuedBytes: this.#queue.bytes,
      writtenBytes: this.#writtenBytes,
      droppedFrames: this.#queue.drops.droppedFramesTotal,
      refusedEntries: this.#queue.refusedEntries,
      uncertainEntries: this.#uncertainEntries,
    };
  }

  #add(entry: TapeEntry): number | undefined {
    const wasOverloaded = this.#queue.overloaded;
    const sequence =
      entry.kind === 'frame' ? this.#queue.addFrame(entry, this.#stalled !== undefined) : this.#queue.addJson(entry);
    if (!wasOverloaded && this.#queue.overloaded) {
      this.#log.error({ queuedBytes: this.#queue.bytes, code: this.#stalled?.code }, 'tape drops frames');
    }
    if (this.#stalled !== undefined || this.#pump !== undefined) return sequence;
    if (this.#queue.openBatchBytes >= this.#limits.batchBytes) this.#startPump();
    else this.#writeTimer ??= this.#clock.after(this.#limits.writeDelayMs, () => this.#startPump());
    return sequence;
  }

  #startPump(): void {
    this.#writeTimer?.();
    this.#writeTimer = undefined;
    this.#pump ??= this.#drain().finally(() => {
      this.#pump = undefined;
      this.#afterDrain();
    });
  }

  // Entries that came while the last batch was written wait for their own timer, as any others.
  #afterDrain(): void {
    if (this.#closed !== undefined || this.#stalled !== undefined) return;
    if (this.#waiters.length > 0 || this.#queue.openBatchBytes >= this.#limits.batchBytes) this.#startPump();
    else if (this.#queue.bytes > 0) {
      this.#writeTimer ??= this.#clock.after(this.#limits.writeDelayMs, () => this.#startPump());
    }
  }

  async #drain(): Promise<void> {
    const untilSequence = this.#queue.nextSequence - 1;
    try {
      while (this.#written.sequence < untilSequence) await this.#writeOldest();
    } catch (error) {
      this.#stall('write', error);
      return;
    }
    this.#afterSuccess('write');
    if (this.#syncWanted) void this.#startSync();
  }

  async #writeOldest(): Promise<void> {
    const batch = this.#queue.oldest();
    assert(batch !== undefined, 'every sequence not written is queued');
    await this.#sink.write(batch);
    this.#writtenBytes += batch.bytes;
    this.#written = { sequence: Math.max(batch.lastSequence, this.#written.sequence), at: this.#clock.now() };
    const relieved = this.#queue.release(batch);
    this.#settleWaiters();
    if (relieved && this.#queue.drops.anyWaitsForKey) this.#handlers.onKeyframeNeeded?.();
    this.#syncTimer ??= this.#clock.after(this.#limits.syncDelayMs, () => {
      this.#syncTimer = undefined;
      this.#syncWanted = true;
      this.#syncIfWanted();
    });
  }

  #syncIfWanted(): void {
    if (this.#syncWanted && this.#closed === undefined && this.#stalled === undefined) void this.#startSync();
  }

  #startSync(): Promise<void> {
    this.#syncing ??= this.#syncNow().finally(() => {
      this.#syncing = undefined;
      this.#syncIfWanted();
    });
    return this.#syncing;
  }

  async #syncNow(): Promise<void> {
    const { sequence } = this.#written;
    this.#syncWanted = false;
    try {
      await this.#sink.sync();
    } catch (error) {
      this.#giveUpFile();
      this.#syncWanted = true;
      this.#stall('sync', error);
      return;
    }
    this.#syncedSequence = sequence;
    this.#afterSuccess('sync');
  }

  /**
   * After a failed fdatasync the kernel may forget the dirty pages: syncing the same file again would succeed without
   * having written them. So a new chunk starts.
   */
  #giveUpFile(): void {
    const { sequence } = this.#written;
    this.#log.error({ fromSequence: this.#syncedSequence + 1, toSequence: sequence }, 'tape sync failed');
    this.#uncertainEntries += Math.max(0, sequence - Math.max(this.#syncedSequence, this.#uncertainTo));
    this.#uncertainTo = sequence;
    this.#queue.roll();
  }

  #settleWaiters(): void {
    const done = this.#waiters.filter((waiter) => waiter.sequence <= this.#written.sequence);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.sequence > this.#written.sequence);
    for (const waiter of done) waiter.resolve(this.#written);
  }

  #afterSuccess(at: Stall['at']): void {
    if (this.#stalled?.at !== at) return;
    const { code } = this.#stalled;
    this.#log.warn({ code, droppedFrames: this.#queue.drops.droppedFramesTotal }, 'tape recovered');
    this.#stalled = undefined;
    this.#handlers.onRecovered?.();
  }

  #stall(at: Stall['at'], cause: unknown): void {
    const code = codeOf(cause);
    if (this.#stalled === undefined) {
      this.#stalled = { code, at };
      this.#log.error({ code, queuedBytes: this.#queue.bytes, cause: String(cause) }, 'tape stalled');
      this.#handlers.onStalled?.(code);
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(this.#stalledError(code));
    if (this.#closed !== undefined) return;
    this.#writeTimer?.();
    this.#writeTimer = this.#clock.after(this.#limits.retryDelayMs, () => this.#startPump());
  }

  async #finish(): Promise<void> {
    await this.#pump;
    this.#queue.endGaps();
    this.#startPump();
    await this.#pump;
    await this.#syncing;
    await this.#startSync();
    this.#writeTimer?.();
    this.#syncTimer?.();
    for (const waiter of this.#waiters) waiter.reject(this.#closedError());
    await this.#sink.close().catch((error: unknown) => this.#log.warn({ error }, 'tape close failed'));
  }

  #stalledError(code: string): Error {
    return tapeError('tape-stalled', 'the disk does not take the tape', { tapeId: this.tapeId, code });
  }

  #closedError(): Error {
    return tapeError('tape-closed', 'the tape writer is closed', { tapeId: this.tapeId });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}
