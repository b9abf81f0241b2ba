// Reads a tape from its directory, also while it grows. Polled, synchronous, no timers; a poll without news
// costs two stat calls. A torn tail is the end for now; damage is skipped and reported, never thrown.

import { join } from 'node:path';
import { ChunkReader, type ChunkVisitor } from './chunk-reader.ts';
import type { SequencedEntry, TapeEntry } from './entry.ts';
import { nodeFilesystem, type TapeFilesystem } from './filesystem.ts';
import { chunkName, chunkNumberOf } from './format.ts';
import { TapeState } from './tape-state.ts';

/** A stretch of a tape that could not be read. */
export type SkippedRange = {
  /**
   * `torn-tail`: the writer died within an entry and went on in another chunk; expected after a crash.
   * `damaged`: bytes changed. `missing`: entries or a whole chunk file are not there. `unknown-kind`: an
   * entry of a newer version.
   */
  readonly reason: 'torn-tail' | 'damaged' | 'missing' | 'unknown-kind';
  readonly chunkNumber: number;
  /** Offset in the chunk file. */
  readonly offset: number;
  readonly bytes: number;
  /** Sequences not seen; 0 when nothing but rubbish was skipped. */
  readonly entriesLost: number;
  /** The first sequence after the stretch. */
  readonly nextSequence: number;
  /** The name of an unknown kind. */
  readonly kind?: string;
};

/** What one poll found. */
export type TapeBatch = {
  /** In order of sequence, each once. Data of all frames of a batch shares one memory, which is theirs. */
  readonly entries: SequencedEntry[];
  /** Nothing more can be read now. */
  readonly atEnd: boolean;
  /** The tape ended with `tape-sealed`, which was delivered: it never grows again. */
  readonly sealed: boolean;
  readonly skipped: SkippedRange[];
};

/** Where and how to read. */
export type TapeReaderOptions = {
  /**
   * First sequence wanted. Entries in force there (track-added, config-changed, muted …) are delivered
   * first, under their own, lower sequences. Default 0.
   */
  readonly fromSequence?: number;
  readonly filesystem?: TapeFilesystem;
};

/** Reads one tape, from one end to the other, as far as it is written. */
export interface TapeReader extends Iterable<SequencedEntry> {
  /** Sequence of the next entry not yet delivered. */
  readonly nextSequence: number;
  /**
   * Reads on, about `bytesMax` of file at most (one entry at least). Cheap when there is nothing new; the
   * directory need not exist yet. Throws only `tape-version-unknown` and what node:fs throws on a failing disk.
   */
  readBatch(options?: { readonly bytesMax?: number }): TapeBatch;
  /** Idempotent. */
  close(): void;
}

const BATCH_BYTES_DEFAULT = 1024 * 1024;
const IDLE_POLLS_PER_LISTING = 64;

/** Opens a reader on a tape's directory, which need not exist yet. */
export function openTapeReader(directory: string, options: TapeReaderOptions = {}): TapeReader {
  return new DirectoryReader(directory, options);
}

class DirectoryReader implements TapeReader, ChunkVisitor {
  readonly #directory: string;
  readonly #filesystem: TapeFilesystem;
  readonly #fromSequence: number;
  readonly #state = new TapeState();
  #chunk: ChunkReader | undefined;
  #lastKnownChunk = -1;
  #idlePolls = 0;
  #nextSequence = 0;
  #started: boolean;
  #closed = false;
  #entries: SequencedEntry[] = [];
  #skipped: SkippedRange[] = [];
  #pending: { chunkNumber: number; offset: number; bytes: number } | undefined;

  constructor(directory: string, options: TapeReaderOptions) {
    this.#directory = directory;
    this.#filesystem = options.filesystem ?? nodeFilesystem;
    this.#fromSequence = options.fromSequence ?? 0;
    this.#started = this.#fromSequence === 0;
  }

