// Which entries of a tape are about lower simulcast layers. The track without a layer's name holds the best one as it
// changes: whoever wants one picture passes everything else over.

import type { TrackId } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';

/** Follows one tape. */
export class LowerLayers {
  readonly #rids = new Map<TrackId, string>();

  /** The lower layer the next entry is about; `undefined` when it is about the stream itself. */
  ridOf(entry: TapeEntry): string | undefined {
    if (!('trackId' in entry) || entry.trackId === undefined) return undefined;
    if (entry.kind === 'track-added' && entry.rid !== undefined) this.#rids.set(entry.trackId, entry.rid);
    const rid = this.#rids.get(entry.trackId);
    if (entry.kind === 'track-ended') this.#rids.delete(entry.trackId);
    return rid;
  }
}
