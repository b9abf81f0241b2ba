// When what is on a growing tape is sent to its viewers: the tape's time, moved by one offset for sound and pictures.
// The offset grows when the tape comes later than before, and shrinks only by leaving something out.

import { type UnixUs, unixUs } from '@roomtape/media';

/** How long what is new on the tape waits, µs: a tape grows in steps, its viewers want it even. */
export const PLAYBACK_MARGIN_US = 120_000;
/** Lateness that a viewer's own buffer takes, µs. */
const LATE_US = 100_000;
/** Nearer than this to the newest of the tape, nothing is left out, µs. */
const AHEAD_US = 600_000;

/** The schedule of one tape's playback. Moments sent at never run backwards, whatever the tape does. */
export class PlaybackSchedule {
  #offsetUs: number | undefined;
  #sentAt = 0;

  /** Whether it is known when anything is sent. */
  get isSet(): boolean {
    return this.#offsetUs !== undefined;
  }

  /** Begins: what is newest on the tape now is sent a margin later. */
  begin(newest: UnixUs, now: UnixUs): void {
    this.#offsetUs = now + PLAYBACK_MARGIN_US - newest;
  }

  /** When something of the tape is sent, or should have been. */
  sendAt(tapedAt: UnixUs): UnixUs {
    return unixUs(tapedAt + (this.#offsetUs ?? 0));
  }

  /** Something can be read from now on; everything goes later if it comes too late for its moment. */
  arrived(tapedAt: UnixUs, now: UnixUs): void {
    if (this.#offsetUs === undefined) return;
    const lateUs = now - this.sendAt(tapedAt);
    if (lateUs > LATE_US) this.#offsetUs += lateUs + PLAYBACK_MARGIN_US;
  }

  /** Something was sent that was due at a moment of `sendAt`. */
  sent(at: UnixUs): void {
    this.#sentAt = Math.max(this.#sentAt, at);
  }

  /** Whether so much of the tape waits that what comes before this keyframe is better left out. */
  isBehind(keyframe: UnixUs, now: UnixUs): boolean {
    return this.#offsetUs !== undefined && this.sendAt(keyframe) - now > AHEAD_US;
  }

  /** Goes on with this keyframe as soon as may be, nothing before it being sent. */
  skipTo(keyframe: UnixUs, newest: UnixUs, now: UnixUs): void {
    const soonest = Math.max(now, this.#sentAt + 1);
    this.#offsetUs = Math.max(soonest - keyframe, now + PLAYBACK_MARGIN_US - newest);
  }
}
