// VP9 frame and superframe facts (VP9 bitstream specification v0.6): uncompressed header, superframe index. Decodes
// no pictures; the level is derived from the size, because the bitstream does not carry one.

import { BitReader } from './bytes.ts';

/** What the uncompressed header of a VP9 frame says (§6.2). */
export type Vp9Header = {
  readonly profile: number;
  readonly keyframe: boolean;
  /** Whether the frame is shown; a frame that only shows an earlier one again has neither size nor key. */
  readonly shown: boolean;
  /** Present on keyframes and wherever the frame gives its size itself instead of taking a reference's. */
  readonly width?: number;
  readonly height?: number;
  /** Present on keyframes only. */
  readonly bitDepth?: number;
};

const SYNC_CODE = 0x498342;
const COLOR_SPACE_RGB = 7;
/** A superframe holds at most this many frames (annex B). */
const SUPERFRAME_FRAMES_MAX = 8;

/** Tells whether decoding can start at this frame or superframe: its first frame is a keyframe. */
export function isVp9Keyframe(data: Uint8Array): boolean {
  return parseVp9Header(data)?.keyframe === true;
}

/** Reads the uncompressed header at the start of a VP9 frame; `undefined` when damaged. */
export function parseVp9Header(data: Uint8Array): Vp9Header | undefined {
  const bits = new BitReader(data.length > 32 ? data.subarray(0, 32) : data);
  if (bits.bits(2) !== 2) return undefined;
  const profile = bits.bits(1) | (bits.bits(1) << 1);
  if (profile === 3 && bits.flag()) return undefined;
  if (bits.flag()) return bits.overrun ? undefined : { profile, keyframe: false, shown: true };
  const keyframe = !bits.flag();
  const shown = bits.flag();
  const errorResilient = bits.flag();
  if (!keyframe) {
    const size = readInterSize(bits, { profile, shown, errorResilient });
    return bits.overrun ? undefined : { profile, keyframe, shown, ...size };
  }
  if (bits.bits(24) !== SYNC_CODE) return undefined;
  const bitDepth = readColorConfig(bits, profile);
  const size = readSize(bits);
  return bits.overrun ? undefined : { profile, keyframe, shown, ...size, bitDepth };
}

/**
 * Lists the frames of a superframe (annex B) as views, the index excluded; data without a valid index is one
 * frame.
 */
export function splitVp9Superframe(data: Uint8Array): Uint8Array[] {
  const last = data.at(-1) ?? 0;
  if ((last & 0xe0) !== 0xc0) return [data];
  const sizeBytes = ((last >>> 3) & 3) + 1;
  const count = (last & 7) + 1;
  const indexStart = data.length - (2 + sizeBytes * count);
  if (indexStart < 0 || data[indexStart] !== last) return [data];
  const frames: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    let size = 0;
    for (let b = 0; b < sizeBytes; b += 1) size += (data[indexStart + 1 + i * sizeBytes + b] ?? 0) * 2 ** (8 * b);
    if (at + size > indexStart) return [data];
    if (size > 0) frames.push(data.subarray(at, at + size));
    at += size;
  }
  return frames.length === 0 ? [data] : frames;
}

/**
 * Writes the superframe index (annex B) for frames of the given sizes; it goes after the last frame. Empty for
 * one frame, `undefined` for more frames than an index can list.
 */
export function vp9SuperframeIndex(sizes: readonly number[]): Uint8Array | undefined {
  if (sizes.length <= 1) return new Uint8Array(0);
  if (sizes.length > SUPERFRAME_FRAMES_MAX) return undefined;
  const largest = Math.max(...sizes);
  const sizeBytes = largest < 2 ** 8 ? 1 : largest < 2 ** 16 ? 2 : largest < 2 ** 24 ? 3 : 4;
  const index = new Uint8Array(2 + sizeBytes * sizes.length);
  const header = 0xc0 | ((sizeBytes - 1) << 3) | (sizes.length - 1);
  index[0] = header;
  index[index.length - 1] = header;
  sizes.forEach((size, i) => {
    for (let b = 0; b < sizeBytes; b += 1) index[1 + i * sizeBytes + b] = Math.floor(size / 2 ** (8 * b));
  });
  return index;
}

/**
 * Writes the codec string `vp09.PP.LL.DD` (VP codec ISO media file format binding); the level is the lowest that
 * allows the size at 30 frames per second.
 */
export function vp9CodecString(facts: { profile: number; width: number; height: number; bitDepth: number }): string {
  const two = (value: number): string => value.toString().padStart(2, '0');
  return `vp09.${two(facts.profile)}.${two(vp9Level(facts.width, facts.height))}.${two(facts.bitDepth)}`;
}

const LEVEL_FRAMES_PER_SECOND = 30;
/** Level × 10, luma samples per second, luma samples per picture, longest side (VP9 levels, annex A). */
const LEVELS: readonly (readonly [number, number, number, number])[] = [
  [10, 829_440, 36_864, 512],
  [11, 2_764_800, 73_728, 768],
  [20, 4_608_000, 122_880, 960],
  [21, 9_216_000, 245_760, 1344],
  [30, 20_736_000, 552_960, 2048],
  [31, 36_864_000, 983_040, 2752],
  [40, 83_558_400, 2_228_224, 4160],
  [41, 160_432_128, 2_228_224, 4160],
  [50, 311_951_360, 8_912_896, 8384],
  [51, 588_251_136, 8_912_896, 8384],
  [60, 1_176_502_272, 35_651_584, 16_832],
  [61, 2_353_004_544, 35_651_584, 16_832],
];

function vp9Level(width: number, height: number): number {
  const picture = width * height;
  const side = Math.max(width, height);
  const fits = LEVELS.find(
    ([, rate, size, sideMax]) => picture * LEVEL_FRAMES_PER_SECOND <= rate && picture <= size && side <= sideMax,
  );
  return fits?.[0] ?? 62;
}

function readColorConfig(bits: BitReader, profile: number): number {
  const bitDepth = profile < 2 ? 8 : bits.flag() ? 12 : 10;
  const subsamplingGiven = profile === 1 || profile === 3;
  if (bits.bits(3) !== COLOR_SPACE_RGB) bits.skip(subsamplingGiven ? 4 : 1);
  else if (subsamplingGiven) bits.skip(1);
  return bitDepth;
}

function readSize(bits: BitReader): { width: number; height: number } {
  return { width: bits.bits(16) + 1, height: bits.bits(16) + 1 };
}

type InterFlags = { readonly profile: number; readonly shown: boolean; readonly errorResilient: boolean };

/** Reads a non-key frame up to the size it gives itself: intra-only frames, and upper spatial layers do. */
function readInterSize(bits: BitReader, flags: InterFlags): { width?: number; height?: number } {
  const intraOnly = !flags.shown && bits.flag();
  if (!flags.errorResilient) bits.skip(2);
  if (intraOnly) {
    if (bits.bits(24) !== SYNC_CODE) return {};
    if (flags.profile > 0) readColorConfig(bits, flags.profile);
    bits.skip(8);
    return readSize(bits);
  }
  bits.skip(8 + 3 * 4);
  for (let reference = 0; reference < 3; reference += 1) if (bits.flag()) return {};
  return readSize(bits);
}
