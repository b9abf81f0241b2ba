// What the arguments of the engine's calls may be. Values that another part checks anyway (a recording's
// configuration, formats of sound) are only copied here.

import type { AudioDataFormat, AudioDataHandler, AudioDataSources } from '../audio/audio-data.ts';
import type { AudioMixingOptions } from '../audio/audio-mixing.ts';
import type { AudioRecordingConfig } from '../audio/audio-recording.ts';
import type { MediaPlayerOptions } from '../audio/media-player.ts';
import type { LoginOptions } from '../client.ts';
import { VIDEO_CODECS } from '../codecs.ts';
import { type DataRecordConfig, PUBLISH_CHANNELS, type PublishChannel } from '../recording/record-config.ts';
import {
  copyOf,
  functionOf,
  invalidArgument,
  numberWithin,
  oneOf,
  platformObject,
  type Reader,
  readBoolean,
  readId,
  readObject,
  required,
  textUpTo,
} from './argument-reader.ts';
import type { AudioRecordingEvents } from './audio-desk.ts';
import type { DataRecordEventHandler } from './engine-events.ts';
import type { CameraSource, CustomSource, ScreenSource, StreamPublishOptions, VideoConfig } from './engine-options.ts';

const TOKEN_LENGTH_MAX = 16_384;
const readVideoElement = platformObject<HTMLVideoElement>('HTMLVideoElement', 'videoWidth');
const readMediaElement = platformObject<HTMLMediaElement>('HTMLMediaElement', 'currentTime');
const readMediaStream = platformObject<MediaStream>('MediaStream', 'active');
const readCanvas = platformObject<HTMLCanvasElement>('HTMLCanvasElement', 'width');

/** A publish channel. */
export const readChannel: Reader<PublishChannel> = (value, argument) =>
  value === undefined ? 'main' : oneOf(PUBLISH_CHANNELS)(value, argument);

/** A camera's or microphone's id. */
export const readDeviceId: Reader<string> = textUpTo(512);

/** As whom a room is joined. */
export function readLogin(value: unknown): LoginOptions {
  const read = readObject(value, 'options', {
    token: textUpTo(TOKEN_LENGTH_MAX),
    userId: readId,
    userName: textUpTo(256),
    renewToken: functionOf<() => Promise<string>>(value as object),
  });
  const userId = required(read.userId, 'options.userId');
  return {
    token: required(read.token, 'options.token'),
    userId,
    userName: read.userName ?? userId,
    ...(read.renewToken === undefined ? {} : { renewToken: read.renewToken }),
  };
}

/** What a preview shows. */
export function readPreview(value: unknown): {
  channel?: PublishChannel;
  video?: HTMLVideoElement;
  source?: CameraSource | ScreenSource | CustomSource;
} {
  return readObject(value, 'options', { channel: readChannel, video: readVideoElement, source: readSource });
}

/** A source that may be a short name. */
export const readSource: Reader<CameraSource | ScreenSource | CustomSource> = (value, argument) => {
  if (value === 'camera' || value === 'screen') return { kind: value };
  if (value === null || typeof value !== 'object') throw invalidArgument(argument, 'camera, screen or a source');
  const { kind } = readObject(value, argument, { kind: oneOf(['camera', 'screen', 'custom']) });
  switch (required(kind, `${argument}.kind`)) {
    case 'camera':
      return { kind: 'camera', ...readObject(value, argument, { camera: readDevice, microphone: readDevice }) };
    case 'screen':
      return { kind: 'screen', ...readObject(value, argument, { audio: readBoolean }) };
    default:
      return readCustomSource(value, argument);
  }
};

/** Media of the page's own. */
export const readCustomSource: Reader<CustomSource> = (value, argument) => {
  if (value === undefined) throw invalidArgument(argument, 'a source');
  return {
    kind: 'custom',
    ...readObject(value, argument, {
      mediaStream: readMediaStream,
      videoTrack: readTrack('video'),
      audioTrack: readTrack('audio'),
      canvas: readCanvas,
    }),
  };
};

/** How a stream is sent. */
export function readPublish(value: unknown): StreamPublishOptions {
  return readObject(value, 'options', {
    channel: readChannel,
    videoCodec: oneOf(VIDEO_CODECS),
    simulcast: readBoolean,
    stereo: readBoolean,
    dtx: readBoolean,
    audioBitrateBps: numberWithin(6_000, 510_000),
  });
}

