// Makes a JPEG or WebP of one decoded picture, smaller where asked for. Synchronous: a 1080p picture takes some
// tens of milliseconds.

import {
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  type AVPixelFormat,
  SWS_BICUBIC,
} from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { ffmpegError } from './errors.ts';
import { check, newPacket, openCodec, timeBaseOf } from './native.ts';
import { type NativePicture, planesOfNative } from './picture-decoder.ts';

/** Formats of single pictures. */
export type PictureFormat = 'jpeg' | 'webp';

/** An encoded picture. */
export type EncodedPicture = { readonly data: Uint8Array; readonly width: number; readonly height: number };

/** How a picture is encoded. */
export type PictureEncoding = {
  readonly format: PictureFormat;
  /** Width, px; the height follows. A picture is never enlarged. Default: as it is. */
  readonly width?: number;
};

type Size = { readonly width: number; readonly height: number };

const ENCODERS = {
  // Full range is what every reader takes a JPEG for.
  jpeg: { name: 'mjpeg', pixels: AV_PIX_FMT_YUVJ420P, range: AVCOL_RANGE_JPEG, options: { qmin: '3', qmax: '3' } },
  webp: {
    name: 'libwebp',
    pixels: AV_PIX_FMT_YUV420P,
    range: AVCOL_RANGE_MPEG,
    options: { quality: '80', compression_level: '2' },
  },
} as const;

/** Encodes one picture, which stays its owner's. Throws `codec-failed` and `codec-unavailable`. */
export function encodePicture(picture: NativePicture, encoding: PictureEncoding): EncodedPicture {
  const size = sizeOf(picture, encoding.width);
  const frame = scaled(picture, size, encoding.format);
  try {
    return { data: encoded(frame, size, encoding.format), ...size };
  } finally {
    frame.free();
  }
}

function sizeOf(picture: Size, wanted: number | undefined): Size {
  if (wanted === undefined || wanted >= picture.width) return { width: picture.width, height: picture.height };
  return { width: wanted, height: Math.max(1, Math.round((picture.height * wanted) / picture.width)) };
}

/** A native frame of the size and pixels the encoder takes; its owner frees it. */
function scaled(picture: NativePicture, { width, height }: Size, format: PictureFormat): Frame {
  const planes = planesOfNative(picture);
  if (planes === undefined) throw ffmpegError('codec-failed', 'encode picture: it was released');
  const { pixels, range } = ENCODERS[format];
  const frame = new Frame();
  frame.alloc();
  frame.format = pixels;
  frame.width = width;
  frame.height = height;
  frame.colorRange = range;
  check(frame.getBuffer(64), 'codec-failed', 'allocate a picture');
  const scaler = new SoftwareScaleContext();
  try {
    const source = planes.format as AVPixelFormat;
    scaler.getContext(picture.width, picture.height, source, width, height, pixels, SWS_BICUBIC);
    const out = (frame.data ?? []).slice(0, 3);
    const strides = frame.linesize.slice(0, 3);
    const rows = scaler.scaleSync([...planes.data], [...planes.strides], 0, picture.height, out, strides);
    check(rows, 'codec-failed', 'scale a picture');
    return frame;
  } catch (error) {
    frame.free();
    throw error;
  } finally {
    scaler.freeContext();
  }
}

function encoded(frame: Frame, { width, height }: Size, format: PictureFormat): Uint8Array {
  const { name, pixels, range, options } = ENCODERS[format];
  const context = openCodec({
    name,
    kind: 'encoder',
    options,
    configure: (c) => {
      c.width = width;
      c.height = height;
      c.pixelFormat = pixels;
      c.colorRange = range;
      c.timeBase = timeBaseOf(1);
    },
  });
  const packet = newPacket();
  try {
    frame.pts = 0n;
    check(context.sendFrameSync(frame), 'codec-failed', 'encode a picture');
    context.sendFrameSync(null);
    check(context.receivePacketSync(packet), 'codec-failed', 'encode a picture');
    const { data } = packet;
    if (data === null) throw ffmpegError('codec-failed', 'encode a picture: nothing came');
    return new Uint8Array(data);
  } finally {
    packet.free();
    context.freeContext();
  }
}
