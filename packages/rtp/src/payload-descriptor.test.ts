import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseVp8Descriptor,
  parseVp9Descriptor,
  rewriteVp8Descriptor,
  spatialTemporalIds,
} from './payload-descriptor.ts';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('VP8 payload descriptors (RFC 7741 §4.2)', () => {
  it.each<[string, string, object | undefined]>([
    ['the short form', '10 aa', { bytes: 1, startsFrame: true, nonReference: false }],
    ['a later partition', '11 aa', { bytes: 1, startsFrame: false, nonReference: false }],
    ['a frame nothing refers to', '30 aa', { bytes: 1, startsFrame: true, nonReference: true }],
    ['an empty extension', '9000 aa', { bytes: 2, startsFrame: true, nonReference: false }],
    [
      'a 7-bit picture id',
      '908011 aa',
      { bytes: 3, startsFrame: true, nonReference: false, pictureId: 17, pictureIdBits: 7 },
    ],
    [
      'everything',
      '90f0 8111 22 a5 aa',
      {
        bytes: 6,
        startsFrame: true,
        nonReference: false,
        pictureId: 273,
        pictureIdBits: 15,
        tl0PicIdx: 34,
        temporalId: 2,
        layerSync: true,
      },
    ],
    ['a key index without a temporal id', '9010 05 aa', { bytes: 3, startsFrame: true, nonReference: false }],
    ['nothing behind it', '90f0 8111 22 a5', undefined],
    ['no bytes', '', undefined],
  ])('are read with %s', (_name, hex, descriptor) => {
    expect(parseVp8Descriptor(bytes(hex))).toEqual(descriptor);
  });

  it('are rewritten in place in the width they have, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(0x7fff), fc.nat(255), (payload, pictureId, tl0PicIdx) => {
        const before = parseVp8Descriptor(payload);
        const copy = payload.slice();
        const done = rewriteVp8Descriptor(copy, { pictureId, tl0PicIdx });
        expect(done).toBe(before !== undefined);
        if (before === undefined) {
          expect(copy).toEqual(payload);
          return;
        }
        const width = before.pictureIdBits === 7 ? 0x7f : 0x7fff;
        expect(parseVp8Descriptor(copy)).toEqual({
          ...before,
          ...(before.pictureId === undefined ? {} : { pictureId: pictureId & width }),
          ...(before.tl0PicIdx === undefined ? {} : { tl0PicIdx }),
        });
        expect(copy.subarray(before.bytes)).toEqual(payload.subarray(before.bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('keep the fields that are not asked to change', () => {
    const payload = bytes('90f0 8111 22 a5 aa');
    rewriteVp8Descriptor(payload, { tl0PicIdx: 7 });

    expect(payload).toEqual(bytes('90f0 8111 07 a5 aa'));
  });
});

describe('VP9 payload descriptors (RFC 9628 §4.2)', () => {
  it.each<[string, string, object | undefined]>([
    ['the short form', '0c aa', { bytes: 1, startsLayer: true, endsLayer: true, interPredicted: false }],
    [
      'a picture id',
      '8c 85 01 aa',
      { bytes: 3, startsLayer: true, endsLayer: true, interPredicted: false, pictureId: 1281 },
    ],
    [
      'layers, non-flexible',
      'e8 05 43 09 aa',
      {
        bytes: 4,
        startsLayer: true,
        endsLayer: false,
        interPredicted: true,
        pictureId: 5,
        temporalId: 2,
        spatialId: 1,
      },
    ],
    [
      'layers and references, flexible',
      'f4 05 43 03 05 06 aa',
      {
        bytes: 6,
        startsLayer: false,
        endsLayer: true,
        interPredicted: true,
        pictureId: 5,
        temporalId: 2,
        spatialId: 1,
      },
    ],
    [
      'a scalability structure',
      `0e 38 ${'0140 00b4'} ${'0280 0168'} 02 04 01 28 01 02 aa`,
      { bytes: 16, startsLayer: true, endsLayer: true, interPredicted: false },
    ],
    ['a scalability structure that is cut short', '0e 18 0140', undefined],
    ['nothing behind it', '8c 05', undefined],
    ['no bytes', '', undefined],
  ])('are read with %s', (_name, hex, descriptor) => {
    expect(parseVp9Descriptor(bytes(hex))).toEqual(descriptor);
  });
});

describe('spatialTemporalIds', () => {
  it('tells the layers of VP8 and VP9 where the sender does', () => {
    expect(spatialTemporalIds('vp8', bytes('90f0 8111 22 a5 aa'))).toEqual({ spatialId: 0, temporalId: 2 });
    expect(spatialTemporalIds('vp9', bytes('e8 05 43 09 aa'))).toEqual({ spatialId: 1, temporalId: 2 });
    expect(spatialTemporalIds('vp8', bytes('10 aa'))).toBeUndefined();
    expect(spatialTemporalIds('h264', bytes('90f0 8111 22 a5 aa'))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.constantFrom('vp8', 'vp9'), (payload, codec) => {
        expect(() => spatialTemporalIds(codec, payload)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});
