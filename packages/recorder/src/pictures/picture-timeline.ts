// The pictures of a plan on one timeline: where a codec change made another file, its time goes on. Pure.

import { mediaUs, type UnixUs } from '@roomtape/media';
import type { PlannedAction, VideoPlan } from '@roomtape/timeline';
import type { CodedPicture } from './gop-decoder.ts';

/** Follows the actions of one planner. */
export class PictureTimeline {
  #plan: VideoPlan | undefined;
  #originAt: UnixUs | undefined;
  #offsetUs = 0;
  #endUs = 0;

  /** Wall time of the beginning; `undefined` before the first file. */
  get originAt(): UnixUs | undefined {
    return this.#originAt;
  }

  /** Length as far as it is known, µs. */
  get lengthUs(): number {
    return this.#endUs;
  }

  /** The picture an action is about, at its place; `undefined` for every other action. */
  take(action: PlannedAction): CodedPicture | undefined {
    if (action.kind === 'open') {
      this.#originAt ??= action.startedAt;
      this.#plan = action.plan.video;
    } else if (action.kind === 'close') {
      this.#offsetUs += action.endUs;
      this.#endUs = this.#offsetUs;
    } else if (action.kind === 'frame') {
      this.#endUs = Math.max(this.#endUs, this.#offsetUs + action.ptsUs + action.durationUs);
      if (action.track === 'video' && this.#plan !== undefined) {
        const { key, data } = action;
        const ptsUs = mediaUs(action.ptsUs + this.#offsetUs);
        return { ptsUs, dtsUs: mediaUs(action.dtsUs + this.#offsetUs), key, data, plan: this.#plan };
      }
    }
    return undefined;
  }
}