  get nextSequence(): number {
    return Math.max(this.#nextSequence, this.#fromSequence);
  }

  readBatch(options: { readonly bytesMax?: number } = {}): TapeBatch {
    let bytesLeft = options.bytesMax ?? BATCH_BYTES_DEFAULT;
    let atEnd = this.#closed || this.#state.sealed;
    while (bytesLeft > 0 && !atEnd) {
      const chunk = this.#chunk ?? this.#openFirst();
      const passed = chunk?.read(bytesLeft, this) ?? 0;
      bytesLeft -= passed;
      if (passed === 0) atEnd = chunk === undefined || !this.#advance(chunk);
      if (this.#state.sealed) atEnd = true;
    }
    const batch = { entries: this.#entries, atEnd, sealed: this.#state.sealed, skipped: this.#skipped };
    this.#entries = [];
    this.#skipped = [];
    return batch;
  }

  *[Symbol.iterator](): Iterator<SequencedEntry> {
    for (;;) {
      const batch = this.readBatch();
      yield* batch.entries;
      if (batch.atEnd) return;
    }
  }

  close(): void {
    this.#closed = true;
    this.#chunk?.close();
    this.#chunk = undefined;
  }

  /** Called by the chunk reader. */
  entry(sequence: number, entry: TapeEntry, repeated: boolean): void {
    const item = { sequence, entry };
    if (repeated ? this.#state.holds(item) : !this.#pass(sequence)) return;
    if (!this.#started) {
      if (sequence < this.#fromSequence) {
        this.#state.apply(item);
        return;
      }
      this.#entries.push(...this.#state.snapshot());
      this.#started = true;
    }
    if (entry.kind !== 'frame') this.#state.apply(item);
    this.#entries.push(item);
  }

  /** Called by the chunk reader. */
  unknown(sequence: number, kind: string, place: { offset: number; bytes: number }): void {
    if (!this.#pass(sequence)) return;
    const chunkNumber = this.#chunk?.chunkNumber ?? 0;
    const nextSequence = sequence + 1;
    this.#skipped.push({ reason: 'unknown-kind', chunkNumber, ...place, entriesLost: 1, nextSequence, kind });
  }

  /** Called by the chunk reader. */
  damage(offset: number, bytes: number): void {
    if (this.#pending !== undefined) this.#report('damaged', this.#nextSequence);
    this.#pending = { chunkNumber: this.#chunk?.chunkNumber ?? 0, offset, bytes };
  }

  // Notes that an entry arrived; false when it came before (a second writer, a copied chunk).
  #pass(sequence: number): boolean {
    if (sequence < this.#nextSequence) return false;
    if (this.#pending !== undefined) this.#report('damaged', sequence);
    else if (sequence > this.#nextSequence) this.#report('missing', sequence);
    this.#nextSequence = sequence + 1;
    return true;
  }

  #report(reason: 'damaged' | 'missing' | 'torn-tail', nextSequence: number): void {
    const chunk = this.#chunk;
    const nowhere = { chunkNumber: chunk?.chunkNumber ?? 0, offset: chunk?.offset ?? 0, bytes: 0 };
    const entriesLost = nextSequence - this.#nextSequence;
    this.#skipped.push({ reason, ...(this.#pending ?? nowhere), entriesLost, nextSequence });
    this.#pending = undefined;
  }

  // True when reading can go on: the next chunk is open, or the current one grew meanwhile.
  #advance(chunk: ChunkReader): boolean {
    const next = this.#nextChunkNumber(chunk.chunkNumber);
    if (next === undefined) return false;
    // The writer finishes a chunk before it makes the next: what is there now is all there will be.
    if (chunk.read(BATCH_BYTES_DEFAULT, this) > 0) return true;
    const opened = this.#open(next);
    if (opened === undefined) return false;
    if (chunk.tailBytes > 0) {
      if (this.#pending !== undefined) this.#report('damaged', this.#nextSequence);
      this.#pending = { chunkNumber: chunk.chunkNumber, offset: chunk.offset, bytes: chunk.tailBytes };
      this.#report('torn-tail', this.#nextSequence);
    }
    chunk.close();
    this.#chunk = opened;
    return true;
  }

  #nextChunkNumber(current: number): number | undefined {
    if (this.#filesystem.exists(join(this.#directory, chunkName(current + 1)))) return current + 1;
    this.#idlePolls += 1;
    // Rarely, and when a later chunk is known: retention or a bad copy may have taken the next one away.
    if (current >= this.#lastKnownChunk && this.#idlePolls % IDLE_POLLS_PER_LISTING !== 0) return undefined;
    return this.#listChunks().find((chunkNumber) => chunkNumber > current);
  }

  #openFirst(): ChunkReader | undefined {
    const numbers = this.#listChunks();
    const [first] = numbers;
    if (first === undefined) return undefined;
    this.#chunk = this.#started ? this.#open(first) : (this.#openWanted(numbers) ?? this.#open(first));
    return this.#chunk;
  }

  // The last chunk that begins at or before the first sequence wanted.
  #openWanted(numbers: readonly number[]): ChunkReader | undefined {
    for (const chunkNumber of [...numbers].reverse()) {
      const chunk = this.#open(chunkNumber);
      const first = chunk?.header?.firstSequence;
      if (first !== undefined && first <= this.#fromSequence) {
        this.#nextSequence = first;
        return chunk;
      }
      chunk?.close();
    }
    return undefined;
  }

  #listChunks(): number[] {
    const numbers = listChunkNumbers(this.#filesystem, this.#directory);
    this.#lastKnownChunk = numbers.at(-1) ?? -1;
    return numbers;
  }

  #open(chunkNumber: number): ChunkReader | undefined {
    const file = this.#filesystem.openForReading(join(this.#directory, chunkName(chunkNumber)));
    return file === undefined ? undefined : new ChunkReader(chunkNumber, file);
  }
}

/** Numbers of the chunk files in a directory, ascending; empty when there is none. */
export function listChunkNumbers(filesystem: TapeFilesystem, directory: string): number[] {
  const numbers = filesystem.list(directory).map(chunkNumberOf);
  return numbers.filter((value) => value !== undefined).sort((a, b) => a - b);
}
