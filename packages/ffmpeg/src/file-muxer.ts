// Writes encoded packets into a file that is readable at every moment. It keeps the times it is given; the
// caller interleaves the tracks and keeps each track's DTS rising.

import { kindOfCodec, rescaleNearest, US_PER_SECOND } from '@roomtape/media';
import {
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_SKIP_SAMPLES,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { type CodecParameters, Dictionary, FormatContext, type Packet, type Stream } from 'node-av/lib';
import { CODEC_IDS, SOUND_IDS } from './codec-ids.ts';
import { CONTAINERS, type Container, canCarry, type FileCodec } from './containers.ts';
import { MP3_PRIMING_SAMPLES } from './encoder.ts';
import { ffmpegError } from './errors.ts';
import { Mp4Index } from './mp4/mp4-index.ts';
import { asBuffer, check, layoutOf, newPacket, timeBaseOf } from './native.ts';

/** One track of a file to be written. */
export type MuxTrack = {
  readonly codec: FileCodec;
  /** Pictures' size, pixels; video only. */
  readonly width?: number;
  readonly height?: number;
  /** Channels and samples per second; audio only. Opus is always 48000 (RFC 7845 §5.1). */
  readonly channels?: number;
  readonly sampleRate?: number;
  /** Annex B parameter sets, AV1 sequence header OBU, or AudioSpecificConfig; Opus and VP8 need none. */
  readonly config?: Uint8Array;
};

/** One encoded packet for a track of the file; times in µs from the file's start. */
export type MuxPacket = {
  readonly track: number;
  readonly ptsUs: number;
  readonly dtsUs: number;
  readonly durationUs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
};

/** What to write and where. */
export type FileMuxerOptions = {
  readonly path: string;
  readonly container: Container;
  readonly tracks: readonly MuxTrack[];
  /** Longest stretch of media that is not yet readable, ms. */
  readonly fragmentMs: number;
  /** Shortest segment of a segmented container, ms; cut at the next keyframe. Default 4000. */
  readonly segmentMs?: number;
};

/** A file being written. */
export interface FileMuxer {
  readonly path: string;
  /** Adds one packet; throws `output-write-failed` or `output-disk-full`, after which only `abandon` helps. */
  write(packet: MuxPacket): void;
  /**
   * Writes the index and closes: an ordinary file of its container. In MP4 the last packet of a track without
   * sound lasts until `endUs`.
   */
  finish(endUs?: number): void;
  /** Closes without an index; what was written stays readable. Idempotent, never throws. */
  abandon(): void;
}

const SEGMENT_MS = 4_000;
/** An index takes in what was written this often, while the disk's cache still has it; µs of media. */
const FOLLOW_US = 10_000_000;
/** Samples in a packet of each sound codec; 1024 where it is not here. */
const FRAME_SAMPLES: Readonly<Partial<Record<FileCodec, number>>> = { opus: 960, mp3: 1152 };

/** Opens a file for writing and writes its header; throws when the container cannot carry a track. */
export function createFileMuxer(options: FileMuxerOptions): FileMuxer {
  const facts = CONTAINERS[options.container];
  for (const track of options.tracks) {
    if (!canCarry(options.container, track.codec))
      throw ffmpegError('output-unsupported', `write ${track.codec} to ${options.container}: not possible`);
  }
  const context = new FormatContext();
  check(context.allocOutputContext2(null, facts.muxer, options.path), 'output-open-failed', 'allocate muxer');
  try {
    const streams = options.tracks.map((track) => addStream(context, track));
    if (facts.isSegmented !== true) check(context.openOutputSync(), 'output-open-failed', `open ${options.path}`);
    const dictionary = Dictionary.fromObject({ ...facts.options({ segmentMs: SEGMENT_MS, ...options }) });
    check(context.writeHeaderSync(dictionary), 'output-write-failed', `write header of ${options.path}`);
    return new NativeFileMuxer(options, context, streams);
  } catch (error) {
    context.closeOutputSync();
    context.freeContext();
    throw error;
  }
}

/** Opus identification header (RFC 7845 §5.1): RTP says no pre-skip (RFC 7587), so none is claimed. */
export function opusHead(channels: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode('OpusHead'));
  head[8] = 1;
  head[9] = channels;
  new DataView(head.buffer).setUint32(12, 48_000, true);
  return head;
}

/** Adds a track to a muxer that is not open yet. */
export function addStream(context: FormatContext, track: MuxTrack): Stream {
  const stream = context.newStream(null);
  const parameters = stream.codecpar;
  const { codec } = track;
  parameters.codecId = codec === 'mp3' || codec === 'pcm' ? SOUND_IDS[codec] : CODEC_IDS[codec];
  if (isPicture(codec)) {
    parameters.codecType = AVMEDIA_TYPE_VIDEO;
    parameters.width = track.width ?? 0;
    parameters.height = track.height ?? 0;
    // VP9's and AV1's configuration boxes state it; browsers and WebRTC senders use nothing else.
    parameters.format = AV_PIX_FMT_YUV420P;
    stream.timeBase = timeBaseOf(90_000);
  } else {
    describeAudio(parameters, track);
    stream.timeBase = timeBaseOf(parameters.sampleRate);
  }
  const config = track.codec === 'opus' ? opusHead(track.channels ?? 2) : track.config;
  if (config !== undefined) parameters.extradata = asBuffer(config);
  return stream;
}

