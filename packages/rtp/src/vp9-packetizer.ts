// VP9 on RTP (RFC 9628), non-flexible mode with a 15-bit picture id; a frame or superframe goes as one layer frame.

import type { Packetizer } from './packetizer.ts';

const DESCRIPTOR_BYTES = 3;

/** Makes the VP9 packetizer. */
export function createVp9Packetizer(payloadBytesMax: number): Packetizer {
  let pictureId = -1;
  return {
    packetize({ data, type }) {
      pictureId = (pictureId + 1) & 0x7fff;
      const room = payloadBytesMax - DESCRIPTOR_BYTES;
      const payloads = [];
      for (let at = 0; at < data.length; at += room) {
        const end = Math.min(at + room, data.length);
        const last = end === data.length;
        const payload = new Uint8Array(DESCRIPTOR_BYTES + end - at);
        payload[0] = 0x80 | (type === 'key' ? 0 : 0x40) | (at === 0 ? 0x08 : 0) | (last ? 0x04 : 0);
        payload[1] = 0x80 | (pictureId >>> 8);
        payload[2] = pictureId & 0xff;
        payload.set(data.subarray(at, end), DESCRIPTOR_BYTES);
        payloads.push({ payload, marker: last });
      }
      return payloads;
    },
  };
}
