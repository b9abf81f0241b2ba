// Bytes on their way to one chunk file. Heads and small payloads are gathered in slabs, data of frames is
// referenced, never copied: one writev takes it all. Not aware of files, limits or sequences.

import type { FrameEntry } from './entry.ts';
import {
  ENTRY_HEADER_BYTES,
  FLAG_REPEATED,
  FRAME_FIELDS_BYTES,
  FRAME_FLAG_KEY,
  PAYLOAD_FRAME,
  PAYLOAD_JSON,
  putEntryHead,
  putInt64,
  sealEntry,
} from './format.ts';

/** Data up to this size is copied beside its head: cheaper than two more pieces for writev. */
const COPY_BYTES_MAX = 1024;
const SLAB_BYTES = 16 * 1024;
/** Slabs kept for reuse by all writers of the process: 4 MiB. */
const IDLE_SLABS_MAX = 256;

type Slab = { readonly bytes: Uint8Array; readonly view: DataView };
const idleSlabs: Slab[] = [];

/** Entries in file order, encoded for one chunk. */
export class Batch {
  /** Number of the chunk file this batch begins; absent when it goes on with the current one. */
  readonly opensChunk: number | undefined;
  /** Bytes that already reached the file; owned by whoever writes the batch. */
  writtenBytes = 0;
  readonly #seed: number;
  readonly #pieces: Uint8Array[] = [];
  readonly #slabs: Slab[] = [];
  #slab: Slab | undefined;
  #used = 0;
  #runStart = 0;
  #bytes = 0;
  #lastSequence = -1;

  constructor(seed: number, opensChunk?: number) {
    this.#seed = seed;
    this.opensChunk = opensChunk;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Highest sequence in the batch; -1 when it only holds a chunk's header and repeated entries. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Adds bytes as they are: a chunk header. */
  addRaw(bytes: Uint8Array): void {
    const { offset, slab } = this.#reserve(bytes.length);
    slab.bytes.set(bytes, offset);
  }

  /** Adds a frame; keeps a reference to its data until `release`. */
  addFrame(frame: FrameEntry, sequence: number): void {
    const { data } = frame;
    const copied = data.length <= COPY_BYTES_MAX;
    const inlineBytes = FRAME_FIELDS_BYTES + (copied ? data.length : 0);
    const { offset, slab } = this.#reserve(ENTRY_HEADER_BYTES + inlineBytes);
    const payloadBytes = FRAME_FIELDS_BYTES + data.length;
    putEntryHead(slab.view, offset, { payloadBytes, payloadKind: PAYLOAD_FRAME, flags: 0, sequence });
    putFrameFields(slab.view, offset + ENTRY_HEADER_BYTES, frame);
    this.#lastSequence = sequence;
    if (copied) {
      slab.bytes.set(data, offset + ENTRY_HEADER_BYTES + FRAME_FIELDS_BYTES);
      sealEntry(slab, { offset, inlineBytes, seed: this.#seed });
      return;
    }
    sealEntry(slab, { offset, inlineBytes, seed: this.#seed, rest: data });
    this.#endRun();
    this.#pieces.push(data);
    this.#bytes += data.length;
  }

  /** Adds an entry whose payload is JSON. `repeated` ones stand at the head of a chunk. */
  addJson(payload: Uint8Array, sequence: number, repeated: boolean): void {
    const { offset, slab } = this.#reserve(ENTRY_HEADER_BYTES + payload.length);
    const flags = repeated ? FLAG_REPEATED : 0;
    putEntryHead(slab.view, offset, { payloadBytes: payload.length, payloadKind: PAYLOAD_JSON, flags, sequence });
    slab.bytes.set(payload, offset + ENTRY_HEADER_BYTES);
    sealEntry(slab, { offset, inlineBytes: payload.length, seed: this.#seed });
    if (!repeated) this.#lastSequence = sequence;
  }

  /** The bytes not yet written, in order. */
  remaining(): Uint8Array[] {
    this.#endRun();
    let skip = this.writtenBytes;
    if (skip === 0) return this.#pieces;
    const rest: Uint8Array[] = [];
    for (const piece of this.#pieces) {
      if (skip < piece.length) rest.push(skip === 0 ? piece : piece.subarray(skip));
      skip = Math.max(0, skip - piece.length);
    }
    return rest;
  }

  /** Gives the slabs back; the batch may not be used afterwards. */
  release(): void {
    for (const slab of this.#slabs) {
      if (slab.bytes.length === SLAB_BYTES && idleSlabs.length < IDLE_SLABS_MAX) idleSlabs.push(slab);
    }
    this.#slabs.length = 0;
    this.#pieces.length = 0;
  }

  #reserve(bytes: number): { offset: number; slab: Slab } {
    let slab = this.#slab;
    if (slab === undefined || this.#used + bytes > slab.bytes.length) slab = this.#nextSlab(bytes);
    const offset = this.#used;
    this.#used += bytes;
    this.#bytes += bytes;
    return { offset, slab };
  }

  #nextSlab(bytes: number): Slab {
    this.#endRun();
    const slab = (bytes <= SLAB_BYTES ? idleSlabs.pop() : undefined) ?? createSlab(Math.max(bytes, SLAB_BYTES));
    this.#slabs.push(slab);
    this.#slab = slab;
    this.#used = 0;
    this.#runStart = 0;
    return slab;
  }

  #endRun(): void {
    if (this.#slab !== undefined && this.#used > this.#runStart) {
      this.#pieces.push(this.#slab.bytes.subarray(this.#runStart, this.#used));
      this.#runStart = this.#used;
    }
  }
}

function putFrameFields(view: DataView, offset: number, frame: FrameEntry): void {
  view.setUint32(offset, frame.trackId, true);
  view.setUint32(offset + 4, frame.type === 'key' ? FRAME_FLAG_KEY : 0, true);
  putInt64(view, offset + 8, frame.pts);
  putInt64(view, offset + 16, frame.dts);
  putInt64(view, offset + 24, frame.arrivedAt);
}

function createSlab(bytes: number): Slab {
  const memory = new Uint8Array(bytes);
  return { bytes: memory, view: new DataView(memory.buffer) };
}
