// Opens what a channel captures from: a camera, a screen, or what the page gave. Knows which tracks are its own to stop.

import type { Environment } from '../environment.ts';
import { asClientError, clientError } from '../errors.ts';
import { openLocalStream } from '../local-stream.ts';
import { invalidArgument } from './argument-reader.ts';
import type { CameraSource, CustomSource, ScreenSource, VideoConfig } from './engine-options.ts';

/** A track of a channel and whether ending it is the engine's business. */
export type SourceTrack = { readonly track: MediaStreamTrack; readonly isOwned: boolean };

/** What was opened for a channel. */
export type OpenedSource = {
  readonly kind: 'camera' | 'screen' | 'custom';
  readonly video: SourceTrack | undefined;
  readonly audio: SourceTrack | undefined;
};

/** Opens a source. Rejects with `DEVICE_…`, `NOT_SECURE` or `INVALID_ARGUMENT`. */
export async function openSource(
  environment: Environment,
  source: CameraSource | ScreenSource | CustomSource,
  config: VideoConfig,
): Promise<OpenedSource> {
  if (source.kind === 'custom') return openCustom(source);
  const { width, height, framesPerSecond } = config;
  const size = {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
  };
  const { kind, ...wish } = source;
  const opened = await openLocalStream(environment, { source: kind, ...wish, ...size } as Parameters<
    typeof openLocalStream
  >[1]);
  return { kind, video: owned(opened.videoTrack), audio: owned(opened.audioTrack) };
}

/** Ends a track if that is the engine's business. */
export function closeTrack(source: SourceTrack | undefined): void {
  if (source?.isOwned === true) source.track.stop();
}

function openCustom(source: CustomSource): OpenedSource {
  const { mediaStream, videoTrack, audioTrack, canvas } = source;
  const given = (track: MediaStreamTrack | undefined): SourceTrack | undefined =>
    track === undefined ? undefined : { track, isOwned: false };
  try {
    const drawn = canvas === undefined ? undefined : owned(canvas.captureStream().getVideoTracks()[0]);
    const video = drawn ?? given(videoTrack ?? mediaStream?.getVideoTracks()[0]);
    const audio = given(audioTrack ?? mediaStream?.getAudioTracks()[0]);
    if (video === undefined && audio === undefined) {
      throw clientError('INVALID_ARGUMENT', { message: 'The custom source has no track' });
    }
    return { kind: 'custom', video, audio };
  } catch (error) {
    // A canvas of another origin may not be read; a made-up object may throw anything.
    if (error instanceof DOMException && error.name === 'SecurityError') throw asClientError(error);
    throw error instanceof Error && 'code' in error ? error : invalidArgument('source', 'media of this page', error);
  }
}

function owned(track: MediaStreamTrack | undefined): SourceTrack | undefined {
  return track === undefined ? undefined : { track, isOwned: true };
}
