// Opus in RED (RFC 2198) back to packets of its own: gives each block the RTP header it had, or would have had.
// Redundant blocks are numbered as browsers send them: one earlier packet in each.

import { parseRed, parseRtpPacket, type RtpPacket, rtpPayload, writeRtpPacket } from '@roomtape/rtp';

/** The blocks of one RED packet as plain packets. */
export type RedBlocks = {
  readonly primary: RtpPacket;
  /** Oldest first. */
  readonly redundant: readonly RtpPacket[];
};

/**
 * Unwraps a RED packet whose blocks all carry `payloadType`; other blocks are left out. `undefined` when the
 * payload is damaged or its primary block is of another type. The blocks' bytes are copies.
 */
export function unwrapRed(packet: RtpPacket, payloadType: number): RedBlocks | undefined {
  const blocks = parseRed(rtpPayload(packet));
  if (blocks === undefined) return undefined;
  const restored = blocks.map((block, index) => {
    if (block.payloadType !== payloadType) return undefined;
    const back = blocks.length - 1 - index;
    if (back > 0 && (block.data.length === 0 || block.timestampOffset === 0)) return undefined;
    return parseRtpPacket(
      writeRtpPacket({
        payloadType,
        sequence: (packet.sequence - back) & 0xffff,
        timestamp: (packet.timestamp - block.timestampOffset) >>> 0,
        ssrc: packet.ssrc,
        payload: block.data,
        marker: back === 0 && packet.marker,
      }),
    );
  });
  const primary = restored.pop();
  if (primary === undefined) return undefined;
  return { primary, redundant: restored.filter((block) => block !== undefined) };
}
