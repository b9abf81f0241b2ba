import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AmfValue, readAmf0, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';

const value: fc.Arbitrary<AmfValue> = fc.letrec<{ value: AmfValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.double(),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
    fc.constant(null),
    fc.constant(undefined),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    // An empty key is how AMF0 ends an object: it cannot be a name.
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4, noNullPrototype: false }),
  ),
})).value;

describe('AMF0', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        expect(readAmf0(writeAmf0(values))).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it('reads any bytes without throwing, and truncated values as nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readAmf0(bytes)).not.toThrow();
      }),
    );
    const whole = writeAmf0(['onMetaData', { duration: 1.5, list: [1, 'a'] }]);
    const readable = Array.from({ length: whole.length }, (_, end) => end).filter(
      (end) => readAmf0(whole.subarray(0, end)) !== undefined,
    );
    // Nothing at all, and the name alone, are whole.
    expect(readable).toEqual([0, 13]);
  });

  it('reads an ECMA array as a record and keeps a property named __proto__ a property', () => {
    const [record] = readAmf0(writeAmf0EcmaArray(JSON.parse('{"width":640,"__proto__":{"polluted":true}}'))) ?? [];

    expect(record).toMatchObject({ width: 640 });
    expect(Object.keys(record as object)).toEqual(['width', '__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('refuses values nested deeper than anything real, and counts that lie', () => {
    let deep: AmfValue = 1;
    for (let i = 0; i < 40; i += 1) deep = [deep];

    expect(readAmf0(writeAmf0([deep]))).toBeUndefined();
    expect(readAmf0(new Uint8Array([10, 0xff, 0xff, 0xff, 0xff, 5]))).toBeUndefined();
  });
});
