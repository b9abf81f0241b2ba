// Rounded corners and borders of a tile. Corners give back what stood beneath the tile, which is captured before
// the tile is drawn; borders are strips of one colour.

import type { Rect } from '../layout/tile.ts';
import type { Bitmap } from '../overlay/bitmap.ts';
import type { Canvas } from './canvas.ts';
import { rgbOf } from './color.ts';
import { Sprite, spriteOf } from './sprite.ts';

/** How a tile is framed. */
export type FrameStyle = {
  readonly radius: number;
  readonly border?: { readonly width: number; readonly color: string };
};

/** Draws one tile's frame over its picture. */
export class RoundedFrame {
  readonly #canvas: Canvas;
  readonly #rect: Rect;
  readonly #radius: number;
  readonly #corners: readonly Sprite[];
  readonly #strips: readonly Sprite[];

  constructor(canvas: Canvas, rect: Rect, style: FrameStyle) {
    this.#canvas = canvas;
    this.#rect = rect;
    this.#radius = Math.min(style.radius, rect.width / 2, rect.height / 2);
    this.#corners = this.#radius < 1 ? [] : cornersOf(rect, this.#radius).map((corner) => new Sprite(canvas, corner));
    const { border } = style;
    this.#strips =
      border === undefined || border.width < 1
        ? []
        : stripsOf(rect, Math.max(border.width, this.#radius), border.width).flatMap((strip) => {
            const bitmap = borderBitmap(strip, { rect, radius: this.#radius, ...border });
            return spriteOf(canvas, { bitmap, x: strip.x, y: strip.y }, rect) ?? [];
          });
  }

  /** Whether there is anything to draw. */
  get isPlain(): boolean {
    return this.#corners.length === 0 && this.#strips.length === 0;
  }

  /** Remembers what is beneath the corners now. */
  capture(): void {
    const { y, u, v, width } = this.#canvas.picture;
    for (const corner of this.#corners) {
      corner.write((planes) => {
        const { rect } = planes;
        for (let row = 0; row < rect.height; row += 1)
          for (let column = 0; column < rect.width; column += 1) {
            const alpha = Math.round(255 * (1 - this.#coverage(rect.x + column + 0.5, rect.y + row + 0.5)));
            const under = y[(rect.y + row) * width + rect.x + column] ?? 0;
            planes.pre[row * planes.columns + column] = Math.round((under * alpha) / 255);
            planes.inv[row * planes.columns + column] = 255 - alpha;
          }
        for (let row = 0; row < rect.height / 2; row += 1)
          for (let column = 0; column < rect.width / 2; column += 1) {
            const alpha = Math.round(255 * (1 - this.#coverage(rect.x + 2 * column + 1, rect.y + 2 * row + 1)));
            const from = (rect.y / 2 + row) * (width / 2) + rect.x / 2 + column;
            const at = row * planes.half + column;
            planes.preU[at] = Math.round(((u[from] ?? 0) * alpha) / 255);
            planes.preV[at] = Math.round(((v[from] ?? 0) * alpha) / 255);
            planes.invHalf[at] = 255 - alpha;
          }
      });
    }
  }

  /** Draws the border, then cuts the corners out. */
  draw(): void {
    for (const strip of this.#strips) strip.blend();
    for (const corner of this.#corners) corner.blend();
  }

  /** Gives the canvas its memory back. */
  free(): void {
    for (const sprite of [...this.#corners, ...this.#strips]) sprite.free();
  }

  #coverage(x: number, y: number): number {
    return coverage(this.#rect, this.#radius, { x, y });
  }
}

/** How much of a pixel lies within a rounded rectangle, 0 to 1. */
function coverage(rect: Rect, radius: number, point: { x: number; y: number }): number {
  const dx = Math.abs(point.x - rect.x - rect.width / 2) - rect.width / 2 + radius;
  const dy = Math.abs(point.y - rect.y - rect.height / 2) - rect.height / 2 + radius;
  const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
  return Math.max(0, Math.min(1, 0.5 - outside));
}

function cornersOf(rect: Rect, radius: number): Rect[] {
  const side = Math.min(even(radius), even(rect.width / 2), even(rect.height / 2));
  const size = { width: side, height: side };
  const right = rect.x + rect.width - side;
  const bottom = rect.y + rect.height - side;
  return [
    { x: rect.x, y: rect.y, ...size },
    { x: right, y: rect.y, ...size },
    { x: rect.x, y: bottom, ...size },
    { x: right, y: bottom, ...size },
  ];
}

/** The strips a border lies in; those above and below are as high as the corners reach. */
function stripsOf(rect: Rect, reach: number, width: number): Rect[] {
  const high = Math.min(even(reach), even(rect.height / 2));
  const wide = Math.min(even(width), even(rect.width / 2));
  const middle = { y: rect.y + high, width: wide, height: rect.height - 2 * high };
  const strips = [
    { x: rect.x, y: rect.y, width: rect.width, height: high },
    { x: rect.x, y: rect.y + rect.height - high, width: rect.width, height: high },
    { x: rect.x, ...middle },
    { x: rect.x + rect.width - wide, ...middle },
  ];
  return strips.filter((strip) => strip.height > 0 && strip.width > 0);
}

type Border = { readonly rect: Rect; readonly radius: number; readonly width: number; readonly color: string };

function borderBitmap(strip: Rect, border: Border): Bitmap {
  const { rect, width } = border;
  const inner = {
    x: rect.x + width,
    y: rect.y + width,
    width: Math.max(0, rect.width - 2 * width),
    height: Math.max(0, rect.height - 2 * width),
  };
  const rgba = new Uint8Array(strip.width * strip.height * 4);
  const [r, g, b] = rgbOf(border.color);
  for (let row = 0, at = 0; row < strip.height; row += 1)
    for (let column = 0; column < strip.width; column += 1, at += 4) {
      const point = { x: strip.x + column + 0.5, y: strip.y + row + 0.5 };
      const within = coverage(inner, Math.max(0, border.radius - width), point);
      rgba[at] = r;
      rgba[at + 1] = g;
      rgba[at + 2] = b;
      rgba[at + 3] = Math.round(255 * (1 - within));
    }
  return { width: strip.width, height: strip.height, rgba };
}

function even(value: number): number {
  return Math.ceil(value / 2) * 2;
}
