// AV1 open bitstream units (AV1 §5): iteration, sequence header, keyframes, and the normal form of a temporal unit
// in `EncodedFrame.data`. Decodes no pictures.

import { BitReader, leb128Bytes, readLeb128, writeLeb128 } from './bytes.ts';

/** OBU types used here (AV1 §6.2.2). */
export const AV1_OBU = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  redundantFrameHeader: 7,
  tileList: 8,
  padding: 15,
} as const;

/** One OBU within the data it was found in. */
export type Av1Obu = {
  readonly type: number;
  /** Offset of its header, of its payload, and of the byte after it. */
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
};

/** What a sequence header says (AV1 §5.5); size is the largest the sequence allows. */
export type Av1SequenceHeader = {
  readonly profile: number;
  readonly levelIdx: number;
  readonly highTier: boolean;
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly monochrome: boolean;
  readonly reducedStillPicture: boolean;
};

/**
 * Visits the OBUs of a temporal unit in order; return `false` to stop. An OBU without a size field reaches to the
 * end. Returns `false` when the data is damaged: visited until there.
 */
export function visitObus(data: Uint8Array, visit: (obu: Av1Obu) => boolean | undefined): boolean {
  let start = 0;
  while (start < data.length) {
    const obu = readObu(data, start);
    if (obu === undefined) return false;
    if (visit(obu) === false) return true;
    start = obu.end;
  }
  return true;
}

/** Tells whether decoding can start at this temporal unit: a sequence header, then a shown key frame first. */
export function isAv1Keyframe(data: Uint8Array): boolean {
  let sequence: boolean | undefined;
  let key = false;
  visitObus(data, (obu) => {
    if (obu.type === AV1_OBU.sequenceHeader) sequence = ((data[obu.payloadStart] ?? 0) & 0x08) !== 0;
    if (obu.type !== AV1_OBU.frame && obu.type !== AV1_OBU.frameHeader) return true;
    // show_existing_frame (1), frame_type (2; 0 is a key frame), show_frame (1): AV1 §5.9.2.
    const opening = (data[obu.payloadStart] ?? 0xff) >>> 4;
    key = sequence !== undefined && obu.payloadStart < obu.end && (sequence || opening === 0b0001);
    return false;
  });
  return key;
}

/** Returns the first sequence header OBU of a temporal unit, with a size field, as a copy. */
export function av1SequenceHeaderObu(data: Uint8Array): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  visitObus(data, (obu) => {
    if (obu.type === AV1_OBU.sequenceHeader) found = normalizeAv1(data.subarray(obu.start, obu.end));
    return found === undefined;
  });
  return found;
}

/** Finds and reads the first sequence header of a temporal unit. */
export function findAv1SequenceHeader(data: Uint8Array): Av1SequenceHeader | undefined {
  let found: Av1SequenceHeader | undefined;
  visitObus(data, (obu) => {
    if (obu.type !== AV1_OBU.sequenceHeader) return true;
    found = parseAv1SequenceHeader(data.subarray(obu.payloadStart, obu.end));
    return false;
  });
  return found;
}

/** Writes the codec string `av01.P.LLT.DD` (AV1 ISO media file format binding §5). */
export function av1CodecString(header: Av1SequenceHeader): string {
  const two = (value: number): string => value.toString().padStart(2, '0');
  return `av01.${header.profile}.${two(header.levelIdx)}${header.highTier ? 'H' : 'M'}.${two(header.bitDepth)}`;
}

/**
 * Rewrites a temporal unit into the form frames hold: temporal delimiters, tile lists and padding dropped, every
 * OBU with a size field. Returns a copy, or `undefined` when the data is damaged or nothing is left.
 */
export function normalizeAv1(data: Uint8Array): Uint8Array | undefined {
  const kept: Av1Obu[] = [];
  let total = 0;
  const whole = visitObus(data, (obu) => {
    if (!isAv1ObuKept(obu.type)) return true;
    kept.push(obu);
    const payload = obu.end - obu.payloadStart;
    total += av1HeaderBytes(data[obu.start] ?? 0) + leb128Bytes(payload) + payload;
    return true;
  });
  if (!whole || kept.length === 0) return undefined;
  const normal = new Uint8Array(total);
  let at = 0;
  for (const obu of kept) {
    const header = data[obu.start] ?? 0;
    normal[at] = header | 0x02;
    if (av1HeaderBytes(header) === 2) normal[at + 1] = data[obu.start + 1] ?? 0;
    at = writeLeb128(normal, at + av1HeaderBytes(header), obu.end - obu.payloadStart);
    normal.set(data.subarray(obu.payloadStart, obu.end), at);
    at += obu.end - obu.payloadStart;
  }
  return normal;
}

