// The one door to node-av. What it hides: the log level, error numbers, and three ways to fault the process
// (a dictionary given to a codec is freed twice; picture memory dies with its frame; sizes are not checked).

import {
  AV_CH_LAYOUT_MONO,
  AV_CH_LAYOUT_STEREO,
  AV_CHANNEL_ORDER_NATIVE,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
} from 'node-av/constants';
import { type ChannelLayout, Codec, CodecContext, FFmpegError, Log, Packet, Rational } from 'node-av/lib';
import { type FfmpegErrorCode, ffmpegError } from './errors.ts';

Log.setLevel(AV_LOG_QUIET);

const ENOSPC = -28;
const EDQUOT = -122;
const EAGAIN = -11;

/** Throws the given error when a native call returned a negative number. */
export function check(result: number, code: FfmpegErrorCode, action: string): number {
  if (result >= 0) return result;
  const full = code === 'output-write-failed' && (result === ENOSPC || result === EDQUOT);
  throw ffmpegError(full ? 'output-disk-full' : code, `${action}: ${FFmpegError.strerror(result)}`, { result });
}

/** Whether a native call only said that it needs more input or more output room. */
export function wantsMore(result: number): boolean {
  return result === EAGAIN;
}

/** Allocates an empty native packet; the holder frees it. */
export function newPacket(): Packet {
  const packet = new Packet();
  packet.alloc();
  return packet;
}

/** Makes a native time base of one over `rate`. */
export function timeBaseOf(rate: number): Rational {
  return new Rational(1, rate);
}

/** Views bytes as the Buffer native code takes, without a copy; native code copies before it returns. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Ends a view of native memory that is not needed any more: it would dangle. Without it V8 takes every picture for
 * garbage of its size, and collects the whole heap several times a second.
 */
export function endView(view: Buffer): void {
  if (view.buffer instanceof ArrayBuffer && !view.buffer.detached) view.buffer.transfer(0);
}

/** The native description of one or two channels. */
export function layoutOf(channels: number): ChannelLayout {
  return {
    nbChannels: channels,
    order: AV_CHANNEL_ORDER_NATIVE,
    mask: channels === 1 ? AV_CH_LAYOUT_MONO : AV_CH_LAYOUT_STEREO,
  };
}

/** How a codec context is set up before it is opened. */
export type CodecSetup = {
  readonly name: string;
  readonly kind: 'encoder' | 'decoder';
  readonly configure: (context: CodecContext) => void;
  /** Private options, set by name as text. */
  readonly options?: Readonly<Record<string, string>>;
  /** Parameter sets go to `extraData` and not in-band. */
  readonly globalHeader?: boolean;
};

/** Opens a codec by FFmpeg's name; throws `codec-unavailable` or `codec-failed`. */
export function openCodec(setup: CodecSetup): CodecContext {
  const find = setup.kind === 'encoder' ? Codec.findEncoderByName : Codec.findDecoderByName;
  const codec = find.call(Codec, setup.name as never);
  if (codec === null) throw ffmpegError('codec-unavailable', `find ${setup.kind} ${setup.name}: not in this FFmpeg`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  setup.configure(context);
  if (setup.globalHeader === true) context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  for (const [name, value] of Object.entries(setup.options ?? {})) {
    const result = context.setOption(name, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
    check(result, 'codec-failed', `set option ${name} of ${setup.name}`);
  }
  check(context.open2Sync(codec, null), 'codec-failed', `open ${setup.kind} ${setup.name}`);
  return context;
}
