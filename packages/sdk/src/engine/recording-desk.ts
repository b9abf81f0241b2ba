// The local recordings of an engine, one per channel or played stream: starts each, keeps it until its file was
// collected, ends it when its source goes. What a recording is made of is the recorder's business.

import type { Environment } from '../environment.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';
import type { DataRecorder } from '../recording/data-recorder.ts';
import type { DataRecordConfig, DataRecordProgress, DataRecordStateUpdate } from '../recording/record-config.ts';
import type { RecordingSource } from '../recording/recording-source.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import { asEngineError } from './call-guard.ts';

/** What a desk needs and whom it tells. */
export type RecordingDeskOptions<Key> = {
  readonly environment: Environment;
  openStore(): Promise<RecordingStore>;
  onState(update: DataRecordStateUpdate, key: Key): void;
  onProgress(progress: DataRecordProgress, config: DataRecordConfig, key: Key): void;
};

/** One recording that is asked for. */
export type RecordingRequest = {
  readonly source: RecordingSource;
  readonly config: DataRecordConfig;
  /** Hands the finished file over; rejects with a typed error. */
  deliver(file: File): Promise<void>;
  /** The recording ended, however it did: the source is free. */
  onEnd(): void;
};

type Entry = {
  readonly request: RecordingRequest;
  started: Promise<DataRecorder>;
  /** The file, as soon as it is there, and again when it was handed over. */
  ending: { readonly filed: Promise<File>; readonly delivered: Promise<File> } | undefined;
  isOver: boolean;
};

/** Keeps the recordings of one kind of source. */
export class RecordingDesk<Key extends string> {
  readonly #options: RecordingDeskOptions<Key>;
  readonly #entries = new Map<Key, Entry>();

  constructor(options: RecordingDeskOptions<Key>) {
    this.#options = options;
  }

  /** Whether that source is being recorded or about to be. */
  isRecording(key: Key): boolean {
    return this.#entries.get(key)?.isOver === false;
  }

  /** Starts. Rejects with `RECORD_ALREADY_RUNNING`, or with what the state callback is told too. */
  async start(key: Key, request: RecordingRequest): Promise<void> {
    if (this.isRecording(key)) throw clientError('RECORD_ALREADY_RUNNING', { details: { key } });
    const entry: Entry = { request, started: this.#open(key, request), ending: undefined, isOver: false };
    this.#entries.set(key, entry);
    try {
      await entry.started;
    } catch (error) {
      this.#end(entry);
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Leaves out what comes from now on. Throws `RECORD_NOT_RUNNING`. */
  async pause(key: Key): Promise<void> {
    (await this.#running(key)).pause();
  }

  /** Goes on in the same file. Throws `RECORD_NOT_RUNNING`. */
  async resume(key: Key): Promise<void> {
    (await this.#running(key)).resume();
  }

  /**
   * Ends a recording and gives its file; also of one that ended by itself and was not collected yet. Calls made while
   * it ends get the same file. Rejects with `RECORD_NOT_RUNNING` where there is none.
   */
  async stop(key: Key): Promise<File> {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw clientError('RECORD_NOT_RUNNING', { details: { key } });
    try {
      return await this.#finish(key, entry).delivered;
    } finally {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    }
  }

  /** Ends a recording whose source goes; its file waits for `stop`, handing it over may go on. Never rejects. */
  async end(key: Key): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) await this.#finish(key, entry).filed.catch(() => undefined);
  }

  /** Ends all recordings; their files wait for `stop`. Never rejects. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((key) => this.end(key)));
  }

  #finish(key: Key, entry: Entry): NonNullable<Entry['ending']> {
    if (entry.ending !== undefined) return entry.ending;
    const filed = this.#stop(entry);
    const delivered = filed.then((file) => this.#deliver(key, entry, file));
    // Whoever asks gets the error; nobody may ask.
    delivered.catch(() => undefined);
    entry.ending = { filed, delivered };
    return entry.ending;
  }

  async #stop(entry: Entry): Promise<File> {
    const recorder = await entry.started;
    try {
      return await recorder.stop();
    } finally {
      this.#end(entry);
    }
  }

  async #deliver(key: Key, { request }: Entry, file: File): Promise<File> {
    await request.deliver(file).catch((error: unknown) => {
      // The file is there all the same: it is returned, and the callback says what it lacks.
      this.#options.onState({ state: 'success', error: asEngineError(error), config: request.config }, key);
    });
    return file;
  }

  async #running(key: Key): Promise<DataRecorder> {
    const entry = this.#entries.get(key);
    if (entry?.isOver !== false || entry.ending !== undefined) {
      throw clientError('RECORD_NOT_RUNNING', { details: { key } });
    }
    return entry.started;
  }

  async #open(key: Key, request: RecordingRequest): Promise<DataRecorder> {
    const { environment, onState, onProgress } = this.#options;
    const { source, config } = request;
    const { recorderClass, store } = await this.#load().catch((error: unknown) => {
      const typed = asEngineError(error);
      onState({ state: 'no-record', error: typed, config }, key);
      throw typed;
    });
    const recorder = new recorderClass({
      source,
      config,
      environment,
      store,
      onState: (update) => {
        const isOver = update.state === 'success' || update.state === 'no-record';
        const entry = this.#entries.get(key);
        if (isOver && entry?.request === request) this.#end(entry);
        onState(update, key);
      },
      onProgress: (progress) => onProgress(progress, config, key),
    });
    await recorder.start();
    return recorder;
  }

  async #load(): Promise<{ recorderClass: typeof DataRecorder; store: RecordingStore }> {
    const [{ DataRecorder: recorderClass }, store] = await Promise.all([
      import('../recording/data-recorder.ts').catch(notLoaded),
      this.#options.openStore(),
    ]);
    return { recorderClass, store };
  }

  #end(entry: Entry): void {
    if (entry.isOver) return;
    entry.isOver = true;
    entry.request.onEnd();
  }
}

/** A part of the SDK that is loaded when it is first needed did not come. */
export function notLoaded(cause: unknown): never {
  const error: RoomtapeClientError = clientError('NETWORK', {
    message: 'A part of the SDK could not be loaded',
    cause,
  });
  throw error;
}
