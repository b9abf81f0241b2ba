// One local recording, from start to file: tracks of a source, encoded in a worker, written as they come. Does not
// own the tracks, and does not know channels or rooms.

import type { Environment } from '../environment.ts';
import { clientError, RoomtapeClientError } from '../errors.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import { recordingSupport } from './encoder-probe.ts';
import type { DataRecordConfig, DataRecordProgress, DataRecordState, DataRecordStateUpdate } from './record-config.ts';
import { checkRecordConfig, kindsToRecord } from './record-path.ts';
import type { RecordingSource } from './recording-source.ts';
import type { RunningRecording, RunningRecordingOptions, StartedRecording } from './running-recording.ts';
import { liveTracks } from './source-tracks.ts';
import { WorkerLink } from './worker-link.ts';
import { WorkerRecording } from './worker-recording.ts';

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
  #starting: Promise<void> | undefined;
  #stopping: Promise<File> | undefined;
  #recording: RunningRecording | undefined;
  #hasFailed = false;

  constructor(options: DataRecorderOptions) {
    this.#options = options;
  }

  /** `no-record` before the start and after a failure. */
  get state(): DataRecordState {
    return this.#state;
  }

  /**
   * Starts; resolves when the state is `recording`. Rejects with the typed error that the state callback is told too:
   * `RECORD_…`, `INVALID_ARGUMENT` or `NOT_SUPPORTED`. A recorder starts once.
   */
  start(): Promise<void> {
    if (this.#starting !== undefined) return Promise.reject(clientError('RECORD_ALREADY_RUNNING'));
    this.#starting = this.#start();
    return this.#starting;
  }

  /** Leaves out what comes from now on, until `resume`. Nothing happens unless it is recording. */
  pause(): void {
    if (this.#state !== 'recording') return;
    this.#recording?.pause();
    this.#tell('paused');
  }

  /** Goes on in the same file, right behind what was there. Nothing happens unless it is paused. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#recording?.resume();
    this.#tell('recording');
  }

  /**
   * Ends the recording at this moment. Resolves with the file; with the same file when called again. After a failure
   * it gives the file up to then. Rejects with `RECORD_NOT_RUNNING` when nothing was started, with the error of the
   * start, or with `RECORD_WRITE_FAILED` when the file cannot be finished; then it is listed as unfinished.
   */
  stop(): Promise<File> {
    if (this.#starting === undefined) return Promise.reject(clientError('RECORD_NOT_RUNNING'));
    this.#stopping ??= this.#stop(this.#starting);
    return this.#stopping;
  }

  async #start(): Promise<void> {
    let begun: StartedRecording;
    try {
      const recording = await this.#open();
      this.#recording = recording;
      begun = await recording.start();
    } catch (thrown) {
      const error =
        thrown instanceof RoomtapeClientError ? thrown : clientError('RECORD_OPEN_FAILED', { cause: thrown });
      this.#hasFailed = true;
      this.#tell('no-record', error);
      throw error;
    }
    // The first moments may have failed already.
    if (!this.#hasFailed) this.#tell('recording', this.#fallbackOf(begun));
  }

  /** H.265 was asked for and H.264 is what there is. */
  #fallbackOf({ videoCodec }: StartedRecording): RoomtapeClientError | undefined {
    if (this.#options.config.videoCodec !== 'h265' || videoCodec !== 'h264') return undefined;
    return clientError('RECORD_CODEC_FALLBACK', { details: { videoCodec } });
  }

  async #open(): Promise<RunningRecording> {
    const { source, config } = this.#options;
    const container = checkRecordConfig(config);
    const tracks = liveTracks(source);
    const has = { video: tracks.video !== undefined, audio: tracks.audio !== undefined };
    const kinds = kindsToRecord(config, container, has);
    const support = await recordingSupport();
    const isH265Missing = config.videoCodec === 'h265' && kinds.video && !support.h265;
    if (isH265Missing && config.ifH265Missing !== 'h264') {
      throw clientError(container === 'flv' ? 'RECORD_CODEC_NOT_ALLOWED' : 'NOT_SUPPORTED');
    }
    const options: RunningRecordingOptions = { ...this.#options, container, kinds, ...this.#listeners() };
    if (support.path === 'media-recorder' && container === 'mp4') {
      const { MediaRecorderRecording } = await import('./media-recorder-recording.ts');
      return new MediaRecorderRecording(options);
    }
    if (!support[container]) throw clientError('NOT_SUPPORTED', { details: { container } });
    return new WorkerRecording(options);
  }

  #listeners(): Pick<RunningRecordingOptions, 'onProgress' | 'onTrouble' | 'onFailed'> {
    return {
      onProgress: (progress) => {
        if (this.#state === 'recording' || this.#state === 'paused') this.#options.onProgress(progress);
      },
      onTrouble: (error) => {
        if (this.#state === 'recording' || this.#state === 'paused') this.#tell(this.#state, error);
      },
      onFailed: (error) => {
        if (this.#hasFailed || this.#stopping !== undefined) return;
        this.#hasFailed = true;
        this.#tell('no-record', error);
      },
    };
  }

  async #stop(starting: Promise<void>): Promise<File> {
    await starting;
    const recording = this.#recording;
    if (recording === undefined) throw clientError('RECORD_NOT_RUNNING');
    try {
      const file = await recording.stop();
      if (!this.#hasFailed) this.#tell('success');
      return file;
    } catch (thrown) {
      const error =
        thrown instanceof RoomtapeClientError ? thrown : clientError('RECORD_WRITE_FAILED', { cause: thrown });
      if (!this.#hasFailed) this.#tell('no-record', error);
      this.#hasFailed = true;
      throw error;
    }
  }

  #tell(state: DataRecordState, error?: RoomtapeClientError): void {
    this.#state = state;
    this.#options.onState({ state, error, config: this.#options.config });
  }
}

/** Loads the worker and the AAC encoder, so that a recording that starts later starts at once. */
export function prewarmRecorder(): void {
  void recordingSupport().then(({ path }) => {
    if (path !== 'none') WorkerLink.warm();
  });
}
