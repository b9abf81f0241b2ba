// One unbroken line of sound at 48 kHz, made of blocks that carry times: gaps are filled with silence, overlaps left
// out, slow drift of the source's clock is followed one sample at a time. Pure; times come in, it has no clock.

import { PcmResampler } from '../audio/pcm-resampler.ts';

/** A block of sound as it was captured. */
export type SoundBlock = {
  /** Time of its first sample on the recording's line, µs; may be before its start. */
  readonly atUs: number;
  readonly sampleRate: number;
  /** One plane per channel, all of one length. The line may keep them. */
  readonly planes: readonly Float32Array[];
};

/** What a line is made for. */
export type SoundLineOptions = {
  readonly channelCount: 1 | 2;
  /** Takes the line's samples, each exactly once and in order; the first is of the line's moment 0. Planes are its own. */
  onSamples(planes: readonly Float32Array[]): void;
};

/** The line's samples in a second. */
export const LINE_RATE = 48_000;
/** Blocks whose times are looked at together: the earliest tells where they belong, lateness is the machine's. */
const WINDOW_BLOCKS = 16;
/** A source that begins is placed by its first blocks, or by what came until then. */
const PLACING_US = 250_000;
/** So far from where it belongs sound is cut or filled at once, and so far after a window of it, samples. */
const JUMP_SAMPLES = 0.04 * LINE_RATE;
const STEP_SAMPLES = 0.006 * LINE_RATE;
/** Nearer than this nothing is moved. */
const TOLERANCE_SAMPLES = 0.0005 * LINE_RATE;
/** One sample more or less in so many blocks of 10 ms: 0.05 %, half a millisecond a second. */
const WARP_EVERY_BLOCKS = 4;
/**
 * A computer that slept leaves a hole of hours: what comes behind a hole longer than this is left out until `fillTo`
 * has filled it, piece by piece, about as fast as encoders can take it.
 */
const HOLE_SAMPLES_MAX = 10 * LINE_RATE;
const FILL_SAMPLES_MAX = 5 * LINE_RATE;
const SILENCE_BLOCK = 4800;

/** Sound that came without a break and in one format. */
type Run = {
  readonly sampleRate: number;
  readonly channels: number;
  readonly resampler: PcmResampler | undefined;
  /** Line position of the next input sample, by counting, samples. */
  countedAt: number;
  /** Line position of the next sample that comes out of the resampler. */
  emitAt: number;
  least: number;
  most: number;
  blocks: number;
  /** Samples still to be added (more than 0) or taken out, one by one. */
  debt: number;
  sinceWarp: number;
};

/** The line of one recording. */
export class SoundLine {
  readonly #options: SoundLineOptions;
  #next = 0;
  #waiting: SoundBlock[] = [];
  #run: Run | undefined;

  constructor(options: SoundLineOptions) {
    this.#options = options;
  }

  /** Up to where the line is made, µs. */
  get endUs(): number {
    return (this.#next / LINE_RATE) * 1e6;
  }

  /** Takes the next block of the current source. */
  push(block: SoundBlock): void {
    const length = block.planes[0]?.length ?? 0;
    if (length === 0 || !Number.isFinite(block.atUs)) return;
    const run = this.#run;
    if (run !== undefined && (run.sampleRate !== block.sampleRate || run.channels !== block.planes.length)) {
      this.endSource();
    }
    if (this.#run === undefined) this.#place(block);
    else this.#append(this.#run, block);
  }

  /** The source stopped or is replaced: what it still holds back comes out, the next block is placed anew. */
  endSource(): void {
    this.#beginRun();
    const run = this.#run;
    if (run?.resampler !== undefined) this.#emit(run, run.resampler.flush());
    this.#run = undefined;
  }

  /** Fills with silence up to a moment, or five seconds of the way, if the line is not there yet. Ends the source. */
  fillTo(lineUs: number): void {
    const until = Math.min(Math.round(samplesOf(lineUs)), this.#next + FILL_SAMPLES_MAX);
    if (until <= this.#next) return;
    this.endSource();
    this.#silence(until - this.#next);
  }

  #place(block: SoundBlock): void {
    this.#waiting.push(block);
    const first = this.#waiting[0] ?? block;
    const isEnough = this.#waiting.length >= WINDOW_BLOCKS || block.atUs - first.atUs >= PLACING_US;
    if (isEnough) this.#beginRun();
  }

  #beginRun(): void {
    const blocks = this.#waiting;
    const first = blocks[0];
    if (first === undefined) return;
    this.#waiting = [];
    this.#run = startOfRun(first, earliestStart(blocks));
    for (const block of blocks) this.#append(this.#run, block);
  }

  #append(run: Run, block: SoundBlock): void {
    this.#follow(run, samplesOf(block.atUs) - run.countedAt);
    const length = block.planes[0]?.length ?? 0;
    run.countedAt += (length * LINE_RATE) / run.sampleRate;
    const planes = run.resampler === undefined ? block.planes : run.resampler.process(block.planes);
    this.#emit(run, this.#warped(run, planes));
  }

  /** Compares where the block says it belongs with where counting puts it. */
  #follow(run: Run, error: number): void {
    if (Math.abs(error) >= JUMP_SAMPLES) {
      shift(run, error);
      return;
    }
    run.least = Math.min(run.least, error);
    run.most = Math.max(run.most, error);
    run.blocks++;
    if (run.blocks < WINDOW_BLOCKS) return;
    if (run.least >= STEP_SAMPLES) shift(run, run.least);
    else if (run.most <= -STEP_SAMPLES) shift(run, run.most);
    else run.debt = Math.abs(run.least) > TOLERANCE_SAMPLES ? Math.round(run.least) : 0;
    beginWindow(run);
  }

