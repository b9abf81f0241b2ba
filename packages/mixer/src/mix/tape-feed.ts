// Follows one input's tape: reads it a little ahead of the film, places its frames on our wall clock and keeps them
// until their moment comes. Reads only; what was read is never asked for again.

import { findH264Sps, type Log, mayReorderH264, type TrackId } from '@roomtape/media';
import { type FrameEntry, openTapeReader, type TapeEntry, type TapeReader, type TrackAdded } from '@roomtape/tape';
import { isBreaking, LowerLayers, TapePlacer, type TimedFrame } from '@roomtape/timeline';
import type { Size } from '../layout/tile.ts';
import type { MixStream } from '../mix-job.ts';
import { StreamStory } from '../plan/stream-story.ts';

/** An encoded frame and its place on our wall clock, µs. */
export type WaitingFrame = {
  readonly wall: number;
  readonly frame: FrameEntry;
  readonly added: TrackAdded;
  readonly config: Uint8Array | undefined;
  /** Size of the picture, px, where the tape says it. */
  readonly size: Size | undefined;
  /** Pictures may be shown in another order than they are decoded in. */
  readonly mayReorder: boolean;
};

/** A lower simulcast layer of the input's picture. */
export type TapedLayer = {
  /** As the feed's `video`. */
  readonly video: WaitingFrame[];
  /** Wall times at which its track ended, µs; it may have begun again since. */
  readonly ends: number[];
};

/** Where a film goes on, wall µs: what lies before and is not needed there is dropped as it is read. */
export type FeedStart = {
  /** The next picture's moment: pictures are needed from the last keyframe before it on. */
  readonly pictureWall: number;
  /** Sound is needed from here on. */
  readonly soundWall: number;
};

/** What a feed needs besides its stream. */
export type TapeFeedOptions = {
  readonly log: Log;
  readonly start: FeedStart;
  /** Pictures are not wanted. */
  readonly isAudioOnly?: boolean;
  /** Where on the tape to begin. Default 0: the story is whole only then. */
  readonly fromSequence?: number;
};

/** Bytes of tape read at once. */
const READ_BYTES = 256 * 1024;
/** Frames may come this much later than others of their tape, µs. */
const JITTER_US = 2_000_000;

/** One input's tape. */
export class TapeFeed {
  readonly story = new StreamStory();
  /** In the tape's order, which is that of decoding; whoever uses them takes them off. */
  readonly video: WaitingFrame[] = [];
  readonly audio: WaitingFrame[] = [];
  /** By RID; the best layer is `video`. */
  readonly layers = new Map<string, TapedLayer>();
  readonly #reader: TapeReader;
  readonly #log: Log;
  readonly #start: FeedStart;
  readonly #isAudioOnly: boolean;
  readonly #placer = new TapePlacer({ onFrame: (item) => this.#takeFrame(item) });
  readonly #lower = new LowerLayers();
  readonly #newestOf = new Map<string, number>();
  readonly #reorders = new Map<TrackId, boolean>();
  #lastSequence = Number.POSITIVE_INFINITY;
  #isAtEnd = false;
  #isOver = false;
  #storyVersion = 0;

  constructor(stream: MixStream, options: TapeFeedOptions) {
    this.#reader = openTapeReader(stream.tapeDirectory, { fromSequence: options.fromSequence ?? 0 });
    this.#log = options.log;
    this.#start = options.start;
    this.#isAudioOnly = options.isAudioOnly === true;
    this.setStream(stream);
  }

  /** Rises whenever the story goes on. */
  get storyVersion(): number {
    return this.#storyVersion;
  }

  /** Whether the tape will tell nothing more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Wall time up to which everything is known, µs, as far as the tape is written. */
  get knownTo(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    const held = this.#placer.heldSince;
    if (held !== undefined) return held - JITTER_US;
    return this.#isAtEnd ? Number.POSITIVE_INFINITY : this.#placer.now - JITTER_US;
  }

