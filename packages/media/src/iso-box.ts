// Boxes of ISO base media files (ISO/IEC 14496-12 §4.2): building them, and stepping through a row of them. Knows no
// box by name.

import { concatBytes, readUint32, writeUint32 } from './bytes.ts';

/** Builds a box of its parts. */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes([new Uint8Array(8), ...parts]);
  writeUint32(body, 0, body.length);
  writeBoxType(body, 4, type);
  return body;
}

/** Builds a full box: `head` is the version in the highest byte and the flags below it. */
export function fullBox(type: string, head: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return box(type, uint32s([head]), ...parts);
}

/** Writes the four characters of a box type. */
export function writeBoxType(bytes: Uint8Array, at: number, type: string): void {
  for (let i = 0; i < 4; i += 1) bytes[at + i] = type.charCodeAt(i);
}

/** Reads the four characters of a box type. */
export function readBoxType(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** Big-endian 32-bit numbers, one after the other. */
export function uint32s(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (let i = 0; i < values.length; i += 1) writeUint32(bytes, i * 4, values[i] ?? 0);
  return bytes;
}

/** Big-endian 64-bit numbers (up to 2^53), one after the other. */
export function uint64s(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    writeUint32(bytes, i * 8, Math.floor(value / 2 ** 32));
    writeUint32(bytes, i * 8 + 4, value % 2 ** 32);
  }
  return bytes;
}

/** Reads a 64-bit number; beyond 2^53 it is only nearly right, which no file of ours reaches. */
export function readUint64(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 2 ** 32 + readUint32(bytes, at + 4);
}

/** Where a box is within the bytes it was found in. */
export type BoxSpan = {
  readonly type: string;
  readonly start: number;
  /** After the header. */
  readonly from: number;
  readonly end: number;
};

/** Lists the whole boxes in a range; stops at the first that is cut short or makes no sense. */
export function boxesIn(bytes: Uint8Array, from: number, end: number): readonly BoxSpan[] {
  const spans: BoxSpan[] = [];
  let at = from;
  while (at + 8 <= end) {
    const size = readUint32(bytes, at);
    if (size < 8 || at + size > end) break;
    spans.push({ type: readBoxType(bytes, at + 4), start: at, from: at + 8, end: at + size });
    at += size;
  }
  return spans;
}

/** Finds the first box at a path of types; `undefined` when one of them is not there. */
export function findBox(bytes: Uint8Array, path: readonly string[], within?: BoxSpan): BoxSpan | undefined {
  let span = within ?? { type: '', start: 0, from: 0, end: bytes.length };
  for (const type of path) {
    const next = boxesIn(bytes, span.from, span.end).find((child) => child.type === type);
    if (next === undefined) return undefined;
    span = next;
  }
  return span;
}
