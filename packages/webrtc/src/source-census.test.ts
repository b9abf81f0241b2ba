import { describe, expect, it } from 'vitest';
import { SourceCensus } from './source-census.ts';

const rtp = (ssrc: number): Uint8Array =>
  Uint8Array.of(0x80, 96, 0, 1, 0, 0, 0, 0, ssrc >> 24, ssrc >> 16, ssrc >> 8, ssrc);
const report = (ssrc: number): Uint8Array => Uint8Array.of(0x80, 201, 0, 1, ssrc >> 24, ssrc >> 16, ssrc >> 8, ssrc);

describe('SourceCensus', () => {
  it('admits the sources of media and of reports, again and again, up to its limit', () => {
    const census = new SourceCensus(256);
    for (let round = 0; round < 3; round += 1) {
      for (let ssrc = 0; ssrc < 128; ssrc += 1) {
        expect([census.admits(rtp(ssrc)), census.admits(report(ssrc + 1000))]).toEqual([true, true]);
      }
    }

    expect(census.admits(rtp(5000))).toBe(false);
    expect(census.admits(rtp(5000))).toBe(false);
    expect(census.admits(report(5001))).toBe(false);
    expect(census.admits(rtp(7))).toBe(true);
  });

  it('passes what is too short to have a sender to those who count it', () => {
    const census = new SourceCensus(256);

    expect([[], [0x80], [0x80, 96, 0, 1, 0, 0, 0, 0, 1]].map((bytes) => census.admits(Uint8Array.from(bytes)))).toEqual(
      [true, true, true],
    );
  });
});
