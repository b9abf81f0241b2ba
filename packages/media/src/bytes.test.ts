import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BitReader,
  concatBytes,
  leb128Bytes,
  readLeb128,
  readUint16,
  readUint24,
  readUint32,
  writeLeb128,
  writeUint16,
  writeUint24,
  writeUint32,
} from './bytes.ts';

/** Packs a string of 0 and 1 into bytes, the last filled with zeros. */
function pack(bits: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i += 1)
    if (bits[i] === '1') bytes[i >>> 3] = (bytes[i >>> 3] ?? 0) | (0x80 >>> (i & 7));
  return bytes;
}

function exp(value: number): string {
  const digits = (value + 1).toString(2);
  return '0'.repeat(digits.length - 1) + digits;
}

describe('big-endian integers', () => {
  it('reads back what was written, at every width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(3), (value, at) => {
        const data = new Uint8Array(8);
        writeUint32(data, at, value);
        expect(readUint32(data, at)).toBe(value);
        writeUint24(data, at, value);
        expect(readUint24(data, at)).toBe(value % 2 ** 24);
        writeUint16(data, at, value);
        expect(readUint16(data, at)).toBe(value % 2 ** 16);
      }),
    );
  });

  it('reads zeros past the end', () => {
    expect(readUint32(new Uint8Array([1]), 0)).toBe(0x01000000);
    expect(readUint16(new Uint8Array(0), 5)).toBe(0);
  });

  it('joins byte arrays', () => {
    expect(concatBytes([new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])])).toEqual(
      new Uint8Array([1, 2, 3]),
    );
  });
});

describe('LEB128', () => {
  it('reads back every 32-bit number in its shortest form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        const data = new Uint8Array(10);
        const end = writeLeb128(data, 1, value);
        expect(end - 1).toBe(leb128Bytes(value));
        expect(readLeb128(data, 1)).toEqual({ value, bytes: end - 1 });
        expect(readLeb128(data, 1, end - 1)).toBeUndefined();
      }),
    );
  });

  it('refuses numbers above 32 bits and codes longer than 8 bytes', () => {
    expect(readLeb128(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x1f]), 0)).toBeUndefined();
    expect(readLeb128(new Uint8Array(20).fill(0x80), 0)).toBeUndefined();
  });
});

describe('BitReader', () => {
  it('reads any sequence of fields as written', () => {
    const field = fc
      .integer({ min: 0, max: 32 })
      .chain((width) => fc.record({ width: fc.constant(width), value: fc.integer({ min: 0, max: 2 ** width - 1 }) }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const text = fields.map(({ width, value }) => (width === 0 ? '' : value.toString(2).padStart(width, '0')));
        const reader = new BitReader(pack(text.join('')));
        for (const { width, value } of fields) expect(reader.bits(width)).toBe(value);
        expect(reader.overrun).toBe(false);
        expect(reader.bitOffset).toBe(text.join('').length);
      }),
    );
  });

  it('reads exp-Golomb codes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 2 }), { maxLength: 8 }), (values) => {
        const reader = new BitReader(pack(values.map(exp).join('')));
        for (const value of values) expect(reader.ue()).toBe(value);
        expect(reader.overrun).toBe(false);
      }),
    );
  });

  it.each([
    [0, 0],
    [1, 1],
    [2, -1],
    [3, 2],
    [4, -2],
    [255, 128],
  ])('maps signed code %i to %i', (code, value) => {
    expect(new BitReader(pack(exp(code))).se() + 0).toBe(value);
  });

  it('says so when it ran over the end, whatever was asked', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (data) => {
        const reader = new BitReader(data);
        reader.bits(32);
        reader.bits(32);
        expect(reader.overrun).toBe(false || data.length < 8);
        reader.ue();
        reader.flag();
        expect(reader.overrun).toBe(true);
      }),
    );
  });
});
