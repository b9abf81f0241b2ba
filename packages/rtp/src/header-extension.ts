// Header extensions of an RTP packet (RFC 8285): find and read by id, and overwrite the transport-wide
// sequence in place. Never throws on a damaged block: the extension is then simply absent.

import { ONE_BYTE_PROFILE, type RtpPacket } from './packet.ts';

/** Returns the data of the header extension with this id as a view, or `undefined` when the packet has none. */
export function readHeaderExtension(packet: RtpPacket, id: number): Uint8Array | undefined {
  const found = findExtension(packet, id);
  if (found < 0) return undefined;
  return packet.bytes.subarray(found >>> 8, (found >>> 8) + (found & 255));
}

/** Reads a header extension as text (MID, RID: RFC 8843 §15, RFC 8852); `undefined` when absent or over 64 bytes. */
export function readTextExtension(packet: RtpPacket, id: number): string | undefined {
  const data = readHeaderExtension(packet, id);
  if (data === undefined || data.length === 0 || data.length > 64) return undefined;
  return String.fromCharCode(...data);
}

/** Reads the 16-bit transport-wide sequence (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2). */
export function readTransportSequence(packet: RtpPacket, id: number): number | undefined {
  const found = findExtension(packet, id);
  if (found < 0 || (found & 255) < 2) return undefined;
  const at = found >>> 8;
  return ((packet.bytes[at] as number) << 8) | (packet.bytes[at + 1] as number);
}

/** Overwrites the transport-wide sequence in the packet's own bytes; `false` when the packet carries none. */
export function rewriteTransportSequence(packet: RtpPacket, id: number, sequence: number): boolean {
  const found = findExtension(packet, id);
  if (found < 0 || (found & 255) < 2) return false;
  const at = found >>> 8;
  packet.bytes[at] = sequence >>> 8;
  packet.bytes[at + 1] = sequence;
  return true;
}

/**
 * Reads when the sender captured what starts in this packet, on the clock its sender reports quote
 * (http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time); the clock offset of mixers is not read.
 */
export function readAbsoluteCaptureTime(
  packet: RtpPacket,
  id: number,
): { ntpSeconds: number; ntpFraction: number } | undefined {
  const found = findExtension(packet, id);
  if (found < 0 || (found & 255) < 8) return undefined;
  const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset + (found >>> 8), 8);
  return { ntpSeconds: view.getUint32(0), ntpFraction: view.getUint32(4) };
}

/** Reads the level in -dBov (0 loudest, 127 silence) and the voice flag (RFC 6464 §3). */
export function readAudioLevel(packet: RtpPacket, id: number): { levelDbov: number; voice: boolean } | undefined {
  const found = findExtension(packet, id);
  if (found < 0 || (found & 255) < 1) return undefined;
  const value = packet.bytes[found >>> 8] as number;
  return { levelDbov: -(value & 0x7f), voice: (value & 0x80) !== 0 };
}

/** Offset × 256 + length of the extension's data, or -1: one number, because this runs for every packet. */
function findExtension(packet: RtpPacket, id: number): number {
  if (packet.extensionBytes === 0 || id === 0) return -1;
  if (packet.extensionProfile === ONE_BYTE_PROFILE) return findOneByte(packet, id);
  return (packet.extensionProfile & 0xfff0) === 0x1000 ? findTwoByte(packet, id) : -1;
}

function findOneByte({ bytes, extensionOffset, extensionBytes }: RtpPacket, id: number): number {
  const end = extensionOffset + extensionBytes;
  let at = extensionOffset;
  while (at < end) {
    const head = bytes[at] as number;
    at += 1;
    if (head === 0) continue;
    const found = head >> 4;
    // Id 15 stops processing (RFC 8285 §4.2).
    if (found === 15) return -1;
    const length = (head & 15) + 1;
    if (at + length > end) return -1;
    if (found === id) return at * 256 + length;
    at += length;
  }
  return -1;
}

function findTwoByte({ bytes, extensionOffset, extensionBytes }: RtpPacket, id: number): number {
  const end = extensionOffset + extensionBytes;
  let at = extensionOffset;
  while (at < end) {
    const found = bytes[at] as number;
    at += 1;
    if (found === 0) continue;
    if (at >= end) return -1;
    const length = bytes[at] as number;
    at += 1;
    if (at + length > end) return -1;
    if (found === id) return at * 256 + length;
    at += length;
  }
  return -1;
}
