// What an engine is made of, put together, and the calls that need more than one part.

import { AudioGraph } from '../audio/audio-graph.ts';
import type { AudioRecording, AudioRecordingConfig } from '../audio/audio-recording.ts';
import { PlaybackTracks } from '../audio/playback-tracks.ts';
import { type ClientOptions, createRoomtape, type LoginOptions, type RoomtapeClient } from '../client.ts';
import { Emitter, type Unsubscribe } from '../emitter.ts';
import { createBrowserEnvironment, type Environment } from '../environment.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import { copyOf, invalidArgument } from './argument-reader.ts';
import { AudioDesk, type AudioRecordingEvents } from './audio-desk.ts';
import { type CallBounds, CallGuard } from './call-guard.ts';
import { CaptureDesk } from './capture-desk.ts';
import type { EngineEvents } from './engine-events.ts';
import type { CameraSource, CustomSource, ScreenSource, StreamPublishOptions, VideoConfig } from './engine-options.ts';
import { EngineRecordings } from './engine-recordings.ts';
import { PlayedStreams } from './played-streams.ts';
import { PublishDesk } from './publish-desk.ts';
import { notLoaded } from './recording-desk.ts';

type Preview = {
  readonly channel?: PublishChannel;
  readonly video?: HTMLVideoElement;
  readonly source?: CameraSource | ScreenSource | CustomSource;
};

/** The user may take a while to answer the browser's question for a device. */
const DEVICES_MS = 120_000;
const CALL_MS = 60_000;
/** Finishing a film of hours takes a while; whatever it takes longer for is recovered at the next visit. */
const DESTROY_MS = 10 * 60_000;

