// The engine: everything the SDK does for one user of one page, as one object. Reads the arguments, keeps every call
// bounded, and hands it to the part that does it; holds no media itself.

import type { Participant, Stream } from '@roomtape/api';
import type { AudioDataFormat, AudioDataHandler, AudioDataSources } from '../audio/audio-data.ts';
import type { AudioEffectPlayer } from '../audio/audio-effect-player.ts';
import type { AudioMixing, AudioMixingOptions } from '../audio/audio-mixing.ts';
import type { AudioRecording, AudioRecordingConfig } from '../audio/audio-recording.ts';
import type { MediaPlayer, MediaPlayerOptions } from '../audio/media-player.ts';
import type { ClientOptions, LoginOptions } from '../client.ts';
import type { Unsubscribe } from '../emitter.ts';
import type { RoomState } from '../events.ts';
import type { DataRecordConfig, PublishChannel } from '../recording/record-config.ts';
import type { StoredRecording } from '../storage/recording-store.ts';
import { functionOf, oneOf, readBoolean, readId, textUpTo } from './argument-reader.ts';
import type { AudioRecordingEvents } from './audio-desk.ts';
import * as read from './engine-arguments.ts';
import type { DataRecordEventHandler, EngineEvents } from './engine-events.ts';
import type {
  CustomSource,
  MediaDevice,
  PreviewOptions,
  StreamPlayOptions,
  StreamPublishOptions,
  VideoConfig,
} from './engine-options.ts';
import { EngineParts } from './engine-parts.ts';
import { ENGINE_FEATURES, type EngineFeature, isFeatureSupported } from './features.ts';

/** Creates an engine; nothing is connected and no device is open yet. Throws `INVALID_ARGUMENT`. */
export function createEngine(options: ClientOptions): Engine {
  return new Engine(options);
}

/** Ends an engine: see `Engine.destroy`. */
export function destroyEngine(engine: Engine): Promise<void> {
  return engine.destroy();
}

const readRecordingId = textUpTo(256);
const readFeature = oneOf(ENGINE_FEATURES);

/**
 * One user of one page. Every call ends: with a value, or with a `RoomtapeClientError` that has a stable code; calls
 * of the wrong kind or value end with `INVALID_ARGUMENT`, calls after `destroy` with `ENGINE_DESTROYED`. A promise
 * may be left alone where a callback tells the same.
 */
export class Engine {
  readonly #parts: EngineParts;

  constructor(options: ClientOptions) {
    this.#parts = new EngineParts(options);
  }

  /** Ends everything: recordings are finished, the room is left, devices and players close. Idempotent. */
  destroy(): Promise<void> {
    return this.#parts.destroy();
  }

  /** Calls `listener` on each event of that name; the returned function ends it. */
  on<Name extends keyof EngineEvents>(name: Name, listener: (payload: EngineEvents[Name]) => void): Unsubscribe {
    return this.#parts.now(() => this.#parts.on(name, functionOf<typeof listener>(this)(listener, 'listener')));
  }

  /** The connection to the room as it is now. */
  get roomState(): RoomState {
    return this.#parts.client.roomState;
  }

  /** Everybody in the room, oneself included. */
  get participants(): readonly Participant[] {
    return this.#parts.client.participants;
  }

  /** Everything published in the room, one's own included. */
  get streams(): readonly Stream[] {
    return this.#parts.client.streams;
  }

  /** Tells whether this browser can do something; where browsers promise too much, by trying it. */
  isFeatureSupported(feature: EngineFeature): Promise<boolean> {
    return this.#parts.run('isFeatureSupported', () => isFeatureSupported(readFeature(feature, 'feature')));
  }

  /**
   * Joins a room; resolves when its participants and streams have been told by events. A lost connection comes back by
   * itself. Rejects with `ALREADY_LOGGED_IN`, `NETWORK`, `TIMEOUT` or what the server says.
   */
  loginRoom(roomId: string, options: LoginOptions): Promise<void> {
    return this.#parts.login(() => [readId(roomId, 'roomId'), read.readLogin(options)]);
  }

