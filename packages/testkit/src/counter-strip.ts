// The machine-readable part of the synthetic picture: two rows of 16 black or white blocks across its middle,
// which carry the frame counter (20 bits), the participant (4 bits) and a check (8 bits). Survives scaling,
// chroma subsampling and low bitrates; does not survive being covered or cropped.

/** A rectangle of a picture, in pixels. */
export type PictureRegion = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** What a strip says. The counter wraps at 2^20 (9.7 hours at 30 frames per second). */
export type StripValue = { readonly counter: number; readonly participantIndex: number };

/** One plane of luma samples. */
export type LumaPlane = {
  readonly data: Uint8Array;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
};

/** Values after which the counter starts again at 0. */
export const COUNTER_MODULUS = 2 ** 20;
/** Luma of black and white in video range (BT.709). */
export const LUMA_BLACK = 16;
/** Luma of white in video range (BT.709). */
export const LUMA_WHITE = 235;

const COLUMNS = 16;
const ROWS = 2;
/** A block counts as unreadable when it is this close to grey. */
const GREY_MARGIN = 24;
const LUMA_MIDDLE = (LUMA_BLACK + LUMA_WHITE) / 2;

/** Where the strip stands in a picture (or a tile of one): the middle sixth, without the outer tenths. */
export function stripRegionOf(picture: PictureRegion): PictureRegion {
  const left = Math.round(picture.x + picture.width / 10);
  const top = Math.round(picture.y + (picture.height * 5) / 12);
  const right = Math.round(picture.x + (picture.width * 9) / 10);
  const bottom = Math.round(picture.y + (picture.height * 7) / 12);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Draws a strip into a luma plane; the caller makes the chroma neutral once. */
export function drawStrip(luma: LumaPlane, value: StripValue): void {
  const region = stripRegionOf({ x: 0, y: 0, width: luma.width, height: luma.height });
  const word = wordOf(value);
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    const block = blockOf(region, bit);
    const shade = (word >>> bit) & 1 ? LUMA_WHITE : LUMA_BLACK;
    for (let y = block.y; y < block.y + block.height; y++) {
      const row = y * luma.stride;
      luma.data.fill(shade, row + block.x, row + block.x + block.width);
    }
  }
}

/** Reads the strip of a picture or of a tile of one; `undefined` when it is not whole. */
export function readStrip(luma: LumaPlane, tile?: PictureRegion): StripValue | undefined {
  const region = stripRegionOf(tile ?? { x: 0, y: 0, width: luma.width, height: luma.height });
  let word = 0;
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    const mean = meanOf(luma, blockOf(region, bit));
    if (Math.abs(mean - LUMA_MIDDLE) < GREY_MARGIN) return undefined;
    if (mean > LUMA_MIDDLE) word |= 1 << bit;
  }
  return stripValueOf(word >>> 0);
}

function wordOf(value: StripValue): number {
  const facts = (value.counter % COUNTER_MODULUS) | ((value.participantIndex & 15) << 20);
  return (facts | (checkOf(facts) << 24)) >>> 0;
}

function stripValueOf(word: number): StripValue | undefined {
  const facts = word & 0xffffff;
  if (word >>> 24 !== checkOf(facts)) return undefined;
  return { counter: facts & (COUNTER_MODULUS - 1), participantIndex: facts >>> 20 };
}

/** CRC-8 (polynomial 0x07) from 0xff, so that neither an all-black nor an all-white strip is valid. */
function checkOf(facts: number): number {
  let crc = 0xff;
  for (const shift of [16, 8, 0]) {
    crc ^= (facts >>> shift) & 255;
    for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 255 : (crc << 1) & 255;
  }
  return crc;
}

function blockOf(region: PictureRegion, bit: number): PictureRegion {
  const column = bit % COLUMNS;
  const row = Math.floor(bit / COLUMNS);
  const x = region.x + Math.floor((column * region.width) / COLUMNS);
  const y = region.y + Math.floor((row * region.height) / ROWS);
  const right = region.x + Math.floor(((column + 1) * region.width) / COLUMNS);
  const bottom = region.y + Math.floor(((row + 1) * region.height) / ROWS);
  return { x, y, width: right - x, height: bottom - y };
}

/** Mean of a 4 by 4 grid over the inner half of a block: its edges bleed into the neighbours. */
function meanOf(luma: LumaPlane, block: PictureRegion): number {
  let sum = 0;
  for (let i = 0; i < 16; i++) {
    const x = Math.floor(block.x + block.width * (0.25 + ((i & 3) + 0.5) / 8));
    const y = Math.floor(block.y + block.height * (0.25 + ((i >> 2) + 0.5) / 8));
    sum += luma.data[y * luma.stride + x] ?? LUMA_MIDDLE;
  }
  return sum / 16;
}