  #warped(run: Run, planes: readonly Float32Array[]): readonly Float32Array[] {
    run.sinceWarp++;
    const length = planes[0]?.length ?? 0;
    if (run.debt === 0 || run.sinceWarp < WARP_EVERY_BLOCKS || length < 64) return planes;
    const by = Math.sign(run.debt);
    run.sinceWarp = 0;
    run.debt -= by;
    run.countedAt += by;
    return planes.map((plane) => stretched(plane, length + by));
  }

  /** Puts samples where the run is, behind what is there: before it they are dropped, after it silence goes first. */
  #emit(run: Run, planes: readonly Float32Array[]): void {
    const length = planes[0]?.length ?? 0;
    const gap = Math.round(run.emitAt) - this.#next;
    run.emitAt += length;
    if (length === 0) return;
    if (gap > HOLE_SAMPLES_MAX) return;
    if (gap > 0) this.#silence(gap);
    const skipped = Math.min(length, Math.max(0, -gap));
    if (skipped < length) this.#give(planes.map((plane) => plane.subarray(skipped)));
  }

  #give(planes: readonly Float32Array[]): void {
    const mixed = withChannels(planes, this.#options.channelCount);
    this.#next += mixed[0]?.length ?? 0;
    this.#options.onSamples(mixed);
  }

  #silence(samples: number): void {
    for (let left = samples; left > 0; left -= SILENCE_BLOCK) {
      this.#give([new Float32Array(Math.min(left, SILENCE_BLOCK))]);
    }
  }
}

function startOfRun(block: SoundBlock, at: number): Run {
  const channels = block.planes.length;
  const isLineRate = block.sampleRate === LINE_RATE;
  const rates = { fromRate: block.sampleRate, toRate: LINE_RATE, channels };
  return {
    sampleRate: block.sampleRate,
    channels,
    resampler: isLineRate ? undefined : new PcmResampler(rates),
    countedAt: at,
    emitAt: at,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    blocks: 0,
    debt: 0,
    sinceWarp: 0,
  };
}

/** Where the first of some blocks begins, by the one that is least late. */
function earliestStart(blocks: readonly SoundBlock[]): number {
  let counted = 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const { atUs, planes, sampleRate } of blocks) {
    const start = samplesOf(atUs) - counted;
    // Behind a hole counting says nothing of the first one.
    if (Number.isFinite(earliest) && Math.abs(start - earliest) >= JUMP_SAMPLES) break;
    earliest = Math.min(earliest, start);
    counted += ((planes[0]?.length ?? 0) * LINE_RATE) / sampleRate;
  }
  return Math.round(earliest);
}

function shift(run: Run, samples: number): void {
  const whole = Math.round(samples);
  run.countedAt += whole;
  run.emitAt += whole;
  run.debt = 0;
  beginWindow(run);
}

function beginWindow(run: Run): void {
  run.least = Number.POSITIVE_INFINITY;
  run.most = Number.NEGATIVE_INFINITY;
  run.blocks = 0;
}

/** The same sound in a few samples more or less. */
function stretched(plane: Float32Array, length: number): Float32Array {
  const scale = (plane.length - 1) / (length - 1);
  return Float32Array.from({ length }, (_, i) => {
    const place = i * scale;
    const left = Math.min(Math.floor(place), plane.length - 2);
    const [a, b] = [plane[left] ?? 0, plane[left + 1] ?? 0];
    return a + (b - a) * (place - left);
  });
}

function withChannels(planes: readonly Float32Array[], channelCount: 1 | 2): readonly Float32Array[] {
  const [left = new Float32Array(0), right = left] = planes;
  if (channelCount === 2) return [left, right];
  return right === left ? [left] : [left.map((sample, i) => (sample + (right[i] ?? 0)) / 2)];
}

function samplesOf(lineUs: number): number {
  return (lineUs * LINE_RATE) / 1e6;
}
