// Encoders: pictures or samples in, encoded packets out. Parameter sets are in-band for video, as on the wire.

import { type AudioCodec, usToTicks, type VideoCodec } from '@roomtape/media';
import { AV_PIX_FMT_YUV420P, AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { type CodecContext, Frame, type Packet, Rational } from 'node-av/lib';
import { ffmpegError } from './errors.ts';
import { check, layoutOf, newPacket, openCodec, timeBaseOf } from './native.ts';
import { fillFrame, type Picture } from './picture.ts';
import type { Samples } from './samples.ts';

/** An encoded packet; times in µs, `dtsUs` ≤ `ptsUs`. */
export type EncodedPacket = {
  readonly ptsUs: number;
  readonly dtsUs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
};

/** How video is encoded. */
export type VideoEncoderOptions = {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrate: number;
  /** Pictures from one keyframe to the next. */
  readonly gopFrames: number;
  /** Pictures between references that are sent out of order; 0 as WebRTC senders do. */
  readonly bFrames?: number;
  /**
   * H.264 for films: looks ahead, so that pictures come out some later. Absent: at once, as WebRTC senders do.
   * `quality` (0 to 51, lower is better) takes the place of the bitrate; 0 threads are as many as the machine has.
   */
  readonly film?: { readonly preset: string; readonly quality?: number; readonly threads: number };
};

/** Encodes pictures of one size. */
export interface VideoEncoder {
  /** Encodes one picture of the encoder's size; a plane too short throws. */
  encode(picture: Picture, ptsUs: number): EncodedPacket[];
  flush(): EncodedPacket[];
  close(): void;
}

/** Encodes sound in blocks of `frameSamples`. */
export interface AudioEncoder {
  /** Samples per channel that every call of `encode` must bring. */
  readonly frameSamples: number;
  /** Samples the codec puts before the first one given to it. */
  readonly primingSamples: number;
  /** Decoder configuration (AudioSpecificConfig, OpusHead). */
  readonly config: Uint8Array;
  encode(samples: Samples, ptsUs: number): EncodedPacket[];
  flush(): EncodedPacket[];
  close(): void;
}

type EncoderRow = { readonly name: string; readonly options: (o: VideoEncoderOptions) => Record<string, string> };

const VIDEO_ENCODERS: Readonly<Record<VideoCodec, EncoderRow>> = {
  h264: {
    name: 'libx264',
    options: (o) => (o.film === undefined ? liveH264(o) : filmH264(o.film)),
  },
  h265: {
    name: 'libx265',
    options: () => ({
      preset: 'ultrafast',
      tune: 'zerolatency',
      'x265-params': 'repeat-headers=1:aud=0:scenecut=0:log-level=none:pools=none:frame-threads=1',
    }),
  },
  vp8: { name: 'libvpx', options: () => ({ deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' }) },
  vp9: { name: 'libvpx-vp9', options: () => ({ deadline: 'realtime', 'cpu-used': '8', 'lag-in-frames': '0' }) },
  av1: {
    name: 'libsvtav1',
    options: () => ({ preset: '10', crf: '40', 'svtav1-params': 'pred-struct=1:lookahead=0:lp=1' }),
  },
};

function liveH264(options: VideoEncoderOptions): Record<string, string> {
  return {
    preset: 'ultrafast',
    ...((options.bFrames ?? 0) > 0 ? {} : { tune: 'zerolatency' }),
    'x264-params': `repeat-headers=1:aud=0:scenecut=0:sliced-threads=0`,
  };
}

/** Keyframes only where they are due: segments of all outputs are cut there. */
function filmH264(film: NonNullable<VideoEncoderOptions['film']>): Record<string, string> {
  return {
    preset: film.preset,
    ...(film.quality === undefined ? {} : { crf: String(film.quality) }),
    threads: String(film.threads),
    'x264-params': 'repeat-headers=1:aud=0:scenecut=0:colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m',
  };
}

/** Opens an encoder for pictures. */
export function createVideoEncoder(options: VideoEncoderOptions): VideoEncoder {
  const row = VIDEO_ENCODERS[options.codec];
  // SVT-AV1 writes to stderr by itself and listens only to this variable; 1 is errors.
  if (options.codec === 'av1') process.env.SVT_LOG ??= '1';
  const context = openCodec({
    name: row.name,
    kind: 'encoder',
    options: row.options(options),
    configure: (c) => {
      c.width = options.width;
      c.height = options.height;
      c.pixelFormat = AV_PIX_FMT_YUV420P;
      // A whole number of ticks per picture: rate control takes the time base as the frame rate's.
      c.timeBase = timeBaseOf(90_000);
      c.framerate = new Rational(options.fps, 1);
      c.gopSize = options.gopFrames;
      c.maxBFrames = options.bFrames ?? 0;
      // SVT-AV1 has no variable rate without look-ahead: it goes by constant quality.
      if (options.codec !== 'av1' && options.film?.quality === undefined) c.bitRate = BigInt(options.bitrate);
    },
  });
  return new NativeVideoEncoder(context, options);
}

/** How sound is encoded. */
export type AudioEncoderOptions = {
  readonly codec: AudioCodec | 'mp3';
  readonly channels: number;
  readonly bitrate: number;
};

/** LAME's own delay and that of every decoder (576 + 529). */
export const MP3_PRIMING_SAMPLES = 1105;

const AUDIO_ENCODERS = {
  opus: { name: 'libopus', format: AV_SAMPLE_FMT_FLT, primingSamples: 312 },
  aac: { name: 'aac', format: AV_SAMPLE_FMT_FLTP, primingSamples: 1024 },
  mp3: { name: 'libmp3lame', format: AV_SAMPLE_FMT_FLTP, primingSamples: MP3_PRIMING_SAMPLES },
} as const;

/** Opens an encoder for sound at 48 kHz: 20 ms Opus packets, 1024-sample AAC-LC or 1152-sample MP3. */
export function createAudioEncoder(options: AudioEncoderOptions): AudioEncoder {
  const context = openCodec({
    name: AUDIO_ENCODERS[options.codec].name,
    kind: 'encoder',
    globalHeader: true,
    configure: (c) => {
      c.sampleRate = 48_000;
      c.sampleFormat = AUDIO_ENCODERS[options.codec].format;
      c.channelLayout = layoutOf(options.channels);
      c.timeBase = timeBaseOf(48_000);
      c.bitRate = BigInt(options.bitrate);
    },
  });
  return new NativeAudioEncoder(context, options);
}

/** What encoders of both kinds share: one frame that is used again for each input, and its way to packets. */
class FrameEncoder {
  readonly frame = new Frame();
  readonly #context: CodecContext;
  readonly #rate: number;
  readonly #packet: Packet = newPacket();
  #open = true;

  /** `describe` says what the frame holds; its buffer is made for that. */
  constructor(context: CodecContext, rate: number, describe: (frame: Frame) => void) {
    this.#context = context;
    this.#rate = rate;
    this.frame.alloc();
    describe(this.frame);
    check(this.frame.getBuffer(0), 'codec-failed', 'allocate a frame');
  }

  encode(ptsUs: number, fill: () => void): EncodedPacket[] {
    // Asking for the planes of a frame that was made writable anew makes new views of all of its memory.
    if (!this.frame.isWritable) check(this.frame.makeWritable(), 'codec-failed', 'use a frame again');
    fill();
    this.frame.pts = BigInt(usToTicks(ptsUs, this.#rate));
    check(this.#context.sendFrameSync(this.frame), 'codec-failed', 'encode a frame');
    return this.#read();
  }

  flush(): EncodedPacket[] {
    this.#context.sendFrameSync(null);
    return this.#read();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#packet.free();
    this.frame.free();
    this.#context.freeContext();
  }

  #read(): EncodedPacket[] {
    const out: EncodedPacket[] = [];
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      const data = this.#packet.data;
      const toUs = (point: bigint): number => Math.round((Number(point) * 1_000_000) / this.#rate);
      if (data !== null)
        out.push({
          ptsUs: toUs(this.#packet.pts),
          dtsUs: toUs(this.#packet.dts),
          key: this.#packet.isKeyframe,
          data: new Uint8Array(data),
        });
      this.#packet.unref();
    }
    return out;
  }
}

class NativeVideoEncoder implements VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #encoder: FrameEncoder;

  constructor(context: CodecContext, options: VideoEncoderOptions) {
    this.#options = options;
    this.#encoder = new FrameEncoder(context, 90_000, (frame) => {
      frame.format = AV_PIX_FMT_YUV420P;
      frame.width = options.width;
      frame.height = options.height;
    });
  }

  encode(picture: Picture, ptsUs: number): EncodedPacket[] {
    if (picture.width !== this.#options.width || picture.height !== this.#options.height)
      throw ffmpegError('codec-failed', 'encode picture: size differs from the encoder');
    return this.#encoder.encode(ptsUs, () => fillFrame(this.#encoder.frame, picture));
  }

  flush(): EncodedPacket[] {
    return this.#encoder.flush();
  }

  close(): void {
    this.#encoder.close();
  }
}

class NativeAudioEncoder implements AudioEncoder {
  readonly frameSamples: number;
  readonly primingSamples: number;
  readonly config: Uint8Array;
  readonly #options: AudioEncoderOptions;
  readonly #encoder: FrameEncoder;

  constructor(context: CodecContext, options: AudioEncoderOptions) {
    this.#options = options;
    this.frameSamples = context.frameSize;
    this.primingSamples = AUDIO_ENCODERS[options.codec].primingSamples;
    this.config = new Uint8Array(context.extraData ?? []);
    this.#encoder = new FrameEncoder(context, 48_000, (frame) => {
      frame.format = AUDIO_ENCODERS[options.codec].format;
      frame.sampleRate = 48_000;
      frame.channelLayout = layoutOf(options.channels);
      frame.nbSamples = this.frameSamples;
    });
  }

  encode(samples: Samples, ptsUs: number): EncodedPacket[] {
    return this.#encoder.encode(ptsUs, () => this.#fill(samples));
  }

  flush(): EncodedPacket[] {
    return this.#encoder.flush();
  }

  close(): void {
    this.#encoder.close();
  }

  #fill(samples: Samples): void {
    const { channels } = this.#options;
    const planes = this.#encoder.frame.data ?? [];
    const planar = this.#options.codec !== 'opus';
    for (let channel = 0; channel < channels; channel += 1) {
      const source = samples[channel];
      const plane = planes[planar ? channel : 0];
      const count = this.frameSamples * (planar ? 1 : channels);
      if (
        source === undefined ||
        plane === undefined ||
        source.length !== this.frameSamples ||
        plane.length < count * 4
      )
        throw ffmpegError('codec-failed', 'encode samples: a block of another length');
      const target = new Float32Array(plane.buffer, plane.byteOffset, count);
      if (planar) target.set(source);
      else for (let i = 0; i < source.length; i += 1) target[i * channels + channel] = source[i] ?? 0;
    }
  }
}
