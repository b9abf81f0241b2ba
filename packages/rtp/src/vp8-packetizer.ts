// VP8 on RTP (RFC 7741) with a 15-bit picture id; one layer, no partitions told apart.

import type { Packetizer } from './packetizer.ts';

const DESCRIPTOR_BYTES = 4;

/** Makes the VP8 packetizer. */
export function createVp8Packetizer(payloadBytesMax: number): Packetizer {
  let pictureId = -1;
  return {
    packetize({ data }) {
      pictureId = (pictureId + 1) & 0x7fff;
      const room = payloadBytesMax - DESCRIPTOR_BYTES;
      const payloads = [];
      for (let at = 0; at < data.length; at += room) {
        const end = Math.min(at + room, data.length);
        const payload = new Uint8Array(DESCRIPTOR_BYTES + end - at);
        payload[0] = 0x80 | (at === 0 ? 0x10 : 0);
        payload[1] = 0x80;
        payload[2] = 0x80 | (pictureId >>> 8);
        payload[3] = pictureId & 0xff;
        payload.set(data.subarray(at, end), DESCRIPTOR_BYTES);
        payloads.push({ payload, marker: end === data.length });
      }
      return payloads;
    },
  };
}
