// The tracks of a source that still live.

import type { RecordingSource } from './recording-source.ts';

/** A source's tracks now; an ended one is none. */
export type LiveTracks = { readonly video: MediaStreamTrack | undefined; readonly audio: MediaStreamTrack | undefined };

/** Reads the tracks of a source. */
export function liveTracks(source: RecordingSource): LiveTracks {
  return { video: live(source.videoTrack), audio: live(source.audioTrack) };
}

function live(track: MediaStreamTrack | undefined): MediaStreamTrack | undefined {
  return track?.readyState === 'live' ? track : undefined;
}
