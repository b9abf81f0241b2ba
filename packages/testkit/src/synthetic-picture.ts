// Draws the moving picture of a synthetic participant straight into I420: a coloured gradient by name, a bar
// that moves, the name, the frame counter as text and as a strip, and the flash. One copy and a few fills per
// frame, so that the encoder is what costs.

import { assert } from '@roomtape/media';
import { CHARACTER_HEIGHT_DOTS, CHARACTER_WIDTH_DOTS, drawText } from './bitmap-font.ts';
import { COUNTER_MODULUS, drawStrip, LUMA_WHITE, type LumaPlane, stripRegionOf } from './counter-strip.ts';
import { isFlashAt, PARTICIPANTS_MAX } from './flash-beep.ts';

/** A picture in planar 4:2:0: three planes in one buffer, without padding. */
export type I420Picture = {
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
};

/** Whose picture it is and how large. Width and height are even. */
export type SyntheticPictureOptions = {
  readonly width: number;
  readonly height: number;
  readonly name: string;
  readonly participantIndex: number;
  /** Fills a part of the picture with noise that changes every frame, so that an encoder uses its bitrate. */
  readonly isBusy?: boolean;
};

/** One frame to draw: its number and its point of signal time, µs. */
export type FrameMoment = { readonly counter: number; readonly signalUs: number };

const BAR_PERIOD_US = 4_000_000;
const BAR_LUMA = 170;
/** The normal picture stays this dark, so that a flash cannot be mistaken. */
const GRADIENT_LUMA_MIN = 40;
const GRADIENT_LUMA_SPAN = 60;
const TEXT_LUMA = 220;
const TEXT_FLASH_LUMA = 20;
const SIZE_MIN = 96;

/** Draws the frames of one participant. The picture returned is drawn over by the next call. */
export class SyntheticPicture {
  readonly #options: SyntheticPictureOptions;
  readonly #background: Uint8Array;
  readonly #picture: I420Picture;
  readonly #luma: LumaPlane;
  readonly #noise: Uint8Array;

  constructor(options: SyntheticPictureOptions) {
    const { width, height } = options;
    assert(width % 2 === 0 && height % 2 === 0, 'a picture has even sides');
    assert(width >= SIZE_MIN && height >= SIZE_MIN, `a picture has sides of at least ${SIZE_MIN}`);
    assert(options.participantIndex < PARTICIPANTS_MAX, 'a participant index is 0 to 15');
    this.#options = options;
    this.#background = drawBackground(options);
    this.#picture = i420Of(new Uint8Array(this.#background.length), width, height);
    this.#luma = { data: this.#picture.y, stride: width, width, height };
    this.#noise = options.isBusy === true ? noiseOf(width * height) : new Uint8Array(0);
  }

  /** Draws one frame. */
  draw(moment: FrameMoment): I420Picture {
    this.#picture.data.set(this.#background);
    const isFlash = isFlashAt(moment.signalUs);
    if (isFlash) this.#drawFlash();
    else this.#drawMotion(moment);
    this.#drawTexts(moment, isFlash ? TEXT_FLASH_LUMA : TEXT_LUMA);
    drawStrip(this.#luma, {
      counter: moment.counter % COUNTER_MODULUS,
      participantIndex: this.#options.participantIndex,
    });
    return this.#picture;
  }

  #drawFlash(): void {
    this.#luma.data.fill(LUMA_WHITE);
    this.#picture.data.fill(128, this.#luma.data.length);
  }

  #drawMotion(moment: FrameMoment): void {
    const { width, height } = this.#luma;
    if (this.#noise.length > 0) this.#drawNoise(moment.counter);
    const barWidth = Math.max(2, width >> 5);
    const phase = (((moment.signalUs % BAR_PERIOD_US) + BAR_PERIOD_US) % BAR_PERIOD_US) / BAR_PERIOD_US;
    const x = Math.floor(phase * (width - barWidth));
    for (let y = 0; y < height; y++) this.#luma.data.fill(BAR_LUMA, y * width + x, y * width + x + barWidth);
  }

  /** Noise goes into the lower quarter, from another place of the pool for every frame. */
  #drawNoise(counter: number): void {
    const { width, height } = this.#luma;
    const from = Math.floor(height * 0.75) * width;
    const offset = (counter * 7919) % (this.#noise.length - (width * height - from));
    this.#luma.data.set(this.#noise.subarray(offset, offset + width * height - from), from);
  }

  #drawTexts(moment: FrameMoment, shade: number): void {
    const { width, height } = this.#luma;
    const name = this.#options.name;
    const fitting = Math.floor((width * 0.9) / (Math.max(8, name.length) * CHARACTER_WIDTH_DOTS));
    const scale = Math.max(1, Math.min(Math.floor(height / 56), fitting));
    const x = Math.floor(width / 20);
    const y = Math.floor(height / 16);
    drawText(this.#luma, name, { x, y, scale, shade });
    const below = y + scale * (CHARACTER_HEIGHT_DOTS + 3);
    drawText(this.#luma, String(moment.counter).padStart(6, '0'), { x, y: below, scale, shade });
  }
}

function i420Of(data: Uint8Array, width: number, height: number): I420Picture {
  const lumaBytes = width * height;
  const chromaBytes = lumaBytes / 4;
  return {
    width,
    height,
    data,
    y: data.subarray(0, lumaBytes),
    u: data.subarray(lumaBytes, lumaBytes + chromaBytes),
    v: data.subarray(lumaBytes + chromaBytes),
  };
}

function drawBackground(options: SyntheticPictureOptions): Uint8Array {
  const { width, height } = options;
  const lumaBytes = width * height;
  const data = new Uint8Array((lumaBytes * 3) / 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = GRADIENT_LUMA_MIN + Math.floor(((x + y) * GRADIENT_LUMA_SPAN) / (width + height));
    }
  }
  const hue = hueOf(options.name);
  data.fill(Math.round(128 + 48 * Math.cos(hue)), lumaBytes, lumaBytes + lumaBytes / 4);
  data.fill(Math.round(128 + 48 * Math.sin(hue)), lumaBytes + lumaBytes / 4);
  neutraliseStripChroma(data, options);
  return data;
}

function neutraliseStripChroma(data: Uint8Array, size: { width: number; height: number }): void {
  const { width, height } = size;
  const strip = stripRegionOf({ x: 0, y: 0, width, height });
  const chromaWidth = width >> 1;
  for (const plane of [width * height, (width * height * 5) / 4]) {
    for (let y = strip.y >> 1; y <= (strip.y + strip.height) >> 1; y++) {
      const row = plane + y * chromaWidth;
      data.fill(128, row + (strip.x >> 1), row + ((strip.x + strip.width) >> 1) + 1);
    }
  }
}

/** An angle in the colour plane from a name (FNV-1a), the same on every run. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return ((hash % 360) * Math.PI) / 180;
}

/** A repeatable pool of dark noise twice as large as needed (xorshift32). */
function noiseOf(bytes: number): Uint8Array {
  const pool = new Uint8Array(bytes);
  let state = 0x9e3779b9;
  for (let i = 0; i < pool.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    pool[i] = 32 + ((state >>> 0) % 96);
  }
  return pool;
}
