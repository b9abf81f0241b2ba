// AV1 on RTP (RTP payload format for AV1, v1.0): OBUs without size fields and without temporal delimiters, several
// to a packet, large ones in fragments.

import { av1HeaderBytes, isAv1ObuKept, leb128Bytes, visitObus, writeLeb128 } from '@roomtape/media';
import type { Packetizer } from './packetizer.ts';

/** Fragments smaller than this are not worth starting at a packet's end. */
const FRAGMENT_BYTES_MIN = 16;

type PlannedPacket = { elements: Uint8Array[]; bytes: number; continued: boolean; continues: boolean };

/** Makes the AV1 packetizer. */
export function createAv1Packetizer(payloadBytesMax: number): Packetizer {
  return {
    packetize({ data, type }) {
      const packets = planPackets(listElements(data), payloadBytesMax);
      return packets.map((packet, i) => ({
        payload: writePacket(packet, type === 'key' && i === 0),
        marker: i === packets.length - 1,
      }));
    },
  };
}

/** Lists the OBUs to send, each without its size field. */
function listElements(data: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  visitObus(data, (obu) => {
    if (!isAv1ObuKept(obu.type)) return true;
    const header = data[obu.start] ?? 0;
    const headerBytes = av1HeaderBytes(header);
    const element = new Uint8Array(headerBytes + obu.end - obu.payloadStart);
    element[0] = header & ~0x02;
    if (headerBytes === 2) element[1] = data[obu.start + 1] ?? 0;
    element.set(data.subarray(obu.payloadStart, obu.end), headerBytes);
    elements.push(element);
    return true;
  });
  return elements;
}

function planPackets(elements: readonly Uint8Array[], payloadBytesMax: number): PlannedPacket[] {
  const packets: PlannedPacket[] = [];
  let packet: PlannedPacket = { elements: [], bytes: 1, continued: false, continues: false };
  const next = (continues: boolean): void => {
    packet.continues = continues;
    packets.push(packet);
    packet = { elements: [], bytes: 1, continued: continues, continues: false };
  };
  for (const element of elements) {
    let at = 0;
    while (at < element.length) {
      const left = element.length - at;
      // Room is counted as if every element carried its length.
      const room = payloadBytesMax - packet.bytes - leb128Bytes(payloadBytesMax);
      if (left > room && room < FRAGMENT_BYTES_MIN) {
        next(at > 0);
        continue;
      }
      const take = Math.min(left, room);
      packet.elements.push(element.subarray(at, at + take));
      packet.bytes += leb128Bytes(take) + take;
      at += take;
      if (at < element.length) next(true);
    }
  }
  if (packet.elements.length > 0) next(false);
  return packets;
}

/** Up to three elements are counted in W, and the last then needs no length (§4.4); more all carry theirs. */
function writePacket(packet: PlannedPacket, startsSequence: boolean): Uint8Array {
  const count = packet.elements.length <= 3 ? packet.elements.length : 0;
  const payload = new Uint8Array(packet.bytes);
  payload[0] =
    (packet.continued ? 0x80 : 0) | (packet.continues ? 0x40 : 0) | (count << 4) | (startsSequence ? 0x08 : 0);
  let at = 1;
  packet.elements.forEach((element, i) => {
    if (i !== count - 1) at = writeLeb128(payload, at, element.length);
    payload.set(element, at);
    at += element.length;
  });
  return payload.subarray(0, at);
}
