// Frames encoded once, sent many times: for load tests, where a hundred publishers must cost next to nothing.
// The loop is a whole number of seconds long, so flash and beep stay on the beat; the counter repeats.

import { assert } from '@roomtape/media';
import type { MediaSource, SourceFrame } from './media-source.ts';
import { createSyntheticSource, type SyntheticSourceOptions } from './synthetic-source.ts';

/** A loop of encoded frames that any number of sources may play; never changed. */
export type EncodedLoop = {
  readonly durationUs: number;
  readonly frames: readonly SourceFrame[];
  readonly video: MediaSource['video'];
  readonly audio: MediaSource['audio'];
};

/** Encodes a loop of `seconds` of a synthetic participant. */
export function encodeLoop(options: SyntheticSourceOptions, seconds: number): EncodedLoop {
  assert(Number.isInteger(seconds) && seconds > 0 && seconds <= 60, 'a loop has 1 to 60 whole seconds');
  const durationUs = seconds * 1_000_000;
  const source = createSyntheticSource({ ...options, gopSeconds: options.gopSeconds ?? Math.min(2, seconds) });
  const { video, audio } = source;
  // Sound is made in whole blocks after the fact, so the end is read a little late and cut at the loop.
  const all = source.read(durationUs + 100_000);
  source.close();
  const first = all.find((frame) => frame.kind === 'audio')?.ptsUs ?? 0;
  const frames = all.filter((frame) => frame.ptsUs < durationUs + (frame.kind === 'audio' ? first : 0));
  return { durationUs, frames, video, audio };
}

/** Plays a loop from its start for ever; costs no encoding. */
export function createPreEncodedSource(loop: EncodedLoop): MediaSource {
  return new LoopedSource(loop);
}

class LoopedSource implements MediaSource {
  readonly video: MediaSource['video'];
  readonly audio: MediaSource['audio'];
  readonly isEnded = false;
  readonly #loop: EncodedLoop;
  #round = 0;
  #next = 0;

  constructor(loop: EncodedLoop) {
    this.#loop = loop;
    this.video = loop.video;
    this.audio = loop.audio;
  }

  read(untilUs: number): SourceFrame[] {
    const out: SourceFrame[] = [];
    const { frames, durationUs } = this.#loop;
    for (;;) {
      const frame = frames[this.#next];
      if (frame === undefined) return out;
      const ptsUs = frame.ptsUs + this.#round * durationUs;
      if (ptsUs > untilUs) return out;
      out.push({ ...frame, ptsUs });
      this.#next++;
      if (this.#next < frames.length) continue;
      this.#next = 0;
      this.#round++;
    }
  }

  /** Keyframes come with the loop, once in a group of pictures. */
  requestKeyframe(): void {}

  close(): void {}
}
