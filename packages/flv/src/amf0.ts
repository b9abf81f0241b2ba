// AMF0 values (Adobe, "Action Message Format -- AMF 0", 2007): what script tags and RTMP commands are made of. Reads
// and writes the subset that FLV and RTMP use; references, movie clips, record sets and XML read as unknown.

import { concatBytes, readUint16, readUint32, writeUint16, writeUint32 } from '@roomtape/media';

/** A value as it is read or written. Objects, typed objects and ECMA arrays all read as records without prototype. */
export type AmfValue = number | boolean | string | null | undefined | Date | AmfRecord | readonly AmfValue[];
/** An object or ECMA array. */
export type AmfRecord = { readonly [key: string]: AmfValue };

const MARKER = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  ecmaArray: 8,
  objectEnd: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
  typedObject: 16,
} as const;
/** Deeper values are refused: nothing in FLV or RTMP nests more than a few levels. */
const DEPTH_MAX = 16;

/**
 * Reads all values of a script tag or command; `undefined` when any of them is cut short, unknown or too deep. Work
 * and memory are bounded by the length of `data`.
 */
export function readAmf0(data: Uint8Array): readonly AmfValue[] | undefined {
  const reader = new Amf0Reader(data);
  const values: AmfValue[] = [];
  while (reader.left > 0) {
    const value = reader.value(0);
    if (reader.isBroken) return undefined;
    values.push(value);
  }
  return values;
}

/** Writes values one after the other; records as objects. */
export function writeAmf0(values: readonly AmfValue[]): Uint8Array {
  return concatBytes(values.map(encodeValue));
}

/** Writes a record as an ECMA array, the form of `onMetaData`. */
export function writeAmf0EcmaArray(record: AmfRecord): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = MARKER.ecmaArray;
  writeUint32(head, 1, Object.keys(record).length);
  return concatBytes([head, encodeProperties(record)]);
}

/** Reads values one by one; after the first damage `isBroken` stays true and every further value is `undefined`. */
class Amf0Reader {
  isBroken = false;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get left(): number {
    return this.isBroken ? 0 : this.#data.length - this.#at;
  }

  value(depth: number): AmfValue {
    const marker = this.#data[this.#take(1)];
    if (this.isBroken || depth > DEPTH_MAX) return this.#fail();
    switch (marker) {
      case MARKER.number:
        return this.#number();
      case MARKER.boolean:
        return this.#data[this.#take(1)] !== 0;
      case MARKER.string:
        return this.#string(2);
      case MARKER.longString:
        return this.#string(4);
      case MARKER.null:
        return null;
      case MARKER.undefined:
        return undefined;
      case MARKER.date:
        return this.#date();
      case MARKER.strictArray:
        return this.#array(depth);
      default:
        return this.#record(marker, depth);
    }
  }

  #record(marker: number | undefined, depth: number): AmfValue {
    if (marker === MARKER.ecmaArray) this.#take(4);
    else if (marker === MARKER.typedObject) this.#string(2);
    else if (marker !== MARKER.object) return this.#fail();
    const record: Record<string, AmfValue> = Object.create(null);
    while (!this.isBroken) {
      const key = this.#string(2);
      if (key === '' && this.#data[this.#at] === MARKER.objectEnd) {
        this.#take(1);
        return record;
      }
      // Some writers end an ECMA array by its count alone: the end of the data ends it, too.
      if (key === '' && this.left === 0) return this.#fail();
      record[key] = this.value(depth + 1);
    }
    return undefined;
  }

  #array(depth: number): AmfValue {
    const at = this.#take(4);
    if (this.isBroken) return undefined;
    const count = readUint32(this.#data, at);
    // Every element takes at least one byte, so a larger count is a lie.
    if (count > this.left) return this.#fail();
    const values: AmfValue[] = [];
    for (let i = 0; i < count && !this.isBroken; i += 1) values.push(this.value(depth + 1));
    return values;
  }

  #number(): number {
    const at = this.#take(8);
    return this.isBroken ? 0 : this.#view.getFloat64(at);
  }

  #date(): AmfValue {
    const ms = this.#number();
    this.#take(2);
    return new Date(ms);
  }

  #string(lengthBytes: 2 | 4): string {
    const at = this.#take(lengthBytes);
    if (this.isBroken) return '';
    const length = lengthBytes === 2 ? readUint16(this.#data, at) : readUint32(this.#data, at);
    const from = this.#take(length);
    return this.isBroken ? '' : new TextDecoder().decode(this.#data.subarray(from, from + length));
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#data.length - at) this.isBroken = true;
    else this.#at = at + bytes;
    return at;
  }

  #fail(): undefined {
    this.isBroken = true;
    return undefined;
  }
}

function encodeValue(value: AmfValue): Uint8Array {
  if (typeof value === 'number') return withNumber(MARKER.number, value, 9);
  if (typeof value === 'boolean') return new Uint8Array([MARKER.boolean, value ? 1 : 0]);
  if (typeof value === 'string') return encodeString(value);
  if (value === null) return new Uint8Array([MARKER.null]);
  if (value === undefined) return new Uint8Array([MARKER.undefined]);
  if (value instanceof Date) return withNumber(MARKER.date, value.getTime(), 11);
  if (isArray(value)) {
    const head = new Uint8Array(5);
    head[0] = MARKER.strictArray;
    writeUint32(head, 1, value.length);
    return concatBytes([head, ...value.map(encodeValue)]);
  }
  return concatBytes([new Uint8Array([MARKER.object]), encodeProperties(value)]);
}

function isArray(value: AmfRecord | readonly AmfValue[]): value is readonly AmfValue[] {
  return Array.isArray(value);
}

function encodeProperties(record: AmfRecord): Uint8Array {
  const parts = Object.entries(record).flatMap(([key, value]) => [encodeKey(key), encodeValue(value)]);
  return concatBytes([...parts, new Uint8Array([0, 0, MARKER.objectEnd])]);
}

/** Keys beyond 65 535 bytes cannot be said and are cut. */
function encodeKey(key: string): Uint8Array {
  const text = new TextEncoder().encode(key).subarray(0, 0xffff);
  const bytes = new Uint8Array(2 + text.length);
  writeUint16(bytes, 0, text.length);
  bytes.set(text, 2);
  return bytes;
}

function encodeString(value: string): Uint8Array {
  const text = new TextEncoder().encode(value);
  const isLong = text.length > 0xffff;
  const bytes = new Uint8Array((isLong ? 5 : 3) + text.length);
  bytes[0] = isLong ? MARKER.longString : MARKER.string;
  if (isLong) writeUint32(bytes, 1, text.length);
  else writeUint16(bytes, 1, text.length);
  bytes.set(text, isLong ? 5 : 3);
  return bytes;
}

function withNumber(marker: number, value: number, length: 9 | 11): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = marker;
  new DataView(bytes.buffer).setFloat64(1, value);
  return bytes;
}
