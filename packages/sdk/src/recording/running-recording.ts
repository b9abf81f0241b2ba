// What every way to make a recording offers to the recorder that drives it.

import type { ContainerName } from '../containers/container-writer.ts';
import type { Environment } from '../environment.ts';
import type { RoomtapeClientError } from '../errors.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import type { DataRecordConfig, DataRecordProgress } from './record-config.ts';
import type { RecordKinds } from './record-path.ts';
import type { RecordingSource } from './recording-source.ts';

/** What to record, checked, and whom to tell. */
export type RunningRecordingOptions = {
  readonly source: RecordingSource;
  readonly config: DataRecordConfig;
  readonly environment: Environment;
  readonly store: RecordingStore;
  readonly container: ContainerName;
  readonly kinds: RecordKinds;
  onProgress(progress: DataRecordProgress): void;
  /** Something is wrong, a track ended for instance. The recording goes on. */
  onTrouble(error: RoomtapeClientError): void;
  /** It cannot go on; `stop` gives what there is. */
  onFailed(error: RoomtapeClientError): void;
};

/** What a recording became, as far as it may differ from what was asked for. */
export type StartedRecording = {
  /** Absent where nothing says it, or without a picture. */
  readonly videoCodec?: 'h264' | 'h265';
};

/** A recording that runs. Called in the right order only, each of `start` and `stop` once. */
export interface RunningRecording {
  /** Resolves when the film has begun. Rejects with a client error; nothing is left behind then. */
  start(): Promise<StartedRecording>;
  pause(): void;
  resume(): void;
  /** Ends it now. Bounded in time. Rejects with a client error. */
  stop(): Promise<File>;
}
