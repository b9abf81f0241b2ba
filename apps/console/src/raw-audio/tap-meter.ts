// What one tap of raw audio looks and counts like: a rolling waveform, the level, and numbers that show every loss.
// Pure; fed by the observer's frames, read by whoever draws.

import type { AudioDataFrame } from '@roomtape/sdk';

/** Seconds of sound in the waveform. */
export const WINDOW_SECONDS = 5;
/** Columns of the waveform; each holds the lowest and highest sample of its time. */
export const COLUMNS = 500;
/** How fast the level follows and how slowly the peak falls back, seconds. */
const LEVEL_SECONDS = 0.3;
const PEAK_SECONDS = 1.5;
/** Rates are taken over this much time. */
const RATE_WINDOW_MS = 1000;

/** Figures of a tap. */
export type TapFigures = {
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel since the start. */
  readonly samples: number;
  readonly lostSamples: number;
  /** Frames that did not follow the one before. */
  readonly breaks: number;
  /** Frames per second of the last second; 0 before there was one. */
  readonly framesPerSecond: number;
  /** Root mean square, 0 to 1, of about the last 0.3 s. */
  readonly level: number;
  /** Highest sample, 0 to 1; more is clipped. Falls back slowly, so that it can be read. */
  readonly peak: number;
};

/** One tap. */
export class TapMeter {
  /** Lowest and highest sample of each column, −1 to 1; a ring, see `firstColumn`. */
  readonly lows = new Float32Array(COLUMNS);
  readonly highs = new Float32Array(COLUMNS);
  #column = 0;
  #samplesInColumn = 0;
  #figures: TapFigures = {
    frames: 0,
    sampleRate: 0,
    channels: 0,
    samples: 0,
    lostSamples: 0,
    breaks: 0,
    framesPerSecond: 0,
    level: 0,
    peak: 0,
  };
  #windowAtMs = 0;
  #windowFrames = 0;

  /** The figures now. */
  get figures(): TapFigures {
    return this.#figures;
  }

  /** Index of the oldest column. */
  get firstColumn(): number {
    return (this.#column + 1) % COLUMNS;
  }

  /** Takes one frame; `nowMs` is when it came, by the page's clock. */
  push(frame: AudioDataFrame, nowMs: number): void {
    const { data, channels, sampleRate, isContinuous, lostSamples } = frame;
    const fullScale = data instanceof Int16Array ? 32_767 : 1;
    const perColumn = Math.max(1, Math.round((sampleRate * WINDOW_SECONDS) / COLUMNS));
    let sum = 0;
    let peak = 0;
    for (let i = 0; i < data.length; i += channels) {
      const sample = (data[i] ?? 0) / fullScale;
      sum += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
      this.#draw(sample, perColumn);
    }
    const samples = data.length / channels;
    const old = this.#figures;
    const follow = old.frames === 0 ? 1 : 1 - Math.exp(-samples / sampleRate / LEVEL_SECONDS);
    const power = old.level ** 2 + follow * (sum / Math.max(1, samples) - old.level ** 2);
    this.#figures = {
      frames: old.frames + 1,
      sampleRate,
      channels,
      samples: old.samples + samples,
      lostSamples: old.lostSamples + lostSamples,
      breaks: old.breaks + (isContinuous ? 0 : 1),
      framesPerSecond: this.#rateAt(nowMs),
      level: Math.sqrt(power),
      peak: Math.max(peak, old.peak * Math.exp(-samples / sampleRate / PEAK_SECONDS)),
    };
  }

  #draw(sample: number, perColumn: number): void {
    if (this.#samplesInColumn >= perColumn) {
      this.#column = (this.#column + 1) % COLUMNS;
      this.#samplesInColumn = 0;
    }
    const isFirst = this.#samplesInColumn === 0;
    this.lows[this.#column] = isFirst ? sample : Math.min(this.lows[this.#column] ?? 0, sample);
    this.highs[this.#column] = isFirst ? sample : Math.max(this.highs[this.#column] ?? 0, sample);
    this.#samplesInColumn += 1;
  }

  #rateAt(nowMs: number): number {
    if (this.#windowAtMs === 0) {
      this.#windowAtMs = nowMs;
      return 0;
    }
    this.#windowFrames += 1;
    const spanMs = nowMs - this.#windowAtMs;
    if (spanMs < RATE_WINDOW_MS) return this.#figures.framesPerSecond;
    const rate = (this.#windowFrames * 1000) / spanMs;
    this.#windowAtMs = nowMs;
    this.#windowFrames = 0;
    return rate;
  }
}
