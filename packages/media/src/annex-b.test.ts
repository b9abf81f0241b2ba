import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinNals, splitNals, unescapeNal, visitNals } from './annex-b.ts';

/** Inserts emulation prevention bytes as an encoder does (H.264 §7.4.1). */
function withEmulationPrevention(rbsp: Uint8Array): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return new Uint8Array(out);
}

// Few values, so that zeros, ones and threes meet often. A NAL unit ends in a stop bit, never in zero.
const rbsp = fc
  .array(fc.constantFrom(0, 0, 0, 1, 2, 3, 0x65, 0xff), { maxLength: 40 })
  .map((bytes) => new Uint8Array([0x65, ...bytes, 0x80]));

describe('Annex B', () => {
  it('splits what was joined, with start codes of either length and zeros after NAL units', () => {
    const gap = fc.constantFrom([0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0, 0, 1]);
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, rbsp), { maxLength: 6 }), fc.nat(3), (units, tail) => {
        const nals = units.map(([, body]) => withEmulationPrevention(body));
        const bytes = units.flatMap(([code], i) => [...code, ...(nals[i] ?? [])]);
        expect(splitNals(new Uint8Array([...bytes, ...new Array(tail).fill(0)]))).toEqual(nals);
        expect(splitNals(joinNals(nals))).toEqual(nals);
      }),
    );
  });

  it('removes emulation prevention up to a limit', () => {
    fc.assert(
      fc.property(rbsp, fc.nat(50), (body, limit) => {
        expect(unescapeNal(withEmulationPrevention(body), 1000)).toEqual(body);
        expect(unescapeNal(withEmulationPrevention(body), limit)).toEqual(body.subarray(0, limit));
      }),
    );
  });

  it.each([
    ['nothing', []],
    ['no start code', [1, 2, 3, 0, 0]],
    ['only a start code', [0, 0, 0, 1]],
    ['start codes with nothing between', [0, 0, 1, 0, 0, 1, 0, 0, 0, 1]],
  ])('finds no NAL unit in %s', (_name, bytes) => {
    expect(splitNals(new Uint8Array(bytes))).toEqual([]);
  });

  it('finds a NAL unit before a start code at the very end', () => {
    expect(splitNals(new Uint8Array([0, 0, 1, 0x65, 0, 0, 1]))).toEqual([new Uint8Array([0x65])]);
  });

  it('stops when the visitor says so', () => {
    const starts: number[] = [];
    visitNals(new Uint8Array([0, 0, 1, 7, 0, 0, 1, 8]), (start) => {
      starts.push(start);
      return false;
    });

    expect(starts).toEqual([3]);
  });
});
