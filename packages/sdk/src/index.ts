export type {
  AudioDataFormat,
  AudioDataFrame,
  AudioDataHandler,
  AudioDataSources,
} from './audio/audio-data.ts';
export type { AudioEffectConfig, AudioEffectEvents, AudioEffectPlayer } from './audio/audio-effect-player.ts';
export type { AudioMixing, AudioMixingOptions } from './audio/audio-mixing.ts';
export type { AudioRecording, AudioRecordingConfig, AudioRecordingProgress } from './audio/audio-recording.ts';
export type { MediaPlayer, MediaPlayerEvents, MediaPlayerOptions, MediaPlayerState } from './audio/media-player.ts';
export { type ClientOptions, createRoomtape, type LoginOptions, type RoomAccess, RoomtapeClient } from './client.ts';
export { VIDEO_CODECS, type VideoCodecName, type VideoEncodingOptions } from './codecs.ts';
export type { Unsubscribe } from './emitter.ts';
export type { AudioRecordingEvents } from './engine/audio-desk.ts';
export { createEngine, destroyEngine, type Engine } from './engine/engine.ts';
export type { DataRecordEventHandler, EngineEvents } from './engine/engine-events.ts';
export type {
  CameraSource,
  CaptureSource,
  CustomSource,
  MediaDevice,
  PreviewOptions,
  ScreenSource,
  StreamPlayOptions,
  StreamPublishOptions,
  VideoConfig,
} from './engine/engine-options.ts';
export { ENGINE_FEATURES, type EngineFeature } from './engine/features.ts';
export { createBrowserEnvironment, type Environment } from './environment.ts';
export {
  asClientError,
  CLIENT_ERRORS,
  type ClientErrorCode,
  type ClientErrorFacts,
  clientError,
  errorFromResponse,
  RoomtapeClientError,
} from './errors.ts';
export type { ClientEvents, RoomState } from './events.ts';
export type { KeeperState } from './link-keeper.ts';
export type { LocalStream, StreamSource } from './local-stream.ts';
export type { PublishOptions } from './publisher.ts';
export type { StreamQuality } from './quality.ts';
export {
  type DataRecordConfig,
  type DataRecordProgress,
  type DataRecordState,
  type DataRecordStateUpdate,
  type DataRecordType,
  PUBLISH_CHANNELS,
  type PublishChannel,
  type RecordTarget,
} from './recording/record-config.ts';
export type { StoredRecording } from './storage/recording-store.ts';
export type { TokenSource } from './token.ts';
