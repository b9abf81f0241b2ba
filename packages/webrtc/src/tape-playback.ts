// Plays a tape while it grows, as if it were published: read from its newest keyframe on, sent evenly on its own clock.
// A tape that stops growing holds its viewers' picture; nothing here knows why. The tape is only read.

import { type Clock, type Ids, type Log, type MediaKind, type UnixUs, unixUs } from '@roomtape/media';
import type { InboundSink, InboundTrack } from './inbound-track.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { TapeSource } from './media-plane.ts';
import { PlaybackSchedule } from './playback-schedule.ts';
import { PlayedTrack } from './played-track.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';
import { type TailFrame, TapeTail } from './tape-tail.ts';

/** What a playback is made of. */
export type TapePlaybackOptions = {
  readonly source: TapeSource;
  readonly sink: InboundSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

/** Packets of pictures sent in one poll: a keyframe is no burst that a network would lose. */
const PACKETS_PER_POLL = 64;
/** Frames read ahead at most. */
const FRAMES_MAX = 2000;

/** One tape that is played. */
export class TapePlayback implements MediaOrigin {
  readonly #options: TapePlaybackOptions;
  readonly #tail: TapeTail;
  readonly #schedule = new PlaybackSchedule();
  readonly #tracks: ReadonlyMap<MediaKind, PlayedTrack>;
  #frames: TailFrame[];
  #skipped = 0;
  #failure: string | undefined;

  /** Opens the tape, which need not exist yet. Throws what reading a failing disk throws. */
  constructor(options: TapePlaybackOptions) {
    const { source, ids, sink, clock } = options;
    this.#options = options;
    this.#tail = new TapeTail(source.directory, clock);
    this.#frames = this.#tail.poll();
    // What the tape has is known better than what it was expected to have.
    const tracks = this.#tail.tracks.filter(({ codec }) => codec !== 'aac');
    const kinds = tracks.length > 0 ? source.kinds.filter((kind) => tracks.some((t) => t.kind === kind)) : source.kinds;
    const trackOf = (kind: MediaKind): PlayedTrack =>
      new PlayedTrack(kind, { tape: tracks.find((track) => track.kind === kind), ids, sink });
    this.#tracks = new Map(kinds.map((kind) => [kind, trackOf(kind)]));
  }

  /** Whether the tape is sealed and all of it sent, or it cannot be read. */
  get isOver(): boolean {
    const isSent = this.#frames.length === 0 && [...this.#tracks.values()].every(({ waiting }) => waiting === 0);
    return this.#failure !== undefined || (this.#tail.isSealed && isSent);
  }

  get media(): readonly NegotiatedMedia[] {
    return [...this.#tracks.values()].map(({ inbound }) => inbound.media);
  }

  tracksOf(kind: MediaKind): readonly InboundTrack[] {
    const track = this.#tracks.get(kind);
    return track === undefined ? [] : [track.inbound];
  }

  /** Nobody could make one: viewers begin with the newest one, and wait for the next. */
  requestKeyframe(): void {}

  /** Reads and sends what is due; called often by the owner's one timer. */
  poll(now: UnixUs): void {
    if (this.#failure !== undefined) return;
    this.#read(now);
    if (!this.#schedule.isSet) this.#begin(now);
    this.#skipAhead(now);
    this.#putDue(now);
    for (const track of this.#tracks.values()) track.send(PACKETS_PER_POLL, now);
  }

  /** Plain data for debugging. */
  describe(now: UnixUs): Record<string, unknown> {
    const newest = this.#frames.at(-1)?.tapedAt;
    return {
      isOver: this.isOver,
      failure: this.#failure,
      frames: this.#frames.length,
      aheadMs: newest === undefined ? 0 : Math.round((this.#schedule.sendAt(newest) - now) / 1000),
      skipped: this.#skipped,
      tracks: [...this.#tracks.values()].map(({ inbound }) => inbound.describe(now)),
    };
  }

  /** Lets go of the tape. */
  close(): void {
    this.#tail.close();
  }

  #read(now: UnixUs): void {
    if (this.#frames.length > FRAMES_MAX) return;
    try {
      for (const frame of this.#tail.poll()) {
        this.#schedule.arrived(frame.tapedAt, now);
        this.#frames.push(frame);
      }
    } catch (error) {
      this.#failure = String(error);
      this.#options.log.error({ error, ...this.#options.source }, 'tape cannot be played');
      return;
    }
  }

  /** What is past already is there for those who come, at once: pictures that a later one needs, but no sound. */
  #begin(now: UnixUs): void {
    if (this.#frames.length === 0) return;
    this.#schedule.begin(this.#newest(), now);
    const isHeard = ({ tapedAt }: TailFrame): boolean => this.#schedule.sendAt(tapedAt) >= now;
    this.#frames = this.#frames.filter((frame) => frame.track.kind === 'video' || isHeard(frame));
    this.#putDue(now);
    for (const track of this.#tracks.values()) track.send(Number.POSITIVE_INFINITY, now);
  }

  /** What waited too long is left out up to the newest keyframe: the tape grew faster than its own clock. */
  #skipAhead(now: UnixUs): void {
    const hasVideo = this.#tracks.has('video');
    const at = this.#frames.findLastIndex(({ isKey, track }) => isKey && (track.kind === 'video' || !hasVideo));
    const keyframe = this.#frames[at];
    if (keyframe === undefined || !this.#schedule.isBehind(keyframe.tapedAt, now)) return;
    this.#frames.splice(0, at);
    this.#skipped += at;
    this.#schedule.skipTo(keyframe.tapedAt, this.#newest(), now);
  }

  #putDue(now: UnixUs): void {
    let due = 0;
    for (const frame of this.#frames) {
      const sendAt = this.#schedule.sendAt(frame.tapedAt);
      if (sendAt > now) break;
      due += 1;
      const played = this.#tracks.get(frame.track.kind);
      if (played === undefined || played.inbound.codec !== frame.track.codec) continue;
      played.put(frame, sendAt);
      this.#schedule.sent(sendAt);
    }
    this.#frames.splice(0, due);
  }

  #newest(): UnixUs {
    return unixUs(Math.max(...this.#frames.map(({ tapedAt }) => tapedAt)));
  }
}
