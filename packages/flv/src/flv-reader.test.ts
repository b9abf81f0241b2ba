import { concatBytes } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlvReader } from './flv-reader.ts';
import { type FlvTag, type FlvTagType, writeFlvHeader, writeFlvTag } from './tag.ts';

const tag: fc.Arbitrary<FlvTag> = fc.record({
  type: fc.constantFrom<FlvTagType>('audio', 'video', 'script'),
  timestampMs: fc.nat({ max: 2 ** 32 - 1 }),
  body: fc.uint8Array({ maxLength: 300 }),
});
const header = writeFlvHeader({ audio: true, video: true });

function readInPieces(bytes: Uint8Array, cuts: readonly number[]): { tags: FlvTag[]; reader: FlvReader } {
  const reader = new FlvReader({ tagBytesMax: 4096 });
  const tags: FlvTag[] = [];
  let at = 0;
  for (const length of cuts) {
    tags.push(...reader.push(bytes.subarray(at, at + length)));
    at += length;
  }
  tags.push(...reader.push(bytes.subarray(at)));
  return { tags, reader };
}

describe('FlvReader', () => {
  it('gives the tags that were written, however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 8 }), fc.array(fc.nat({ max: 60 })), (tags, cuts) => {
        const bytes = concatBytes([header, ...tags.map(writeFlvTag)]);
        const read = readInPieces(bytes, cuts);

        expect(read.tags).toEqual(tags);
        expect(read.reader.wholeBytes).toBe(bytes.length);
      }),
    );
  });

  it('gives every whole tag of a file that ends anywhere, and says where the last one ends', () => {
    const tags: FlvTag[] = [1, 40, 0, 7].map((length, i) => ({
      type: 'video',
      timestampMs: i * 40,
      body: new Uint8Array(length).fill(i),
    }));
    const parts = [header, ...tags.map(writeFlvTag)];
    const bytes = concatBytes(parts);
    const ends = parts.map((_, i) => concatBytes(parts.slice(0, i + 1)).length);

    for (let end = 0; end <= bytes.length; end += 1) {
      const reader = new FlvReader();
      const read = reader.push(bytes.subarray(0, end));
      const whole = ends.filter((at) => at <= end);

      expect(read).toHaveLength(Math.max(0, whole.length - 1));
      expect(reader.wholeBytes).toBe(whole.at(-1) ?? 0);
    }
  });

  it('reads any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, hasHeader) => {
        const reader = new FlvReader({ tagBytesMax: 64 });

        expect(() => reader.push(hasHeader ? concatBytes([header, bytes]) : bytes)).not.toThrow();
      }),
    );
  });

  it('stops at what is not FLV, and at a tag that claims more than the limit', () => {
    const other = new FlvReader();
    other.push(new TextEncoder().encode('FLVX is not it, it is text'));
    expect(other.problem).toBe('not-flv');

    const greedy = new FlvReader({ tagBytesMax: 1000 });
    greedy.push(concatBytes([header, new Uint8Array([9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0])]));
    expect(greedy.problem).toBe('tag-too-large');
    expect(greedy.push(new Uint8Array(100))).toEqual([]);
  });

  it('takes a large tag in single bytes without copying it again and again', () => {
    const bytes = concatBytes([header, writeFlvTag({ type: 'video', timestampMs: 0, body: new Uint8Array(200_000) })]);
    const reader = new FlvReader();
    let tags = 0;
    for (let at = 0; at < bytes.length; at += 1) tags += reader.push(bytes.subarray(at, at + 1)).length;

    expect(tags).toBe(1);
  });

  it('passes over encrypted and reserved tags', () => {
    const odd = writeFlvTag({ type: 'video', timestampMs: 0, body: new Uint8Array(9) });
    odd[0] = 9 | 0x20;
    const next: FlvTag = { type: 'audio', timestampMs: 5, body: new Uint8Array([1]) };
    const reader = new FlvReader();

    expect(reader.push(concatBytes([header, odd, writeFlvTag(next)]))).toEqual([next]);
  });
});
