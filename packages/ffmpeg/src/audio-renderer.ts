// Turns placed audio packets into one unbroken AAC, MP3 or PCM track: decodes, puts the samples where the plan says,
// fills holes with silence, follows a drifting clock by stretching, and encodes. It trusts the times it is given.

import { type AudioCodec, assert, rescaleNearest, US_PER_SECOND } from '@roomtape/media';
import type { FileSound } from './containers.ts';
import { createAudioDecoder, type DecodedSamples, type Decoder } from './decoder.ts';
import { type AudioEncoder, createAudioEncoder, type EncodedPacket } from './encoder.ts';
import { createPcmEncoder } from './pcm-encoder.ts';
import type { Samples } from './samples.ts';
import { stretch } from './stretch.ts';

/** What the packets are and what they become. */
export type AudioRendererOptions = {
  readonly codec: AudioCodec;
  /** What they become. */
  readonly target: 'aac' | FileSound;
  /** AudioSpecificConfig when the source is AAC. */
  readonly config?: Uint8Array;
  readonly channels: 1 | 2;
  readonly bitrate: number;
};

/** One packet of the track, µs on the timeline; the first ones lie before 0 where the codec has priming. */
export type RenderedPacket = { readonly ptsUs: number; readonly durationUs: number; readonly data: Uint8Array };

/** Renders one audio track from time 0 on. */
export interface AudioRenderer {
  /** AudioSpecificConfig of the result; empty where the target has none. */
  readonly config: Uint8Array;
  /** Places one packet; holes before it become silence, what overlaps earlier sound is cut off. */
  push(data: Uint8Array, ptsUs: number): RenderedPacket[];
  /** Puts silence up to a time, where the plan knows that nothing will come. */
  silenceUntil(us: number): RenderedPacket[];
  /** Changes the source's codec from here on. */
  setSource(codec: AudioCodec, config?: Uint8Array): void;
  /** Fills up to `endUs` and ends the track; the last packet states that it lasts no longer. */
  finish(endUs: number): RenderedPacket[];
  /** Damaged packets so far; each one is silence. */
  errorCount(): number;
  close(): void;
}

const RATE = 48_000;
/** Deviations beyond this are holes or overlaps, below it a clock that drifts; samples (10 ms). */
const JUMP_SAMPLES = 480;
/** Deviations below this are left alone; samples (1 ms). */
const TOLERANCE_SAMPLES = 48;
/** Blocks of zeros after which the encoder's answer no longer changes. */
const SETTLED_BLOCKS = 4;

/** Opens a renderer; throws when a codec is missing. */
export function createAudioRenderer(options: AudioRendererOptions): AudioRenderer {
  return new NativeAudioRenderer(options);
}

function resampled(block: DecodedSamples): Samples {
  const length = block.samples[0]?.length ?? 0;
  if (block.sampleRate === RATE || block.sampleRate <= 0 || length === 0) return block.samples;
  return stretch(block.samples, Math.round((length * RATE) / block.sampleRate));
}

class NativeAudioRenderer implements AudioRenderer {
  readonly config: Uint8Array;
  readonly #channels: number;
  readonly #encoder: AudioEncoder;
  readonly #block: number;
  #decoder: Decoder<DecodedSamples>;
  readonly #pending: Samples;
  #filled = 0;
  /** Samples placed so far, from time 0. */
  #cursor = 0;
  /** Blocks handed out or dropped so far. */
  #blocks = 0;
  #silentBlocks = 0;
  #pendingIsSilent = true;
  #settled: Uint8Array | undefined;
  #errors = 0;

