// H.264 bitstream facts (ITU-T H.264): NAL types, sequence parameter sets, keyframes. Works on Annex B frames as
// `EncodedFrame.data` holds them; decodes no pictures.

import { joinNals, unescapeNal, visitNals } from './annex-b.ts';
import { BitReader } from './bytes.ts';

/** NAL unit types used here (H.264 table 7-1). */
export const H264_NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, aud: 9, spsExtension: 13 } as const;

/** What a sequence parameter set says. */
export type H264Sps = {
  readonly profileIdc: number;
  /** The byte of constraint_set flags between profile and level. */
  readonly constraints: number;
  readonly levelIdc: number;
  readonly id: number;
  /** Size of the cropped picture in pixels: what a player shows before the sample aspect ratio. */
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** Frames that may precede another in decode order but follow it in output; absent when the SPS does not tell. */
  readonly numReorderFrames?: number;
};

/** Bytes of a parameter set we look at: the largest legal SPS with scaling lists and HRD is far smaller. */
const SPS_BYTES_MAX = 1024;
/** Larger pictures than level 6.2 allows are refused as damage. */
const SIDE_MAX = 16_888;

/** Returns the type of a NAL unit from its first byte. */
export function h264NalType(header: number): number {
  return header & 0x1f;
}

/**
 * Tells whether decoding can start at this access unit: it holds an IDR slice. A recovery point SEI (intra
 * refresh, open GOP) does not count: a file cannot be cut or seeked there without showing damage.
 */
export function isH264Keyframe(data: Uint8Array): boolean {
  let found = false;
  visitNals(data, (start) => {
    const type = h264NalType(data[start] ?? 0);
    found = type === H264_NAL.idr;
    return !found && type !== H264_NAL.slice;
  });
  return found;
}

/** Collects the parameter sets (SPS, SPS extension, PPS) of an access unit as Annex B; `undefined` without an SPS. */
export function h264ParameterSets(data: Uint8Array): Uint8Array | undefined {
  const sets: Uint8Array[] = [];
  let hasSps = false;
  visitNals(data, (start, end) => {
    const type = h264NalType(data[start] ?? 0);
    if (type === H264_NAL.sps || type === H264_NAL.pps || type === H264_NAL.spsExtension)
      sets.push(data.subarray(start, end));
    if (type === H264_NAL.sps) hasSps = true;
    return type !== H264_NAL.idr && type !== H264_NAL.slice;
  });
  return hasSps ? joinNals(sets) : undefined;
}

/** Finds and reads the first SPS of an access unit. */
export function findH264Sps(data: Uint8Array): H264Sps | undefined {
  let sps: H264Sps | undefined;
  visitNals(data, (start, end) => {
    const type = h264NalType(data[start] ?? 0);
    if (type === H264_NAL.sps) sps = parseH264Sps(data.subarray(start, end));
    return sps === undefined && type !== H264_NAL.idr && type !== H264_NAL.slice;
  });
  return sps;
}

/** Writes the RFC 6381 codec string, `avc1.PPCCLL`. */
export function h264CodecString(sps: H264Sps): string {
  const hex = [sps.profileIdc, sps.constraints, sps.levelIdc].map((byte) => byte.toString(16).padStart(2, '0'));
  return `avc1.${hex.join('')}`;
}

/** Tells whether frames may be reordered (B-frames); `undefined` when the SPS leaves it open. */
export function mayReorderH264(sps: H264Sps): boolean | undefined {
  return sps.numReorderFrames === undefined ? undefined : sps.numReorderFrames > 0;
}

