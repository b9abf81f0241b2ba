// H.264 and H.265 as FLV and MP4 carry them (ISO/IEC 14496-15): NAL units behind their length and parameter sets in a
// decoder configuration record; to and from the Annex B of `EncodedFrame.data`.

import {
  concatBytes,
  findH264Sps,
  findH265Sps,
  H264_NAL,
  H265_NAL,
  h264NalType,
  h265NalType,
  joinNals,
  readUint16,
  readUint32,
  splitNals,
  writeUint16,
  writeUint32,
} from '@roomtape/media';

/** What a decoder configuration record says that its frames need. */
export type NalConfig = {
  /** Bytes of the length before each NAL unit: 1, 2 or 4. */
  readonly lengthBytes: 1 | 2 | 4;
  /** The parameter sets, in Annex B. */
  readonly parameterSets: Uint8Array;
};

/** Reads an AVCDecoderConfigurationRecord (`avcC`); `undefined` when it is damaged or holds no parameter set. */
export function readAvcConfig(record: Uint8Array): NalConfig | undefined {
  const lengthBytes = lengthBytesOf(record[4]);
  if (record.length < 7 || record[0] !== 1 || lengthBytes === undefined) return undefined;
  const nals: Uint8Array[] = [];
  const afterSps = readNals(record, { at: 6, count: (record[5] ?? 0) & 0x1f }, nals);
  if (afterSps === undefined) return undefined;
  const afterPps = readNals(record, { at: afterSps + 1, count: record[afterSps] ?? 0 }, nals);
  return afterPps === undefined || nals.length === 0 ? undefined : { lengthBytes, parameterSets: joinNals(nals) };
}

/** Reads an HEVCDecoderConfigurationRecord (`hvcC`); `undefined` when it is damaged or holds no parameter set. */
export function readHevcConfig(record: Uint8Array): NalConfig | undefined {
  const lengthBytes = lengthBytesOf(record[21]);
  if (record.length < 23 || lengthBytes === undefined) return undefined;
  const nals: Uint8Array[] = [];
  let at: number | undefined = 23;
  for (let arrays = record[22] ?? 0; arrays > 0; arrays -= 1) {
    at = readNals(record, { at: at + 3, count: readUint16(record, at + 1) }, nals);
    if (at === undefined) return undefined;
  }
  return nals.length === 0 ? undefined : { lengthBytes, parameterSets: joinNals(nals) };
}

/** Writes the `avcC` record of a keyframe's parameter sets (Annex B); `undefined` when SPS or PPS is missing. */
export function writeAvcConfig(parameterSets: Uint8Array): Uint8Array | undefined {
  const nals = splitNals(parameterSets);
  const sps = nals.filter((nal) => h264NalType(nal[0] ?? 0) === H264_NAL.sps).slice(0, 31);
  const pps = nals.filter((nal) => h264NalType(nal[0] ?? 0) === H264_NAL.pps).slice(0, 255);
  const first = sps[0];
  const facts = findH264Sps(parameterSets);
  if (first === undefined || first.length < 4 || pps.length === 0 || facts === undefined) return undefined;
  const head = new Uint8Array([1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length]);
  return concatBytes([head, ...sps.map(withLength16), new Uint8Array([pps.length]), ...pps.map(withLength16)]);
}

/**
 * Writes the `hvcC` record of a keyframe's parameter sets (Annex B); `undefined` when one of VPS, SPS, PPS is missing.
 * Says 4:2:0, the only sampling that real-time encoders send.
 */
export function writeHevcConfig(parameterSets: Uint8Array): Uint8Array | undefined {
  const sps = findH265Sps(parameterSets);
  const nals = splitNals(parameterSets);
  const arrays = [H265_NAL.vps, H265_NAL.sps, H265_NAL.pps].map((type) => ({
    type,
    nals: nals.filter((nal) => h265NalType(nal[0] ?? 0) === type),
  }));
  if (sps === undefined || arrays.some((array) => array.nals.length === 0)) return undefined;
  const head = new Uint8Array(23);
  head[0] = 1;
  head[1] = (sps.profileSpace << 6) | (sps.highTier ? 0x20 : 0) | sps.profileIdc;
  writeUint32(head, 2, sps.compatibility);
  head.set(sps.constraints.slice(0, 6), 6);
  head[12] = sps.levelIdc;
  // No segmentation, unknown parallelism, 4:2:0, bit depths, unknown frame rate, one temporal layer, 4-byte lengths.
  head.set([0xf0, 0, 0xfc, 0xfd, 0xf8 | (sps.bitDepth - 8), 0xf8 | (sps.bitDepth - 8), 0, 0, 0x0f, 3], 13);
  const written = arrays.flatMap((array) => {
    const start = new Uint8Array([0x80 | array.type, 0, 0]);
    writeUint16(start, 1, array.nals.length);
    return [start, ...array.nals.map(withLength16)];
  });
  return concatBytes([head, ...written]);
}

/** Turns NAL units behind lengths into Annex B; `undefined` when a length points past the end. */
export function toAnnexB(data: Uint8Array, lengthBytes: 1 | 2 | 4): Uint8Array | undefined {
  const nals: Uint8Array[] = [];
  for (let at = 0; at < data.length; ) {
    const length = readLength(data, at, lengthBytes);
    const from = at + lengthBytes;
    if (from > data.length || length > data.length - from) return undefined;
    if (length > 0) nals.push(data.subarray(from, from + length));
    at = from + length;
  }
  return joinNals(nals);
}

/** Turns Annex B into NAL units behind 4-byte lengths. */
export function toLengthPrefixed(annexB: Uint8Array): Uint8Array {
  const nals = splitNals(annexB);
  const data = new Uint8Array(nals.reduce((sum, nal) => sum + 4 + nal.length, 0));
  let at = 0;
  for (const nal of nals) {
    writeUint32(data, at, nal.length);
    data.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return data;
}

function lengthBytesOf(byte: number | undefined): 1 | 2 | 4 | undefined {
  const bytes = ((byte ?? 2) & 3) + 1;
  return bytes === 3 ? undefined : (bytes as 1 | 2 | 4);
}

function readLength(data: Uint8Array, at: number, lengthBytes: 1 | 2 | 4): number {
  if (lengthBytes === 1) return data[at] ?? 0;
  return lengthBytes === 2 ? readUint16(data, at) : readUint32(data, at);
}

/** Reads `count` NAL units behind 16-bit lengths; returns the offset after them. */
function readNals(
  record: Uint8Array,
  from: { readonly at: number; readonly count: number },
  nals: Uint8Array[],
): number | undefined {
  let at = from.at;
  for (let left = from.count; left > 0; left -= 1) {
    const length = readUint16(record, at);
    if (length === 0 || at + 2 + length > record.length) return undefined;
    nals.push(record.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return at > record.length ? undefined : at;
}

function withLength16(nal: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + nal.length);
  writeUint16(bytes, 0, nal.length);
  bytes.set(nal, 2);
  return bytes;
}