  constructor(options: AudioRendererOptions) {
    this.#channels = options.channels;
    const { target, channels, bitrate } = options;
    this.#encoder =
      target === 'pcm' ? createPcmEncoder(channels) : createAudioEncoder({ codec: target, channels, bitrate });
    this.#block = this.#encoder.frameSamples;
    assert(this.#block > 0, 'sound is encoded in blocks');
    this.config = this.#encoder.config;
    this.#decoder = this.#openDecoder(options.codec, options.config);
    this.#pending = Array.from({ length: options.channels }, () => new Float32Array(this.#block));
  }

  push(data: Uint8Array, ptsUs: number): RenderedPacket[] {
    const out: RenderedPacket[] = [];
    for (const block of this.#decoder.decode(data, ptsUs)) this.#place(block, out);
    return out;
  }

  silenceUntil(us: number): RenderedPacket[] {
    const out: RenderedPacket[] = [];
    this.#putSilence(rescaleNearest(us, US_PER_SECOND, RATE) - this.#cursor, out);
    return out;
  }

  setSource(codec: AudioCodec, config?: Uint8Array): void {
    this.#errors += this.#decoder.errorCount();
    this.#decoder.close();
    this.#decoder = this.#openDecoder(codec, config);
  }

  finish(endUs: number): RenderedPacket[] {
    const out = this.silenceUntil(endUs);
    if (this.#filled > 0) this.#putSilence(this.#block - this.#filled, out);
    for (const packet of this.#encoder.flush()) this.#emit(packet, out);
    const end = rescaleNearest(endUs, US_PER_SECOND, RATE);
    return out
      .filter((packet) => rescaleNearest(packet.ptsUs, US_PER_SECOND, RATE) < end)
      .map((packet) => ({ ...packet, durationUs: Math.min(packet.durationUs, Math.ceil(endUs - packet.ptsUs)) }));
  }

  errorCount(): number {
    return this.#errors + this.#decoder.errorCount();
  }

  close(): void {
    this.#decoder.close();
    this.#encoder.close();
  }

  #openDecoder(codec: AudioCodec, config: Uint8Array | undefined): Decoder<DecodedSamples> {
    const channels = this.#channels;
    return createAudioDecoder(config === undefined ? { codec, channels } : { codec, channels, config });
  }

  #place(block: DecodedSamples, out: RenderedPacket[]): void {
    const samples = resampled(block);
    const length = samples[0]?.length ?? 0;
    if (length === 0) return;
    const target = rescaleNearest(block.ptsUs, US_PER_SECOND, RATE);
    const deviation = target - this.#cursor;
    if (this.#cursor === 0 && deviation < 0) {
      // Sound that began before the track does: its head is cut off.
      if (-deviation < length) this.#put(samples, -deviation, out);
    } else if (deviation > JUMP_SAMPLES) {
      this.#putSilence(deviation, out);
      this.#put(samples, 0, out);
    } else if (deviation < -JUMP_SAMPLES) {
      if (-deviation < length) this.#put(samples, -deviation, out);
    } else {
      this.#put(this.#followed(samples, deviation), 0, out);
    }
  }

  /** At most 2 % longer or shorter, so that the pitch never changes audibly. */
  #followed(samples: Samples, deviation: number): Samples {
    if (Math.abs(deviation) < TOLERANCE_SAMPLES) return samples;
    const length = samples[0]?.length ?? 0;
    const most = Math.max(1, Math.floor(length / 50));
    return stretch(samples, length + Math.max(-most, Math.min(most, deviation)));
  }

  #put(samples: Samples, from: number, out: RenderedPacket[]): void {
    const length = samples[0]?.length ?? 0;
    this.#pendingIsSilent = false;
    for (let at = from; at < length; ) {
      const count = Math.min(this.#block - this.#filled, length - at);
      for (let channel = 0; channel < this.#channels; channel += 1) {
        const source = samples[channel] ?? samples[0];
        if (source !== undefined) this.#pending[channel]?.set(source.subarray(at, at + count), this.#filled);
      }
      at += count;
      this.#advance(count, out);
      if (at < length) this.#pendingIsSilent = false;
    }
  }

  #putSilence(samples: number, out: RenderedPacket[]): void {
    for (let left = samples; left > 0; ) {
      const count = Math.min(this.#block - this.#filled, left);
      for (const plane of this.#pending) plane.fill(0, this.#filled, this.#filled + count);
      left -= count;
      this.#advance(count, out);
    }
  }

  #advance(count: number, out: RenderedPacket[]): void {
    this.#filled += count;
    this.#cursor += count;
    if (this.#filled < this.#block) return;
    this.#filled = 0;
    this.#silentBlocks = this.#pendingIsSilent ? this.#silentBlocks + 1 : 0;
    this.#pendingIsSilent = true;
    // An encoder fed only zeros repeats itself; an hour of mute must not cost an hour of encoding.
    if (this.#silentBlocks > SETTLED_BLOCKS && this.#settled !== undefined) {
      this.#emit({ data: this.#settled }, out);
      return;
    }
    for (const packet of this.#encoder.encode(this.#pending, rescaleNearest(this.#cursor, RATE, US_PER_SECOND))) {
      if (this.#silentBlocks === SETTLED_BLOCKS) this.#settled ??= packet.data;
      this.#emit(packet, out);
    }
  }

  /** The first block is the codec's priming: it lies before time 0, and the container's edit list hides it. */
  #emit(packet: Pick<EncodedPacket, 'data'>, out: RenderedPacket[]): void {
    const start = this.#blocks * this.#block - this.#encoder.primingSamples;
    this.#blocks += 1;
    const ptsUs = rescaleNearest(start, RATE, US_PER_SECOND);
    out.push({
      ptsUs,
      durationUs: rescaleNearest(start + this.#block, RATE, US_PER_SECOND) - ptsUs,
      data: packet.data,
    });
  }
}
