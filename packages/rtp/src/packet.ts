// RTP packets as zero-copy views (RFC 3550 §5.1): parse, build, and rewrite in place for forwarding. Does not
// look into payloads and knows no stream state; header extensions live in `header-extension.ts`.

import { assert } from '@roomtape/media';

/** Smallest RTP header, bytes (RFC 3550 §5.1). */
export const RTP_HEADER_BYTES = 12;
/** Profile of one-byte header extensions (RFC 8285 §4.2). */
export const ONE_BYTE_PROFILE = 0xbede;
/** Profile of two-byte header extensions without application bits (RFC 8285 §4.3). */
export const TWO_BYTE_PROFILE = 0x1000;

/** A parsed RTP packet: numbers of the fixed header and places within `bytes`, which it refers to. */
export type RtpPacket = {
  /** The whole packet. Shared, not copied: changing it changes the packet of everyone who holds it. */
  readonly bytes: Uint8Array;
  readonly marker: boolean;
  readonly payloadType: number;
  /** 16 bits, as on the wire. */
  readonly sequence: number;
  /** 32 bits, as on the wire. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcCount: number;
  /** The extension block's profile, 0 when there is none. */
  readonly extensionProfile: number;
  /** First byte of extension data, after the 4-byte block header; meaningless when `extensionBytes` is 0. */
  readonly extensionOffset: number;
  readonly extensionBytes: number;
  readonly payloadOffset: number;
  /** Without padding; 0 for a padding-only probe. */
  readonly payloadBytes: number;
  readonly paddingBytes: number;
};

/** One header extension to be written (RFC 8285). */
export type HeaderExtension = { readonly id: number; readonly data: Uint8Array };

/** What `writeRtpPacket` puts into a new packet. Numbers are truncated to their field's width. */
export type RtpPacketFields = {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  readonly marker?: boolean;
  readonly csrcs?: readonly number[];
  readonly extensions?: readonly HeaderExtension[];
  /** Padding bytes at the end, 1 to 255; absent or 0 means none. */
  readonly paddingBytes?: number;
};

/** Header fields to be overwritten in a packet; absent ones stay. */
export type RtpHeaderChanges = {
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
};

/** Tells RTCP from RTP on one port (RFC 5761 §4): packet types 192 to 223. */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return bytes.length >= 4 && type >= 192 && type <= 223;
}

/**
 * Parses one RTP packet without copying (RFC 3550 §5.1, RFC 8285 §4).
 * Returns `undefined` when a length does not fit or the version is not 2; never throws.
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  const length = bytes.length;
  if (length < RTP_HEADER_BYTES) return undefined;
  const first = bytes[0] as number;
  if (first >> 6 !== 2) return undefined;
  const second = bytes[1] as number;
  const csrcCount = first & 15;
  let offset = RTP_HEADER_BYTES + csrcCount * 4;
  let extensionProfile = 0;
  let extensionOffset = 0;
  let extensionBytes = 0;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return undefined;
    extensionProfile = readUint16(bytes, offset);
    extensionBytes = readUint16(bytes, offset + 2) * 4;
    extensionOffset = offset + 4;
    offset = extensionOffset + extensionBytes;
  }
  if (offset > length) return undefined;
  let paddingBytes = 0;
  if ((first & 0x20) !== 0) {
    paddingBytes = bytes[length - 1] as number;
    if (paddingBytes === 0 || offset + paddingBytes > length) return undefined;
  }
  return {
    bytes,
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: readUint16(bytes, 2),
    timestamp: readUint32(bytes, 4),
    ssrc: readUint32(bytes, 8),
    csrcCount,
    extensionProfile,
    extensionOffset,
    extensionBytes,
    payloadOffset: offset,
    payloadBytes: length - offset - paddingBytes,
    paddingBytes,
  };
}

/** Returns the payload without padding, as a view of the packet's bytes. */
export function rtpPayload(packet: RtpPacket): Uint8Array {
  return packet.bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadBytes);
}

