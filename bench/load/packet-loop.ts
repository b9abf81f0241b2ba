// A loop of frames as RTP payloads, packetized once for all streams that send it.

import { type MediaKind, ticks } from '@roomtape/media';
import { createPacketizer } from '@roomtape/rtp';
import type { EncodedLoop } from '@roomtape/testkit';

/** One packet of the loop; all that differs between streams and rounds is missing. */
export type LoopPacket = {
  readonly kind: MediaKind;
  /** From the loop's start, µs; sound begins a little before 0. */
  readonly ptsUs: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Place among the loop's packets of its kind. */
  readonly index: number;
};

/** A loop of packets. */
export type PacketLoop = {
  readonly durationUs: number;
  readonly packets: readonly LoopPacket[];
  readonly byKind: Readonly<Record<MediaKind, readonly LoopPacket[]>>;
};

const PAYLOAD_BYTES_MAX = 1170;

/** Packetizes a loop of H.264 and Opus. */
export function packetizeLoop(loop: EncodedLoop): PacketLoop {
  const packetizers = {
    video: createPacketizer('h264', { payloadBytesMax: PAYLOAD_BYTES_MAX }),
    audio: createPacketizer('opus', { payloadBytesMax: PAYLOAD_BYTES_MAX }),
  };
  const byKind: Record<MediaKind, LoopPacket[]> = { video: [], audio: [] };
  const packets = loop.frames.flatMap(({ kind, type, ptsUs, data }) =>
    packetizers[kind].packetize({ type, pts: ticks(ptsUs), data }).map(({ payload, marker }) => {
      // A copy: payloads may share memory that the packetizer uses again.
      const packet = { kind, ptsUs, marker, payload: payload.slice(), index: byKind[kind].length };
      byKind[kind].push(packet);
      return packet;
    }),
  );
  return { durationUs: loop.durationUs, packets, byKind };
}
