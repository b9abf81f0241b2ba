// The picture all tiles are drawn on: 4:2:0 planes in a WebAssembly memory, so that swscale writes into them and the
// blend kernel works on them, and room beside them for what is blended.

import type { Picture } from '@roomtape/ffmpeg';
import { assert } from '@roomtape/media';
import type { Rect, Size } from '../layout/tile.ts';
import { Arena } from './arena.ts';
import { type BlendKernel, createBlendKernel } from './blend-kernel.ts';
import type { Yuv } from './color.ts';
import { createWasmMemory, type WasmMemory } from './wasm.ts';

/** Bytes of pixels behind which a vector may still write; it writes there what was there. */
const PADDING = 64;
const PAGE_BYTES = 65_536;
/** Room for labels and marks before the memory has to grow. */
const SPARE_BYTES = 2 * 1024 * 1024;

/** Something to blend: addresses within the canvas's memory, rows padded to whole vectors. */
export type SpritePlanes = {
  readonly rect: Rect;
  readonly luma: { readonly pre: number; readonly inv: number; readonly columns: number };
  readonly chroma: { readonly preU: number; readonly preV: number; readonly inv: number; readonly columns: number };
};

/** A canvas and its memory. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #memory: WasmMemory;
  readonly #arena: Arena;
  readonly #blend: BlendKernel;
  readonly #planes: readonly [number, number, number];
  #picture: Picture | undefined;

  /** Makes a black canvas; throws for odd sizes. */
  constructor(size: Size) {
    const { width, height } = size;
    assert(width % 2 === 0 && height % 2 === 0 && width > 0 && height > 0, 'a canvas has even sides');
    this.width = width;
    this.height = height;
    const quarter = (width * height) / 4;
    const spaced = (bytes: number): number => Math.ceil((bytes + PADDING) / PADDING) * PADDING;
    const u = spaced(width * height);
    const v = u + spaced(quarter);
    const end = v + spaced(quarter);
    const pages = Math.ceil((end + SPARE_BYTES) / PAGE_BYTES);
    this.#memory = createWasmMemory(pages);
    this.#arena = new Arena(end, pages * PAGE_BYTES - PADDING);
    this.#blend = createBlendKernel(this.#memory);
    this.#planes = [0, u, v];
    this.fill({ x: 0, y: 0, width, height }, { y: 16, u: 128, v: 128 });
  }

  /** The planes as they are now; another object after the memory grew. Not to be kept beyond the next `take`. */
  get picture(): Picture {
    if (this.#picture !== undefined) return this.#picture;
    const { width, height } = this;
    const plane = (index: 0 | 1 | 2, bytes: number): Uint8Array =>
      new Uint8Array(this.#memory.buffer, this.#planes[index], bytes);
    const quarter = (width * height) / 4;
    this.#picture = { width, height, y: plane(0, width * height), u: plane(1, quarter), v: plane(2, quarter) };
    return this.#picture;
  }

  /** Takes room for pixels to blend; the memory may grow. */
  take(bytes: number): number {
    const found = this.#arena.take(bytes);
    if (found !== undefined) return found;
    const pages = Math.ceil((bytes + SPARE_BYTES) / PAGE_BYTES);
    const before = this.#memory.grow(pages);
    this.#picture = undefined;
    // The last bytes were kept free of pixels for vectors that end there; the new end keeps its own.
    this.#arena.extend(before * PAGE_BYTES - PADDING, pages * PAGE_BYTES);
    const grown = this.#arena.take(bytes);
    assert(grown !== undefined, 'a memory that grew has room');
    return grown;
  }

  /** Gives room back. */
  give(at: number): void {
    this.#arena.give(at);
  }

  /** Views room that was taken; valid until the next `take`. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  /** Blends pixels over the canvas. */
  blend(sprite: SpritePlanes): void {
    const { rect, luma, chroma } = sprite;
    const { width } = this;
    const half = width / 2;
    const [y, u, v] = this.#planes;
    this.#blend(y + rect.y * width + rect.x, width, luma.pre, luma.inv, luma.columns, rect.height);
    const at = (rect.y / 2) * half + rect.x / 2;
    this.#blend(u + at, half, chroma.preU, chroma.inv, chroma.columns, rect.height / 2);
    this.#blend(v + at, half, chroma.preV, chroma.inv, chroma.columns, rect.height / 2);
  }

  /** Fills an even rectangle with one colour. */
  fill(rect: Rect, color: Yuv): void {
    const { picture } = this;
    fillPlane(picture.y, this.width, { rect, shift: 0, value: color.y });
    fillPlane(picture.u, this.width / 2, { rect, shift: 1, value: color.u });
    fillPlane(picture.v, this.width / 2, { rect, shift: 1, value: color.v });
  }
}

/** Copies an even rectangle from one picture to the same place of another of the same size. */
export function copyRect(to: Picture, from: Picture, rect: Rect): void {
  copyPlane(to.y, from.y, { rect, shift: 0, stride: to.width });
  copyPlane(to.u, from.u, { rect, shift: 1, stride: to.width / 2 });
  copyPlane(to.v, from.v, { rect, shift: 1, stride: to.width / 2 });
}

function fillPlane(plane: Uint8Array, stride: number, what: { rect: Rect; shift: 0 | 1; value: number }): void {
  const { rect, shift, value } = what;
  const width = rect.width >> shift;
  for (let row = rect.y >> shift; row < (rect.y + rect.height) >> shift; row += 1) {
    const at = row * stride + (rect.x >> shift);
    plane.fill(value, at, at + width);
  }
}

function copyPlane(to: Uint8Array, from: Uint8Array, what: { rect: Rect; shift: 0 | 1; stride: number }): void {
  const { rect, shift, stride } = what;
  const width = rect.width >> shift;
  const top = rect.y >> shift;
  const rows = rect.height >> shift;
  if (width === stride) {
    to.set(from.subarray(top * stride, (top + rows) * stride), top * stride);
    return;
  }
  for (let row = top; row < top + rows; row += 1) {
    const at = row * stride + (rect.x >> shift);
    to.set(from.subarray(at, at + width), at);
  }
}
