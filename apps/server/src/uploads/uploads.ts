// All uploads of the server: each in a directory of its own until its last byte, then a recording like any other, whole
// at once: its directory is made ready beside the others and moved among them. Pictures are kept for mixed films.

import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BeginUploadRequest } from '@roomtape/api';
import { type Clock, type Ids, type Log, msToUs, RoomtapeError, unixUs } from '@roomtape/media';
import { Journal, storageError } from '../recordings/journal.ts';
import { recordingDirectory } from '../recordings/recording-paths.ts';
import { type LoadedRecording, loadRecording } from '../recordings/recording-store.ts';
import { MAGIC_BYTES, mediaFactsOf } from './media-facts.ts';
import { hasPicture, isPicture, keepPicture } from './stored-picture.ts';
import { FACTS_FILE, MEDIA_FILE, noMedia, refused, Upload, type UploadFacts } from './upload.ts';
import { fileNameFor, journalOfUpload } from './uploaded-recording.ts';

/** How uploads are kept. */
export type UploadsOptions = {
  readonly dataDirectory: string;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** A recording is on disk. */
  readonly adopt: (recording: LoadedRecording) => void;
};

/** Uploads that may be unfinished at once. */
const OPEN_MAX = 1000;
/** After this long without a byte an upload is given up. */
const IDLE_MAX_MS = 24 * 3600 * 1000;
/** The recording's directory while it is made ready. */
const READY = 'recording';

