// The file half of a writer: puts batches into chunk files at fixed positions, so that a failed or short
// write is simply tried again. Not concurrent: one call at a time.

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
  #dirty = false;

  constructor(filesystem: TapeFilesystem, directory: string) {
    this.#filesystem = filesystem;
    this.#directory = directory;
  }

  /** Whether written bytes are not yet synced. */
  get dirty(): boolean {
    return this.#dirty;
  }

  get chunkNumber(): number {
    return this.#chunkNumber;
  }

  /** Writes what is left of a batch. After a rejection the same batch can be given again. */
  async write(batch: Batch): Promise<void> {
    if (batch.opensChunk !== undefined && batch.opensChunk !== this.#chunkNumber) await this.#next(batch.opensChunk);
    const file = this.#file;
    if (file === undefined) throw Object.assign(new Error('the chunk file was given up'), { code: 'EIO' });
    while (batch.writtenBytes < batch.bytes) {
      this.#dirty = true;
      const written = await file.writev(batch.remaining(), this.#position);
      if (written === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'ENOSPC' });
      batch.writtenBytes += written;
      this.#position += written;
    }
  }

  /** Makes everything written survive a power cut. After a rejection nothing since the last sync is certain. */
  async sync(): Promise<void> {
    if (!this.#dirty || this.#file === undefined) return;
    await this.#file.datasync();
    this.#dirty = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
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
    this.#dirty = true;
    await old?.close();
    await this.#filesystem.syncDirectory(this.#directory);
  }
}
