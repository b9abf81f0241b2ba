import { Canvas } from '@napi-rs/canvas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikeSvg, readImageHeader } from './image-header.ts';

const canvas = new Canvas(300, 7);

describe('the header of a picture', () => {
  it.each([
    ['png', () => canvas.toBuffer('image/png')],
    ['jpeg', () => canvas.toBuffer('image/jpeg')],
    ['webp', () => canvas.toBuffer('image/webp', 80)],
    ['webp', () => canvas.toBuffer('image/webp', 100)],
  ])('of %s tells its size', (type, make) => {
    expect(readImageHeader(new Uint8Array(make()))).toEqual({ type, width: 300, height: 7 });
  });

  it('of an extended WebP tells the size of its canvas', () => {
    const bytes = Buffer.alloc(30);
    bytes.write('RIFF', 0);
    bytes.write('WEBPVP8X', 8);
    bytes.writeUIntLE(16_000 - 1, 24, 3);
    bytes.writeUIntLE(9 - 1, 27, 3);

    expect(readImageHeader(new Uint8Array(bytes))).toEqual({ type: 'webp', width: 16_000, height: 9 });
  });

  it('is absent for other types and damaged files, and reading never throws', () => {
    for (const text of ['GIF89a', 'BM', '%PDF-1.7', '<svg/>', ''])
      expect(readImageHeader(new TextEncoder().encode(text.padEnd(64)))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom('png', 'jpeg', 'webp'), (tail, type) => {
        const head = { png: [0x89, 0x50, 0x4e, 0x47], jpeg: [0xff, 0xd8, 0xff], webp: [0x52, 0x49, 0x46, 0x46] }[type];
        const header = readImageHeader(Uint8Array.from([...head, ...tail]));

        expect(header === undefined || header.width > 0).toBe(true);
      }),
      { seed: 3 },
    );
  });

  it('tells text that may be SVG from anything else', () => {
    expect(looksLikeSvg(new TextEncoder().encode('\ufeff \n<?xml'))).toBe(true);
    expect(looksLikeSvg(new TextEncoder().encode('hello <svg>'))).toBe(false);
    expect(looksLikeSvg(new Uint8Array())).toBe(false);
  });
});
