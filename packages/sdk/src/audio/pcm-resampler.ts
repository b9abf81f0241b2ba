// Changes the sampling rate of PCM that comes in pieces: a windowed-sinc filter per output phase (Kaiser window, 84 dB).
// The result does not depend on how the input was cut. It does not mix channels and knows no clock.

import { clientError } from '../errors.ts';

/** What a resampler is made for. Rates in Hz; `fromRate` 8000 to 192 000, `toRate` 8000 to 48 000. */
export type PcmResamplerOptions = {
  readonly fromRate: number;
  readonly toRate: number;
  readonly channels: number;
};

/** Of the lower rate: what passes unharmed, and from where on nothing is left that could alias. */
const PASS_EDGE = 0.45;
const STOP_EDGE = 0.5;
const ATTENUATION_DB = 84;
/** Above this many output phases neighbouring ones are interpolated: 1024 keep the error below -110 dB. */
const PHASES_MAX = 1024;

/**
 * Resamples one stream, flat within 0.1 dB up to 0.45 of the lower rate, with aliases at least 80 dB down.
 * Output sample n stands for the time n / toRate after the first input sample: the filter shifts nothing, it only waits.
 */
export class PcmResampler {
  /** How many input samples are held back until more come or `flush` is called. 0 when the rates are equal. */
  readonly delaySamples: number;
  readonly #channels: number;
  readonly #filter: PolyphaseFilter | undefined;
  /** Input not used up yet, per channel: the first `#filled` samples are valid. */
  #history: Float32Array[] = [];
  #filled = 0;
  /** Where the next output lies: its first tap in `#history`, and the fraction behind it in 1 / `up`. */
  #at = 0;
  #fraction = 0;
  /** Input samples taken and output samples given since the start. */
  #taken = 0;
  #given = 0;

  /** Throws `INVALID_ARGUMENT` for rates out of range. */
  constructor({ fromRate, toRate, channels }: PcmResamplerOptions) {
    assertWhole('fromRate', fromRate, [8000, 192_000]);
    assertWhole('toRate', toRate, [8000, 48_000]);
    assertWhole('channels', channels, [1, 32]);
    this.#channels = channels;
    this.#filter = fromRate === toRate ? undefined : filterFor(fromRate, toRate);
    this.delaySamples = this.#filter === undefined ? 0 : this.#filter.taps / 2;
    this.#restart();
  }

