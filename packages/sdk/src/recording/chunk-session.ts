// The worker's half of a recording that the browser's own recorder makes: keeps its chunks as they come, and at the
// end writes the same packets into an ordinary file, because such recorders leave length and index out.

import { openRecordingStore, type RecordingInProgress } from '../storage/recording-store.ts';
import type { DataRecordConfig } from './record-config.ts';
import type { RewrittenMovie } from './rewrite-mp4.ts';
import { sentError } from './sent-error.ts';
import type { WorkerReport } from './worker-messages.ts';

/** Rewritten in memory; what is larger stays as it came: it plays, but players learn its length late. */
const REWRITTEN_BYTES_MAX = 512 * 1024 * 1024;

/** One recording by chunks. */
export class ChunkSession {
  readonly #config: DataRecordConfig;
  readonly #post: (report: WorkerReport) => void;
  #recording: RecordingInProgress | undefined;
  #size = 0;
  #hasFailed = false;

  constructor(config: DataRecordConfig, post: (report: WorkerReport) => void) {
    this.#config = config;
    this.#post = post;
  }

  /** Opens the file; rejects when it cannot. */
  async start(): Promise<void> {
    const { filePath, ifExists = 'overwrite' } = this.#config;
    const store = await openRecordingStore();
    this.#recording = await store.create({ filePath, container: 'mp4', ifExists });
    this.#post({ kind: 'created', id: this.#recording.id });
    this.#post({ kind: 'started' });
  }

  /** Appends a chunk. A full storage is told once; what fitted stays. */
  write(bytes: Uint8Array): void {
    const file = this.#recording?.file;
    if (file === undefined || this.#hasFailed) return;
    try {
      file.write(bytes, this.#size);
      file.flush();
      this.#size += bytes.length;
    } catch (error) {
      this.#hasFailed = true;
      this.#post({ kind: 'failed', error: sentError(error, 'RECORD_WRITE_FAILED') });
    }
  }

  /** Ends the file; what came of it is posted. */
  async stop(durationUs: number): Promise<void> {
    const recording = this.#recording;
    if (recording === undefined) return;
    try {
      const rewritten = await this.#rewrite(recording);
      this.#post({ kind: 'finished', file: rewritten ?? (await recording.finish(durationUs)) });
    } catch (error) {
      await recording.keep();
      this.#post({ kind: 'lost', error: sentError(error, 'RECORD_WRITE_FAILED') });
    }
  }

  /**
   * The file that was written instead; `undefined` where the chunks stay as they are. The chunks are only let go once
   * that file is finished: whatever happens in between, one of the two is there.
   */
  async #rewrite(recording: RecordingInProgress): Promise<File | undefined> {
    const { file, filePath } = recording;
    file.truncate(this.#size);
    if (this.#size > REWRITTEN_BYTES_MAX) return undefined;
    const { rewriteMp4 } = await import('./rewrite-mp4.ts');
    const movie = await rewriteMp4(file.size, (from, to) => file.read(from, to - from)).catch(() => undefined);
    if (movie === undefined) return undefined;
    const written = await writeMovie(filePath, movie);
    if (written !== undefined) await recording.discard();
    return written;
  }
}

/** A finished recording of a movie; `undefined` when the storage does not take it. */
async function writeMovie(filePath: string, movie: RewrittenMovie): Promise<File | undefined> {
  const store = await openRecordingStore();
  const better = await store.create({ filePath, container: 'mp4', ifExists: 'overwrite' }).catch(() => undefined);
  if (better === undefined) return undefined;
  try {
    better.file.write(movie.bytes, 0);
    better.file.flush();
    return await better.finish(movie.durationUs);
  } catch {
    await better.discard();
    return undefined;
  }
}
