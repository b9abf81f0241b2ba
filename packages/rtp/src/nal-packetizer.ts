// What the H.264 and H.265 packetizers share: small NAL units travel together, large ones in fragments, each form
// written by the codec's own file.

import { splitNals, writeUint16 } from '@roomtape/media';
import type { PacketizedPayload, Packetizer, PacketizerFrame } from './packetizer.ts';

/** How a codec writes the two payload structures. */
export type NalPacking = {
  readonly headerBytes: 1 | 2;
  /** The payload header of an aggregation packet for these NAL units. */
  aggregationHeader(nals: readonly Uint8Array[]): Uint8Array;
  /** The payload and fragment headers for one fragment of a NAL unit; `bits` are start (0x80) and end (0x40). */
  fragmentHeader(nal: Uint8Array, bits: number): Uint8Array;
};

/** Makes the packetizer of a NAL unit codec. */
export function createNalPacketizer(packing: NalPacking, payloadBytesMax: number): Packetizer {
  return {
    packetize(frame: PacketizerFrame): PacketizedPayload[] {
      const payloads: Uint8Array[] = [];
      let together: Uint8Array[] = [];
      let bytes: number = packing.headerBytes;
      const flush = (): void => {
        if (together.length > 0) payloads.push(aggregate(packing, together, bytes));
        together = [];
        bytes = packing.headerBytes;
      };
      for (const nal of splitNals(frame.data)) {
        if (bytes + 2 + nal.length > payloadBytesMax) flush();
        if (nal.length > payloadBytesMax) payloads.push(...fragment(packing, nal, payloadBytesMax));
        else {
          together.push(nal);
          bytes += 2 + nal.length;
        }
      }
      flush();
      return payloads.map((payload, i) => ({ payload, marker: i === payloads.length - 1 }));
    },
  };
}

function aggregate(packing: NalPacking, nals: readonly Uint8Array[], bytes: number): Uint8Array {
  const only = nals[0];
  if (nals.length === 1 && only !== undefined) return only.slice();
  const payload = new Uint8Array(bytes);
  payload.set(packing.aggregationHeader(nals));
  let at: number = packing.headerBytes;
  for (const nal of nals) {
    writeUint16(payload, at, nal.length);
    payload.set(nal, at + 2);
    at += 2 + nal.length;
  }
  return payload;
}

function fragment(packing: NalPacking, nal: Uint8Array, payloadBytesMax: number): Uint8Array[] {
  const headBytes = packing.headerBytes + 1;
  const room = payloadBytesMax - headBytes;
  const payloads: Uint8Array[] = [];
  for (let at: number = packing.headerBytes; at < nal.length; at += room) {
    const end = Math.min(at + room, nal.length);
    const bits = (at === packing.headerBytes ? 0x80 : 0) | (end === nal.length ? 0x40 : 0);
    const payload = new Uint8Array(headBytes + end - at);
    payload.set(packing.fragmentHeader(nal, bits));
    payload.set(nal.subarray(at, end), headBytes);
    payloads.push(payload);
  }
  return payloads;
}
