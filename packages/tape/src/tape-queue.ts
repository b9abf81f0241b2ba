// The encoding half of a writer: gives entries their sequence, plans chunks, keeps the queue bounded. Knows
// no file and no timer; `tape-writer.ts` carries its batches to the disk.

import { assert, type Clock, type TrackId } from '@roomtape/media';
import { Batch } from './batch.ts';
import { DropAccount } from './drop-account.ts';
import type { FrameEntry, SequencedEntry } from './entry.ts';
import {
  CHUNK_HEADER_BYTES,
  ENTRY_HEADER_BYTES,
  encodeChunkHeader,
  FRAME_FIELDS_BYTES,
  PAYLOAD_BYTES_MAX,
  seedOf,
} from './format.ts';
import { encodeJson, type JsonEntry } from './payload.ts';
import type { TapeState } from './tape-state.ts';

/** Where a queue starts: behind what the tape's directory already holds. */
export type QueueStart = {
  readonly tapeId: string;
  readonly clock: Clock;
  readonly nextSequence: number;
  readonly nextChunkNumber: number;
  readonly state: TapeState;
  readonly queueBytesMax: number;
  readonly chunkBytesMax: number;
  readonly chunkMsMax: number;
};

type ChunkPlan = { readonly seed: number; readonly startedAt: number; bytes: number };

/** Encoded entries waiting for the disk. */
export class TapeQueue {
  readonly drops = new DropAccount();
  readonly #start: QueueStart;
  readonly #state: TapeState;
  readonly #batches: Batch[] = [];
  #chunk: ChunkPlan | undefined;
  #open: Batch | undefined;
  #nextSequence: number;
  #nextChunkNumber: number;
  #bytes = 0;
  #overloaded = false;
  #refusedEntries = 0;

  constructor(start: QueueStart) {
    this.#start = start;
    this.#state = start.state;
    this.#nextSequence = start.nextSequence;
    this.#nextChunkNumber = start.nextChunkNumber;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Bytes not yet written, in flight included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the batch that still takes entries. */
  get openBatchBytes(): number {
    return this.#open?.bytes ?? 0;
  }

  get overloaded(): boolean {
    return this.#overloaded;
  }

  /** Entries other than frames that were refused because even twice the limit was reached. */
  get refusedEntries(): number {
    return this.#refusedEntries;
  }

  /** Takes a frame; `undefined` when it was dropped (and counted). */
  addFrame(frame: FrameEntry, diskFailing: boolean): number | undefined {
    const bytes = ENTRY_HEADER_BYTES + FRAME_FIELDS_BYTES + frame.data.length;
    if (!this.#admits(frame, bytes)) {
      this.drops.drop(frame, diskFailing ? 'disk-full' : 'overload');
      return undefined;
    }
    const gap = this.drops.keep(frame);
    if (gap !== undefined) this.addJson(gap);
    const batch = this.#batchFor(bytes);
    const sequence = this.#nextSequence;
    batch.addFrame(frame, sequence);
    this.#count(bytes);
    return sequence;
  }

  /** Takes any other entry; `undefined` only at twice the queue's limit (but for the seal) or beyond the payload's. */
  addJson(entry: JsonEntry): number | undefined {
    if (entry.kind === 'track-ended') this.endGaps(entry.trackId);
    const payload = encodeJson(entry);
    const bytes = ENTRY_HEADER_BYTES + payload.length;
    const full = this.#bytes + bytes > 2 * this.#start.queueBytesMax && entry.kind !== 'tape-sealed';
    if (full || payload.length > PAYLOAD_BYTES_MAX) {
      this.#refusedEntries += 1;
      return undefined;
    }
    const batch = this.#batchFor(bytes);
    const sequence = this.#nextSequence;
    batch.addJson(payload, sequence, false);
    this.#state.apply({ sequence, entry });
    this.#count(bytes);
    return sequence;
  }

  /** Writes the gaps of frames that were dropped and have no successor. */
  endGaps(trackId?: TrackId): void {
    for (const gap of this.drops.end(this.#start.clock.now(), trackId)) this.addJson(gap);
  }

  /** The oldest batch, which takes no more entries from now on; stays queued until `release`. */
  oldest(): Batch | undefined {
    const batch = this.#batches[0];
    if (batch === this.#open) this.#open = undefined;
    return batch;
  }

  /** Removes the oldest batch, which is written. Returns whether frames are taken again from now on. */
  release(batch: Batch): boolean {
    assert(batch === this.#batches[0], 'batches are released in order');
    this.#batches.shift();
    this.#bytes -= batch.bytes;
    batch.release();
    // Half, so that a disk at its limit gives few long gaps rather than many short ones.
    const relieved = this.#overloaded && this.#bytes <= this.#start.queueBytesMax / 2;
    if (relieved) this.#overloaded = false;
    return relieved;
  }

  /** Makes the next entry start a new chunk file. */
  roll(): void {
    this.#chunk = undefined;
    this.#open = undefined;
  }

  #admits(frame: FrameEntry, bytes: number): boolean {
    if (bytes - ENTRY_HEADER_BYTES > PAYLOAD_BYTES_MAX) return false;
    // One frame alone is taken whatever its size: dropping it would make no room.
    if (this.#bytes > 0 && this.#bytes + bytes > this.#start.queueBytesMax) this.#overloaded = true;
    if (this.#overloaded) return false;
    return frame.type === 'key' || !this.drops.waitsForKey(frame.trackId);
  }

  #count(bytes: number): void {
    this.#nextSequence += 1;
    this.#bytes += bytes;
    if (this.#chunk !== undefined) this.#chunk.bytes += bytes;
  }

  #batchFor(bytes: number): Batch {
    const chunk = this.#chunk;
    if (chunk === undefined || chunk.bytes + bytes > this.#start.chunkBytesMax) return this.#openChunk();
    if (this.#open !== undefined) return this.#open;
    if (this.#start.clock.now() - chunk.startedAt > this.#start.chunkMsMax * 1000) return this.#openChunk();
    return this.#push(new Batch(chunk.seed));
  }

  #openChunk(): Batch {
    const createdAt = this.#start.clock.now();
    const chunkNumber = this.#nextChunkNumber;
    this.#nextChunkNumber += 1;
    const firstSequence = this.#nextSequence;
    const header = encodeChunkHeader({ tapeId: this.#start.tapeId, chunkNumber, firstSequence, createdAt });
    const seed = seedOf(header);
    const batch = this.#push(new Batch(seed, chunkNumber));
    batch.addRaw(header);
    for (const item of this.#state.snapshot()) repeat(batch, item);
    assert(batch.bytes >= CHUNK_HEADER_BYTES, 'a chunk starts with its header');
    this.#bytes += batch.bytes;
    this.#chunk = { seed, startedAt: createdAt, bytes: batch.bytes };
    return batch;
  }

  #push(batch: Batch): Batch {
    this.#batches.push(batch);
    this.#open = batch;
    return batch;
  }
}

function repeat(batch: Batch, item: SequencedEntry): void {
  if (item.entry.kind !== 'frame') batch.addJson(encodeJson(item.entry), item.sequence, true);
}
