// H.265 on RTP (RFC 7798) without decoding order numbers: single NAL units, aggregation packets, fragmentation
// units. PACI packets and sprop-max-don-diff above 0 are not supported.

import { H265_NAL, h265NalType, isH265Irap } from '@roomtape/media';
import { NalFormat, type NalRole, type NalSyntax, parameterSetId } from './nal-depacketizer.ts';

const AGGREGATION = 48;
const FRAGMENT = 49;

const ROLES: readonly NalRole[] = Array.from({ length: 64 }, (_, type): NalRole => {
  if (isH265Irap(type)) return 'key-slice';
  if (type < H265_NAL.vps) return 'slice';
  if (type <= H265_NAL.pps) return 'parameter-set';
  if (type === H265_NAL.aud) return 'delimiter';
  if (type === AGGREGATION) return 'aggregation';
  if (type === FRAGMENT) return 'fragment';
  return type > AGGREGATION ? 'unsupported' : 'other';
});

const SYNTAX: NalSyntax = {
  headerBytes: 2,
  fragmentTypeMask: 0x3f,
  typeOf: h265NalType,
  roleOf: (type) => ROLES[type] ?? 'unsupported',
  isOpening: (type) => type === H265_NAL.vps || type === H265_NAL.aud,
  parameterSetKey(nal) {
    const type = h265NalType(nal[0] ?? 0);
    // One VPS and one SPS are remembered: an SPS has its id deep inside, and senders use one of each.
    return type * 256 + (type === H265_NAL.pps ? parameterSetId(nal, 2) : 0);
  },
  isSequenceSet: (type) => type === H265_NAL.sps,
  fragmentHeader: (payload, type) => new Uint8Array([((payload[0] ?? 0) & 0x81) | (type << 1), payload[1] ?? 0]),
};

/** Makes the H.265 payload format; `parameterSets` are those of `sprop-vps`, `-sps` and `-pps`, in Annex B. */
export function createH265Format(parameterSets?: Uint8Array): NalFormat {
  return new NalFormat(SYNTAX, parameterSets);
}