function describeAudio(parameters: CodecParameters, track: MuxTrack): void {
  const channels = track.channels ?? 2;
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.sampleRate = track.codec === 'opus' ? 48_000 : (track.sampleRate ?? 48_000);
  parameters.channelLayout = layoutOf(channels);
  parameters.frameSize = FRAME_SAMPLES[track.codec] ?? 1024;
  if (track.codec === 'pcm') parameters.bitsPerCodedSample = 16;
}

function isPicture(codec: FileCodec): boolean {
  return codec !== 'mp3' && codec !== 'pcm' && kindOfCodec(codec) === 'video';
}

/** Side data of a packet whose first samples are not to be played: count at the start, at the end, and two reasons. */
function skipSamples(count: number): Uint8Array {
  const data = new Uint8Array(10);
  new DataView(data.buffer).setUint32(0, count, true);
  return data;
}

/**
 * MP4 states durations, not times, and its muxer moves the first packet of a fragment to where the last one
 * ended by its stated duration. So a packet is only written when the next one tells how long it really lasts.
 */
class NativeFileMuxer implements FileMuxer {
  readonly path: string;
  readonly #context: FormatContext;
  readonly #rates: readonly number[];
  readonly #lastDts: number[];
  readonly #packet: Packet = newPacket();
  readonly #holdsOne: boolean;
  readonly #held: (MuxPacket | undefined)[];
  readonly #isVideo: readonly boolean[];
  readonly #index: Mp4Index | undefined;
  #followAtUs = FOLLOW_US;
  /** MP3 has a place for what the encoder put before the first sample, and takes it with the first packet. */
  readonly #tellsPriming: boolean;
  #open = true;

  constructor(options: FileMuxerOptions, context: FormatContext, streams: readonly Stream[]) {
    this.path = options.path;
    this.#context = context;
    const { countsDurations, isIndexedAtEnd } = CONTAINERS[options.container];
    this.#holdsOne = countsDurations === true;
    if (isIndexedAtEnd === true) this.#index = new Mp4Index(options.path);
    this.#tellsPriming = options.container === 'mp3';
    this.#held = streams.map(() => undefined);
    this.#isVideo = options.tracks.map((track) => isPicture(track.codec));
    // The muxer may have replaced the time bases in its header.
    this.#rates = streams.map((stream) => stream.timeBase.den / stream.timeBase.num);
    this.#lastDts = streams.map(() => Number.NEGATIVE_INFINITY);
  }

  write(input: MuxPacket): void {
    if (!this.#holdsOne) {
      this.#writeNow(input, input.durationUs);
      return;
    }
    const held = this.#held[input.track];
    this.#held[input.track] = input;
    if (held !== undefined) this.#writeNow(held, input.dtsUs - held.dtsUs);
  }

  #writeNow(input: MuxPacket, durationUs: number): void {
    const rate = this.#rates[input.track];
    if (rate === undefined || !this.#open) throw ffmpegError('output-unsupported', 'write packet: no such track');
    const last = this.#lastDts[input.track] ?? Number.NEGATIVE_INFINITY;
    // Rounding to a coarse time base (WebM counts ms) can make two DTS equal; muxers refuse that.
    const dts = Math.max(rescaleNearest(input.dtsUs, US_PER_SECOND, rate), last + 1);
    const pts = Math.max(rescaleNearest(input.ptsUs, US_PER_SECOND, rate), dts);
    const end = rescaleNearest(input.dtsUs + durationUs, US_PER_SECOND, rate);
    this.#lastDts[input.track] = dts;
    const packet = this.#packet;
    packet.data = asBuffer(input.data); // first: it resets every other field
    packet.streamIndex = input.track;
    packet.pts = BigInt(pts);
    packet.dts = BigInt(dts);
    packet.duration = BigInt(Math.max(1, end - dts));
    packet.isKeyframe = input.key;
    if (this.#tellsPriming && last === Number.NEGATIVE_INFINITY) {
      packet.addSideData(AV_PKT_DATA_SKIP_SAMPLES, asBuffer(skipSamples(MP3_PRIMING_SAMPLES)));
    }
    const result = this.#context.writeFrameSync(packet);
    packet.unref();
    check(result, 'output-write-failed', `write to ${this.path}`);
    if (this.#index === undefined || input.dtsUs < this.#followAtUs) return;
    this.#followAtUs = input.dtsUs + FOLLOW_US;
    this.#index.follow();
  }

  finish(endUs = 0): void {
    if (!this.#open) return;
    for (const [track, held] of this.#held.entries()) {
      if (held === undefined) continue;
      const rest = this.#isVideo[track] === true ? endUs - held.ptsUs : 0;
      this.#writeNow(held, Math.max(held.durationUs, rest));
    }
    const result = this.#context.writeTrailerSync();
    this.#closeNative();
    try {
      check(result, 'output-write-failed', `finish ${this.path}`);
      this.#index?.finish();
    } finally {
      this.#index?.close();
    }
  }

  abandon(): void {
    this.#closeNative();
    this.#index?.close();
  }

  #closeNative(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#packet.free();
    this.#context.closeOutputSync();
    this.#context.freeContext();
  }
}
