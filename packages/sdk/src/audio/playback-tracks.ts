// The sound of the streams that are being played, by stream id. Whoever plays them keeps it up to date.

import { Emitter, type Unsubscribe } from '../emitter.ts';

/** Which played streams have sound, and which track it is. Does not own the tracks. */
export class PlaybackTracks {
  readonly #tracks = new Map<string, MediaStreamTrack>();
  readonly #events = new Emitter<{ change: string }>();

  /** The streams with sound now. */
  get entries(): ReadonlyMap<string, MediaStreamTrack> {
    return this.#tracks;
  }

  /** A stream is played, or its sound is another track from now on; `undefined`: it has no sound any more. */
  set(streamId: string, track: MediaStreamTrack | undefined): void {
    if (this.#tracks.get(streamId) === track) return;
    if (track === undefined) this.#tracks.delete(streamId);
    else this.#tracks.set(streamId, track);
    this.#events.emit('change', streamId);
  }

  /** Calls `listener` with the stream id after each change. */
  onChange(listener: (streamId: string) => void): Unsubscribe {
    return this.#events.on('change', listener);
  }
}
