// The local recordings of an engine as its calls see them: of channels and of played streams, whom they tell, and
// where their files go.

import type { RoomtapeClient } from '../client.ts';
import type { Environment } from '../environment.ts';
import { clientError } from '../errors.ts';
import { callPage } from '../page-callback.ts';
import type { DataRecordConfig, PublishChannel } from '../recording/record-config.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import type { CallBounds } from './call-guard.ts';
import type { CaptureDesk } from './capture-desk.ts';
import type { DataRecordEventHandler } from './engine-events.ts';
import type { PlayedStreams } from './played-streams.ts';
import { notLoaded, RecordingDesk, type RecordingRequest } from './recording-desk.ts';

/** What recordings work with. */
export type EngineRecordingsOptions = {
  readonly environment: Environment;
  readonly server: string;
  readonly client: RoomtapeClient;
  readonly captures: CaptureDesk;
  readonly played: PlayedStreams;
  openStore(): Promise<RecordingStore>;
  run<T>(bounds: CallBounds, action: () => Promise<T>): Promise<T>;
};

const START_MS = 60_000;
/** A long film takes a while to finish, and its upload much longer. */
const FINISH_MS = 30 * 60_000;

/** Starts and ends the recordings of one engine. */
export class EngineRecordings {
  readonly #options: EngineRecordingsOptions;
  readonly #captured: RecordingDesk<PublishChannel>;
  readonly #remote: RecordingDesk<string>;
  #handler: DataRecordEventHandler = {};

  constructor(options: EngineRecordingsOptions) {
    this.#options = options;
    const { environment, openStore } = options;
    this.#captured = new RecordingDesk({
      environment,
      openStore,
      onState: (update, channel) => callPage(() => this.#handler.onCapturedDataRecordStateUpdate?.(update, channel)),
      onProgress: (progress, config, channel) =>
        callPage(() => this.#handler.onCapturedDataRecordProgressUpdate?.(progress, config, channel)),
    });
    this.#remote = new RecordingDesk({
      environment,
      openStore,
      onState: (update, streamId) => callPage(() => this.#handler.onRemoteDataRecordStateUpdate?.(update, streamId)),
      onProgress: (progress, config, streamId) =>
        callPage(() => this.#handler.onRemoteDataRecordProgressUpdate?.(progress, config, streamId)),
    });
  }

  /** Sets whom recordings tell. */
  tell(handler: DataRecordEventHandler): void {
    this.#handler = handler;
  }

  /** Loads encoders if recordings have somebody to tell: a page that never records need not pay for them. */
  prepare(): void {
    if (Object.keys(this.#handler).length === 0) return;
    // What does not come now is asked for again when a recording starts, and told then.
    import('../recording/data-recorder.ts').then(({ prewarmRecorder }) => prewarmRecorder()).catch(() => undefined);
  }

  /** Records a channel. */
  startCaptured(read: () => [DataRecordConfig, PublishChannel]): Promise<void> {
    return this.#options.run({ call: 'startRecordingCapturedData', deadlineMs: START_MS }, async () => {
      const [config, channel] = read();
      const capture = this.#options.captures.of(channel);
      if (this.#captured.isRecording(channel)) throw clientError('RECORD_ALREADY_RUNNING', { details: { channel } });
      capture.use('record');
      const onEnd = (): void => capture.release('record');
      await this.#captured.start(channel, { source: capture, config, deliver: this.#delivery(config), onEnd });
    });
  }

  /** Ends the recording of a channel. */
  stopCaptured(read: () => PublishChannel): Promise<File> {
    const bounds = { call: 'stopRecordingCapturedData', deadlineMs: FINISH_MS, survivesDestroy: true };
    return this.#options.run(bounds, async () => this.#captured.stop(read()));
  }

  /** Pauses the recording of a channel. */
  pauseCaptured(read: () => PublishChannel): Promise<void> {
    const bounds = { call: 'pauseRecordingCapturedData', deadlineMs: START_MS };
    return this.#options.run(bounds, async () => this.#captured.pause(read()));
  }

  /** Goes on with the recording of a channel. */
  resumeCaptured(read: () => PublishChannel): Promise<void> {
    const bounds = { call: 'resumeRecordingCapturedData', deadlineMs: START_MS };
    return this.#options.run(bounds, async () => this.#captured.resume(read()));
  }

  /** Records a played stream. */
  startRemote(read: () => [DataRecordConfig, string]): Promise<void> {
    return this.#options.run({ call: 'startRecordingRemoteData', deadlineMs: START_MS }, async () => {
      const [config, streamId] = read();
      const source = this.#options.played.sourceOf(streamId);
      const onEnd = (): void => undefined;
      await this.#remote.start(streamId, { source, config, deliver: this.#delivery(config), onEnd });
    });
  }

  /** Ends the recording of a played stream. */
  stopRemote(read: () => string): Promise<File> {
    const bounds = { call: 'stopRecordingRemoteData', deadlineMs: FINISH_MS, survivesDestroy: true };
    return this.#options.run(bounds, async () => this.#remote.stop(read()));
  }

  /** A played stream goes: its recording is finished and waits to be collected. Never rejects. */
  endRemote(streamId: string): Promise<void> {
    return this.#remote.end(streamId);
  }

  /** Finishes all recordings; their files wait to be collected. Never rejects. */
  async endAll(): Promise<void> {
    await Promise.all([this.#captured.endAll(), this.#remote.endAll()]);
  }

  /** Hands a file over as the recording was asked to. The room is that of the start: the upload may come after it. */
  #delivery(config: DataRecordConfig): RecordingRequest['deliver'] {
    const { client, server } = this.#options;
    const { session } = client;
    if (config.target?.kind === 'upload' && session === undefined) throw clientError('NOT_LOGGED_IN');
    return async (file) => {
      const { target } = config;
      if (target === undefined || target.kind === 'keep') return;
      const { deliverRecording } = await import('../storage/targets.ts').catch(notLoaded);
      const upload = session === undefined ? {} : { upload: { server, roomId: session.roomId, token: session.token } };
      await deliverRecording(file, { target, ...upload });
    };
  }
}
