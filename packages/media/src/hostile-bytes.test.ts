import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitNals, unescapeNal } from './annex-b.ts';
import { normalizeAv1, parseAv1SequenceHeader } from './av1.ts';
import { AUDIO_CODECS, type CodecId, VIDEO_CODECS } from './codec.ts';
import { describeConfig, isKeyframe } from './config.ts';
import { parseH264Sps } from './h264.ts';
import { parseH265Sps } from './h265.ts';
import { parseOpusPacket } from './opus.ts';
import { splitVp9Superframe } from './vp9.ts';

const CODECS: readonly CodecId[] = [...VIDEO_CODECS, ...AUDIO_CODECS];
const SEEDS: readonly string[] = [
  '0000000167640028acd94078044fde022000000300200000064c4c001e848003d09c98601f162d960000000168febcc03000000001658884',
  '0000000140010c01ffff01600000030090000003000003003cba02400000000142010101600000030090000003000003003ca00a880c1c44d96e92930bc05a020000030002000003001e10000000014401c073c189000000012801af',
  '1067009d012a4201b6000007088585889984880202b305fd',
  '824983420014100b560638241c184a000b905fc9f7fbfc9f',
  '12000a0b000000043d06d4fbf900403205140021a0',
];

/** Runs every parser over the bytes: a throw or a hang fails the test. */
function parseAll(data: Uint8Array): void {
  for (const codec of CODECS) {
    isKeyframe(codec, data);
    const config = describeConfig(codec, data);
    if ((config?.config?.length ?? 0) > data.length + 16) throw new Error('grew beyond its input');
  }
  parseH264Sps(data);
  parseH265Sps(data);
  parseAv1SequenceHeader(data);
  parseOpusPacket(data);
  splitVp9Superframe(data);
  splitNals(data);
  unescapeNal(data, 2 ** 40);
  normalizeAv1(data);
}

describe('hostile bytes', () => {
  it('never make a parser throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(() => parseAll(data)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('never make a parser throw when they begin like an SPS', () => {
    const head = fc.constantFrom([0x67, 0x64, 0, 0x28], [0x67, 0xf4, 0, 0x28], [0x42, 1, 1, 1], [0x42, 1, 0x0f]);
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        expect(() => parseAll(new Uint8Array([...start, ...rest]))).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('never make a parser throw when real frames are cut, flipped and overwritten', () => {
    const edit = fc.tuple(fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.array(edit, { maxLength: 8 }), fc.nat(200), (hex, edits, cut) => {
        const data = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
        for (const [at, value] of edits) data[at % data.length] = value;
        expect(() => parseAll(data)).not.toThrow();
        expect(() => parseAll(data.subarray(0, cut))).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  it('are read in time linear in their length', () => {
    const zeros = new Uint8Array(4_000_000);
    const codes = new Uint8Array(4_000_000).map((_, i) => (i % 3 === 2 ? 1 : 0));

    expect(splitNals(zeros)).toEqual([]);
    expect(splitNals(codes)).toEqual([]);
    expect(isKeyframe('av1', zeros)).toBe(false);
  });
});
