// The bytes of a tape: chunk header and entry header, as documented in `docs/formats/tape.md`. Little-endian.
// Pure; promises nothing about files. A change here needs a new `TAPE_VERSION` and a reader for the old one.

import { crc32 } from 'node:zlib';
import { assert } from '@roomtape/media';

/** Version of the format this package writes. */
export const TAPE_VERSION = 1;
/** Bytes of a chunk header; fixed, so that a reader finds the first entry even when the header is damaged. */
export const CHUNK_HEADER_BYTES = 256;
/** Bytes before the payload of every entry. */
export const ENTRY_HEADER_BYTES = 24;
/** Bytes of a frame's fields before its data. */
export const FRAME_FIELDS_BYTES = 32;
/** Largest payload of one entry; a keyframe of 8K video stays well below. */
export const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
/** Largest tape identifier, in UTF-8 bytes. */
export const TAPE_ID_BYTES_MAX = 200;

/** Payload is the binary layout of a frame. */
export const PAYLOAD_FRAME = 1;
/** Payload is one JSON object with a `kind`. */
export const PAYLOAD_JSON = 2;
/** Flag: the entry repeats an earlier one, under its old sequence, at the head of a chunk. */
export const FLAG_REPEATED = 1;
/** Frame flag: decoding can start here. */
export const FRAME_FLAG_KEY = 1;

/** Entry magic as it stands in the file; 0xF5 and 0xE1 0x0A never occur in UTF-8 text. */
export const ENTRY_MAGIC: readonly number[] = [0xf5, 0x52, 0x54, 0xe1];
const ENTRY_MAGIC_LE = 0xe15452f5;
const CHUNK_MAGIC: readonly number[] = [0x52, 0x4f, 0x4f, 0x4d, 0x54, 0x41, 0x50, 0x45]; // ROOMTAPE
const CRC_OFFSET = CHUNK_HEADER_BYTES - 4;

/** What the header of a chunk file says. */
export type ChunkHeader = {
  readonly version: number;
  readonly tapeId: string;
  readonly chunkNumber: number;
  /** Sequence of the first entry of the chunk that is not a repeated one. */
  readonly firstSequence: number;
  /** Unix µs. */
  readonly createdAt: number;
};

/** The fixed part of an entry, read without checking the CRC. */
export type EntryHead = {
  readonly crc: number;
  readonly payloadBytes: number;
  readonly payloadKind: number;
  readonly flags: number;
  readonly sequence: number;
};

/** Writes a 64-bit two's complement integer; exact for safe integers. */
export function putInt64(view: DataView, offset: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(offset, value - high * 2 ** 32, true);
  view.setInt32(offset + 4, high, true);
}

/** Reads a 64-bit two's complement integer; beyond safe integers it is rounded. */
export function getInt64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

/** Encodes a chunk header. */
export function encodeChunkHeader(header: Omit<ChunkHeader, 'version'>): Uint8Array {
  const id = new TextEncoder().encode(header.tapeId);
  assert(id.length > 0 && id.length <= TAPE_ID_BYTES_MAX, 'a tape id has 1 to 200 bytes');
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(CHUNK_MAGIC, 0);
  view.setUint16(8, TAPE_VERSION, true);
  view.setUint16(10, CHUNK_HEADER_BYTES, true);
  view.setUint32(12, header.chunkNumber, true);
  putInt64(view, 16, header.firstSequence);
  putInt64(view, 24, header.createdAt);
  view.setUint16(32, id.length, true);
  bytes.set(id, 34);
  view.setUint32(CRC_OFFSET, crc32(bytes.subarray(0, CRC_OFFSET)), true);
  return bytes;
}

/** The CRC of an encoded header: the seed of the CRC of every entry in its chunk. */
export function seedOf(header: Uint8Array): number {
  return viewOf(header).getUint32(CRC_OFFSET, true);
}

/**
 * Seeds that entries after a damaged header may have been written with: the stored CRC (right when another
 * field is damaged) and the computed one (right when the CRC itself is).
 */
export function seedCandidates(header: Uint8Array): readonly number[] {
  return [seedOf(header), crc32(header.subarray(0, CRC_OFFSET))];
}

/** Decodes a chunk header; `undefined` when the bytes are too short, damaged or something else. */
export function decodeChunkHeader(bytes: Uint8Array): ChunkHeader | undefined {
  if (bytes.length < CHUNK_HEADER_BYTES) return undefined;
  if (CHUNK_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(CRC_OFFSET, true) !== crc32(bytes.subarray(0, CRC_OFFSET))) return undefined;
  const idBytes = Math.min(view.getUint16(32, true), TAPE_ID_BYTES_MAX);
  return {
    version: view.getUint16(8, true),
    tapeId: new TextDecoder().decode(bytes.subarray(34, 34 + idBytes)),
    chunkNumber: view.getUint32(12, true),
    firstSequence: getInt64(view, 16),
    createdAt: getInt64(view, 24),
  };
}

/** Writes the head of an entry except its CRC, which `sealEntry` adds when the payload stands behind it. */
export function putEntryHead(view: DataView, offset: number, head: Omit<EntryHead, 'crc'>): void {
  view.setUint32(offset, ENTRY_MAGIC_LE, true);
  view.setUint32(offset + 8, head.payloadBytes, true);
  view.setUint8(offset + 12, head.payloadKind);
  view.setUint8(offset + 13, head.flags);
  view.setUint16(offset + 14, 0, true);
  putInt64(view, offset + 16, head.sequence);
}

/** Writes the CRC of an entry whose head, and `inlineBytes` of its payload, stand at `offset`. */
export function sealEntry(
  slab: { readonly bytes: Uint8Array; readonly view: DataView },
  place: { readonly offset: number; readonly inlineBytes: number; readonly seed: number; readonly rest?: Uint8Array },
): void {
  const { offset, inlineBytes, seed, rest } = place;
  const covered = slab.bytes.subarray(offset + 8, offset + ENTRY_HEADER_BYTES + inlineBytes);
  const crc = crc32(covered, seed);
  slab.view.setUint32(offset + 4, rest === undefined ? crc : crc32(rest, crc), true);
}

/** Reads an entry head; `undefined` when no magic stands there or the length is beyond the limit. */
export function readEntryHead(view: DataView, offset: number): EntryHead | undefined {
  if (offset + ENTRY_HEADER_BYTES > view.byteLength) return undefined;
  if (view.getUint32(offset, true) !== ENTRY_MAGIC_LE) return undefined;
  const payloadBytes = view.getUint32(offset + 8, true);
  if (payloadBytes > PAYLOAD_BYTES_MAX) return undefined;
  return {
    crc: view.getUint32(offset + 4, true),
    payloadBytes,
    payloadKind: view.getUint8(offset + 12),
    flags: view.getUint8(offset + 13),
    sequence: getInt64(view, offset + 16),
  };
}

/** Checks the CRC of an entry that stands whole in `bytes`. */
export function entryIsSound(bytes: Uint8Array, offset: number, check: { head: EntryHead; seed: number }): boolean {
  const end = offset + ENTRY_HEADER_BYTES + check.head.payloadBytes;
  return end <= bytes.length && crc32(bytes.subarray(offset + 8, end), check.seed) === check.head.crc;
}

/** File name of a chunk. */
export function chunkName(chunkNumber: number): string {
  return `${String(chunkNumber).padStart(6, '0')}.tape`;
}

/** Number of a chunk file; `undefined` for any other file name. */
export function chunkNumberOf(name: string): number | undefined {
  const match = /^(\d{6,9})\.tape$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
