// The words of the engine's calls: channels' sources, publishing, playing, video settings, devices. Data only.

import type { VideoCodecName } from '../codecs.ts';
import type { PublishChannel } from '../recording/record-config.ts';

/** Where the media of a channel comes from. `'camera'` and `'screen'` are short for the forms with defaults. */
export type CaptureSource = 'camera' | 'screen' | CameraSource | ScreenSource | CustomSource;

/** A camera and a microphone. */
export type CameraSource = {
  readonly kind: 'camera';
  /** `false`: no picture; a device id: that camera; absent: the default one. */
  readonly camera?: boolean | string;
  /** `false`: no sound; a device id: that microphone; absent: the default one. */
  readonly microphone?: boolean | string;
};

/** A screen, window or tab; the browser asks the user which. */
export type ScreenSource = {
  readonly kind: 'screen';
  /** Also the sound of the tab or system, where the browser can. Default false. */
  readonly audio?: boolean;
};

/** Media the page makes. The engine never stops tracks it was given. */
export type CustomSource = {
  readonly kind: 'custom';
  /** Its first video and its first audio track; later changes of the stream are not followed. */
  readonly mediaStream?: MediaStream;
  /** In place of the picture of `mediaStream`. */
  readonly videoTrack?: MediaStreamTrack;
  /** In place of the sound of `mediaStream`. */
  readonly audioTrack?: MediaStreamTrack;
  /** Pictures are taken whenever it is drawn on, in place of a video track. */
  readonly canvas?: HTMLCanvasElement;
};

/** What `startPreview` shows and where. */
export type PreviewOptions = {
  /** Shows the picture, without sound. Absent: nothing is shown, and the channel can be recorded and published. */
  readonly video?: HTMLVideoElement;
  /** Default `main`. */
  readonly channel?: PublishChannel;
  /** Default: what the channel has; a camera with a microphone when it has nothing. */
  readonly source?: CaptureSource;
};

/** How `startPublishingStream` sends. */
export type StreamPublishOptions = {
  /** Default `main`. */
  readonly channel?: PublishChannel;
  /** The only video codec to offer; absent: H.264 first, then what the browser likes. */
  readonly videoCodec?: VideoCodecName;
  /** Sends three sizes, so that the server can choose per viewer. Default false. */
  readonly simulcast?: boolean;
  /** Default: on for screens and custom sources, off for a microphone. */
  readonly stereo?: boolean;
  /** Sends almost nothing during silence. Default false. */
  readonly dtx?: boolean;
  /** Upper limit for sound, bits per second; absent: the browser decides (about 32 000). */
  readonly audioBitrateBps?: number;
};

/** Where `startPlayingStream` shows a stream. */
export type StreamPlayOptions = {
  /** Gets the stream, with its sound. Absent: the page uses the returned `MediaStream`. */
  readonly video?: HTMLMediaElement;
};

/** The picture of a channel. Absent fields stay as they are; at first 1280×720 at 30, bitrate by the browser. */
export type VideoConfig = {
  /** Pixels, 16 to 7680. The camera may give less. */
  readonly width?: number;
  readonly height?: number;
  /** 1 to 120. */
  readonly framesPerSecond?: number;
  /** Upper limit of what is published, 50 000 to 100 000 000. Recordings have their own. */
  readonly bitrateBps?: number;
};

/** A camera, microphone or loudspeaker. Names are empty until the user allowed the use of a device. */
export type MediaDevice = {
  readonly kind: 'camera' | 'microphone' | 'speaker';
  readonly deviceId: string;
  readonly name: string;
};
