// Bitmaps as the canvas blends them: premultiplied YUV planes with their inverse alpha, clipped to what can be
// seen. Made when something changes, blended in every frame.

import type { Rect } from '../layout/tile.ts';
import type { Bitmap } from '../overlay/bitmap.ts';
import { LANES } from './blend-kernel.ts';
import type { Canvas, SpritePlanes } from './canvas.ts';
import { blueOf, lumaOf, redOf } from './color.ts';

/** Something to blend; holds memory of its canvas until `free`. */
export class Sprite {
  readonly rect: Rect;
  readonly planes: SpritePlanes;
  readonly #canvas: Canvas;
  readonly #at: number;
  readonly #bytes: number;

  /** Takes room for a rectangle of the canvas; what it shows is undefined until it is written. */
  constructor(canvas: Canvas, rect: Rect) {
    const columns = Math.ceil(rect.width / LANES) * LANES;
    const halfColumns = Math.ceil(rect.width / 2 / LANES) * LANES;
    const lumaBytes = columns * rect.height;
    const chromaBytes = (halfColumns * rect.height) / 2;
    this.#canvas = canvas;
    this.rect = rect;
    this.#bytes = 2 * lumaBytes + 3 * chromaBytes;
    const at = canvas.take(this.#bytes);
    this.#at = at;
    const chromaAt = at + 2 * lumaBytes;
    this.planes = {
      rect,
      luma: { pre: at, inv: at + lumaBytes, columns },
      chroma: { preU: chromaAt, preV: chromaAt + chromaBytes, inv: chromaAt + 2 * chromaBytes, columns: halfColumns },
    };
  }

  /** Views of the planes, for writing; valid until the canvas's next `take`. Padding columns are see-through. */
  write(fill: (planes: WritablePlanes) => void): void {
    const { rect, planes } = this;
    const all = this.#canvas.bytes(this.#at, this.#bytes);
    const view = (from: number, to: number): Uint8Array => all.subarray(from - this.#at, to - this.#at);
    const { luma, chroma } = planes;
    const chromaBytes = chroma.preV - chroma.preU;
    const inv = view(luma.inv, chroma.preU);
    const invHalf = view(chroma.inv, chroma.inv + chromaBytes);
    all.fill(0);
    inv.fill(255);
    invHalf.fill(255);
    const preU = view(chroma.preU, chroma.preV);
    const preV = view(chroma.preV, chroma.inv);
    fill({
      rect,
      pre: view(luma.pre, luma.inv),
      inv,
      columns: luma.columns,
      preU,
      preV,
      invHalf,
      half: chroma.columns,
    });
  }

  /** Blends it. */
  blend(): void {
    this.#canvas.blend(this.planes);
  }

  /** Gives its memory back. */
  free(): void {
    this.#canvas.give(this.#at);
  }
}

/** The planes of a sprite while they are written. */
export type WritablePlanes = {
  readonly rect: Rect;
  readonly pre: Uint8Array;
  readonly inv: Uint8Array;
  readonly columns: number;
  readonly preU: Uint8Array;
  readonly preV: Uint8Array;
  readonly invHalf: Uint8Array;
  readonly half: number;
};

/** Makes a sprite of a bitmap at a place, clipped; `undefined` when nothing of it can be seen. */
export function spriteOf(
  canvas: Canvas,
  placed: { readonly bitmap: Bitmap; readonly x: number; readonly y: number },
  clip: Rect,
): Sprite | undefined {
  const { bitmap } = placed;
  const x = Math.max(clip.x, placed.x);
  const y = Math.max(clip.y, placed.y);
  const right = Math.min(clip.x + clip.width, placed.x + bitmap.width);
  const bottom = Math.min(clip.y + clip.height, placed.y + bitmap.height);
  const rect = { x: x & ~1, y: y & ~1, width: (right - (x & ~1) + 1) & ~1, height: (bottom - (y & ~1) + 1) & ~1 };
  if (right <= x || bottom <= y || rect.x + rect.width > canvas.width || rect.y + rect.height > canvas.height)
    return undefined;
  const sprite = new Sprite(canvas, rect);
  sprite.write((planes) => draw(planes, bitmap, { x: rect.x - placed.x, y: rect.y - placed.y }));
  return sprite;
}

/** Converts the pixels of a bitmap from `from` on. */
function draw(planes: WritablePlanes, bitmap: Bitmap, from: { x: number; y: number }): void {
  const { rect, pre, inv, columns, preU, preV, invHalf, half } = planes;
  const { rgba, width, height } = bitmap;
  const sums = { alpha: new Float64Array(half), u: new Float64Array(half), v: new Float64Array(half) };
  for (let row = 0; row < rect.height; row += 1) {
    const sourceRow = from.y + row;
    for (let column = 0; column < rect.width; column += 1) {
      const sourceColumn = from.x + column;
      if (sourceRow < 0 || sourceRow >= height || sourceColumn < 0 || sourceColumn >= width) continue;
      const at = (sourceRow * width + sourceColumn) * 4;
      const alpha = rgba[at + 3] ?? 0;
      if (alpha === 0) continue;
      const r = rgba[at] ?? 0;
      const g = rgba[at + 1] ?? 0;
      const b = rgba[at + 2] ?? 0;
      pre[row * columns + column] = Math.round((lumaOf(r, g, b) * alpha) / 255);
      inv[row * columns + column] = 255 - alpha;
      const pair = column >> 1;
      sums.alpha[pair] = (sums.alpha[pair] ?? 0) + alpha;
      sums.u[pair] = (sums.u[pair] ?? 0) + (blueOf(r, g, b) * alpha) / 255;
      sums.v[pair] = (sums.v[pair] ?? 0) + (redOf(r, g, b) * alpha) / 255;
    }
    if (row % 2 === 0) continue;
    const at = (row >> 1) * half;
    for (let pair = 0; pair < half; pair += 1) {
      const alpha = Math.round((sums.alpha[pair] ?? 0) / 4);
      if (alpha === 0) continue;
      invHalf[at + pair] = 255 - alpha;
      preU[at + pair] = Math.min(alpha, Math.round((sums.u[pair] ?? 0) / 4));
      preV[at + pair] = Math.min(alpha, Math.round((sums.v[pair] ?? 0) / 4));
    }
    for (const sum of Object.values(sums)) sum.fill(0);
  }
}
