// Pictures as this package hands them around: I420 planes without padding, copied out of native frames.

import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, type AVPixelFormat, SWS_BILINEAR } from 'node-av/constants';
import { type Frame, SoftwareScaleContext } from 'node-av/lib';
import { ffmpegError } from './errors.ts';

/** One picture in I420 (4:2:0, 8 bit): `y` is width × height bytes, `u` and `v` a quarter of it each. */
export type Picture = {
  readonly width: number;
  readonly height: number;
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
};

/** Copies a native frame into a picture, converting its pixel format where it is another one. */
export function pictureOf(frame: Frame): Picture {
  const { width, height } = frame;
  if (frame.format !== AV_PIX_FMT_YUV420P && frame.format !== AV_PIX_FMT_YUVJ420P) return converted(frame);
  const data = frame.data;
  const linesize = frame.linesize;
  const plane = (index: number, w: number, h: number): Uint8Array =>
    packed(data?.[index], linesize[index] ?? 0, { width: w, height: h });
  const halfWidth = (width + 1) >> 1;
  const halfHeight = (height + 1) >> 1;
  return {
    width,
    height,
    y: plane(0, width, height),
    u: plane(1, halfWidth, halfHeight),
    v: plane(2, halfWidth, halfHeight),
  };
}

/** Copies a picture into a writable native frame of the same size; throws when a plane is too short. */
export function fillFrame(frame: Frame, picture: Picture): void {
  const data = frame.data;
  const linesize = frame.linesize;
  const halfWidth = (picture.width + 1) >> 1;
  const halfHeight = (picture.height + 1) >> 1;
  const planes = [picture.y, picture.u, picture.v];
  for (const [index, plane] of planes.entries()) {
    const width = index === 0 ? picture.width : halfWidth;
    const height = index === 0 ? picture.height : halfHeight;
    const stride = linesize[index] ?? 0;
    const target = data?.[index];
    if (target === undefined || plane.length < width * height || target.length < stride * (height - 1) + width)
      throw ffmpegError('codec-failed', 'fill picture: plane is too short');
    if (stride === width) {
      target.set(plane.subarray(0, width * height));
      continue;
    }
    for (let row = 0; row < height; row += 1) target.set(plane.subarray(row * width, (row + 1) * width), row * stride);
  }
}

function packed(source: Buffer | undefined, stride: number, size: { width: number; height: number }): Uint8Array {
  const { width, height } = size;
  if (source === undefined || stride < width || source.length < stride * (height - 1) + width)
    throw ffmpegError('codec-failed', 'read picture: plane is too short');
  const out = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) out.set(source.subarray(row * stride, row * stride + width), row * width);
  return out;
}

function converted(frame: Frame): Picture {
  const { width, height } = frame;
  const half = ((width + 1) >> 1) * ((height + 1) >> 1);
  const y = Buffer.alloc(width * height + 64);
  const u = Buffer.alloc(half + 64);
  const v = Buffer.alloc(half + 64);
  const scaler = new SoftwareScaleContext();
  const source = frame.format as AVPixelFormat;
  scaler.getContext(width, height, source, width, height, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
  const strides = [width, (width + 1) >> 1, (width + 1) >> 1];
  const planes = frame.data ?? [];
  scaler.scaleSync(planes, frame.linesize.slice(0, planes.length), 0, height, [y, u, v], strides);
  scaler.freeContext();
  return { width, height, y: y.subarray(0, width * height), u: u.subarray(0, half), v: v.subarray(0, half) };
}
