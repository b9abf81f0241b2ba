// Cuts a stream of samples into frames of one length, interleaved and in the wanted number format. Pure.

import type { AudioDataFrame, FullAudioDataFormat } from './audio-data.ts';

/** Makes the frames of one tap. Rates are already as wanted. */
export class FrameMaker {
  readonly #format: FullAudioDataFormat;
  readonly #frameSamples: number;
  readonly #startUs: number;
  #frame: Int16Array | Float32Array;
  #filled = 0;
  #nextIndex = 0;
  #lost = 0;

  /** `startUs`: when the first sample was. */
  constructor(format: FullAudioDataFormat, startUs: number) {
    this.#format = format;
    this.#startUs = startUs;
    this.#frameSamples = (format.sampleRate * format.frameMs) / 1000;
    this.#frame = this.#makeFrame();
  }

  /** Says that the browser lost samples here: the frame that comes next tells it and counts over them. */
  lose(samples: number): void {
    this.#lost += Math.max(0, Math.round(samples));
  }

  /** Takes one plane per channel and calls `give` for each full frame; the frame is the receiver's. */
  push(planes: readonly Float32Array[], give: (frame: AudioDataFrame) => void): void {
    const length = planes[0]?.length ?? 0;
    for (let at = 0; at < length; ) {
      const count = Math.min(length - at, this.#frameSamples - this.#filled);
      for (let channel = 0; channel < this.#format.channels; channel++) {
        this.#copy(planes[channel], { at, count, channel });
      }
      at += count;
      this.#filled += count;
      if (this.#filled === this.#frameSamples) give(this.#finish());
    }
  }

  #copy(plane: Float32Array | undefined, part: { at: number; count: number; channel: number }): void {
    if (plane === undefined) return;
    const { channels } = this.#format;
    const frame = this.#frame;
    const isInteger = frame instanceof Int16Array;
    let to = this.#filled * channels + part.channel;
    for (let n = part.at; n < part.at + part.count; n++) {
      const sample = plane[n] as number;
      frame[to] = isInteger ? int16Of(sample) : sample;
      to += channels;
    }
  }

  #finish(): AudioDataFrame {
    const { sampleRate, channels } = this.#format;
    const lostSamples = this.#lost;
    this.#nextIndex += lostSamples;
    this.#lost = 0;
    const frame: AudioDataFrame = {
      data: this.#frame,
      sampleRate,
      channels,
      timestampUs: Math.round(this.#startUs + (this.#nextIndex * 1e6) / sampleRate),
      sampleIndex: this.#nextIndex,
      isContinuous: lostSamples === 0,
      lostSamples,
    };
    this.#nextIndex += this.#frameSamples;
    this.#filled = 0;
    this.#frame = this.#makeFrame();
    return frame;
  }

  #makeFrame(): Int16Array | Float32Array {
    const length = this.#frameSamples * this.#format.channels;
    return this.#format.format === 'int16' ? new Int16Array(length) : new Float32Array(length);
  }
}

/** Symmetric, so that silence stays silence and full scale is the same both ways; louder is clipped. */
function int16Of(sample: number): number {
  const scaled = Math.round(sample * 32_767);
  return scaled > 32_767 ? 32_767 : scaled < -32_767 ? -32_767 : scaled;
}
