// One input's sound on the film's timeline: decodes packets, puts them where their times say, follows a drifting
// clock by stretching, and gives out any stretch once. What is not there is silence, but for a few lost packets of
// Opus, which its decoder can guess.

import {
  type AudioDecoderOptions,
  createAudioDecoder,
  type DecodedSamples,
  type Decoder,
  stretch,
} from '@roomtape/ffmpeg';
import {
  OPUS_GUESS_US_MAX,
  type OpusFiller,
  opusFillerAfter,
  parseOpusPacket,
  rescaleNearest,
  US_PER_SECOND,
} from '@roomtape/media';

/** Sound of a codec, and what changes where the codec does. */
export type SoundSource = Omit<AudioDecoderOptions, 'channels'> & { readonly key: string };

/** Samples per second of every film. */
export const FILM_RATE = 48_000;
/** Deviations beyond this are holes or overlaps, below it a clock that drifts; samples (10 ms). */
const JUMP_SAMPLES = 480;
/** Deviations below this are left alone; samples (1 ms). */
const TOLERANCE_SAMPLES = 48;

const CONCEALED_SAMPLES_MAX = (OPUS_GUESS_US_MAX * FILM_RATE) / US_PER_SECOND;

type Placed = { readonly from: number; readonly planes: readonly Float32Array[] };

/** What a stretch of sound is added to, and how loud. */
export type SoundTarget = { readonly planes: readonly Float32Array[]; readonly gain: number };

/** The sound of one input. */
export class SoundLane {
  readonly #channels: number;
  #decoder: Decoder<DecodedSamples> | undefined;
  #source = '';
  /** Absent where what follows the last packet must not be guessed: nothing was heard in it, or the codec cannot. */
  #filler: OpusFiller | undefined;
  #errors = 0;
  #placed: Placed[] = [];
  /** Where the next packet belongs when the clock does not drift, samples of the film. */
  #end = 0;
  /** What lies before was given out. */
  #taken = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** Packets the codec refused so far; each is silence. */
  get errors(): number {
    return this.#errors + (this.#decoder?.errorCount() ?? 0);
  }

  /**
   * Length of the hole that a packet would leave, where that can only be packets that were lost, µs of the film; 0
   * where there is none, where it is too long, and where its sender had stopped sending: that is silence.
   */
  lostBefore(filmUs: number, source: SoundSource): number {
    const samples = this.#fillersBefore(filmUs, source) * (this.#filler?.durationTicks ?? 0);
    return rescaleNearest(samples, FILM_RATE, US_PER_SECOND);
  }

