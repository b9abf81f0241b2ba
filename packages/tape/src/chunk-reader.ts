// Parses one chunk file as far as it is whole. Sits at the first byte it could not make sense of and looks
// again at each call; finds its way behind damage. Does not know sequences, other chunks or what is delivered.

import { Buffer } from 'node:buffer';
import type { TapeEntry } from './entry.ts';
import { tapeError } from './errors.ts';
import type { ReadableChunk } from './filesystem.ts';
import {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  decodeChunkHeader,
  ENTRY_HEADER_BYTES,
  ENTRY_MAGIC,
  type EntryHead,
  entryIsSound,
  FLAG_REPEATED,
  PAYLOAD_FRAME,
  PAYLOAD_JSON,
  readEntryHead,
  seedCandidates,
  TAPE_VERSION,
} from './format.ts';
import { decodeFrame, decodeJson } from './payload.ts';

/** Receives what a chunk holds, in file order. */
export interface ChunkVisitor {
  entry(sequence: number, entry: TapeEntry, repeated: boolean): void;
  /** A sound entry of a kind this version does not know. */
  unknown(sequence: number, kind: string, place: { readonly offset: number; readonly bytes: number }): void;
  /** Bytes that are no entry, with a sound entry behind them. */
  damage(offset: number, bytes: number): void;
}

/** How far behind damage a sound entry is looked for at once; twice the default chunk size. */
const SEARCH_BYTES_MAX = 128 * 1024 * 1024;
/** A window must hold an entry's head at least, or the rest of a batch would look like a torn tail. */
const WINDOW_BYTES_MIN = 4096;
const MAGIC = Buffer.from(ENTRY_MAGIC);

type Window = { readonly bytes: Uint8Array; readonly view: DataView };

/** Reads one chunk file from its header on. */
export class ChunkReader {
  readonly chunkNumber: number;
  readonly #file: ReadableChunk;
  #seeds: readonly number[] = [];
  #header: ChunkHeader | undefined;
  #offset = 0;
  #sizeBytes = 0;
  #bytesNeeded = 0;

  constructor(chunkNumber: number, file: ReadableChunk) {
    this.chunkNumber = chunkNumber;
    this.#file = file;
  }

  /** The header; `undefined` while it is not there, or when it is damaged. */
  get header(): ChunkHeader | undefined {
    if (this.#offset === 0) this.#readHeader(this.#file.sizeBytes());
    return this.#header;
  }

  /** First byte not yet delivered. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes of the file behind `offset` when it was last looked at. */
  get tailBytes(): number {
    return this.#sizeBytes - this.#offset;
  }

  /** Visits about `bytesMax` of what is new; returns the bytes passed, 0 when nothing whole is there. */
  read(bytesMax: number, visitor: ChunkVisitor): number {
    const size = this.#file.sizeBytes();
    this.#sizeBytes = size;
    if (this.#offset === 0 && !this.#readHeader(size)) return 0;
    if (size <= this.#offset) return 0;
    const started = this.#offset;
    const window = this.#load(Math.min(size - this.#offset, Math.max(bytesMax, this.#bytesNeeded, WINDOW_BYTES_MIN)));
    this.#bytesNeeded = 0;
    const passed = this.#parse(window, visitor);
    this.#offset += passed;
    if (passed === 0 && this.#bytesNeeded > window.bytes.length) {
      if (this.#offset + this.#bytesNeeded <= size) return this.read(this.#bytesNeeded, visitor);
      this.#findNext(visitor);
    } else if (passed === 0) {
      this.#findNext(visitor);
    }
    return this.#offset - started;
  }

  close(): void {
    this.#file.close();
  }

  #readHeader(size: number): boolean {
    if (size < CHUNK_HEADER_BYTES) return false;
    const { bytes } = this.#load(CHUNK_HEADER_BYTES);
    if (bytes.length < CHUNK_HEADER_BYTES) return false;
    this.#header = decodeChunkHeader(bytes);
    if (this.#header !== undefined && this.#header.version > TAPE_VERSION) {
      const { version } = this.#header;
      throw tapeError('tape-version-unknown', `the tape has version ${version}`, { version, known: TAPE_VERSION });
    }
    const seeds = seedCandidates(bytes);
    this.#seeds = this.#header === undefined ? seeds : seeds.slice(0, 1);
    this.#offset = CHUNK_HEADER_BYTES;
    return true;
  }

  // Fresh memory each time: frames handed out keep it, nothing is copied.
  #load(bytes: number): Window {
    const memory = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    const filled = this.#file.read(memory, this.#offset);
    const whole = filled === bytes ? memory : memory.subarray(0, filled);
    return { bytes: whole, view: new DataView(whole.buffer, 0, filled) };
  }

  // Passes whole, sound entries; stops at the first other byte.
  #parse(window: Window, visitor: ChunkVisitor): number {
    const { bytes, view } = window;
    let at = 0;
    for (;;) {
      const head = readEntryHead(view, at);
      if (head === undefined) break;
      const total = ENTRY_HEADER_BYTES + head.payloadBytes;
      if (at + total > bytes.length) {
        this.#bytesNeeded = total;
        break;
      }
      if (!this.#isSound(bytes, at, head)) break;
      this.#visit(window, { at, head }, visitor);
      at += total;
    }
    return at;
  }

  #visit(window: Window, place: { at: number; head: EntryHead }, visitor: ChunkVisitor): void {
    const { at, head } = place;
    const offset = at + ENTRY_HEADER_BYTES;
    const { payloadBytes, sequence } = head;
    let kind = `payload ${head.payloadKind}`;
    if (head.payloadKind === PAYLOAD_FRAME) {
      const frame = decodeFrame(window.bytes, window.view, { offset, payloadBytes });
      if (frame !== undefined) {
        visitor.entry(sequence, frame, false);
        return;
      }
    } else if (head.payloadKind === PAYLOAD_JSON) {
      const decoded = decodeJson(window.bytes.subarray(offset, offset + payloadBytes));
      const repeated = (head.flags & FLAG_REPEATED) !== 0;
      if (decoded.entry !== undefined) visitor.entry(sequence, decoded.entry, repeated);
      if (decoded.entry !== undefined || repeated) return;
      kind = decoded.kind;
    }
    visitor.unknown(sequence, kind, { offset: this.#offset + at, bytes: ENTRY_HEADER_BYTES + payloadBytes });
  }

  // Either the end of what is written so far, or damage: it is damage when a sound entry stands further on.
  #findNext(visitor: ChunkVisitor): void {
    const { bytes, view } = this.#load(Math.min(this.#sizeBytes - this.#offset, SEARCH_BYTES_MAX));
    const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = searched.indexOf(MAGIC, 1);
    while (at !== -1) {
      const head = readEntryHead(view, at);
      if (head !== undefined && this.#isSound(bytes, at, head)) break;
      at = searched.indexOf(MAGIC, at + 1);
    }
    if (at === -1 && bytes.length < SEARCH_BYTES_MAX) return;
    const passed = at === -1 ? bytes.length : at;
    visitor.damage(this.#offset, passed);
    this.#offset += passed;
  }

  #isSound(bytes: Uint8Array, offset: number, head: EntryHead): boolean {
    const seed = this.#seeds.find((candidate) => entryIsSound(bytes, offset, { head, seed: candidate }));
    if (seed === undefined) return false;
    if (this.#seeds.length > 1) this.#seeds = [seed];
    return true;
  }
}