/** Returns the type of an OBU from its first byte. */
export function av1ObuType(header: number): number {
  return (header >>> 3) & 0x0f;
}

/** Tells how many bytes an OBU's header takes, its size field not counted: 2 with the extension, else 1. */
export function av1HeaderBytes(header: number): number {
  return (header & 0x04) !== 0 ? 2 : 1;
}

/** Tells whether frames keep OBUs of this type: all but temporal delimiters, tile lists and padding. */
export function isAv1ObuKept(type: number): boolean {
  return type !== AV1_OBU.temporalDelimiter && type !== AV1_OBU.tileList && type !== AV1_OBU.padding;
}

function readObu(data: Uint8Array, start: number): Av1Obu | undefined {
  const header = data[start] ?? 0;
  if ((header & 0x80) !== 0) return undefined;
  const type = av1ObuType(header);
  const sizeAt = start + av1HeaderBytes(header);
  if (sizeAt > data.length) return undefined;
  if ((header & 0x02) === 0) return { type, start, payloadStart: sizeAt, end: data.length };
  const size = readLeb128(data, sizeAt);
  if (size === undefined) return undefined;
  const payloadStart = sizeAt + size.bytes;
  const end = payloadStart + size.value;
  return end <= data.length ? { type, start, payloadStart, end } : undefined;
}

/** Reads the payload of a sequence header OBU (AV1 §5.5.1); `undefined` when damaged. */
export function parseAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader | undefined {
  const bits = new BitReader(payload.length > 512 ? payload.subarray(0, 512) : payload);
  const profile = bits.bits(3);
  bits.skip(1);
  const reducedStillPicture = bits.flag();
  const point = reducedStillPicture ? { levelIdx: bits.bits(5), highTier: false } : readOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  const width = bits.bits(widthBits) + 1;
  const height = bits.bits(heightBits) + 1;
  if (!reducedStillPicture && bits.flag()) bits.skip(7); // frame ids
  bits.skip(3);
  if (!reducedStillPicture) skipTools(bits);
  bits.skip(3);
  const highBitDepth = bits.flag();
  const bitDepth = !highBitDepth ? 8 : profile === 2 && bits.flag() ? 12 : 10;
  const monochrome = profile !== 1 && bits.flag();
  if (bits.overrun || profile > 2) return undefined;
  return { profile, ...point, width, height, bitDepth, monochrome, reducedStillPicture };
}

/** Reads timing, decoder model and operating points; the first point is the one a decoder plays. */
function readOperatingPoints(bits: BitReader): { levelIdx: number; highTier: boolean } {
  const timing = bits.flag();
  if (timing) {
    bits.skip(64);
    if (bits.flag()) bits.ue(); // uvlc has the form of an exp-Golomb code
  }
  const decoderModel = timing && bits.flag();
  const delayBits = decoderModel ? bits.bits(5) + 1 : 0;
  if (decoderModel) bits.skip(42);
  const displayDelay = bits.flag();
  const count = bits.bits(5) + 1;
  let first = { levelIdx: 0, highTier: false };
  for (let i = 0; i < count; i += 1) {
    bits.skip(12);
    const levelIdx = bits.bits(5);
    const highTier = levelIdx > 7 && bits.flag();
    if (i === 0) first = { levelIdx, highTier };
    if (decoderModel && bits.flag()) bits.skip(2 * delayBits + 1);
    if (displayDelay && bits.flag()) bits.skip(4);
  }
  return first;
}

/** Skips the coding tools between the frame ids and super resolution. */
function skipTools(bits: BitReader): void {
  bits.skip(4);
  const orderHint = bits.flag();
  if (orderHint) bits.skip(2);
  const screenContent = bits.flag() ? 2 : bits.bits(1);
  if (screenContent > 0 && !bits.flag()) bits.skip(1);
  if (orderHint) bits.skip(3);
}