/** Where a stream is shown. */
export function readPlay(value: unknown): { video?: HTMLMediaElement } {
  return readObject(value, 'options', { video: readMediaElement });
}

/** The picture of a channel. */
export function readVideoConfig(value: unknown): VideoConfig {
  return readObject(value, 'config', {
    width: numberWithin(16, 7680),
    height: numberWithin(16, 7680),
    framesPerSecond: numberWithin(1, 120),
    bitrateBps: numberWithin(50_000, 100_000_000),
  });
}

/** Whom recordings tell; `undefined` tells nobody. */
export function readRecordHandler(value: unknown): DataRecordEventHandler {
  const reader = functionOf<(...given: never[]) => void>(value as object);
  return readObject(value, 'handler', {
    onCapturedDataRecordStateUpdate: reader,
    onCapturedDataRecordProgressUpdate: reader,
    onRemoteDataRecordStateUpdate: reader,
    onRemoteDataRecordProgressUpdate: reader,
  });
}

/** Whom the observer of raw audio tells; `undefined` tells nobody. */
export function readAudioHandler(value: unknown): AudioDataHandler {
  const reader = functionOf<(...given: never[]) => void>(value as object);
  return readObject(value, 'handler', {
    onCapturedAudioData: reader,
    onPlaybackAudioData: reader,
    onMixedAudioData: reader,
    onPlayerAudioData: reader,
    onBeforeProcessingAudioData: reader,
    onAlignedAudioAuxData: reader,
    onAudioDataStateUpdate: reader,
  }) as AudioDataHandler;
}

/** What a local recording is asked for; the recorder checks the values and tells the state callback. */
export function readRecordConfig(value: unknown): DataRecordConfig {
  return copyOf<DataRecordConfig>(value, 'config', [
    'filePath',
    'recordType',
    'ifExists',
    'progressIntervalMs',
    'videoCodec',
    'ifH265Missing',
    'width',
    'height',
    'framesPerSecond',
    'videoBitrateBps',
    'audioBitrateBps',
    'keyframeIntervalMs',
    'target',
  ]);
}

/** Which sounds are observed. */
export function readAudioSources(value: unknown): AudioDataSources {
  if (value === undefined) throw invalidArgument('sources', 'an object');
  return readObject(value, 'sources', {
    captured: readBoolean,
    playback: readBoolean,
    mixed: readBoolean,
    player: readBoolean,
    beforeProcessing: readBoolean,
  });
}

/** How samples are to come. */
export function readAudioFormat(value: unknown): AudioDataFormat {
  return copyOf<AudioDataFormat>(value ?? {}, 'format', ['sampleRate', 'channels', 'format', 'frameMs']);
}

/** What a recording of raw sound is asked for. */
export function readAudioRecording(value: unknown): AudioRecordingConfig {
  const names = ['source', 'filePath', 'sampleRate', 'channels', 'ifExists', 'progressIntervalMs'] as const;
  return copyOf<AudioRecordingConfig>(value, 'config', names);
}

/** Whom a recording of raw sound tells. */
export function readAudioRecordingEvents(value: unknown): AudioRecordingEvents {
  const reader = functionOf<(...given: never[]) => void>(value as object);
  return readObject(value, 'events', { onState: reader, onProgress: reader });
}

/** How a player is made. */
export function readPlayerOptions(value: unknown): MediaPlayerOptions {
  return readObject(value, 'options', { view: readVideoElement, progressIntervalMs: numberWithin(100, 10_000) });
}

/** How PCM is mixed in. */
export function readMixing(value: unknown): AudioMixingOptions {
  const names = ['sampleRate', 'channels', 'channel', 'publishVolume', 'playVolume', 'pull'] as const;
  const options = copyOf<AudioMixingOptions>(value, 'options', names);
  readChannel(options.channel, 'options.channel');
  if (options.pull !== undefined) functionOf(value as object)(options.pull, 'options.pull');
  return options;
}

function readTrack(kind: 'audio' | 'video'): Reader<MediaStreamTrack> {
  const reader = platformObject<MediaStreamTrack>('MediaStreamTrack', 'kind');
  return (value, argument) => {
    const track = reader(value, argument);
    if (track.kind !== kind) throw invalidArgument(argument, `of kind ${kind}`);
    return track;
  };
}

const readDevice: Reader<boolean | string> = (value, argument) =>
  typeof value === 'boolean' ? value : readDeviceId(value, argument);
