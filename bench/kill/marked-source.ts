// A loop of encoded frames as a live camera would send it: every frame marked, a keyframe at once when asked,
// and nothing kept from the time it was not connected.

import type { Clock } from '@roomtape/media';
import type { EncodedLoop, MediaSource, SourceFrame } from '@roomtape/testkit';
import { markFrame } from './frame-mark.ts';

/** A pause longer than this was a lost connection: what was due in it is gone. */
const STALE_US = 200_000;

/** Plays a loop for ever, marking frames with the time they leave. */
export class MarkedSource implements MediaSource {
  readonly video: MediaSource['video'];
  readonly audio: MediaSource['audio'];
  readonly isEnded = false;
  readonly #clock: Clock;
  readonly #video: readonly SourceFrame[];
  readonly #audio: readonly SourceFrame[];
  readonly #videoStepUs: number;
  readonly #audioStepUs: number;
  #videoAt = 0;
  #videoNumber = 0;
  #audioNumber = 0;
  #readToUs = 0;
  #isKeyframeWanted = true;
  /** Marks made so far. */
  marked = 0;

  constructor(loop: EncodedLoop, clock: Clock) {
    this.#clock = clock;
    this.video = loop.video;
    this.audio = loop.audio;
    this.#video = loop.frames.filter(({ kind }) => kind === 'video');
    this.#audio = loop.frames.filter(({ kind }) => kind === 'audio');
    this.#videoStepUs = loop.durationUs / this.#video.length;
    this.#audioStepUs = loop.durationUs / this.#audio.length;
  }

  read(untilUs: number): SourceFrame[] {
    if (untilUs - this.#readToUs > STALE_US) {
      this.#videoNumber = Math.ceil(untilUs / this.#videoStepUs);
      this.#audioNumber = Math.ceil(untilUs / this.#audioStepUs);
    }
    this.#readToUs = untilUs;
    const frames: SourceFrame[] = [];
    for (; this.#audioNumber * this.#audioStepUs <= untilUs; this.#audioNumber++) {
      const frame = this.#audio[this.#audioNumber % this.#audio.length];
      if (frame !== undefined) frames.push({ ...frame, ptsUs: Math.round(this.#audioNumber * this.#audioStepUs) });
    }
    for (; this.#videoNumber * this.#videoStepUs <= untilUs; this.#videoNumber++) frames.push(this.#nextPicture());
    return frames.sort((a, b) => a.ptsUs - b.ptsUs);
  }

  requestKeyframe(): void {
    this.#isKeyframeWanted = true;
  }

  close(): void {}

  #nextPicture(): SourceFrame {
    const { length } = this.#video;
    if (this.#isKeyframeWanted) {
      this.#isKeyframeWanted = false;
      for (let i = 0; i < length && this.#video[this.#videoAt % length]?.type !== 'key'; i++) this.#videoAt++;
    }
    const frame = this.#video[this.#videoAt % length];
    if (frame === undefined) throw new Error('the loop has no picture');
    this.#videoAt++;
    const data = markFrame(frame.data, { number: this.marked++, sentAt: this.#clock.now() });
    return { ...frame, data, ptsUs: Math.round(this.#videoNumber * this.#videoStepUs) };
  }
}
