// What a stream's tape says about the stream besides its frames: tracks, mutes, sizes, each with its wall time, so
// that it can be asked for any moment. Grows with the tape; the past never changes.

import type { MediaKind, TrackId, UnixUs } from '@roomtape/media';
import { LEFT_REASONS, type TapeEntry } from '@roomtape/tape';
import type { Size } from '../layout/tile.ts';

/** A stream at one moment. */
export type StreamState = {
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  /** Its microphone is off. */
  readonly isMuted: boolean;
  /** Its camera is off. */
  readonly isDark: boolean;
  /** Its publisher left, and may come back. */
  readonly hasLeft: boolean;
  readonly size?: Size;
};

/** A stream from a wall time on. */
export type StreamChange = { readonly at: UnixUs; readonly state: StreamState };

const NOTHING: StreamState = { hasVideo: false, hasAudio: false, isMuted: false, isDark: false, hasLeft: false };

/** Pictures this much after the first sound belong to the same beginning, µs; a live film knows that far ahead. */
const PICTURE_FOLLOWS_US = 1_000_000;

const LEFT: ReadonlySet<string> = new Set(Object.values(LEFT_REASONS));

/** Follows one tape. */
export class StreamStory {
  readonly #kinds = new Map<TrackId, MediaKind>();
  readonly #changes: StreamChange[] = [];

  /** Every change so far, in order. */
  get changes(): readonly StreamChange[] {
    return this.#changes;
  }

  /** Takes the next entry; returns whether it changed anything. */
  take(entry: TapeEntry): boolean {
    if (!('at' in entry) || !('trackId' in entry)) return false;
    if (entry.kind === 'track-added') this.#kinds.set(entry.trackId, entry.mediaKind);
    const isVideo = this.#kinds.get(entry.trackId) === 'video';
    const change = changeOf(entry, isVideo);
    const last = this.#changes.at(-1);
    const before = last?.state ?? NOTHING;
    const state = { ...before, ...change };
    if (Object.keys(change).length === 0 || isSame(before, state)) return false;
    this.#changes.push({ at: Math.max(entry.at, last?.at ?? 0) as UnixUs, state });
    return true;
  }

  /**
   * The stream at a wall time; `undefined` before its first track. Sound comes before pictures: who has a picture a
   * moment later is there with it, and not as somebody without a camera first.
   */
  at(wall: number): StreamState | undefined {
    const state = this.#changes.findLast((change) => change.at <= wall)?.state;
    if (state === undefined || state.hasVideo) return state;
    const picture = this.#changes.find((change) => change.state.hasVideo);
    const isSoon = picture !== undefined && picture.at <= (this.#changes[0]?.at ?? 0) + PICTURE_FOLLOWS_US;
    return isSoon ? undefined : state;
  }
}

function changeOf(entry: TapeEntry, isVideo: boolean): Partial<StreamState> {
  if (entry.kind === 'track-added')
    return { hasLeft: false, ...(isVideo ? { hasVideo: true, isDark: false } : { hasAudio: true, isMuted: false }) };
  if (entry.kind === 'track-ended')
    return { hasLeft: LEFT.has(entry.reason), ...(isVideo ? { isDark: true } : { hasAudio: false }) };
  if (entry.kind === 'muted' || entry.kind === 'unmuted') {
    const isOff = entry.kind === 'muted';
    return isVideo ? { isDark: isOff } : { isMuted: isOff };
  }
  if (entry.kind !== 'config-changed' || entry.width === undefined || entry.height === undefined) return {};
  return { size: { width: entry.width, height: entry.height } };
}

function isSame(a: StreamState, b: StreamState): boolean {
  return (
    a.hasVideo === b.hasVideo &&
    a.hasAudio === b.hasAudio &&
    a.isMuted === b.isMuted &&
    a.isDark === b.isDark &&
    a.hasLeft === b.hasLeft &&
    a.size?.width === b.size?.width &&
    a.size?.height === b.size?.height
  );
}