  /** Leaves the room: publications and plays end, all recordings are finished. Previews stay. */
  logoutRoom(): Promise<void> {
    return this.#parts.logout();
  }

  /**
   * Opens a channel's source and shows it; needs no room. Called again, it shows it elsewhere or changes the source,
   * without a break in what is published or recorded. Resolves with the channel's `MediaStream`, the same every time.
   * Rejects with `DEVICE_…`, `NOT_SECURE`, or `CANCELLED` when another call replaced or stopped it.
   */
  startPreview(options: PreviewOptions = {}): Promise<MediaStream> {
    return this.#parts.startPreview(() => read.readPreview(options));
  }

  /**
   * Takes the picture off its element. Devices stay open while they are published or recorded, and close when the last
   * of them ends. Nothing happens where nothing is shown.
   */
  stopPreview(channel: PublishChannel = 'main'): Promise<void> {
    const { captures } = this.#parts;
    return this.#parts.run('stopPreview', async () => captures.stopPreview(read.readChannel(channel, 'channel')));
  }

  /** Takes a channel's media from the page from now on: own tracks, or a canvas. Opens the channel if it is closed. */
  setCustomCapture(channel: PublishChannel, source: Omit<CustomSource, 'kind'>): Promise<MediaStream> {
    return this.#parts.startPreview(() => ({
      channel: read.readChannel(channel, 'channel'),
      source: read.readCustomSource(source, 'source'),
    }));
  }

  /** Every camera, microphone and loudspeaker. Rejects with `NOT_SECURE` on pages that may use none. */
  enumerateDevices(): Promise<readonly MediaDevice[]> {
    return this.#parts.run('enumerateDevices', () => this.#parts.captures.enumerateDevices());
  }

  /** Changes the camera of a channel, at once where it is open; a closed one remembers it. */
  useCamera(deviceId: string, channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.useDevice('useCamera', () => {
      const capture = this.#parts.captures.of(read.readChannel(channel, 'channel'));
      return capture.useCamera(read.readDeviceId(deviceId, 'deviceId'));
    });
  }

  /** Changes the microphone of a channel, at once where it is open; a closed one remembers it. */
  useMicrophone(deviceId: string, channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.useDevice('useMicrophone', () => {
      const capture = this.#parts.captures.of(read.readChannel(channel, 'channel'));
      return capture.useMicrophone(read.readDeviceId(deviceId, 'deviceId'));
    });
  }

  /** Silences what is captured, and tells the room: of one channel, or of every channel with a camera source. */
  muteMicrophone(muted: boolean, channel?: PublishChannel): void {
    this.#switchOff('audio', () => readBoolean(muted, 'muted'), channel);
  }

  /** Switches the picture on or off, and tells the room: of one channel, or of every one with a camera source. */
  enableCamera(enabled: boolean, channel?: PublishChannel): void {
    this.#switchOff('video', () => !readBoolean(enabled, 'enabled'), channel);
  }

  /** Changes size, rate and bitrate of a channel's picture; a running recording keeps its canvas. */
  setVideoConfig(config: VideoConfig, channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.configure(() => [read.readVideoConfig(config), read.readChannel(channel, 'channel')]);
  }

  /**
   * Publishes a channel under an id that is unique in the room; opens a camera if the channel has nothing. Resolves
   * when media flows. Rejects with `NOT_LOGGED_IN`, `ALREADY_PUBLISHING`, `DEVICE_…`, `STREAM_TAKEN`…
   */
  startPublishingStream(streamId: string, options: StreamPublishOptions = {}): Promise<void> {
    return this.#parts.startPublishing(() => [readId(streamId, 'streamId'), read.readPublish(options)]);
  }

  /** Ends the publication of a channel; its preview and its recording go on. */
  stopPublishingStream(channel: PublishChannel = 'main'): Promise<void> {
    const { publishing } = this.#parts;
    return this.#parts.run('stopPublishingStream', () => publishing.stop(read.readChannel(channel, 'channel')));
  }

  /** Plays a stream of the room. The `MediaStream` stays the same across reconnections. */
  startPlayingStream(streamId: string, options: StreamPlayOptions = {}): Promise<MediaStream> {
    return this.#parts.startPlaying(() => [readId(streamId, 'streamId'), read.readPlay(options)]);
  }

  /** Stops playing a stream; a recording of it is finished. Nothing happens if it is not played. */
  stopPlayingStream(streamId: string): Promise<void> {
    return this.#parts.stopPlaying(() => readId(streamId, 'streamId'));
  }

  /**
   * Sets whom local recordings tell, in place of who was set; `undefined`: nobody. Set before the first preview, it lets
   * the encoders be loaded then, so that a recording starts at once.
   */
  setDataRecordEventHandler(handler: DataRecordEventHandler | undefined): void {
    this.#parts.now(() => this.#parts.recordings.tell(read.readRecordHandler(handler)));
  }

  /**
   * Records what a channel captures into a file, published or not. Resolves when it is recording; what goes wrong is
   * told to the state callback too. Rejects with `RECORD_…`; `NOT_LOGGED_IN` for an upload outside of a room.
   */
  startRecordingCapturedData(config: DataRecordConfig, channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.recordings.startCaptured(() => [
      read.readRecordConfig(config),
      read.readChannel(channel, 'channel'),
    ]);
  }

  /** Ends the recording of a channel and gives its file; also of one that ended by itself and was not collected. */
  stopRecordingCapturedData(channel: PublishChannel = 'main'): Promise<File> {
    return this.#parts.recordings.stopCaptured(() => read.readChannel(channel, 'channel'));
  }

  /** Leaves out what comes from now on, in the same file, until it is resumed. */
  pauseRecordingCapturedData(channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.recordings.pauseCaptured(() => read.readChannel(channel, 'channel'));
  }

  /** Goes on with a paused recording in the same file. */
  resumeRecordingCapturedData(channel: PublishChannel = 'main'): Promise<void> {
    return this.#parts.recordings.resumeCaptured(() => read.readChannel(channel, 'channel'));
  }

  /** Records a stream that is being played. Rejects with `WRONG_STATE` when it is not, else as for captured data. */
  startRecordingRemoteData(streamId: string, config: DataRecordConfig): Promise<void> {
    return this.#parts.recordings.startRemote(() => [read.readRecordConfig(config), readId(streamId, 'streamId')]);
  }

  /** Ends the recording of a played stream and gives its file; also after the stream ended. */
  stopRecordingRemoteData(streamId: string): Promise<File> {
    return this.#parts.recordings.stopRemote(() => readId(streamId, 'streamId'));
  }

  /** Finished recordings in the storage of this browser, newest first. */
  listRecordings(): Promise<readonly StoredRecording[]> {
    return this.#parts.stored('listRecordings', (store) => store.listFinished());
  }

  /** Recordings whose tab or browser died, or that could not be finished. */
  listUnfinishedRecordings(): Promise<readonly StoredRecording[]> {
    return this.#parts.stored('listUnfinishedRecordings', (store) => store.listUnfinishedRecordings());
  }

  /** Makes a file of an unfinished recording and keeps it as a finished one. */
  recoverRecording(id: string): Promise<File> {
    return this.#parts.stored('recoverRecording', (store) => store.recoverRecording(readRecordingId(id, 'id')));
  }

  /** The file of a finished recording. */
  openRecording(id: string): Promise<File> {
    return this.#parts.stored('openRecording', (store) => store.openFile(readRecordingId(id, 'id')));
  }

  /** Removes a recording, finished or not; nothing happens if there is none of that id. */
  deleteRecording(id: string): Promise<void> {
    return this.#parts.stored('deleteRecording', (store) => store.deleteRecording(readRecordingId(id, 'id')));
  }

  /** Removes an unfinished recording instead of recovering it; the same as `deleteRecording`. */
  deleteUnfinishedRecording(id: string): Promise<void> {
    return this.deleteRecording(id);
  }

  /** Sets whom raw audio is given to, in place of who was set; `undefined`: nobody. */
  setAudioDataHandler(handler: AudioDataHandler | undefined): void {
    this.#parts.now(() => {
      this.#parts.audio.handler = read.readAudioHandler(handler);
    });
  }

  /** Starts giving raw audio to the handler, in place of what was given. `captured` is the main channel. */
  startAudioDataObserver(sources: AudioDataSources, format: AudioDataFormat = {}): Promise<void> {
    return this.#parts.run('startAudioDataObserver', () =>
      this.#parts.audio.startObserver(read.readAudioSources(sources), read.readAudioFormat(format)),
    );
  }

  /** Ends it; no frame comes after it resolved. Nothing happens if it was not started. */
  stopAudioDataObserver(): Promise<void> {
    return this.#parts.run('stopAudioDataObserver', async () => this.#parts.audio.stopObserver());
  }

  /**
   * Gives what is mixed into the main channel and the captured voice apart, in pairs of frames that belong together, to
   * `onAlignedAudioAuxData`. Until it is called with `false`, what is mixed in is neither published nor recorded.
   */
  enableAlignedAudioAuxData(isEnabled: boolean, format: AudioDataFormat = {}): Promise<void> {
    return this.#parts.run('enableAlignedAudioAuxData', async () => {
      if (readBoolean(isEnabled, 'isEnabled')) await this.#parts.audio.startAlignedAux(read.readAudioFormat(format));
      else this.#parts.audio.stopAlignedAux();
    });
  }

  /** Records raw sound as `.wav` or `.pcm`; the returned object ends it. Several run at once. */
  startAudioRecording(config: AudioRecordingConfig, events: AudioRecordingEvents = {}): Promise<AudioRecording> {
    return this.#parts.startAudioRecording(() => [
      read.readAudioRecording(config),
      read.readAudioRecordingEvents(events),
    ]);
  }

  /** Makes a player of media files, whose sound can be mixed into a channel. Throws `WRONG_STATE` beyond 64. */
  createMediaPlayer(options: MediaPlayerOptions = {}): MediaPlayer {
    return this.#parts.now(() => this.#parts.audio.createMediaPlayer(read.readPlayerOptions(options)));
  }

  /** Makes a player of short sound effects, which can be mixed into a channel. */
  createAudioEffectPlayer(): AudioEffectPlayer {
    return this.#parts.now(() => this.#parts.audio.createAudioEffectPlayer());
  }

  /** Ends a player of this engine. Throws `WRONG_STATE` for any other object. */
  destroyPlayer(player: MediaPlayer | AudioEffectPlayer): void {
    this.#parts.now(() => this.#parts.audio.destroyPlayer(player));
  }

  /** Mixes PCM of the application's own making into a channel. Rejects with `INVALID_ARGUMENT`, `NOT_SUPPORTED`. */
  enableAudioMixing(options: AudioMixingOptions): Promise<AudioMixing> {
    return this.#parts.run('enableAudioMixing', () => this.#parts.audio.startMixing(read.readMixing(options)));
  }

  /** Ends mixing; idempotent. */
  disableAudioMixing(mixing: AudioMixing): void {
    this.#parts.now(() => this.#parts.audio.stopMixing(mixing));
  }

  #switchOff(kind: 'audio' | 'video', readOff: () => boolean, channel: PublishChannel | undefined): void {
    this.#parts.now(() => {
      const only = channel === undefined ? undefined : read.readChannel(channel, 'channel');
      this.#parts.captures.switchOff(kind, readOff(), only);
    });
  }
}
