// H.265 bitstream facts (ITU-T H.265): NAL types, sequence parameter sets, random access pictures. Works on Annex B
// frames as `EncodedFrame.data` holds them; looks at layer 0 only and decodes no pictures.

import { joinNals, unescapeNal, visitNals } from './annex-b.ts';
import { BitReader } from './bytes.ts';

/** NAL unit types used here (H.265 table 7-1). Types 16 to 23 are random access pictures, below 32 slices. */
export const H265_NAL = { irapFirst: 16, irapLast: 23, vps: 32, sps: 33, pps: 34, aud: 35 } as const;

/** What a sequence parameter set says. */
export type H265Sps = {
  readonly id: number;
  readonly profileSpace: number;
  readonly profileIdc: number;
  readonly highTier: boolean;
  readonly levelIdc: number;
  /** The 32 compatibility flags, first flag in the highest bit. */
  readonly compatibility: number;
  /** The 6 bytes of constraint flags that follow them. */
  readonly constraints: readonly number[];
  /** Size of the cropped picture in pixels. */
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** Frames that may precede another in decode order but follow it in output; above 0 means B-frames. */
  readonly numReorderFrames: number;
};

const SPS_BYTES_MAX = 1024;
const SIDE_MAX = 16_888;

/** Returns the type of a NAL unit from its first byte. */
export function h265NalType(header: number): number {
  return (header >>> 1) & 0x3f;
}

/** Tells whether a NAL unit type is a slice of an intra random access picture (IDR, BLA, CRA). */
export function isH265Irap(type: number): boolean {
  return type >= H265_NAL.irapFirst && type <= H265_NAL.irapLast;
}

/** Tells whether decoding can start at this access unit: its slices are of a random access picture (IRAP). */
export function isH265Keyframe(data: Uint8Array): boolean {
  let found = false;
  visitNals(data, (start) => {
    const type = h265NalType(data[start] ?? 0);
    found = isH265Irap(type);
    return type >= H265_NAL.vps;
  });
  return found;
}

/** Collects the parameter sets (VPS, SPS, PPS) of an access unit as Annex B; `undefined` without an SPS. */
export function h265ParameterSets(data: Uint8Array): Uint8Array | undefined {
  const sets: Uint8Array[] = [];
  let hasSps = false;
  visitNals(data, (start, end) => {
    const type = h265NalType(data[start] ?? 0);
    if (type >= H265_NAL.vps && type <= H265_NAL.pps) sets.push(data.subarray(start, end));
    if (type === H265_NAL.sps) hasSps = true;
    return type >= H265_NAL.vps;
  });
  return hasSps ? joinNals(sets) : undefined;
}

/** Finds and reads the first SPS of an access unit. */
export function findH265Sps(data: Uint8Array): H265Sps | undefined {
  let sps: H265Sps | undefined;
  visitNals(data, (start, end) => {
    const type = h265NalType(data[start] ?? 0);
    if (type === H265_NAL.sps) sps = parseH265Sps(data.subarray(start, end));
    return sps === undefined && type >= H265_NAL.vps;
  });
  return sps;
}

/** Writes the RFC 6381 codec string of ISO/IEC 14496-15 annex E, such as `hvc1.1.6.L93.b0`. */
export function h265CodecString(sps: H265Sps): string {
  const space = ['', 'A', 'B', 'C'][sps.profileSpace] ?? '';
  const constraints = [...sps.constraints];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = [
    `${space}${sps.profileIdc}`,
    reverseBits32(sps.compatibility).toString(16),
    `${sps.highTier ? 'H' : 'L'}${sps.levelIdc}`,
    ...constraints.map((byte) => byte.toString(16)),
  ];
  return `hvc1.${parts.join('.')}`;
}

/** Reads a sequence parameter set NAL unit of layer 0 (H.265 §7.3.2.2.1); `undefined` when damaged or impossible. */
export function parseH265Sps(nal: Uint8Array): H265Sps | undefined {
  const layerId = (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >>> 3);
  if (h265NalType(nal[0] ?? 0) !== H265_NAL.sps || layerId !== 0) return undefined;
  const bits = new BitReader(unescapeNal(nal, SPS_BYTES_MAX), 2);
  bits.skip(4);
  const subLayers = bits.bits(3) + 1;
  bits.skip(1);
  const profile = readProfileTierLevel(bits, subLayers);
  const id = bits.ue();
  const size = readSize(bits);
  const bitDepth = bits.ue() + 8;
  bits.ue(); // bit_depth_chroma_minus8
  bits.ue(); // log2_max_pic_order_cnt_lsb_minus4
  const numReorderFrames = readReorderFrames(bits, subLayers);
  if (bits.overrun || size === undefined || id > 15 || bitDepth > 16 || numReorderFrames > 16) return undefined;
  return { id, ...profile, ...size, bitDepth, numReorderFrames };
}

type Profile = Pick<H265Sps, 'profileSpace' | 'profileIdc' | 'highTier' | 'levelIdc' | 'compatibility' | 'constraints'>;

/** Reads profile_tier_level (H.265 §7.3.3) and skips what it says about sub-layers. */
function readProfileTierLevel(bits: BitReader, subLayers: number): Profile {
  const profileSpace = bits.bits(2);
  const highTier = bits.flag();
  const profileIdc = bits.bits(5);
  const compatibility = bits.bits(32);
  const constraints = Array.from({ length: 6 }, () => bits.bits(8));
  const levelIdc = bits.bits(8);
  const present: [profile: boolean, level: boolean][] = [];
  for (let i = 1; i < subLayers; i += 1) present.push([bits.flag(), bits.flag()]);
  if (subLayers > 1) bits.skip(2 * (9 - subLayers));
  for (const [profile, level] of present) bits.skip((profile ? 88 : 0) + (level ? 8 : 0));
  return { profileSpace, profileIdc, highTier, levelIdc, compatibility, constraints };
}

function readSize(bits: BitReader): { width: number; height: number } | undefined {
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  const codedWidth = bits.ue();
  const codedHeight = bits.ue();
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = chroma === 1 ? 2 : 1;
  const cropping = bits.flag();
  const [left, right, top, bottom] = cropping ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const width = codedWidth - (left + right) * unitX;
  const height = codedHeight - (top + bottom) * unitY;
  return width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX ? { width, height } : undefined;
}

function readReorderFrames(bits: BitReader, subLayers: number): number {
  const everySubLayer = bits.flag();
  let reorder = 0;
  for (let i = everySubLayer ? subLayers : 1; i > 0; i -= 1) {
    bits.ue();
    reorder = bits.ue();
    bits.ue();
  }
  return reorder;
}

function reverseBits32(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i += 1) reversed = reversed * 2 + (Math.floor(value / 2 ** i) % 2);
  return reversed;
}
