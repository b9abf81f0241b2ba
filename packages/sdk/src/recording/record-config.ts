// What a local recording is asked for and what it tells: the words of `startRecordingCapturedData` and its callbacks.

import type { RoomtapeClientError } from '../errors.ts';

/** The four publish channels; each has its own tracks, publication and recording. */
export const PUBLISH_CHANNELS = ['main', 'aux', 'third', 'fourth'] as const;
/** One of the publish channels. */
export type PublishChannel = (typeof PUBLISH_CHANNELS)[number];

/** What goes into the file, whatever its suffix; `.aac` never holds a picture. `default`: all the channel has. */
export type DataRecordType = 'default' | 'only-audio' | 'only-video' | 'audio-and-video';

/** Where a finished recording goes besides being returned as a `File`. */
export type RecordTarget =
  /** Kept in the browser's own storage until it is deleted there. The default. */
  | { readonly kind: 'keep' }
  /** Handed to the user as a download under its file name. */
  | { readonly kind: 'download' }
  /** Written to a file the user picked (`showSaveFilePicker`). */
  | { readonly kind: 'file-handle'; readonly handle: FileSystemFileHandle }
  /** Uploaded to the server as a recording of the room (`POST /v1/files`). Needs a login. */
  | { readonly kind: 'upload' };

/** A local recording as it is asked for. Sizes in pixels; odd sizes are rounded down to even ones. */
export type DataRecordConfig = {
  /** Name with suffix `.mp4`, `.flv` or `.aac`; folders with `/` are allowed; under 1024 bytes of UTF-8. */
  readonly filePath: string;
  readonly recordType?: DataRecordType;
  /** When a finished recording of that path is there. Default `overwrite`. */
  readonly ifExists?: 'overwrite' | 'fail' | 'rename';
  /** How often progress is told, ms, 100 to 10 000. Default 1000. */
  readonly progressIntervalMs?: number;
  /** Default `h264`. `h265` needs a browser that can encode it (`isFeatureSupported`). */
  readonly videoCodec?: 'h264' | 'h265';
  /**
   * Where H.265 cannot be encoded: `fail` (the default), or record H.264 into the same one file, which the state
   * callback tells by `RECORD_CODEC_FALLBACK` beside `recording`.
   */
  readonly ifH265Missing?: 'fail' | 'h264';
  /** Canvas of the file; pictures of other shapes are fitted in with black bars. Default: as the first picture. */
  readonly width?: number;
  readonly height?: number;
  /** Default 30, at most 60. Pictures above it are left out. */
  readonly framesPerSecond?: number;
  /** Default by size: 1.5 Mbps at 720p30. */
  readonly videoBitrateBps?: number;
  /** Default 128 000 stereo, 64 000 mono. */
  readonly audioBitrateBps?: number;
  /** Longest picture group, ms: what a crash can cost. Default 500. */
  readonly keyframeIntervalMs?: number;
  readonly target?: RecordTarget;
};

/** `no-record`: before the start and after a failure. `success`: stopped, the file is ready. */
export type DataRecordState = 'no-record' | 'recording' | 'paused' | 'success';

/** A state change of one recording. */
export type DataRecordStateUpdate = {
  readonly state: DataRecordState;
  /** Why it is `no-record`; or what is wrong while it goes on (`RECORD_TRACK_ENDED` for instance). */
  readonly error: RoomtapeClientError | undefined;
  readonly config: DataRecordConfig;
};

/** How far a recording is. Rates are of the last interval. */
export type DataRecordProgress = {
  /** Length of the film so far, ms, pauses left out. */
  readonly durationMs: number;
  /** Bytes written so far. */
  readonly currentFileBytes: number;
  readonly framesPerSecond: number;
  readonly videoBitrateBps: number;
  readonly audioBitrateBps: number;
  /** Pictures left out since the start because the encoder could not keep up. */
  readonly droppedFrames: number;
};