  /** Fills the hole before a packet that is pushed next, if it is one that `lostBefore` tells of. */
  conceal(filmUs: number, source: SoundSource): void {
    const filler = this.#filler;
    for (let left = this.#fillersBefore(filmUs, source); left > 0 && filler !== undefined; left -= 1)
      this.#decode(filler.data, rescaleNearest(this.#end, FILM_RATE, US_PER_SECOND));
  }

  /** Places one packet. */
  push(packet: { data: Uint8Array; filmUs: number }, source: SoundSource): void {
    const { key, ...codec } = source;
    if (this.#decoder === undefined || this.#source !== key) {
      this.#errors += this.#decoder?.errorCount() ?? 0;
      this.#decoder?.close();
      this.#decoder = createAudioDecoder({ ...codec, channels: this.#channels });
      this.#source = key;
      this.#filler = undefined;
    }
    this.#decode(packet.data, packet.filmUs);
    // A damaged packet is as good as lost.
    if (source.codec === 'opus' && parseOpusPacket(packet.data) !== undefined)
      this.#filler = opusFillerAfter(packet.data);
  }

  /** Adds the samples of the film from `from` on to the target; returns the sum of their squares before gain. */
  take(from: number, target: SoundTarget): number {
    const length = target.planes[0]?.length ?? 0;
    let energy = 0;
    let done = 0;
    for (const { from: at, planes } of this.#placed) {
      const size = planes[0]?.length ?? 0;
      if (at >= from + length) break;
      energy += add(target, planes, { to: Math.max(0, at - from), from: Math.max(0, from - at) });
      if (at + size <= from + length) done += 1;
    }
    this.#placed.splice(0, done);
    this.#taken = from + length;
    return energy;
  }

  /** Forgets what is not given out yet, and lets go of the decoder. */
  close(): void {
    this.#errors += this.#decoder?.errorCount() ?? 0;
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#filler = undefined;
    this.#placed = [];
  }

  /** How many packets were lost before one. */
  #fillersBefore(filmUs: number, source: SoundSource): number {
    if (this.#filler === undefined || this.#source !== source.key) return 0;
    const { durationTicks: samples } = this.#filler;
    const hole = rescaleNearest(filmUs, US_PER_SECOND, FILM_RATE) - this.#end;
    const count = Math.round(hole / samples);
    const isWhole = Math.abs(hole - count * samples) <= JUMP_SAMPLES;
    return hole > JUMP_SAMPLES && isWhole && count * samples <= CONCEALED_SAMPLES_MAX ? count : 0;
  }

  #decode(data: Uint8Array, filmUs: number): void {
    for (const block of this.#decoder?.decode(data, filmUs) ?? []) this.#place(block);
  }

  #place(block: DecodedSamples): void {
    const planes = this.#resampled(block);
    const length = planes[0]?.length ?? 0;
    if (length === 0) return;
    const target = rescaleNearest(block.ptsUs, US_PER_SECOND, FILM_RATE);
    const deviation = target - this.#end;
    if (Math.abs(deviation) <= JUMP_SAMPLES) this.#append(this.#end, this.#followed(planes, deviation));
    else if (deviation > 0) this.#append(target, planes);
    else if (-deviation < length)
      this.#append(
        this.#end,
        planes.map((plane) => plane.subarray(-deviation)),
      );
  }

  #append(at: number, planes: readonly Float32Array[]): void {
    const length = planes[0]?.length ?? 0;
    this.#end = at + length;
    // Late sound is not put where silence was given out already.
    const late = this.#taken - at;
    if (late >= length) return;
    this.#placed.push(
      late > 0 ? { from: this.#taken, planes: planes.map((plane) => plane.subarray(late)) } : { from: at, planes },
    );
  }

  /** At most 2 % longer or shorter, so that the pitch never changes audibly. */
  #followed(planes: readonly Float32Array[], deviation: number): readonly Float32Array[] {
    if (Math.abs(deviation) < TOLERANCE_SAMPLES) return planes;
    const length = planes[0]?.length ?? 0;
    const most = Math.max(1, Math.floor(length / 50));
    return stretch(planes, length + Math.max(-most, Math.min(most, deviation)));
  }

  #resampled(block: DecodedSamples): readonly Float32Array[] {
    const { samples, sampleRate } = block;
    const length = samples[0]?.length ?? 0;
    if (sampleRate === FILM_RATE || sampleRate <= 0 || length === 0) return samples;
    return stretch(samples, Math.round((length * FILM_RATE) / sampleRate));
  }
}

function add(target: SoundTarget, planes: readonly Float32Array[], place: { to: number; from: number }): number {
  let energy = 0;
  for (const [channel, out] of target.planes.entries()) {
    // A voice with one channel is heard on both sides; one with two is mixed down where the film has one.
    const mixed = target.planes.length === 1 && planes.length === 2;
    const left = planes[mixed ? 0 : channel] ?? planes[0];
    const right = mixed ? planes[1] : undefined;
    if (left === undefined) continue;
    const count = Math.min(out.length - place.to, left.length - place.from);
    for (let i = 0; i < count; i += 1) {
      const first = left[place.from + i] ?? 0;
      const sample = right === undefined ? first : (first + (right[place.from + i] ?? 0)) / 2;
      energy += sample * sample;
      out[place.to + i] = (out[place.to + i] ?? 0) + sample * target.gain;
    }
  }
  return energy / target.planes.length;
}
