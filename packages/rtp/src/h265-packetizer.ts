// H.265 on RTP (RFC 7798) without decoding order numbers: single NAL units, aggregation packets, fragments.

import { h265NalType } from '@roomtape/media';
import { createNalPacketizer, type NalPacking } from './nal-packetizer.ts';
import type { Packetizer } from './packetizer.ts';

const PACKING: NalPacking = {
  headerBytes: 2,
  aggregationHeader(nals) {
    // Layer id and temporal id are the lowest of those inside (RFC 7798 §4.4.2).
    const layers = nals.map((nal) => (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >>> 3));
    const layer = Math.min(...layers);
    const temporal = Math.min(...nals.map((nal) => (nal[1] ?? 0) & 7));
    return new Uint8Array([(48 << 1) | (layer >>> 5), ((layer & 0x1f) << 3) | temporal]);
  },
  fragmentHeader(nal, bits) {
    const header = nal[0] ?? 0;
    return new Uint8Array([(header & 1) | (49 << 1), nal[1] ?? 0, bits | h265NalType(header)]);
  },
};

/** Makes the H.265 packetizer. */
export function createH265Packetizer(payloadBytesMax: number): Packetizer {
  return createNalPacketizer(PACKING, payloadBytesMax);
}