/** The parts of one engine. */
export class EngineParts {
  readonly client: RoomtapeClient;
  readonly captures: CaptureDesk;
  readonly publishing: PublishDesk;
  readonly audio: AudioDesk;
  readonly recordings: EngineRecordings;
  readonly #environment: Environment;
  readonly #guard: CallGuard;
  readonly #emitter = new Emitter<EngineEvents>();
  readonly #graph = new AudioGraph();
  readonly #played: PlayedStreams;
  #store: Promise<RecordingStore> | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    const { server, iceServers, environment } = readClientOptions(options);
    this.#environment = environment ?? createBrowserEnvironment(iceServers);
    this.#guard = new CallGuard(this.#environment);
    this.client = createRoomtape({ server, environment: this.#environment });
    this.captures = new CaptureDesk({
      environment: this.#environment,
      graph: this.#graph,
      onDevices: (event) => this.#emitter.emit('devices-changed', event),
      onEnded: (event) => this.#emitter.emit('capture-ended', event),
    });
    const playback = new PlaybackTracks();
    this.publishing = new PublishDesk(this.client, this.captures);
    this.#played = new PlayedStreams(this.client, playback);
    const openStore = (): Promise<RecordingStore> => this.#openStore();
    this.audio = new AudioDesk({ graph: this.#graph, captures: this.captures, playback });
    this.recordings = new EngineRecordings({
      environment: this.#environment,
      server,
      client: this.client,
      captures: this.captures,
      played: this.#played,
      openStore,
      run: (bounds, action) => this.#guard.run(bounds, action),
    });
    this.client.on('stream-removed', ({ stream }) => void this.recordings.endRemote(stream.streamId));
  }

  /** Subscribes to an event of the room or of the devices. */
  on<Name extends keyof EngineEvents>(name: Name, listener: (payload: EngineEvents[Name]) => void): Unsubscribe {
    const own = this.#emitter.on(name, listener);
    const others = this.client.on(name as never, listener as never);
    return () => {
      own();
      others();
    };
  }

  /** Runs a call that is done at once. */
  now<T>(action: () => T): T {
    return this.#guard.runNow(action);
  }

  /** Runs a call within the usual time. */
  run<T>(call: string, action: () => Promise<T>): Promise<T> {
    return this.#guard.run({ call, deadlineMs: CALL_MS }, action);
  }

  /** Runs a call that may have to wait for the user's answer. */
  useDevice(call: string, action: () => Promise<void>): Promise<void> {
    return this.#guard.run({ call, deadlineMs: DEVICES_MS }, action);
  }

  /** Runs a call on the storage. */
  stored<T>(call: string, action: (store: RecordingStore) => Promise<T>): Promise<T> {
    // A film that is recovered is finished, which takes as long as at its end.
    const bounds: CallBounds = { call, deadlineMs: DESTROY_MS };
    return this.#guard.run(bounds, async () => action(await this.#openStore()));
  }

  /** Joins a room. */
  login(read: () => [string, LoginOptions]): Promise<void> {
    const onGivenUp = (): void => void this.client.logoutRoom().catch(() => undefined);
    return this.#guard.run({ call: 'loginRoom', deadlineMs: CALL_MS, onGivenUp }, async () => {
      await this.client.loginRoom(...read());
    });
  }

  /** Leaves the room and finishes recordings. */
  logout(): Promise<void> {
    return this.#guard.run({ call: 'logoutRoom', deadlineMs: DESTROY_MS }, async () => {
      const ended = [this.recordings.endAll(), this.audio.endRecordings()];
      await this.client.logoutRoom();
      await Promise.all(ended);
    });
  }

  /** Opens and shows a channel. */
  startPreview(read: () => Preview): Promise<MediaStream> {
    let asked: PublishChannel | undefined;
    const onGivenUp = (): void => {
      if (asked !== undefined) this.captures.cancelPreview(asked);
    };
    return this.#guard.run({ call: 'startPreview', deadlineMs: DEVICES_MS, onGivenUp }, async () => {
      const { channel = 'main', video, source } = read();
      asked = channel;
      const shown = await this.captures.startPreview({ channel, video, source });
      this.recordings.prepare();
      return shown;
    });
  }

  /** Changes the picture of a channel, captured and published. */
  configure(read: () => [VideoConfig, PublishChannel]): Promise<void> {
    return this.run('setVideoConfig', async () => {
      const [config, channel] = read();
      await this.captures.configure(config, channel);
      if (config.bitrateBps !== undefined) await this.publishing.limitBitrate(channel, config.bitrateBps);
    });
  }

  /** Publishes a channel. */
  startPublishing(read: () => [string, StreamPublishOptions]): Promise<void> {
    let channel: PublishChannel | undefined;
    const onGivenUp = (): void => {
      if (channel !== undefined) void this.publishing.stop(channel).catch(() => undefined);
    };
    const bounds = { call: 'startPublishingStream', deadlineMs: DEVICES_MS, onGivenUp };
    return this.#guard.run(bounds, async () => {
      const [streamId, options] = read();
      channel = options.channel ?? 'main';
      await this.publishing.start(streamId, channel, options);
    });
  }

  /** Plays a stream. */
  startPlaying(read: () => [string, { video?: HTMLMediaElement }]): Promise<MediaStream> {
    return this.run('startPlayingStream', async () => {
      const [streamId, { video }] = read();
      return this.#played.start(streamId, video);
    });
  }

  /** Stops playing a stream and finishes its recording. */
  stopPlaying(read: () => string): Promise<void> {
    return this.#guard.run({ call: 'stopPlayingStream', deadlineMs: DESTROY_MS }, async () => {
      const streamId = read();
      const ended = this.recordings.endRemote(streamId);
      await this.#played.stop(streamId);
      await ended;
    });
  }

  /** Starts a recording of raw sound whose end is bounded too. */
  startAudioRecording(read: () => [AudioRecordingConfig, AudioRecordingEvents]): Promise<AudioRecording> {
    return this.run('startAudioRecording', async () => {
      const recording = await this.audio.startRecording(...read());
      const bounds = { call: 'stop', deadlineMs: DESTROY_MS, survivesDestroy: true };
      return { stop: () => this.#guard.run(bounds, () => recording.stop()) };
    });
  }

  /** Ends everything; the same promise when called again. Never rejects. */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#end();
    return this.#destroyed;
  }

  async #end(): Promise<void> {
    this.#guard.destroy();
    const ended = Promise.all([this.recordings.endAll(), this.audio.endRecordings()]);
    await this.#within(CALL_MS, this.client.logoutRoom());
    await this.#within(DESTROY_MS, ended);
    this.audio.destroy();
    this.captures.destroy();
    await this.#within(CALL_MS, this.#graph.close());
  }

  async #within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#environment.after(deadlineMs, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      work.then(done, done);
    });
  }

  async #openStore(): Promise<RecordingStore> {
    this.#store ??= import('../storage/recording-store.ts')
      .catch(notLoaded)
      .then(({ openRecordingStore }) => openRecordingStore());
    try {
      return await this.#store;
    } catch (error) {
      // The user may allow storage later.
      this.#store = undefined;
      throw error;
    }
  }
}

function readClientOptions(options: ClientOptions): ClientOptions & { readonly server: string } {
  const read = copyOf<ClientOptions>(options, 'options', ['server', 'iceServers', 'environment']);
  if (typeof read.server !== 'string' || !/^https?:\/\//.test(read.server) || !URL.canParse(read.server)) {
    throw invalidArgument('options.server', 'an http or https address');
  }
  if (read.iceServers !== undefined && !Array.isArray(read.iceServers)) {
    throw invalidArgument('options.iceServers', 'an array');
  }
  if (read.environment !== undefined && (read.environment === null || typeof read.environment !== 'object')) {
    throw invalidArgument('options.environment', 'an object');
  }
  return read;
}