/** Keeps all uploads. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #byFile = new Map<string, Upload>();
  /** One end at a time for each. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Goes on with what is on disk. Call once, before recordings are read: it may finish some. */
  async recover(): Promise<void> {
    const root = join(this.#options.dataDirectory, 'uploads');
    for (const name of await readdir(root).catch(() => [])) {
      const directory = join(root, name);
      const facts = await Upload.load(directory).catch(() => undefined);
      if (facts === undefined) await rm(directory, { recursive: true, force: true });
      else await this.#goOn(facts, directory);
    }
    await this.#dropIdle();
  }

  /** Begins an upload. Throws REQUEST_TOO_LARGE, LIMIT_REACHED or DISK_FULL. */
  async begin(request: BeginUploadRequest, userId: string): Promise<Upload> {
    const { bytesMax, ids, clock, dataDirectory } = this.#options;
    if (request.bytes > bytesMax) {
      throw refused('REQUEST_TOO_LARGE', 'the file is too large', { bytesMax, limit: 'ROOMTAPE_UPLOAD_MAX_BYTES' });
    }
    await this.#dropIdle();
    if (this.#byFile.size >= OPEN_MAX) throw tooMany();
    const facts = { recordingId: ids.next('rec'), jobId: ids.next('file'), userId, createdAt: clock.now(), ...request };
    const directory = join(dataDirectory, 'uploads', facts.jobId);
    try {
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, MEDIA_FILE), '');
      await writeFile(join(directory, FACTS_FILE), JSON.stringify(facts), { flush: true });
    } catch (error) {
      throw storageError(error);
    }
    const upload = new Upload(facts, directory, 0);
    this.#byFile.set(upload.fileId, upload);
    return upload;
  }

  /** An unfinished upload by the id of its file. */
  find(fileId: string): Upload | undefined {
    return this.#byFile.get(fileId);
  }

  /** Adds bytes; with the last one the recording is there. Throws as `Upload.append`. */
  async append(upload: Upload, from: number, body: Readable): Promise<void> {
    try {
      await upload.append(from, body);
    } catch (error) {
      if (error instanceof RoomtapeError && error.code === 'UNSUPPORTED_MEDIA_TYPE') await this.drop(upload);
      throw error;
    }
    if (upload.isWhole) await this.#endOnce(upload);
  }

  /** Gives an upload up and removes what is there of it. */
  async drop(upload: Upload): Promise<void> {
    await upload.interrupt();
    this.#byFile.delete(upload.fileId);
    await rm(upload.directory, { recursive: true, force: true });
  }

  async #goOn(facts: UploadFacts, directory: string): Promise<void> {
    const media = await stat(join(directory, MEDIA_FILE)).catch(() => undefined);
    if (media === undefined && (await hasPicture(this.#options.dataDirectory, `${facts.jobId}-1`))) {
      await rm(directory, { recursive: true, force: true });
      return;
    }
    const upload = new Upload(facts, directory, Math.min(media?.size ?? facts.bytes, facts.bytes));
    this.#byFile.set(upload.fileId, upload);
    const end = media === undefined ? this.#publish(upload) : upload.isWhole ? this.#endOnce(upload) : undefined;
    await end?.catch((error: unknown) => this.#options.log.warn({ error, directory }, 'upload cannot be finished'));
  }

  #endOnce(upload: Upload): Promise<void> {
    const running = this.#ending.get(upload.fileId);
    if (running !== undefined) return running;
    const ending = this.#end(upload).finally(() => this.#ending.delete(upload.fileId));
    this.#ending.set(upload.fileId, ending);
    return ending;
  }

  /** Whatever instant a crash picks: the media file is in one place, and what is missing is made again from it. */
  async #end(upload: Upload): Promise<void> {
    const { clock, log } = this.#options;
    const media = join(upload.directory, MEDIA_FILE);
    const file = await open(media, 'r');
    const { buffer } = await file.read(new Uint8Array(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    const facts = await mediaFactsOf(file, upload.facts.bytes).finally(() => file.close());
    if (facts === undefined && isPicture(buffer)) {
      await keepPicture(this.#options.dataDirectory, upload.fileId, media).catch((error: unknown) => {
        throw storageError(error);
      });
      await this.drop(upload);
      return;
    }
    if (facts === undefined) {
      await this.drop(upload);
      throw noMedia();
    }
    const directory = join(upload.directory, READY);
    try {
      await rm(directory, { recursive: true, force: true });
      const [first, ...rest] = journalOfUpload(upload.facts, facts, clock.now());
      if (first === undefined) return;
      const journal = await Journal.begin({ directory, clock, log }, first);
      const written = await Promise.all(rest.map((event) => journal.append(event)));
      await journal.close();
      if (written.includes(false))
        throw new RoomtapeError('DISK_FULL', 'no room', { blame: 'system', retryable: true });
      await mkdir(join(directory, 'files'), { recursive: true });
      await rename(media, join(directory, 'files', fileNameFor(upload.facts.name, facts.container)));
    } catch (error) {
      throw storageError(error);
    }
    await this.#publish(upload);
  }

  /** Moves the ready directory among the recordings. */
  async #publish(upload: Upload): Promise<void> {
    const { dataDirectory, clock, log, adopt } = this.#options;
    const { recordingId } = upload.facts;
    const directory = recordingDirectory(dataDirectory, recordingId);
    const isThere = await stat(directory).then(
      () => true,
      () => false,
    );
    if (!isThere) await rename(join(upload.directory, READY), directory);
    const loaded = await loadRecording({ directory, clock, log }, recordingId);
    if (loaded !== undefined) adopt(loaded);
    this.#byFile.delete(upload.fileId);
    await rm(upload.directory, { recursive: true, force: true });
  }

  async #dropIdle(): Promise<void> {
    const oldest = unixUs(this.#options.clock.now() - msToUs(IDLE_MAX_MS));
    for (const upload of this.#byFile.values()) {
      if (upload.facts.createdAt >= oldest) continue;
      const media = await stat(join(upload.directory, MEDIA_FILE)).catch(() => undefined);
      if (media !== undefined && msToUs(media.mtimeMs) < oldest) await this.drop(upload);
    }
  }
}

function tooMany(): RoomtapeError {
  const facts = { blame: 'system', retryable: true, details: { openMax: OPEN_MAX } } as const;
  return new RoomtapeError('LIMIT_REACHED', 'too many unfinished uploads', facts);
}
