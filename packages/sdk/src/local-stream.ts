// What a participant sends: camera and microphone, a screen, or any MediaStream the page has made.

import type { Unsubscribe } from './emitter.ts';
import type { Environment } from './environment.ts';
import { asClientError, clientError } from './errors.ts';

/** Where the media of a local stream comes from. */
export type StreamSource =
  | {
      readonly source: 'camera';
      /** `false`: no picture; a device id: that camera; absent: the default one. */
      readonly camera?: boolean | string;
      /** `false`: no sound; a device id: that microphone; absent: the default one. */
      readonly microphone?: boolean | string;
      /** Wanted size and rate; the camera may give less. Default 1280x720 at 30. */
      readonly width?: number;
      readonly height?: number;
      readonly framesPerSecond?: number;
    }
  | {
      readonly source: 'screen' /** Also the sound of the tab or system, where the browser can. */;
      readonly audio?: boolean;
    }
  | { readonly source: 'custom'; readonly mediaStream: MediaStream };

/** A local stream: at most one audio and one video track are published. */
export type LocalStream = {
  readonly source: StreamSource['source'];
  readonly mediaStream: MediaStream;
  readonly audioTrack: MediaStreamTrack | undefined;
  readonly videoTrack: MediaStreamTrack | undefined;
  /**
   * A stream that has this switches its tracks itself, and may change them: what is published follows after each
   * `onChange`. Of other streams the client switches the tracks.
   */
  isMuted?(kind: 'audio' | 'video'): boolean;
  onChange?(listener: () => void): Unsubscribe;
};

/** Opens the devices of a source. Rejects with `DEVICE_…` or `NOT_SECURE`. The caller stops what it opened. */
export async function openLocalStream(environment: Environment, source: StreamSource): Promise<LocalStream> {
  if (source.source === 'custom') return describe('custom', source.mediaStream);
  const devices = environment.mediaDevices;
  if (devices === undefined) throw clientError('NOT_SECURE');
  try {
    const mediaStream =
      source.source === 'screen'
        ? await devices.getDisplayMedia({ video: true, audio: source.audio === true })
        : await devices.getUserMedia(cameraConstraints(source));
    return describe(source.source, mediaStream);
  } catch (error) {
    throw asClientError(error);
  }
}

/** Stops all devices of a stream. */
export function closeLocalStream(stream: LocalStream): void {
  for (const track of stream.mediaStream.getTracks()) track.stop();
}

function cameraConstraints(source: Extract<StreamSource, { source: 'camera' }>): MediaStreamConstraints {
  const { camera = true, microphone = true, width = 1280, height = 720, framesPerSecond = 30 } = source;
  const size = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: framesPerSecond } };
  const cleaning = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return {
    video: camera === false ? false : { ...size, ...chosen(camera) },
    audio: microphone === false ? false : { ...cleaning, ...chosen(microphone) },
  };
}

function chosen(device: boolean | string): { deviceId?: { exact: string } } {
  return typeof device === 'string' ? { deviceId: { exact: device } } : {};
}

function describe(source: StreamSource['source'], mediaStream: MediaStream): LocalStream {
  const audioTrack = mediaStream.getAudioTracks()[0];
  const videoTrack = mediaStream.getVideoTracks()[0];
  // Tells the encoder what to keep when bits are short: motion of faces, or the letters of a screen.
  if (videoTrack !== undefined && source !== 'custom')
    videoTrack.contentHint = source === 'screen' ? 'detail' : 'motion';
  if (audioTrack !== undefined && source === 'camera') audioTrack.contentHint = 'speech';
  return { source, mediaStream, audioTrack, videoTrack };
}