/**
 * Builds a new packet. Extensions are written in one-byte form unless one needs the two-byte form (id above
 * 14, empty, or longer than 16 bytes). Asserts that counts and lengths fit their fields.
 */
export function writeRtpPacket(fields: RtpPacketFields): Uint8Array {
  const csrcs = fields.csrcs ?? [];
  const padding = fields.paddingBytes ?? 0;
  assert(csrcs.length <= 15 && padding >= 0 && padding <= 255, 'CSRC count and padding fit their fields');
  const extensions = fields.extensions ?? [];
  const twoByte = extensions.some((e) => e.id > 14 || e.data.length === 0 || e.data.length > 16);
  const extensionBytes = extensions.length === 0 ? 0 : 4 + paddedExtensionBytes(extensions, twoByte);
  const payloadOffset = RTP_HEADER_BYTES + csrcs.length * 4 + extensionBytes;
  const bytes = new Uint8Array(payloadOffset + fields.payload.length + padding);
  bytes[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (extensionBytes > 0 ? 0x10 : 0) | csrcs.length;
  bytes[1] = (fields.marker === true ? 0x80 : 0) | (fields.payloadType & 0x7f);
  writeUint16(bytes, 2, fields.sequence);
  writeUint32(bytes, 4, fields.timestamp);
  writeUint32(bytes, 8, fields.ssrc);
  csrcs.forEach((csrc, i) => {
    writeUint32(bytes, RTP_HEADER_BYTES + i * 4, csrc);
  });
  if (extensionBytes > 0) {
    const block = bytes.subarray(payloadOffset - extensionBytes, payloadOffset);
    writeExtensionBlock(block, extensions, twoByte);
  }
  bytes.set(fields.payload, payloadOffset);
  if (padding > 0) bytes[bytes.length - 1] = padding;
  return bytes;
}

/**
 * Overwrites header fields of a packet in place, for forwarding. `bytes` must have parsed as RTP before; a
 * `RtpPacket` made earlier keeps its old numbers.
 */
export function rewriteRtpHeader(bytes: Uint8Array, changes: RtpHeaderChanges): void {
  assert(bytes.length >= RTP_HEADER_BYTES, 'the packet has a whole RTP header');
  if (changes.payloadType !== undefined) bytes[1] = ((bytes[1] as number) & 0x80) | (changes.payloadType & 0x7f);
  if (changes.marker !== undefined) bytes[1] = ((bytes[1] as number) & 0x7f) | (changes.marker ? 0x80 : 0);
  if (changes.sequence !== undefined) writeUint16(bytes, 2, changes.sequence);
  if (changes.timestamp !== undefined) writeUint32(bytes, 4, changes.timestamp);
  if (changes.ssrc !== undefined) writeUint32(bytes, 8, changes.ssrc);
}

function paddedExtensionBytes(extensions: readonly HeaderExtension[], twoByte: boolean): number {
  let total = 0;
  for (const { data } of extensions) total += data.length + (twoByte ? 2 : 1);
  return (total + 3) & ~3;
}

function writeExtensionBlock(block: Uint8Array, extensions: readonly HeaderExtension[], twoByte: boolean): void {
  writeUint16(block, 0, twoByte ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
  writeUint16(block, 2, (block.length - 4) / 4);
  let at = 4;
  for (const { id, data } of extensions) {
    assert(id >= 1 && id <= 255 && data.length <= 255, 'a header extension fits RFC 8285');
    if (twoByte) {
      block[at++] = id;
      block[at++] = data.length;
    } else {
      block[at++] = (id << 4) | (data.length - 1);
    }
    block.set(data, at);
    at += data.length;
  }
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((readUint16(bytes, at) << 16) | readUint16(bytes, at + 2)) >>> 0;
}

function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, value >>> 16);
  writeUint16(bytes, at + 2, value);
}
