// The file half of a writer: puts batches into chunk files at fixed positions, so that a failed or short
// write is simply tried again. One write at a time; a sync may take its time beside them.

import { join } from 'node:path';
import type { Batch } from './batch.ts';
import type { TapeFilesystem, WritableChunk } from './filesystem.ts';
import { chunkName } from './format.ts';

/** Writes the chunk files of one tape. */
export class ChunkSink {
  readonly #filesystem: TapeFilesystem;
  readonly #directory: string;
  #file: WritableChunk | undefined;
  #chunkNumber = -1;
  #position = 0;
  /** Whether bytes were written that no sync that succeeded or runs covers. */
  #dirty = false;
  #syncing: Promise<void> | undefined;
  /** Whether the name of the file survives a power cut. */
  #isNamed = false;

  constructor(filesystem: TapeFilesystem, directory: string) {
    this.#filesystem = filesystem;
    this.#directory = directory;
  }

  get chunkNumber(): number {
    return this.#chunkNumber;
  }

  /** Writes what is left of a batch. After a rejection the same batch can be given again. */
  async write(batch: Batch): Promise<void> {
    if (batch.opensChunk !== undefined && batch.opensChunk !== this.#chunkNumber) await this.#next(batch.opensChunk);
    const file = this.#file;
    if (file === undefined) throw Object.assign(new Error('the chunk file was given up'), { code: 'EIO' });
    if (!this.#isNamed) await this.#filesystem.syncDirectory(this.#directory);
    this.#isNamed = true;
    while (batch.writtenBytes < batch.bytes) {
      const written = await file.writev(batch.remaining(), this.#position).finally(() => {
        // A sync that began meanwhile may not cover it, nor what a failed write left.
        this.#dirty = true;
      });
      if (written === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'ENOSPC' });
      batch.writtenBytes += written;
      this.#position += written;
    }
  }

  /** Makes what is written by now survive a power cut. After a rejection nothing since the last sync is certain. */
  async sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => {});
    if (!this.#dirty || this.#file === undefined) return;
    this.#dirty = false;
    this.#syncing = this.#file.datasync().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing.catch((error: unknown) => {
      this.#dirty = true;
      throw error;
    });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await this.#syncing?.catch(() => {});
    await file?.close();
  }

  // The old chunk is synced before the next exists: what survives a power cut is always a prefix.
  async #next(chunkNumber: number): Promise<void> {
    await this.sync();
    const file = await this.#filesystem.create(join(this.#directory, chunkName(chunkNumber)));
    const old = this.#file;
    this.#file = file;
    this.#chunkNumber = chunkNumber;
    this.#position = 0;
    this.#isNamed = false;
    await old?.close();
  }
}
