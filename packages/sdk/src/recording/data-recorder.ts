// One local recording, from start to file: tracks of a source, encoded in a worker, written as they come. Does not
// own the tracks, and does not know channels or rooms.

import type { Environment } from '../environment.ts';
import { clientError } from '../errors.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import type { DataRecordConfig, DataRecordProgress, DataRecordState, DataRecordStateUpdate } from './record-config.ts';
import type { RecordingSource } from './recording-source.ts';

/** What a recording is made of and whom it tells. */
export type DataRecorderOptions = {
  readonly source: RecordingSource;
  readonly config: DataRecordConfig;
  readonly environment: Environment;
  readonly store: RecordingStore;
  onState(update: DataRecordStateUpdate): void;
  onProgress(progress: DataRecordProgress): void;
};

/** Records one source into one file. */
export class DataRecorder {
  readonly #options: DataRecorderOptions;
  #state: DataRecordState = 'no-record';

  constructor(options: DataRecorderOptions) {
    this.#options = options;
  }

  /** `no-record` before the start and after a failure. */
  get state(): DataRecordState {
    return this.#state;
  }

  /**
   * Starts; resolves when the state is `recording`. Rejects with the typed error that the state callback is told too.
   */
  start(): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED', { details: { filePath: this.#options.config.filePath } }));
  }

  /** Leaves out what comes from now on, until `resume`. Nothing happens unless it is recording. */
  pause(): void {}

  /** Goes on in the same file, right behind what was there. Nothing happens unless it is paused. */
  resume(): void {}

  /** Ends the recording at this moment. Resolves with the file; the same file when called again; never hangs. */
  stop(): Promise<File> {
    return Promise.reject(clientError('RECORD_NOT_RUNNING'));
  }
}

/** Loads the worker and the AAC encoder, so that a recording that starts later starts at once. */
export function prewarmRecorder(): void {}