/** Reads a sequence parameter set NAL unit (H.264 §7.3.2.1.1); `undefined` when damaged or impossible. */
export function parseH264Sps(nal: Uint8Array): H264Sps | undefined {
  if (h264NalType(nal[0] ?? 0) !== H264_NAL.sps) return undefined;
  const bits = new BitReader(unescapeNal(nal, SPS_BYTES_MAX), 1);
  const profileIdc = bits.bits(8);
  const constraints = bits.bits(8);
  const levelIdc = bits.bits(8);
  const id = bits.ue();
  const chroma = readChroma(bits, profileIdc);
  bits.ue(); // log2_max_frame_num_minus4
  const pocType = skipPictureOrderCount(bits);
  bits.ue(); // max_num_ref_frames
  bits.skip(1);
  const size = readSize(bits, chroma.format);
  if (bits.overrun || size === undefined || id > 31 || pocType > 2 || chroma.bitDepth > 14) return undefined;
  const neverReorders = pocType === 2 || profileIdc === 66;
  const numReorderFrames = neverReorders ? 0 : readReorderFrames(bits);
  return {
    profileIdc,
    constraints,
    levelIdc,
    id,
    ...size,
    bitDepth: chroma.bitDepth,
    ...(numReorderFrames === undefined ? {} : { numReorderFrames }),
  };
}

const PROFILES_WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function readChroma(bits: BitReader, profileIdc: number): { format: number; bitDepth: number } {
  if (!PROFILES_WITH_CHROMA.has(profileIdc)) return { format: 1, bitDepth: 8 };
  const idc = bits.ue();
  const separatePlanes = idc === 3 && bits.flag();
  const bitDepth = bits.ue() + 8;
  bits.ue(); // bit_depth_chroma_minus8
  bits.skip(1);
  if (bits.flag()) skipScalingMatrix(bits, idc === 3 ? 12 : 8);
  return { format: separatePlanes ? 0 : idc, bitDepth };
}

function skipScalingMatrix(bits: BitReader, lists: number): void {
  for (let list = 0; list < lists; list += 1) {
    if (!bits.flag()) continue;
    let last = 8;
    let next = 8;
    for (let i = list < 6 ? 16 : 64; i > 0 && !bits.overrun; i -= 1) {
      if (next !== 0) next = (last + bits.se() + 256) & 0xff;
      last = next === 0 ? last : next;
    }
  }
}

function skipPictureOrderCount(bits: BitReader): number {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return type;
  bits.skip(1);
  bits.se();
  bits.se();
  for (let left = Math.min(bits.ue(), 255); left > 0 && !bits.overrun; left -= 1) bits.se();
  return type;
}

function readSize(bits: BitReader, chromaFormat: number): { width: number; height: number } | undefined {
  const widthMbs = bits.ue() + 1;
  const mapUnits = bits.ue() + 1;
  const framesOnly = bits.flag();
  if (!framesOnly) bits.skip(1);
  bits.skip(1);
  const fieldFactor = framesOnly ? 1 : 2;
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * fieldFactor;
  const cropping = bits.flag();
  const [left, right, top, bottom] = cropping ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const width = widthMbs * 16 - (left + right) * unitX;
  const height = mapUnits * 16 * fieldFactor - (top + bottom) * unitY;
  return width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX ? { width, height } : undefined;
}

/** Reads VUI parameters (H.264 §E.1.1) up to max_num_reorder_frames. */
function readReorderFrames(bits: BitReader): number | undefined {
  if (!bits.flag()) return undefined;
  if (bits.flag() && bits.bits(8) === 255) bits.skip(32); // aspect ratio
  if (bits.flag()) bits.skip(1); // overscan
  if (bits.flag()) {
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) bits.skip(65); // timing
  const nalHrd = bits.flag();
  if (nalHrd) skipHrd(bits);
  const vclHrd = bits.flag();
  if (vclHrd) skipHrd(bits);
  if (nalHrd || vclHrd) bits.skip(1);
  bits.skip(1);
  if (!bits.flag()) return undefined;
  bits.skip(1);
  for (let i = 0; i < 4; i += 1) bits.ue();
  const reorder = bits.ue();
  return bits.overrun || reorder > 16 ? undefined : reorder;
}

function skipHrd(bits: BitReader): void {
  const count = Math.min(bits.ue(), 31) + 1;
  bits.skip(8);
  for (let i = 0; i < count && !bits.overrun; i += 1) {
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  bits.skip(20);
}
