// Decoders: encoded packets in, copied pictures or samples out. Damaged input is reported as a count, never
// thrown, because input comes from outside.

import { type AudioCodec, kindOfCodec, type VideoCodec } from '@roomtape/media';
import { AV_NOPTS_VALUE } from 'node-av/constants';
import { type CodecContext, Frame, type Packet } from 'node-av/lib';
import { asBuffer, layoutOf, newPacket, openCodec, timeBaseOf } from './native.ts';
import { type Picture, pictureOf } from './picture.ts';
import { type Samples, samplesOf } from './samples.ts';

/** A decoded picture with its presentation time, µs, as given with its packet. */
export type DecodedPicture = { readonly ptsUs: number; readonly picture: Picture };
/** Decoded sound with its time, µs. */
export type DecodedSamples = { readonly ptsUs: number; readonly sampleRate: number; readonly samples: Samples };

/** Decodes one track; holds native memory until `close`. */
export interface Decoder<Output> {
  /** Decodes one packet; empty while the codec wants more, and when the packet is damaged. */
  decode(data: Uint8Array, ptsUs: number): Output[];
  /** Everything the codec still held. */
  flush(): Output[];
  /** Packets the codec refused so far. */
  errorCount(): number;
  /** Frees the codec; idempotent. */
  close(): void;
}

const VIDEO_DECODERS: Readonly<Record<VideoCodec, string>> = {
  h264: 'h264',
  h265: 'hevc',
  vp8: 'vp8',
  vp9: 'vp9',
  av1: 'libdav1d',
};
const AUDIO_DECODERS: Readonly<Record<AudioCodec, string>> = { opus: 'libopus', aac: 'aac' };

/** Opens a decoder for pictures. `config` as in `MuxTrack.config`, needed only where it is not in-band. */
export function createVideoDecoder(codec: VideoCodec, config?: Uint8Array): Decoder<DecodedPicture> {
  return new NativeDecoder(openVideoDecoder(codec, config), (frame, ptsUs) => ({ ptsUs, picture: pictureOf(frame) }));
}

/** Opens the native decoder of pictures; its owner frees it. */
export function openVideoDecoder(codec: VideoCodec, config: Uint8Array | undefined): CodecContext {
  return openDecoder({ name: VIDEO_DECODERS[codec], config, channels: undefined });
}

/** What an audio decoder must be told. */
export type AudioDecoderOptions = {
  readonly codec: AudioCodec;
  /** Channels to decode to: Opus mixes down or copies up by itself. */
  readonly channels: number;
  /** AudioSpecificConfig of AAC. */
  readonly config?: Uint8Array;
};

/** Opens a decoder for sound. */
export function createAudioDecoder(options: AudioDecoderOptions): Decoder<DecodedSamples> {
  const name = AUDIO_DECODERS[options.codec];
  const context = openDecoder({ name, config: options.config, channels: options.channels });
  return new NativeDecoder(context, (frame, ptsUs) => ({
    ptsUs,
    sampleRate: frame.sampleRate,
    samples: samplesOf(frame),
  }));
}

/** Whether a codec carries pictures, for callers that hold only an id. */
export function isVideoCodec(codec: AudioCodec | VideoCodec): codec is VideoCodec {
  return kindOfCodec(codec) === 'video';
}

type DecoderSetup = {
  readonly name: string;
  readonly config: Uint8Array | undefined;
  readonly channels: number | undefined;
};

function openDecoder(setup: DecoderSetup): CodecContext {
  return openCodec({
    name: setup.name,
    kind: 'decoder',
    configure: (context) => {
      context.pktTimebase = timeBaseOf(1_000_000);
      if (setup.config !== undefined) context.extraData = asBuffer(setup.config);
      if (setup.channels === undefined) return;
      context.sampleRate = 48_000;
      context.channelLayout = layoutOf(setup.channels);
    },
  });
}

class NativeDecoder<Output> implements Decoder<Output> {
  readonly #context: CodecContext;
  readonly #convert: (frame: Frame, ptsUs: number) => Output;
  readonly #packet: Packet = newPacket();
  readonly #frame = new Frame();
  #errors = 0;
  #open = true;

  constructor(context: CodecContext, convert: (frame: Frame, ptsUs: number) => Output) {
    this.#context = context;
    this.#convert = convert;
    this.#frame.alloc();
  }

  decode(data: Uint8Array, ptsUs: number): Output[] {
    if (!this.#open || data.length === 0) return [];
    const packet = this.#packet;
    packet.data = asBuffer(data);
    packet.pts = BigInt(Math.round(ptsUs));
    packet.dts = packet.pts;
    const result = this.#context.sendPacketSync(packet);
    packet.unref();
    if (result < 0) this.#errors += 1;
    return this.#receive(ptsUs);
  }

  flush(): Output[] {
    if (!this.#open) return [];
    this.#context.sendPacketSync(null);
    return this.#receive(0);
  }

  errorCount(): number {
    return this.#errors;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  #receive(fallbackUs: number): Output[] {
    const out: Output[] = [];
    while (this.#context.receiveFrameSync(this.#frame) >= 0) {
      const best = this.#frame.bestEffortTimestamp;
      const pts = best === AV_NOPTS_VALUE ? this.#frame.pts : best;
      out.push(this.#convert(this.#frame, pts === AV_NOPTS_VALUE ? fallbackUs : Number(pts)));
      this.#frame.unref();
    }
    return out;
  }
}
