// AAC-LC at 48 kHz: the browser's own encoder, or FFmpeg's as WebAssembly where it has none. Packets are counted, not
// timed: each is 1024 samples, and the first ones hold what the encoder puts before the sound.

import type { EncodedPacket as MediabunnyPacket } from 'mediabunny';

/** Samples of one AAC-LC packet. */
export const AAC_PACKET_SAMPLES = 1024;
/** What every encoder is set to. */
export const AAC_RATE = 48_000;
/** FFmpeg's encoder: `initial_padding` of libavcodec/aacenc.c. */
const FFMPEG_PRIMING_SAMPLES = 1024;

/** Which encoder, and how many samples it puts before the first one. */
export type AacChoice =
  | { readonly kind: 'native'; readonly primingSamples: number }
  | { readonly kind: 'wasm'; readonly primingSamples: number };

/** The encoder that runs wherever WebAssembly does. */
export const WASM_AAC: AacChoice = { kind: 'wasm', primingSamples: FFMPEG_PRIMING_SAMPLES };

/** How an encoder is made. */
export type AacEncoderOptions = {
  readonly choice: AacChoice;
  readonly channelCount: 1 | 2;
  readonly bitrateBps: number;
  /** Raw AAC without ADTS; `config` (AudioSpecificConfig) comes with the first. */
  onPacket(bytes: Uint8Array, config: Uint8Array | undefined): void;
  onError(error: unknown): void;
};

/** An encoder of one track. */
export interface AacEncoder {
  /** Resolves when it is loaded, or has failed. */
  readonly ready: Promise<void>;
  /** Takes the next samples, interleaved; they become the encoder's. Never throws. */
  encode(samples: Float32Array<ArrayBuffer>): void;
  /** Resolves when everything taken has come out; the last packet is filled up with silence. */
  flush(): Promise<void>;
  close(): void;
}

/** Makes the chosen encoder. The WebAssembly one is loaded now, and takes samples meanwhile. */
export function createAacEncoder(options: AacEncoderOptions): AacEncoder {
  return options.choice.kind === 'native' ? new NativeAacEncoder(options) : new WasmAacEncoder(options);
}

/** The configuration of the browser's encoder. */
export function nativeAacConfig(channelCount: number, bitrateBps: number): AudioEncoderConfig {
  return { codec: 'mp4a.40.2', sampleRate: AAC_RATE, numberOfChannels: channelCount, bitrate: bitrateBps };
}

/** Two bytes: AAC-LC, 48 kHz, channels (ISO/IEC 14496-3 §1.6.2.1); some browsers give none or a wrong one. */
export function audioSpecificConfig(channelCount: number): Uint8Array {
  const objectType = 2;
  const rateIndex = 3;
  return Uint8Array.of((objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channelCount << 3));
}

class NativeAacEncoder implements AacEncoder {
  readonly ready = Promise.resolve();
  readonly #options: AacEncoderOptions;
  readonly #encoder: AudioEncoder;
  #samples = 0;
  #isFirst = true;

  constructor(options: AacEncoderOptions) {
    this.#options = options;
    this.#encoder = new AudioEncoder({
      output: (chunk) => this.#give(chunk),
      error: (error) => options.onError(error),
    });
    this.#encoder.configure(nativeAacConfig(options.channelCount, options.bitrateBps));
  }

  encode(samples: Float32Array<ArrayBuffer>): void {
    const { channelCount } = this.#options;
    const count = samples.length / channelCount;
    if (count === 0 || this.#encoder.state !== 'configured') return;
    const data = new AudioData({
      format: 'f32',
      sampleRate: AAC_RATE,
      numberOfChannels: channelCount,
      numberOfFrames: count,
      timestamp: Math.round((this.#samples * 1e6) / AAC_RATE),
      data: samples,
    });
    this.#samples += count;
    this.#encoder.encode(data);
    data.close();
  }

  async flush(): Promise<void> {
    if (this.#encoder.state === 'configured') await this.#encoder.flush();
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #give(chunk: EncodedAudioChunk): void {
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.#options.onPacket(bytes, this.#isFirst ? audioSpecificConfig(this.#options.channelCount) : undefined);
    this.#isFirst = false;
  }
}

type LoadedWasm = {
  add(samples: Float32Array<ArrayBuffer>, at: number): Promise<void>;
  finish(): Promise<void>;
  cancel(): Promise<void>;
};

class WasmAacEncoder implements AacEncoder {
  readonly ready: Promise<void>;
  readonly #options: AacEncoderOptions;
  #samples = 0;
  #packets = 0;
  #isClosed = false;
  #loaded: LoadedWasm | undefined;
  /** Everything that was asked for, one after the other. */
  #work: Promise<void>;

  constructor(options: AacEncoderOptions) {
    this.#options = options;
    this.#work = this.#load().catch((error) => this.#fail(error));
    this.ready = this.#work;
  }

  encode(samples: Float32Array<ArrayBuffer>): void {
    const at = AAC_PACKET_SAMPLES + this.#samples;
    this.#samples += samples.length / this.#options.channelCount;
    this.#work = this.#work
      .then(() => (this.#isClosed ? undefined : this.#loaded?.add(samples, at)))
      .catch((error) => this.#fail(error));
  }

  async flush(): Promise<void> {
    this.#work = this.#work
      .then(() => (this.#isClosed || this.#samples === 0 ? undefined : this.#loaded?.finish()))
      .catch((error) => this.#fail(error));
    await this.#work;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#work.then(() => this.#loaded?.cancel()).catch(() => undefined);
  }

  async #load(): Promise<void> {
    const { openWasmAac } = await import('./wasm-aac.ts');
    if (this.#isClosed) return;
    const { channelCount, bitrateBps } = this.#options;
    this.#loaded = await openWasmAac({ channelCount, bitrateBps, onPacket: (packet) => this.#give(packet) });
    // It is compiled when the first sound comes: a packet of silence that nobody is given.
    await this.#loaded.add(new Float32Array(AAC_PACKET_SAMPLES * channelCount), 0);
  }

  #give(packet: MediabunnyPacket): void {
    this.#packets++;
    if (this.#packets === 1) return;
    const config = this.#packets === 2 ? audioSpecificConfig(this.#options.channelCount) : undefined;
    this.#options.onPacket(packet.data, config);
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.onError(error);
  }
}
