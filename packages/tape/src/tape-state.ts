// What is in force at one point of a tape: the entries a reader that starts there must know. The writer
// repeats them at the head of each chunk, readers fold them while they skip. Holds entries, no media.

import type { TrackId, UnixUs } from '@roomtape/media';
import type { SequencedEntry, TapeEntry, TrackAdded } from './entry.ts';

type TrackState = {
  added: SequencedEntry;
  track: TrackAdded;
  config?: SequencedEntry;
  anchor?: SequencedEntry;
  muted?: SequencedEntry;
  ended?: SequencedEntry;
};

/** Folds entries into the facts in force after them. */
export class TapeState {
  #opened: SequencedEntry | undefined;
  #paused: SequencedEntry | undefined;
  #sealed: SequencedEntry | undefined;
  readonly #tracks = new Map<TrackId, TrackState>();
  #highestTrackId = 0;

  /** Takes an entry in; frames and gaps change nothing. */
  apply(item: SequencedEntry): void {
    const { entry } = item;
    switch (entry.kind) {
      case 'frame':
      case 'gap':
        return;
      case 'tape-opened':
        this.#opened = item;
        return;
      case 'paused':
        this.#paused = item;
        return;
      case 'resumed':
        this.#paused = undefined;
        return;
      case 'tape-sealed':
        this.#sealed = item;
        return;
      case 'track-added':
        this.#addTrack(item, entry);
        return;
      default:
        this.#applyToTrack(item, entry);
    }
  }

  /** Entries in force, in order of sequence: what a chunk starts with. */
  snapshot(): SequencedEntry[] {
    const items: SequencedEntry[] = [];
    const keep = (item: SequencedEntry | undefined): void => {
      if (item !== undefined) items.push(item);
    };
    keep(this.#opened);
    keep(this.#paused);
    for (const state of this.#tracks.values()) {
      for (const item of [state.added, state.config, state.anchor, state.muted, state.ended]) keep(item);
    }
    return items.sort((a, b) => a.sequence - b.sequence);
  }

  /** Whether exactly this entry is in force: a repeated one that is brings nothing new. */
  holds(item: SequencedEntry): boolean {
    return this.snapshot().some((held) => held.sequence === item.sequence);
  }

  /** Tracks added and not ended. */
  get openTracks(): TrackAdded[] {
    return [...this.#tracks.values()].filter((state) => state.ended === undefined).map((state) => state.track);
  }

  /** Open tracks whose sender said it sends nothing. */
  get mutedTrackIds(): TrackId[] {
    const muted = [...this.#tracks].filter(([, state]) => state.muted !== undefined && state.ended === undefined);
    return muted.map(([trackId]) => trackId);
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  get sealed(): boolean {
    return this.#sealed !== undefined;
  }

  /** First track number that was never used. */
  get nextTrackId(): TrackId {
    return this.#highestTrackId + 1;
  }

  #addTrack(item: SequencedEntry, track: TrackAdded): void {
    this.#tracks.set(track.trackId, { added: item, track });
    this.#highestTrackId = Math.max(this.#highestTrackId, track.trackId);
    for (const trackId of [...this.#tracks.keys()]) this.#forget(trackId);
  }

  #applyToTrack(item: SequencedEntry, entry: Extract<TapeEntry, { trackId: TrackId }>): void {
    const state = this.#tracks.get(entry.trackId);
    if (state === undefined) return;
    if (entry.kind === 'config-changed') state.config = item;
    if (entry.kind === 'clock-anchor') state.anchor = item;
    if (entry.kind === 'muted') state.muted = item;
    if (entry.kind === 'unmuted') delete state.muted;
    if (entry.kind !== 'track-ended') return;
    state.ended = item;
    this.#forget(entry.trackId);
  }

  // The highest number stays known after its track ended, so that no number is ever used twice.
  #forget(trackId: TrackId): void {
    if (trackId === this.#highestTrackId) return;
    if (this.#tracks.get(trackId)?.ended !== undefined) this.#tracks.delete(trackId);
  }
}

/** Our wall clock at which an entry happened, as far as it says. */
export function timeOf(entry: TapeEntry): UnixUs {
  if (entry.kind === 'frame' || entry.kind === 'clock-anchor') return entry.arrivedAt;
  return entry.kind === 'gap' ? entry.toAt : entry.at;
}
