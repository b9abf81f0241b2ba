// One output track of one file while it is planned: the frames that wait for their turn, and the account of
// what is missing.

import { type MediaKind, mediaUs } from '@roomtape/media';
import { DecodeOrder } from './decode-order.ts';
import type { MissingSpan, TrackTimeline, VideoPlan } from './plan.ts';

/** A frame with its place on the recording's timeline. */
export type PlacedFrame = {
  readonly kind: MediaKind;
  readonly codec: string;
  readonly wall: number;
  /** Presentation and, where the source gave one, decode time on the recording's timeline, µs. */
  readonly media: number;
  readonly explicitDts: number | undefined;
  /** Source clock, to tell reordering from a clock that was set. */
  readonly ticks: number;
  readonly clockEpoch: number;
  readonly connection: number;
  readonly arrivedAt: number;
  readonly durationUs: number;
  readonly key: boolean;
  readonly stereo: boolean;
  readonly data: Uint8Array;
  readonly width?: number;
  readonly height?: number;
  /** What a file that begins with it must say of its pictures; keyframes only. */
  readonly describes?: Omit<VideoPlan, 'reorder'>;
};

/** Most spans kept per track; beyond, only the sums grow. */
const SPANS_MAX = 2000;

/** Frames of one kind on their way into one file. */
export class Lane {
  readonly kind: MediaKind;
  queue: PlacedFrame[] = [];
  codec: string;
  frames = 0;
  firstUs: number | undefined;
  /** End of what is planned, on the file's timeline, and the same point on our wall clock. */
  endUs = 0;
  endWall: number;
  lastDts = Number.NEGATIVE_INFINITY;
  lastPts = 0;
  lastConnection = -1;
  nominalUs = 33_333;
  /** From the picture before the last one to the last, µs, however long. */
  spacingUs = 0;
  /** For how long it was away by itself in the files before, µs. */
  absentBeforeUs = 0;
  order = new DecodeOrder(0);
  readonly missing: MissingSpan[] = [];
  readonly missingUs: Record<string, number> = {};

  constructor(kind: MediaKind, codec: string, startWall: number) {
    this.kind = kind;
    this.codec = codec;
    this.endWall = startWall;
  }

  /** Notes a hole of this track. */
  miss(fromUs: number, toUs: number, reason: string): void {
    this.missingUs[reason] = (this.missingUs[reason] ?? 0) + (toUs - fromUs);
    const last = this.missing[this.missing.length - 1];
    if (last !== undefined && last.reason === reason && last.toUs === fromUs)
      this.missing[this.missing.length - 1] = { ...last, toUs: mediaUs(toUs) };
    else if (this.missing.length < SPANS_MAX)
      this.missing.push({ fromUs: mediaUs(fromUs), toUs: mediaUs(toUs), reason });
  }

  /** The account so far. */
  timeline(): TrackTimeline {
    return {
      codec: this.codec,
      frames: this.frames,
      firstUs: mediaUs(this.firstUs ?? 0),
      endUs: mediaUs(this.endUs),
      missing: [...this.missing],
      missingUs: { ...this.missingUs },
    };
  }
}

/** How deep the frames of a queue are reordered: most earlier frames that are shown after one of them. */
export function reorderDepth(queue: readonly PlacedFrame[]): number {
  let depth = 0;
  for (const [index, frame] of queue.entries()) {
    let later = 0;
    for (let i = Math.max(0, index - 16); i < index; i += 1) {
      const earlier = queue[i];
      if (earlier?.clockEpoch === frame.clockEpoch && earlier.ticks > frame.ticks) later += 1;
    }
    depth = Math.max(depth, later);
  }
  return depth;
}
