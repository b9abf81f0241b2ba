import { h264ParameterSets, joinNals } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readAvcConfig,
  readHevcConfig,
  toAnnexB,
  toLengthPrefixed,
  writeAvcConfig,
  writeHevcConfig,
} from './length-prefixed.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
// libx264 and libx265, 320x180: `ffmpeg -f lavfi -i testsrc=s=320x180 -frames:v 1 -c:v libx264 -preset ultrafast`.
const H264 = joinNals([hex('6742c00d8c8d4141f9f00f08846a'), hex('68ce3c80')]);
const H265 = joinNals([
  hex('40010c01ffff01600000030090000003000003003c959809'),
  hex('42010101600000030090000003000003003ca00a080b9f79657959a4932bc05a020000030002000003003c10'),
  hex('4401c172b46240'),
]);

describe('decoder configuration records', () => {
  it('hold the parameter sets they were made of', () => {
    const avc = writeAvcConfig(H264) ?? new Uint8Array();
    expect(readAvcConfig(avc)).toEqual({ lengthBytes: 4, parameterSets: H264 });
    expect(h264ParameterSets(readAvcConfig(avc)?.parameterSets ?? new Uint8Array())).toEqual(H264);

    const hevc = writeHevcConfig(H265) ?? new Uint8Array();
    expect(readHevcConfig(hevc)).toEqual({ lengthBytes: 4, parameterSets: H265 });
  });

  it('are nothing where a parameter set is missing', () => {
    expect(writeAvcConfig(H264.subarray(0, 18))).toBeUndefined();
    expect(writeHevcConfig(H264)).toBeUndefined();
  });

  it('are nothing when they end early, and never throw', () => {
    const avc = writeAvcConfig(H264) ?? new Uint8Array();
    const hevc = writeHevcConfig(H265) ?? new Uint8Array();
    for (let end = 0; end < hevc.length; end += 1) expect(readHevcConfig(hevc.subarray(0, end))).toBeUndefined();
    for (let end = 0; end < avc.length; end += 1) expect(readAvcConfig(avc.subarray(0, end))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(() => [readAvcConfig(bytes), readHevcConfig(bytes), writeAvcConfig(bytes)]).not.toThrow();
      }),
    );
  });
});

describe('frames', () => {
  it('go to lengths and back', () => {
    const nal = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => bytes.map((byte) => byte | 1));
    fc.assert(
      fc.property(fc.array(nal, { minLength: 1, maxLength: 5 }), (nals) => {
        const annexB = joinNals(nals);

        expect(toAnnexB(toLengthPrefixed(annexB), 4)).toEqual(annexB);
      }),
    );
  });

  it('are nothing when a length points past the end', () => {
    expect(toAnnexB(new Uint8Array([0, 0, 0, 5, 1, 2]), 4)).toBeUndefined();
    expect(toAnnexB(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2]), 4)).toBeUndefined();
    expect(toAnnexB(new Uint8Array([2, 0x65, 1]), 1)).toEqual(joinNals([new Uint8Array([0x65, 1])]));
  });
});
