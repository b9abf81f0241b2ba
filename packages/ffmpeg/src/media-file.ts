// Reads media files: tracks, encoded packets, decoded pictures and sound. Any file FFmpeg knows; input is not
// trusted, so damage ends in fewer results and a count.

import type { AudioCodec, CodecId, VideoCodec } from '@roomtape/media';
import { AV_NOPTS_VALUE, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, type Packet, type Stream } from 'node-av/lib';
import { codecOfId } from './codec-ids.ts';
import type { DecodedPicture, DecodedSamples } from './decoder.ts';
import { ffmpegError } from './errors.ts';
import { check, newPacket } from './native.ts';
import { pictureOf } from './picture.ts';
import { samplesOf } from './samples.ts';

/** One track of a file as its container describes it. */
export type FileTrack = {
  readonly index: number;
  readonly kind: 'audio' | 'video' | 'other';
  /** Absent when it is a codec Roomtape does not record. */
  readonly codec?: CodecId;
  readonly startUs: number;
  readonly durationUs: number;
  readonly width?: number;
  readonly height?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  /** Decoder configuration in the container's own form. */
  readonly config?: Uint8Array;
};

/** What `probeFile` says. */
export type FileFacts = {
  readonly format: string;
  readonly durationUs: number;
  readonly tracks: readonly FileTrack[];
};

/** An encoded packet of a file; µs in the file's time. */
export type FilePacket = {
  readonly track: number;
  readonly ptsUs: number;
  readonly dtsUs: number;
  readonly durationUs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
};

/** What decoding a file gives, in file order. */
export type FileMedia =
  | ({ readonly kind: 'picture'; readonly track: number; readonly key: boolean } & DecodedPicture)
  | ({ readonly kind: 'samples'; readonly track: number } & DecodedSamples);

/** An open file; holds native memory until `close`. Reading continues where the last call stopped. */
export interface MediaFile extends FileFacts {
  /** Encoded packets of all tracks, in file order. */
  packets(): Generator<FilePacket>;
  /** Decoded pictures and sound of all tracks, in file order. */
  media(): Generator<FileMedia>;
  /** Packets decoders refused so far. */
  errorCount(): number;
  close(): void;
}

/** Opens a file for reading; throws `input-open-failed` or `input-invalid`. */
export function openMediaFile(path: string): MediaFile {
  const context = new FormatContext();
  check(context.openInputSync(path, null, null), 'input-open-failed', `open ${path}`);
  try {
    check(context.findStreamInfoSync(null), 'input-invalid', `read ${path}`);
    return new NativeMediaFile(context);
  } catch (error) {
    context.closeInputSync();
    throw error;
  }
}

/** Says what is in a file without decoding it. */
export function probeFile(path: string): FileFacts {
  const file = openMediaFile(path);
  const { format, durationUs, tracks } = file;
  file.close();
  return { format, durationUs, tracks };
}

function toUs(point: bigint, stream: Stream): number {
  const { num, den } = stream.timeBase;
  return point === AV_NOPTS_VALUE ? 0 : Math.round((Number(point) * num * 1_000_000) / den);
}

function describe(stream: Stream): FileTrack {
  const parameters = stream.codecpar;
  const kind =
    parameters.codecType === AVMEDIA_TYPE_VIDEO
      ? 'video'
      : parameters.codecType === AVMEDIA_TYPE_AUDIO
        ? 'audio'
        : 'other';
  const codec = codecOfId(parameters.codecId);
  const config = parameters.extradata;
  return {
    index: stream.index,
    kind,
    startUs: toUs(stream.startTime, stream),
    durationUs: toUs(stream.duration, stream),
    ...(codec === undefined ? {} : { codec }),
    ...(kind === 'video' ? { width: parameters.width, height: parameters.height } : {}),
    ...(kind === 'audio' ? { channels: parameters.channels, sampleRate: parameters.sampleRate } : {}),
    ...(config === null ? {} : { config: new Uint8Array(config) }),
  };
}

