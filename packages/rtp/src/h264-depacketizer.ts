// H.264 on RTP (RFC 6184), packetization modes 0 and 1: single NAL units, STAP-A, FU-A. STAP-B, MTAP and FU-B
// (interleaved mode) are refused as unsupported.

import { H264_NAL, h264NalType } from '@roomtape/media';
import { NalFormat, type NalRole, type NalSyntax, parameterSetId } from './nal-depacketizer.ts';

const STAP_A = 24;
const FU_A = 28;

const ROLES: readonly NalRole[] = Array.from({ length: 32 }, (_, type): NalRole => {
  if (type === H264_NAL.idr) return 'key-slice';
  if (type >= 1 && type < H264_NAL.idr) return 'slice';
  if (type === H264_NAL.sps || type === H264_NAL.pps || type === H264_NAL.spsExtension) return 'parameter-set';
  if (type === H264_NAL.aud) return 'delimiter';
  if (type === STAP_A) return 'aggregation';
  if (type === FU_A) return 'fragment';
  return type === 0 || type > 23 ? 'unsupported' : 'other';
});

/** One-byte arrays of every NAL header, so that a fragmented NAL unit allocates none. */
const HEADERS: readonly Uint8Array[] = Array.from({ length: 256 }, (_, header) => new Uint8Array([header]));

const SYNTAX: NalSyntax = {
  headerBytes: 1,
  fragmentTypeMask: 0x1f,
  typeOf: h264NalType,
  roleOf: (type) => ROLES[type] ?? 'unsupported',
  isOpening: (type) => type === H264_NAL.sps || type === H264_NAL.aud,
  parameterSetKey(nal) {
    const type = h264NalType(nal[0] ?? 0);
    // An SPS has its id behind profile, constraints and level.
    return type * 256 + parameterSetId(nal, type === H264_NAL.sps ? 4 : 1);
  },
  isSequenceSet: (type) => type === H264_NAL.sps,
  fragmentHeader: (payload, type) => HEADERS[((payload[0] ?? 0) & 0x60) | type] ?? new Uint8Array(1),
};

/** Makes the H.264 payload format; `parameterSets` are those of `sprop-parameter-sets`, in Annex B. */
export function createH264Format(parameterSets?: Uint8Array): NalFormat {
  return new NalFormat(SYNTAX, parameterSets);
}
