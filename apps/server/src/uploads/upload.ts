// One upload on its way: who sends what, how much is there, and how its bytes get to the disk.

import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RoomtapeError, type UnixUs } from '@roomtape/media';
import { storageError } from '../recordings/journal.ts';
import { containerOf, MAGIC_BYTES } from './media-facts.ts';
import { isPicture, PICTURE_BYTES_MAX } from './stored-picture.ts';

/** What was asked for; the first thing written. */
export type UploadFacts = {
  readonly recordingId: string;
  /** The job of the file; the file id is this with `-1`. */
  readonly jobId: string;
  readonly roomId: string;
  readonly userId: string;
  readonly name: string;
  readonly bytes: number;
  readonly durationMs?: number;
  readonly createdAt: UnixUs;
};

/** File of the facts in an upload's directory. */
export const FACTS_FILE = 'upload.json';
/** File of the bytes in an upload's directory. */
export const MEDIA_FILE = 'media.part';

/** An upload and its place on disk. */
export class Upload {
  readonly facts: UploadFacts;
  readonly directory: string;
  /** Bytes that are there. */
  offset: number;
  #sending: { readonly body: Readable; readonly done: Promise<void> } | undefined;

  constructor(facts: UploadFacts, directory: string, offset: number) {
    this.facts = facts;
    this.directory = directory;
    this.offset = offset;
  }

  /** Reads the facts of a directory; rejects when they are not whole. */
  static async load(directory: string): Promise<UploadFacts> {
    const facts = JSON.parse(await readFile(join(directory, FACTS_FILE), 'utf8')) as UploadFacts;
    if (typeof facts.jobId !== 'string' || typeof facts.recordingId !== 'string') throw new Error('no facts');
    return facts;
  }

  /** Id of the file. */
  get fileId(): string {
    return `${this.facts.jobId}-1`;
  }

  /** Whether every byte is there. */
  get isWhole(): boolean {
    return this.offset === this.facts.bytes;
  }

  /**
   * Adds what `body` has from byte `from` on. Ends a request that is still sending: its sender has come back by
   * another connection. Throws UPLOAD_OFFSET_MISMATCH, REQUEST_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or DISK_FULL; what
   * arrived before stays.
   */
  async append(from: number, body: Readable): Promise<void> {
    await this.interrupt();
    if (from !== this.offset) {
      const details = { offset: this.offset };
      throw refused('UPLOAD_OFFSET_MISMATCH', 'the upload is at another byte', details);
    }
    const work = this.#write(body);
    const sending = { body, done: work.catch(() => undefined) };
    this.#sending = sending;
    try {
      await work;
    } finally {
      if (this.#sending === sending) this.#sending = undefined;
    }
  }

  /** Ends a request that is still sending, and waits until what it brought is written. */
  async interrupt(): Promise<void> {
    const sending = this.#sending;
    if (sending === undefined) return;
    sending.body.destroy();
    await sending.done;
  }

  async #write(body: Readable): Promise<void> {
    const file = await open(join(this.directory, MEDIA_FILE), 'r+');
    try {
      for await (const chunk of body) {
        const bytes = chunk as Uint8Array;
        if (this.offset + bytes.length > this.facts.bytes) {
          throw refused('REQUEST_TOO_LARGE', 'more bytes than were announced', { bytesMax: this.facts.bytes });
        }
        this.#checkKind(bytes);
        await writeAll(file, bytes, this.offset);
        this.offset += bytes.length;
      }
    } finally {
      // What is acknowledged is on disk.
      await file.datasync().catch(() => undefined);
      await file.close();
    }
  }

  /** Bytes that are neither media nor a picture are refused with the first of them. */
  #checkKind(bytes: Uint8Array): void {
    if (this.offset > 0 || bytes.length < MAGIC_BYTES || containerOf(bytes) !== undefined) return;
    if (!isPicture(bytes)) throw noMedia();
    if (this.facts.bytes > PICTURE_BYTES_MAX) {
      throw refused('REQUEST_TOO_LARGE', 'the picture is too large', { bytesMax: PICTURE_BYTES_MAX });
    }
  }
}

/** The error for bytes that are no file we know. */
export function noMedia(): RoomtapeError {
  return refused('UNSUPPORTED_MEDIA_TYPE', 'the bytes are neither a media file nor a picture', {
    expected: 'MP4, WebM, FLV, AAC (ADTS), MP3, Ogg or WAV; PNG, JPEG, WebP or SVG',
  });
}

/** An error of the caller. */
export function refused(code: string, message: string, details: Record<string, unknown>): RoomtapeError {
  return new RoomtapeError(code, message, { blame: 'caller', retryable: false, details });
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array, at: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }
  } catch (error) {
    throw storageError(error);
  }
}