  /** Takes one plane per channel, all of one length, and gives what is certain by now; the planes are the caller's. */
  process(planes: readonly Float32Array[]): Float32Array[] {
    if (planes.length !== this.#channels) {
      throw clientError('INVALID_ARGUMENT', { details: { planes: planes.length, channels: this.#channels } });
    }
    const filter = this.#filter;
    if (filter === undefined) return planes.map((plane) => plane.slice());
    this.#append(planes);
    this.#taken += planes[0]?.length ?? 0;
    return this.#convolve(filter, Number.POSITIVE_INFINITY);
  }

  /** Ends the stream as if silence followed; its output is complete: ceil(taken × toRate / fromRate) samples. */
  flush(): Float32Array[] {
    const filter = this.#filter;
    if (filter === undefined) return Array.from({ length: this.#channels }, () => new Float32Array(0));
    const total = Math.ceil((this.#taken * filter.up) / filter.down);
    const silence = new Float32Array(filter.taps);
    this.#append(Array.from({ length: this.#channels }, () => silence));
    const rest = this.#convolve(filter, total - this.#given);
    this.#restart();
    return rest;
  }

  #restart(): void {
    const taps = this.#filter?.taps ?? 0;
    this.#history = Array.from({ length: this.#channels }, () => new Float32Array(taps * 2 + 4096));
    // Silence before the first sample: the first output is centred on it.
    this.#filled = Math.max(taps / 2 - 1, 0);
    this.#at = 0;
    this.#fraction = 0;
    this.#taken = 0;
    this.#given = 0;
  }

  #append(planes: readonly Float32Array[]): void {
    const count = planes[0]?.length ?? 0;
    const kept = Math.max(this.#filled - this.#at, 0);
    const isTight = this.#filled + count > (this.#history[0]?.length ?? 0);
    this.#history = this.#history.map((history, channel) => {
      const plane = planes[channel] ?? new Float32Array(count);
      let target = history;
      if (isTight) {
        if (kept + count > history.length) target = new Float32Array((kept + count) * 2);
        target.set(history.subarray(this.#filled - kept, this.#filled));
      }
      target.set(plane, isTight ? kept : this.#filled);
      return target;
    });
    if (isTight) {
      this.#at -= this.#filled - kept;
      this.#filled = kept;
    }
    this.#filled += count;
  }

  #convolve(filter: PolyphaseFilter, most: number): Float32Array[] {
    const { up, down, taps } = filter;
    const free = this.#filled - taps - this.#at;
    const ready = free < 0 ? 0 : Math.floor(((free + 1) * up - this.#fraction - 1) / down) + 1;
    const count = Math.max(0, Math.min(ready, most));
    const planes = this.#history.map((history) => {
      const plane = new Float32Array(count);
      let at = this.#at;
      let fraction = this.#fraction;
      for (let n = 0; n < count; n++) {
        plane[n] = filter.dot(history, at, fraction);
        fraction += down;
        const whole = Math.floor(fraction / up);
        at += whole;
        fraction -= whole * up;
      }
      return plane;
    });
    const moved = this.#fraction + count * down;
    this.#at += Math.floor(moved / up);
    this.#fraction = moved % up;
    this.#given += count;
    return planes;
  }
}

/** The taps of every output phase for one ratio `up` / `down` in lowest terms. */
class PolyphaseFilter {
  readonly up: number;
  readonly down: number;
  /** Taps per phase, in input samples; a multiple of four. */
  readonly taps: number;
  readonly #phases: number;
  readonly #isExact: boolean;
  readonly #table: Float32Array;

  constructor(fromRate: number, toRate: number) {
    const divisor = greatestDivisor(fromRate, toRate);
    this.up = toRate / divisor;
    this.down = fromRate / divisor;
    const lowest = Math.min(1, toRate / fromRate);
    const halfWidth = kaiserHalfWidth() / lowest;
    this.taps = Math.ceil(halfWidth / 2) * 4;
    this.#isExact = this.up <= PHASES_MAX;
    this.#phases = this.#isExact ? this.up : PHASES_MAX;
    // One phase more than needed, so that the last can be interpolated with its neighbour.
    this.#table = new Float32Array((this.#phases + 1) * this.taps);
    for (let phase = 0; phase <= this.#phases; phase++) {
      const row = this.#table.subarray(phase * this.taps, (phase + 1) * this.taps);
      fillPhase(row, phase / this.#phases, { halfWidth, cutoff: (lowest * (PASS_EDGE + STOP_EDGE)) / 2 });
    }
  }

  /** The output at `fraction` / `up` behind the tap in the middle of those that start at `at`. */
  dot(samples: Float32Array, at: number, fraction: number): number {
    if (this.#isExact) return this.#dotPhase(samples, at, fraction);
    const place = (fraction / this.up) * this.#phases;
    const phase = Math.floor(place);
    const weight = place - phase;
    return (1 - weight) * this.#dotPhase(samples, at, phase) + weight * this.#dotPhase(samples, at, phase + 1);
  }

  #dotPhase(samples: Float32Array, at: number, phase: number): number {
    const table = this.#table;
    const { taps } = this;
    let [a, b, c, d] = [0, 0, 0, 0];
    let row = phase * taps;
    // Four sums, so that no addition waits for the one before.
    for (let n = at; n < at + taps; n += 4) {
      a += (samples[n] as number) * (table[row] as number);
      b += (samples[n + 1] as number) * (table[row + 1] as number);
      c += (samples[n + 2] as number) * (table[row + 2] as number);
      d += (samples[n + 3] as number) * (table[row + 3] as number);
      row += 4;
    }
    return a + b + (c + d);
  }
}

const filters = new Map<string, PolyphaseFilter>();
const FILTERS_MAX = 16;

/** Tables are large and depend on the rates only: streams share them. */
function filterFor(fromRate: number, toRate: number): PolyphaseFilter {
  const name = `${fromRate}/${toRate}`;
  const filter = filters.get(name) ?? new PolyphaseFilter(fromRate, toRate);
  if (filters.size >= FILTERS_MAX) filters.clear();
  filters.set(name, filter);
  return filter;
}

function fillPhase(row: Float32Array, offset: number, shape: { halfWidth: number; cutoff: number }): void {
  const { halfWidth, cutoff } = shape;
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const middle = row.length / 2 - 1;
  let sum = 0;
  for (let k = 0; k < row.length; k++) {
    const distance = k - middle - offset;
    const window = Math.sqrt(Math.max(0, 1 - (distance / halfWidth) ** 2));
    row[k] = 2 * cutoff * sinc(2 * cutoff * distance) * (besselI0(beta * window) / besselI0(beta));
    sum += row[k] ?? 0;
  }
  // Unity at 0 Hz in every phase: otherwise a constant would come out with a ripple.
  for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) / sum;
}

/** Half the length of a Kaiser-windowed filter of the wanted slope, in samples of the lower rate. */
function kaiserHalfWidth(): number {
  return (ATTENUATION_DB - 7.95) / (2.285 * 2 * Math.PI * (STOP_EDGE - PASS_EDGE)) / 2;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function assertWhole(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw clientError('INVALID_ARGUMENT', {
    message: `${name} must be a whole number from ${least} to ${most}`,
    details: { [name]: value, least, most },
  });
}