  /** Takes what is newly known of the stream. */
  setStream(stream: MixStream): void {
    this.#lastSequence = stream.lastSequence ?? Number.POSITIVE_INFINITY;
  }

  /** Reads until everything up to a wall time is known, or the tape's end. `isComplete`: it grows no more. */
  readTo(wall: number, isComplete: boolean): void {
    while (!this.#isOver && this.knownTo < wall) {
      const batch = this.#reader.readBatch({ bytesMax: READ_BYTES });
      for (const range of batch.skipped) this.#log.warn({ ...range }, 'tape range skipped');
      for (const { sequence, entry } of batch.entries) if (sequence <= this.#lastSequence) this.#take(entry);
      this.#placer.settle(false);
      this.#isAtEnd = batch.atEnd;
      const isOver = batch.sealed || this.#reader.nextSequence > this.#lastSequence || (batch.atEnd && isComplete);
      if (isOver) this.#end();
      if (batch.atEnd) return;
    }
  }

  /** Waits no longer for sender reports: arrival times must do. */
  placeHeld(): void {
    this.#placer.settle(true);
  }

  /** Looks for news of a tape that was read to its end. */
  poll(): void {
    this.#isAtEnd = false;
  }

  close(): void {
    this.#reader.close();
  }

  #end(): void {
    this.#placer.settle(true);
    this.#isOver = true;
    this.#reader.close();
  }

  #take(entry: TapeEntry): void {
    const rid = this.#lower.ridOf(entry);
    if (rid === undefined && this.story.take(entry)) this.#storyVersion += 1;
    this.#placer.push(entry);
    if (rid !== undefined && entry.kind === 'track-ended') this.#endLayer(rid);
    const isHole = (entry.kind === 'gap' && isBreaking(entry)) || entry.kind === 'resumed';
    if (!isHole) return;
    const only = entry.kind === 'gap' ? entry.trackId : undefined;
    for (const track of this.#placer.tracks())
      if (only === undefined || only === track.added.trackId) track.awaitsKey = true;
  }

  #takeFrame({ track, frame, wall }: TimedFrame): void {
    const { added } = track;
    const { config, width, height } = track.config ?? {};
    if (added.mediaKind === 'audio') {
      if (wall < this.#start.soundWall) return;
      this.audio.push({ wall, frame, added, config, size: undefined, mayReorder: false });
      return;
    }
    if (this.#isAudioOnly) return;
    if (track.awaitsKey && frame.type !== 'key') return;
    track.awaitsKey = false;
    const video = added.rid === undefined ? this.video : this.#layer(added.rid).video;
    if (frame.type === 'key') {
      this.#reorders.set(added.trackId, mayReorder(added, frame));
      // A keyframe that is due stands for everything before it.
      if (wall <= this.#start.pictureWall) video.length = 0;
    }
    const isReordered = (this.#reorders.get(added.trackId) ?? false) || frame.pts !== frame.dts;
    const size = width === undefined || height === undefined ? undefined : { width, height };
    video.push({ wall, frame, added, config, size, mayReorder: isReordered });
    if (added.rid !== undefined) this.#newestOf.set(added.rid, wall);
  }

  #layer(rid: string): TapedLayer {
    const known = this.layers.get(rid);
    if (known !== undefined) return known;
    const layer: TapedLayer = { video: [], ends: [] };
    this.layers.set(rid, layer);
    return layer;
  }

  /** With its last frame: the same layer may go on in the track of the best one. */
  #endLayer(rid: string): void {
    const newest = this.#newestOf.get(rid);
    if (newest !== undefined) this.#layer(rid).ends.push(newest + 1);
  }
}

function mayReorder(added: TrackAdded, frame: FrameEntry): boolean {
  if (added.codec === 'h265') return true;
  if (added.codec !== 'h264') return false;
  const sps = findH264Sps(frame.data);
  return sps !== undefined && mayReorderH264(sps) === true;
}
