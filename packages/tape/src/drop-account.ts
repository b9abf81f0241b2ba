// Frames that could not be kept, per track: from the last kept frame to the first kept one after. Keeps
// deltas out until a keyframe, since none of them could be decoded. Decides nothing about when to drop.

import type { Ticks, TrackId, UnixUs } from '@roomtape/media';
import type { FrameEntry, Gap } from './entry.ts';

type TrackDrops = {
  lastPts?: Ticks;
  lastAt?: UnixUs;
  droppedFrames: number;
  fromAt: UnixUs;
  waitsForKey: boolean;
  reason: Gap['reason'];
};

/** Counts dropped frames and turns each run of them into one `gap`. */
export class DropAccount {
  readonly #tracks = new Map<TrackId, TrackDrops>();
  #droppedFramesTotal = 0;

  /** Frames dropped since the writer was made. */
  get droppedFramesTotal(): number {
    return this.#droppedFramesTotal;
  }

  /** Whether a frame of this track can be kept only from the next keyframe on. */
  waitsForKey(trackId: TrackId): boolean {
    return this.#tracks.get(trackId)?.waitsForKey === true;
  }

  /** Whether a track can only go on with a keyframe, which somebody has to ask the publisher for. */
  get anyWaitsForKey(): boolean {
    for (const track of this.#tracks.values()) if (track.waitsForKey) return true;
    return false;
  }

  drop(frame: FrameEntry, reason: Gap['reason']): void {
    const track = this.#trackOf(frame);
    if (track.droppedFrames === 0) track.fromAt = track.lastAt ?? frame.arrivedAt;
    if (track.droppedFrames === 0 || reason === 'disk-full') track.reason = reason;
    track.droppedFrames += 1;
    track.waitsForKey = true;
    this.#droppedFramesTotal += 1;
  }

  /** Notes a frame that is kept; returns the gap that must be written before it. */
  keep(frame: FrameEntry): Gap | undefined {
    const track = this.#trackOf(frame);
    const gap = track.droppedFrames === 0 ? undefined : endGap(track, frame);
    track.droppedFrames = 0;
    track.waitsForKey = false;
    track.lastPts = frame.pts;
    track.lastAt = frame.arrivedAt;
    return gap;
  }

  /** Ends a track, or all: returns the gaps that no later frame will end. */
  end(at: UnixUs, trackId?: TrackId): Gap[] {
    const gaps: Gap[] = [];
    for (const [id, track] of this.#tracks) {
      if (trackId !== undefined && id !== trackId) continue;
      if (track.droppedFrames > 0) gaps.push(openGap(id, track, at));
      this.#tracks.delete(id);
    }
    return gaps;
  }

  #trackOf(frame: FrameEntry): TrackDrops {
    const known = this.#tracks.get(frame.trackId);
    if (known !== undefined) return known;
    const fresh: TrackDrops = {
      droppedFrames: 0,
      fromAt: frame.arrivedAt,
      waitsForKey: false,
      reason: 'overload',
    };
    this.#tracks.set(frame.trackId, fresh);
    return fresh;
  }
}

function openGap(trackId: TrackId, track: TrackDrops, toAt: UnixUs): Gap {
  const gap: Gap = {
    kind: 'gap',
    reason: track.reason,
    trackId,
    fromAt: track.fromAt,
    toAt,
    framesDropped: track.droppedFrames,
  };
  return track.lastPts === undefined ? gap : { ...gap, fromTicks: track.lastPts };
}

function endGap(track: TrackDrops, frame: FrameEntry): Gap {
  return { ...openGap(frame.trackId, track, frame.arrivedAt), toTicks: frame.pts };
}
