// The FLV file header and tags (Adobe, "Video File Format Specification" version 10.1, annex E): what stands around
// every body. Knows nothing of what a body means.

import { assert, readUint24, writeUint24, writeUint32 } from '@roomtape/media';

/** What a tag carries; the numbers are also RTMP's message types. */
export type FlvTagType = 'audio' | 'video' | 'script';

/** One tag. */
export type FlvTag = {
  readonly type: FlvTagType;
  /** Decoding time, ms, 32 bits unsigned; wraps after 49 days. */
  readonly timestampMs: number;
  readonly body: Uint8Array;
};

/** Number of a tag type (E.4.1). */
export const FLV_TAG_TYPE: Readonly<Record<FlvTagType, number>> = { audio: 8, video: 9, script: 18 };
/** Bytes of the file header and the empty back pointer after it. */
export const FLV_HEADER_BYTES = 13;
/** Bytes before a tag's body. */
export const FLV_TAG_HEAD_BYTES = 11;
/** Bytes a tag takes besides its body: the head before it and the back pointer after it. */
export const FLV_TAG_FRAME_BYTES = FLV_TAG_HEAD_BYTES + 4;
/** The longest body that a tag can say. */
export const FLV_BODY_BYTES_MAX = 2 ** 24 - 1;

/** Writes the file header (E.2) and the back pointer of the tag that is not before it. */
export function writeFlvHeader(has: { readonly audio: boolean; readonly video: boolean }): Uint8Array {
  const flags = (has.audio ? 4 : 0) | (has.video ? 1 : 0);
  return new Uint8Array([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** Writes a tag with its back pointer. The body must be shorter than 2^24 bytes. */
export function writeFlvTag(tag: FlvTag): Uint8Array {
  const length = tag.body.length;
  assert(length <= FLV_BODY_BYTES_MAX, 'a body fits the 24 bits of its length');
  const bytes = new Uint8Array(length + FLV_TAG_FRAME_BYTES);
  bytes[0] = FLV_TAG_TYPE[tag.type];
  writeUint24(bytes, 1, length);
  writeUint24(bytes, 4, tag.timestampMs);
  bytes[7] = tag.timestampMs >>> 24;
  bytes.set(tag.body, FLV_TAG_HEAD_BYTES);
  writeUint32(bytes, FLV_TAG_HEAD_BYTES + length, FLV_TAG_HEAD_BYTES + length);
  return bytes;
}

/** What the head of a tag says; `type` is `undefined` for reserved and encrypted tags, which are to be skipped. */
export type FlvTagHead = {
  readonly type: FlvTagType | undefined;
  readonly bodyBytes: number;
  readonly timestampMs: number;
};

/** Reads the 11 bytes before a body. */
export function readFlvTagHead(bytes: Uint8Array, offset: number): FlvTagHead {
  const code = bytes[offset] ?? 0;
  return {
    type: code === 8 ? 'audio' : code === 9 ? 'video' : code === 18 ? 'script' : undefined,
    bodyBytes: readUint24(bytes, offset + 1),
    timestampMs: (bytes[offset + 7] ?? 0) * 2 ** 24 + readUint24(bytes, offset + 4),
  };
}
