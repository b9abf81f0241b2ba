// Decodes as little as it can: keeps pictures encoded from their last keyframe on, and decodes them when one of them
// is wanted. Wanted times only rise. Not for play, where everything is decoded.

import { createPictureDecoder, type NativePicture, type PictureDecoder } from '@roomtape/ffmpeg';
import type { PlannedFrame, VideoPlan } from '@roomtape/timeline';

/** An encoded picture in decode order; times on the timeline of whoever wants pictures, µs. */
export type CodedPicture = Pick<PlannedFrame, 'ptsUs' | 'dtsUs' | 'key' | 'data'> & {
  /** One object for all pictures of a file: another one is another decoder. */
  readonly plan: VideoPlan;
};

/** A picture that is shown later comes out of its decoder this much later at most, µs. */
const REORDER_US = 500_000;

/** How much later than a wanted time pictures are still needed, to have it out of the decoder, µs. */
export function lookaheadOf(plan: VideoPlan): number {
  return plan.reorder > 0 ? REORDER_US : 0;
}

/** Decodes one track on demand; holds native memory until `close`. */
export class GopDecoder {
  #waiting: CodedPicture[] = [];
  #waitingBytes = 0;
  #decoder: PictureDecoder | undefined;
  #plan: VideoPlan | undefined;
  /** Decoded, not yet wanted. */
  #ahead: NativePicture[] = [];
  #newest: NativePicture | undefined;

  /** Bytes that are kept encoded. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The newest picture not after the time last wanted, as far as decoded; ours until the next call. */
  get newest(): NativePicture | undefined {
    return this.#newest;
  }

  /** Takes the next picture. Those before a keyframe that is not after the wanted time are not needed any more. */
  add(picture: CodedPicture, wantedUs: number): void {
    if (picture.key && picture.ptsUs <= wantedUs) {
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    this.#waiting.push(picture);
    this.#waitingBytes += picture.data.length;
  }

  /** Decodes a few of the pictures that wait; true when none does any more. */
  decodeSome(picturesMax: number, wantedUs: number): boolean {
    for (const picture of this.#waiting.splice(0, picturesMax)) {
      this.#waitingBytes -= picture.data.length;
      this.#decode(picture);
    }
    this.#choose(wantedUs);
    return this.#waiting.length === 0;
  }

  /** Nothing comes any more: gets everything out of the decoder. */
  flush(wantedUs: number): void {
    this.#closeDecoder();
    this.#choose(wantedUs);
  }

  /** Gives everything back. */
  close(): void {
    this.#closeDecoder();
    for (const picture of this.#ahead.splice(0)) picture.release();
    this.#newest?.release();
    this.#newest = undefined;
    this.#waiting = [];
  }

  #decode({ plan, key, data, ptsUs }: CodedPicture): void {
    if (this.#decoder === undefined || plan !== this.#plan) {
      if (!key) return;
      this.#closeDecoder();
      this.#decoder = createPictureDecoder(plan.codec, plan.config);
      this.#plan = plan;
    }
    this.#ahead.push(...this.#decoder.decode(data, ptsUs));
  }

  #closeDecoder(): void {
    if (this.#decoder === undefined) return;
    this.#ahead.push(...this.#decoder.flush());
    this.#decoder.close();
    this.#decoder = undefined;
  }

  #choose(wantedUs: number): void {
    const candidates = this.#newest === undefined ? this.#ahead : [this.#newest, ...this.#ahead];
    const due = candidates.filter(({ ptsUs }) => ptsUs <= wantedUs);
    const latestUs = Math.max(...due.map(({ ptsUs }) => ptsUs));
    this.#newest = due.findLast(({ ptsUs }) => ptsUs === latestUs);
    for (const picture of due) if (picture !== this.#newest) picture.release();
    this.#ahead = candidates.filter(({ ptsUs }) => ptsUs > wantedUs);
  }
}
