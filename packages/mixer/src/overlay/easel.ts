// The only file that touches the drawing library: loads it when something is drawn for the first time, registers the
// shipped font, and hands out surfaces. Pixels are the same on every machine as long as the shipped font has the text.

import type { Canvas, Image, SKRSContext2D } from '@napi-rs/canvas';
import { assert } from '@roomtape/media';
import type { Size } from '../layout/tile.ts';
import type { Bitmap } from './bitmap.ts';

/** Draws on one surface; the 2D context of the Canvas standard. */
export type Context = SKRSContext2D;

/** A decoded picture, or a surface, that can be drawn. */
export type Drawable = Image | Canvas;

/** A surface; `bitmap` reads what was drawn so far, `png` writes it as a file. */
export type Surface = {
  readonly context: Context;
  readonly drawable: Drawable;
  bitmap(): Bitmap;
  png(): Uint8Array;
};

/** Where everything is drawn. */
export interface Easel {
  /** A see-through surface of a size, px. */
  surface(size: Size): Surface;
  /** Pixels as something that can be drawn. */
  drawable(bitmap: Bitmap): Drawable;
  /** Decodes a picture that was checked (see `AssetLoader`); rejects when it is damaged. */
  decode(bytes: Uint8Array): Promise<Image>;
}

/** Name of the shipped font; the system's own fonts have what it lacks. */
export const FONT_FAMILY = '"Roomtape Sans", sans-serif';

const FONT_FILE = new URL('../../fonts/NotoSansSC_400Regular.ttf', import.meta.url);
const SIDE_MAX = 4096;

let easel: Promise<Easel> | undefined;

/** Loads the drawing library and the font, once per process. */
export function loadEasel(): Promise<Easel> {
  easel ??= openEasel();
  return easel;
}

async function openEasel(): Promise<Easel> {
  const { createCanvas, GlobalFonts, Image, ImageData } = await import('@napi-rs/canvas');
  const { fileURLToPath } = await import('node:url');
  assert(GlobalFonts.registerFromPath(fileURLToPath(FONT_FILE), 'Roomtape Sans') !== null, 'the font is shipped');
  return {
    surface({ width, height }) {
      assert(width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX, 'a surface has a sensible size');
      const canvas = createCanvas(width, height);
      const context = canvas.getContext('2d');
      // The default follows the language of the machine, and with it the shape of some Chinese characters.
      context.lang = 'zh-Hans';
      return {
        context,
        drawable: canvas,
        bitmap: () => ({ width, height, rgba: bytesOf(context.getImageData(0, 0, width, height).data) }),
        png: () => new Uint8Array(canvas.toBuffer('image/png')),
      };
    },
    drawable({ width, height, rgba }) {
      const canvas = createCanvas(width, height);
      const pixels = new Uint8ClampedArray(rgba.buffer, rgba.byteOffset, rgba.byteLength);
      canvas.getContext('2d').putImageData(new ImageData(pixels, width, height), 0, 0);
      return canvas;
    },
    async decode(bytes) {
      const image = new Image();
      image.src = bytes;
      await image.decode();
      return image;
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
