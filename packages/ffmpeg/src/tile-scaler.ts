// Scales a cut-out of a native picture straight into a rectangle of a canvas. Checks every bound before native
// code sees an address, because native code checks none.

import { assert } from '@roomtape/media';
import { AV_PIX_FMT_YUV420P, type AVPixelFormat, SWS_BICUBIC, SWS_BILINEAR } from 'node-av/constants';
import { avImageCopy2, SoftwareScaleContext } from 'node-av/lib';
import { ffmpegError } from './errors.ts';
import { asBuffer } from './native.ts';
import type { Picture } from './picture.ts';
import { type NativePicture, planesOfNative } from './picture-decoder.ts';

/** A rectangle of a picture, px, all even. */
export type PictureRect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** Scales for one tile; keeps native tables for the last sizes it saw, until `close`. */
export interface TileScaler {
  /** Draws `crop` of a picture over `rect` of a canvas; nothing outside `rect` changes. Throws `codec-failed`. */
  draw(source: NativePicture, crop: PictureRect, target: { canvas: Picture; rect: PictureRect }): void;
  /** Idempotent. */
  close(): void;
}

/** Creates a scaler. `smooth` is for enlarging and slight changes, `fast` for what becomes much smaller. */
export function createTileScaler(quality: 'smooth' | 'fast' = 'smooth'): TileScaler {
  return new NativeTileScaler(quality === 'smooth' ? SWS_BICUBIC : SWS_BILINEAR);
}

/** Native code writes rows in whole vectors: only widths that are a multiple of two of them end where they should. */
const SAFE_WIDTH = 32;

type Planes = { readonly data: Buffer[]; readonly strides: number[] };

class NativeTileScaler implements TileScaler {
  readonly #flags: typeof SWS_BICUBIC | typeof SWS_BILINEAR;
  #context: SoftwareScaleContext | undefined;
  #key = '';
  #target: { readonly canvas: Picture; readonly rect: PictureRect; readonly planes: Planes } | undefined;
  #scratch: Planes | undefined;

  constructor(flags: typeof SWS_BICUBIC | typeof SWS_BILINEAR) {
    this.#flags = flags;
  }

  draw(source: NativePicture, crop: PictureRect, target: { canvas: Picture; rect: PictureRect }): void {
    const planes = planesOfNative(source);
    if (planes === undefined) throw ffmpegError('codec-failed', 'scale picture: it was released');
    const { rect } = target;
    assertInside(crop, planes);
    assertInside(rect, target.canvas);
    const from = cut({ data: planes.data, strides: planes.strides }, crop);
    const to = this.#planesFor(target.canvas, rect);
    if (planes.format === AV_PIX_FMT_YUV420P && crop.width === rect.width && crop.height === rect.height) {
      copy(to, from, rect);
      return;
    }
    const scaler = this.#contextFor(crop, rect, planes.format);
    const isSafe = rect.width % SAFE_WIDTH === 0;
    const out = isSafe ? to : this.#scratchFor(rect);
    const rows = scaler.scaleSync(from.data, from.strides, 0, crop.height, out.data, out.strides);
    if (rows < 0) throw ffmpegError('codec-failed', 'scale picture', { rows });
    if (!isSafe) copy(to, out, rect);
  }

  close(): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#key = '';
  }

  #contextFor(crop: PictureRect, rect: PictureRect, format: AVPixelFormat): SoftwareScaleContext {
    const key = `${crop.width}x${crop.height} ${format} ${rect.width}x${rect.height}`;
    if (this.#context !== undefined && this.#key === key) return this.#context;
    this.close();
    const context = new SoftwareScaleContext();
    context.getContext(crop.width, crop.height, format, rect.width, rect.height, AV_PIX_FMT_YUV420P, this.#flags);
    this.#context = context;
    this.#key = key;
    return context;
  }

  #planesFor(canvas: Picture, rect: PictureRect): Planes {
    const known = this.#target;
    if (known?.canvas === canvas && isSame(known.rect, rect)) return known.planes;
    const strides = [canvas.width, canvas.width / 2, canvas.width / 2];
    const planes = cut({ data: [canvas.y, canvas.u, canvas.v].map(asBuffer), strides }, rect);
    this.#target = { canvas, rect, planes };
    return planes;
  }

  #scratchFor(rect: PictureRect): Planes {
    const stride = Math.ceil(rect.width / 64) * 64 + 64;
    const known = this.#scratch;
    if (known?.strides[0] === stride && (known.data[0]?.length ?? 0) >= stride * rect.height) return known;
    const half = stride / 2;
    const data = [stride * rect.height, (half * rect.height) / 2, (half * rect.height) / 2].map((bytes) =>
      Buffer.alloc(bytes + 64),
    );
    this.#scratch = { data, strides: [stride, half, half] };
    return this.#scratch;
  }
}

function copy(to: Planes, from: Planes, size: PictureRect): void {
  avImageCopy2(to.data, to.strides, from.data, from.strides, AV_PIX_FMT_YUV420P, size.width, size.height);
}

/** The planes from the top left corner of a rectangle on. */
function cut(planes: { data: readonly Buffer[]; strides: readonly number[] }, rect: PictureRect): Planes {
  const data = planes.data.map((plane, index) => {
    const shift = index === 0 ? 0 : 1;
    const stride = planes.strides[index] ?? 0;
    const from = (rect.y >> shift) * stride + (rect.x >> shift);
    const width = (rect.width + shift) >> shift;
    const height = (rect.height + shift) >> shift;
    if (stride < width || plane.length < from + stride * (height - 1) + width)
      throw ffmpegError('codec-failed', 'scale picture: a plane is too short');
    return from === 0 ? plane : plane.subarray(from);
  });
  return { data, strides: [...planes.strides] };
}

function assertInside(rect: PictureRect, whole: { readonly width: number; readonly height: number }): void {
  const { x, y, width, height } = rect;
  assert(x >= 0 && y >= 0 && width > 0 && height > 0, 'a rectangle has a place and a size');
  assert(x % 2 === 0 && y % 2 === 0, 'a rectangle of a 4:2:0 picture begins at even places');
  assert(x + width <= whole.width && y + height <= whole.height, 'a rectangle lies within its picture');
}

function isSame(a: PictureRect, b: PictureRect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
