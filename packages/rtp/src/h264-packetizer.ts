// H.264 on RTP (RFC 6184), packetization mode 1: single NAL units, STAP-A, FU-A.

import { createNalPacketizer, type NalPacking } from './nal-packetizer.ts';
import type { Packetizer } from './packetizer.ts';

const PACKING: NalPacking = {
  headerBytes: 1,
  // nal_ref_idc is the highest of those inside (RFC 6184 §5.7).
  aggregationHeader: (nals) => new Uint8Array([24 | Math.max(...nals.map((nal) => (nal[0] ?? 0) & 0x60))]),
  fragmentHeader: (nal, bits) => new Uint8Array([((nal[0] ?? 0) & 0x60) | 28, bits | ((nal[0] ?? 0) & 0x1f)]),
};

/** Makes the H.264 packetizer. */
export function createH264Packetizer(payloadBytesMax: number): Packetizer {
  return createNalPacketizer(PACKING, payloadBytesMax);
}
