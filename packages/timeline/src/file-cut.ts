// When a file has become long or large enough that another one is to go on, and what that one must know of it. The
// answer depends on the frames alone, so that every pass over a tape cuts at the same ones.

import type { PlacedFrame } from './lane.ts';
import type { AudioPlan, NewFileLimit } from './plan.ts';

/** What a file takes over from the one it goes on from. */
export type Carried = {
  /** Sound goes on as it was described, so that no file differs from the others without need. */
  readonly audio: AudioPlan | undefined;
  readonly reorder: number;
  /** Up to here, on the recording's timeline, sound is in the file before, µs. */
  readonly soundEndMedia: number;
  /** Connection of the last sound; -1 when there was none. */
  readonly soundConnection: number;
  /** The last packets of sound before the cut: a decoder must have seen them, and the last one may reach over it. */
  readonly leadIn: readonly PlacedFrame[];
};

/** How far a decoder of sound looks back, µs (RFC 7845 §4.6: 80 ms). */
const LEAD_IN_US = 80_000;
/** Packets kept for that: of 20 ms and longer all that are needed. */
const LEAD_IN_PACKETS = 5;
/** Pictures that are shown before the keyframe they follow come within so many. */
const LEADING_MAX = 16;

/** Counts what goes into one file. */
export class FileCut {
  readonly #limit: NewFileLimit | undefined;
  #pictureBytes = 0;
  #soundBytes = 0;
  #recent: PlacedFrame[] = [];

  constructor(limit: NewFileLimit | undefined) {
    this.#limit = limit;
  }

  /** Whether files are cut at all. */
  get isActive(): boolean {
    return this.#limit !== undefined;
  }

  /** A frame is in the file. */
  take(frame: PlacedFrame): void {
    if (this.#limit === undefined) return;
    if (frame.kind === 'video') {
      this.#pictureBytes += frame.data.length;
      return;
    }
    this.#soundBytes += frame.data.length;
    this.#recent.push(frame);
    if (this.#recent.length > LEAD_IN_PACKETS) this.#recent.shift();
  }

  /** Whether the file is long or large enough to end before a point `atUs` of it; its sound lasts `soundUs`. */
  isReached(atUs: number, soundUs: number, isStereo: boolean): boolean {
    const { afterUs, afterBytes, soundBytesPerSecond: rates } = this.#limit ?? {};
    if (afterUs !== undefined && atUs >= afterUs) return true;
    if (afterBytes === undefined) return false;
    const rate = isStereo ? rates?.stereo : rates?.mono;
    const sound = rate === undefined ? this.#soundBytes : (soundUs / 1_000_000) * rate;
    return this.#pictureBytes + sound >= afterBytes;
  }

  /** The packets before a cut that a decoder needs for what follows. */
  leadIn(cutMedia: number): readonly PlacedFrame[] {
    return this.#recent.filter((frame) => frame.media + frame.durationUs > cutMedia - LEAD_IN_US);
  }
}

/** Whether a file can begin with the first of these pictures: none of the next ones is shown before it. */
export function canBegin([first, ...next]: readonly PlacedFrame[]): boolean {
  return first?.key === true && next.slice(0, LEADING_MAX).every((frame) => frame.media > first.media);
}
