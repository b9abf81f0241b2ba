// Retransmission payload format (RFC 4588 §4): the original packet within a packet of its own SSRC and payload
// type. Pure conversion both ways; which packets to send again is decided by `retransmission-buffer.ts`.

import { parseRtpPacket, type RtpPacket, rewriteRtpHeader } from './packet.ts';

/** The SSRC and payload type a packet gets when it is wrapped or unwrapped. */
export type RtxTarget = { readonly ssrc: number; readonly payloadType: number };

/**
 * Restores the original packet from an RTX packet, as a copy with the original's sequence, SSRC and payload
 * type; header extensions are those of the RTX packet. `undefined` when the payload has no original sequence:
 * senders probe bandwidth with padding-only RTX packets.
 */
export function unwrapRtx(packet: RtpPacket, original: RtxTarget): RtpPacket | undefined {
  if (packet.payloadBytes < 2) return undefined;
  const { bytes, payloadOffset, payloadBytes } = packet;
  const restored = new Uint8Array(payloadOffset + payloadBytes - 2);
  restored.set(bytes.subarray(0, payloadOffset));
  restored.set(bytes.subarray(payloadOffset + 2, payloadOffset + payloadBytes), payloadOffset);
  restored[0] = (restored[0] as number) & ~0x20;
  const sequence = ((bytes[payloadOffset] as number) << 8) | (bytes[payloadOffset + 1] as number);
  rewriteRtpHeader(restored, { ...original, sequence });
  return parseRtpPacket(restored);
}

/** Wraps a packet for sending it again in the RTX stream `target`, whose own 16-bit sequence is `sequence`. */
export function wrapRtx(packet: RtpPacket, target: RtxTarget, sequence: number): Uint8Array {
  const { bytes, payloadOffset, payloadBytes } = packet;
  const wrapped = new Uint8Array(payloadOffset + 2 + payloadBytes);
  wrapped.set(bytes.subarray(0, payloadOffset));
  wrapped[payloadOffset] = packet.bytes[2] as number;
  wrapped[payloadOffset + 1] = packet.bytes[3] as number;
  wrapped.set(bytes.subarray(payloadOffset, payloadOffset + payloadBytes), payloadOffset + 2);
  wrapped[0] = (wrapped[0] as number) & ~0x20;
  rewriteRtpHeader(wrapped, { ssrc: target.ssrc, payloadType: target.payloadType, sequence });
  return wrapped;
}