class NativeMediaFile implements MediaFile {
  readonly format: string;
  readonly durationUs: number;
  readonly tracks: readonly FileTrack[];
  readonly #context: FormatContext;
  readonly #streams: readonly Stream[];
  readonly #decoders = new Map<number, CodecContext>();
  readonly #packet: Packet = newPacket();
  readonly #frame = new Frame();
  #errors = 0;
  #open = true;

  constructor(context: FormatContext) {
    this.#context = context;
    this.#streams = context.streams;
    this.format = context.iformat?.name ?? 'unknown';
    this.durationUs = context.duration === AV_NOPTS_VALUE ? 0 : Number(context.duration);
    this.tracks = this.#streams.map(describe);
    this.#frame.alloc();
  }

  *packets(): Generator<FilePacket> {
    while (this.#next()) {
      const packet = this.#packet;
      const stream = this.#streams[packet.streamIndex];
      const data = packet.data;
      if (stream === undefined || data === null) continue;
      const dtsUs = toUs(packet.dts, stream);
      yield {
        track: packet.streamIndex,
        ptsUs: packet.pts === AV_NOPTS_VALUE ? dtsUs : toUs(packet.pts, stream),
        dtsUs,
        durationUs: toUs(packet.duration, stream),
        key: packet.isKeyframe,
        data: new Uint8Array(data),
      };
    }
  }

  *media(): Generator<FileMedia> {
    while (this.#next()) {
      const index = this.#packet.streamIndex;
      const decoder = this.#decoderOf(index);
      if (decoder === undefined) continue;
      if (decoder.sendPacketSync(this.#packet) < 0) this.#errors += 1;
      yield* this.#received(index, decoder);
    }
    for (const [index, decoder] of this.#decoders) {
      decoder.sendPacketSync(null);
      yield* this.#received(index, decoder);
    }
  }

  errorCount(): number {
    return this.#errors;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const decoder of this.#decoders.values()) decoder.freeContext();
    this.#frame.free();
    this.#packet.free();
    this.#context.closeInputSync();
  }

  #next(): boolean {
    if (!this.#open) return false;
    this.#packet.unref();
    return this.#context.readFrameSync(this.#packet) >= 0;
  }

  *#received(track: number, decoder: CodecContext): Generator<FileMedia> {
    const stream = this.#streams[track];
    if (stream === undefined) return;
    while (this.#open && decoder.receiveFrameSync(this.#frame) >= 0) {
      const frame = this.#frame;
      const ptsUs = toUs(frame.bestEffortTimestamp, stream);
      // Copied before it is yielded: the reader may take any time, the native frame is reused.
      const media: FileMedia =
        stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO
          ? { kind: 'picture', track, ptsUs, key: frame.keyFrame === 1, picture: pictureOf(frame) }
          : { kind: 'samples', track, ptsUs, sampleRate: frame.sampleRate, samples: samplesOf(frame) };
      if (frame.decodeErrorFlags !== 0) this.#errors += 1;
      frame.unref();
      yield media;
    }
  }

  #decoderOf(index: number): CodecContext | undefined {
    const known = this.#decoders.get(index);
    if (known !== undefined) return known;
    const stream = this.#streams[index];
    if (stream === undefined || describe(stream).kind === 'other') return undefined;
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    if (codec === null) throw ffmpegError('codec-unavailable', 'decode file: no decoder', { track: index });
    const context = new CodecContext();
    context.allocContext3(codec);
    check(stream.codecpar.toContext(context), 'codec-failed', 'configure decoder');
    context.pktTimebase = stream.timeBase;
    context.threadCount = 1;
    check(context.open2Sync(codec, null), 'codec-failed', 'open decoder');
    this.#decoders.set(index, context);
    return context;
  }
}

/** The codecs of a file's first video and audio track. */
export function codecsOf(facts: FileFacts): { video?: VideoCodec; audio?: AudioCodec } {
  const codec = (kind: string): CodecId | undefined => facts.tracks.find((track) => track.kind === kind)?.codec;
  const video = codec('video') as VideoCodec | undefined;
  const audio = codec('audio') as AudioCodec | undefined;
  return { ...(video === undefined ? {} : { video }), ...(audio === undefined ? {} : { audio }) };
}
