// What the storage of local recordings offers, and in what words: being written, unfinished after a crash, finished.

import type { PcmContainerName, PcmFacts } from '../audio/pcm-file.ts';
import type { AudioTrackFacts, ContainerName, VideoTrackFacts } from '../containers/container-writer.ts';
import type { ByteFile } from './byte-file.ts';

/** What a stored file can be: a film, or raw sound. */
export type StoredContainer = ContainerName | 'wav' | 'pcm';

/** What a recording that is about to start is. `filePath` was checked by the caller (suffix, length, parts). */
export type NewRecording = {
  readonly filePath: string;
  readonly container: ContainerName | PcmContainerName;
  /** When a finished recording of that path is there. The old one is replaced only when the new one is finished. */
  readonly ifExists: 'overwrite' | 'fail' | 'rename';
  readonly video?: VideoTrackFacts;
  readonly audio?: AudioTrackFacts;
  /** With `wav` and `pcm`, which `PcmFile` writes and `recoverPcmFile` recovers. */
  readonly pcm?: PcmFacts;
};

/** One recording in the storage, as `listFinished` and `listUnfinishedRecordings` tell it. */
export type StoredRecording = {
  readonly id: string;
  readonly filePath: string;
  readonly container: ContainerName | PcmContainerName;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Length of the film, ms; `undefined` while unfinished. */
  readonly durationMs: number | undefined;
  /** Bytes in the storage. */
  readonly bytes: number;
};

/**
 * A recording being written. In a page the file takes writes only (they go to a worker; an error shows at the next
 * write or at the end) and cannot be read or cut, so that `openContainerWriter` needs a worker. Exactly one of `finish`, `keep` and `discard` ends it.
 */
export interface RecordingInProgress {
  readonly id: string;
  /** As asked for, or with ` (1)`, ` (2)`… before the suffix for `rename`. */
  readonly filePath: string;
  /** Give it to `openContainerWriter`. Closed by whatever ends the recording. */
  readonly file: ByteFile;
  /** After the container writer finished: seals the recording, replaces an older one of the path, gives the file. */
  finish(durationUs: number): Promise<File>;
  /** Ends it without finishing: it is listed as unfinished and can be recovered. Never rejects. */
  keep(): Promise<void>;
  /** Ends it and removes every byte of it. Never rejects. */
  discard(): Promise<void>;
}

/** The recordings of this origin; the same from every page and worker of it. */
export interface RecordingStore {
  /** Starts a recording. Throws `RECORD_FILE_EXISTS` (`ifExists: 'fail'`), `RECORD_OPEN_FAILED` or `RECORD_STORAGE_FULL`. */
  create(recording: NewRecording): Promise<RecordingInProgress>;
  /** Finished recordings, newest first. */
  listFinished(): Promise<readonly StoredRecording[]>;
  /** Recordings whose tab or browser died, or that could not be finished; not those being written in another tab. */
  listUnfinishedRecordings(): Promise<readonly StoredRecording[]>;
  /**
   * Makes an unfinished recording a finished one and gives it; a finished one is given as it is. It replaces no other:
   * if its path is taken by now, it gets another name. Throws `WRONG_STATE` while it is being written elsewhere, and
   * `RECORD_OPEN_FAILED` when there is none of that id or nothing in it can be played.
   */
  recoverRecording(id: string): Promise<File>;
  /** The file of a finished recording, readable until it is deleted or replaced. */
  openFile(id: string): Promise<File>;
  /** Removes a finished or unfinished recording; nothing happens if there is none of that id. */
  deleteRecording(id: string): Promise<void>;
}
