// Follows a growing tape from its newest keyframe on. Reads in small bites between which capture goes on; what lies
// before that keyframe is read over. Knows no packets and no viewers.

import {
  type Clock,
  type CodecId,
  type MediaKind,
  type Ticks,
  ticks,
  ticksToUs,
  type UnixUs,
  unixUs,
} from '@roomtape/media';
import { newestChunkStart, openTapeReader, type TapeEntry, type TapeReader } from '@roomtape/tape';

/** A track of a tape that is played. */
export type TailTrack = {
  readonly trackId: number;
  readonly kind: MediaKind;
  readonly codec: CodecId;
  readonly clockRate: number;
  readonly channels: number | undefined;
  /** RFC 6381 string of its decoder configuration, once the tape tells. */
  readonly codecString: string | undefined;
};

/** A frame of a tape, with its moment on the clock that all tracks of the tape share. */
export type TailFrame = {
  readonly track: TailTrack;
  readonly isKey: boolean;
  readonly pts: Ticks;
  readonly tapedAt: UnixUs;
  readonly data: Uint8Array;
};

/** Longest time for one poll, and what is read between two looks at the clock. */
const POLL_US = 5000;
const BITE_BYTES = 128 * 1024;

/** One tape's growing end. `poll` throws what reading a failing disk throws. */
export class TapeTail {
  readonly #clock: Clock;
  readonly #reader: TapeReader;
  readonly #tracks = new Map<number, TailTrack>();
  readonly #anchors = new Map<number, { readonly ticks: Ticks; readonly at: UnixUs }>();
  #frames: TailFrame[] = [];
  #hasReachedEnd = false;
  #hasKeyframe = false;
  #isSealed = false;

  constructor(directory: string, clock: Clock) {
    this.#clock = clock;
    this.#reader = openTapeReader(directory, { fromSequence: newestChunkStart(directory) });
  }

  /** The first track of each kind that the tape has told of so far. */
  get tracks(): readonly TailTrack[] {
    const kinds = new Map<MediaKind, TailTrack>();
    for (const track of this.#tracks.values()) if (!kinds.has(track.kind)) kinds.set(track.kind, track);
    return [...kinds.values()];
  }

  /** Whether nothing will ever follow. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Reads on for some milliseconds. Frames come from the newest keyframe on, all of it once the end was reached. */
  poll(): TailFrame[] {
    const startedAt = this.#clock.now();
    for (let isAtEnd = this.#isSealed; !isAtEnd && this.#clock.now() - startedAt < POLL_US; ) {
      const batch = this.#reader.readBatch({ bytesMax: BITE_BYTES });
      for (const { entry } of batch.entries) this.#take(entry);
      isAtEnd = batch.atEnd;
      this.#isSealed = batch.sealed;
      if (isAtEnd) this.#hasReachedEnd = true;
    }
    if (!this.#hasReachedEnd) return [];
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** Lets go of the tape. */
  close(): void {
    this.#reader.close();
  }

  #take(entry: TapeEntry): void {
    switch (entry.kind) {
      case 'track-added': {
        const { trackId, mediaKind: kind, codec, clockRate, channels } = entry;
        this.#tracks.set(trackId, { trackId, kind, codec, clockRate, channels, codecString: undefined });
        return;
      }
      case 'config-changed': {
        const track = this.#tracks.get(entry.trackId);
        if (track !== undefined) this.#tracks.set(entry.trackId, { ...track, codecString: entry.codecString });
        return;
      }
      case 'clock-anchor':
        this.#anchors.set(entry.trackId, { ticks: entry.ticks, at: entry.senderAt });
        return;
      case 'frame':
        this.#takeFrame(entry);
        return;
      default:
        return;
    }
  }

  #takeFrame(entry: Extract<TapeEntry, { kind: 'frame' }>): void {
    const track = this.#tracks.get(entry.trackId);
    const anchor = this.#anchors.get(entry.trackId);
    if (track === undefined || anchor === undefined) return;
    const { pts, data } = entry;
    const isKey = entry.type === 'key';
    const begins = isKey && (track.kind === 'video' || !this.#hasVideo);
    if (begins && !this.#hasReachedEnd) this.#frames = [];
    this.#hasKeyframe ||= begins;
    if (!this.#hasKeyframe) return;
    const tapedAt = unixUs(anchor.at + ticksToUs(ticks(pts - anchor.ticks), track.clockRate));
    this.#frames.push({ track, isKey, pts, tapedAt, data });
  }

  get #hasVideo(): boolean {
    return [...this.#tracks.values()].some(({ kind }) => kind === 'video');
  }
}
