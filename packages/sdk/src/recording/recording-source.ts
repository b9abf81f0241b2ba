// Where a local recording gets its tracks: a publish channel, or a played stream.

import type { Unsubscribe } from '../emitter.ts';

/** The tracks to record. The recorder never stops them; whoever gave them does. */
export interface RecordingSource {
  /** The picture as it is now; `undefined` while there is none. */
  readonly videoTrack: MediaStreamTrack | undefined;
  /** The sound with everything that is mixed into the published stream. */
  readonly audioTrack: MediaStreamTrack | undefined;
  /** How much later the sound of `audioTrack` is than what was captured, µs: what mixing delays it by. */
  readonly audioDelayUs: number;
  /** Calls `listener` after a track was replaced, taken away or added. */
  onChange(listener: () => void): Unsubscribe;
}
