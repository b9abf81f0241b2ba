import { describe, expect, it } from 'vitest';
import { BLOCK, largestStep, loudnessOf, type TonePacket, tone } from '../testing/tone.ts';
import { Limiter } from './limiter.ts';
import { type LevelLine, LoudnessMeter } from './loudness.ts';
import { SoundLane } from './sound-lane.ts';

const OPUS = { codec: 'opus', key: 'a' } as const;

/** What a lane gives out from the film's beginning. */
function heard(lane: SoundLane, blocks: number, channels = 1): Float32Array {
  const samples = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    const planes = Array.from({ length: channels }, () => new Float32Array(BLOCK));
    lane.take(block * BLOCK, { planes, gain: 1 });
    samples.set(planes[0] ?? [], block * BLOCK);
  }
  return samples;
}

/** What is heard of packets at their own times. */
function heardOf(packets: readonly TonePacket[], blocks: number): Float32Array {
  const lane = new SoundLane(1);
  for (const { data, ptsUs } of packets) {
    lane.conceal(ptsUs, OPUS);
    lane.push({ data, filmUs: ptsUs }, OPUS);
  }
  const samples = heard(lane, blocks);
  lane.close();
  return samples;
}

const isLoud = (level: number): boolean => level > 0.15;

describe('sound lane', () => {
  it('puts sound where its times say, with silence before, between and after', () => {
    const lane = new SoundLane(1);
    for (const [i, { data, ptsUs }] of tone(40).entries())
      if (i < 15 || i >= 25) lane.push({ data, filmUs: ptsUs + 200_000 }, OPUS);
    const levels = loudnessOf(heard(lane, 60)).map(isLoud);
    const expected = Array.from({ length: 60 }, (_, i) => (i >= 10 && i < 25) || (i >= 35 && i < 50));
    const wrong = levels.flatMap((loud, i) => (loud === expected[i] ? [] : [i]));
    // A block at an edge may be half sound.
    expect(wrong.filter((i) => ![9, 10, 24, 25, 34, 35, 49].includes(i))).toEqual([]);
    lane.close();
  });

  it('follows a clock that is half a percent off without a hole', () => {
    const lane = new SoundLane(2);
    for (const [i, { data }] of tone(200).entries()) lane.push({ data, filmUs: i * 20_100 }, OPUS);
    expect(
      loudnessOf(heard(lane, 200, 2))
        .slice(2)
        .every(isLoud),
    ).toBe(true);
    lane.close();
  });

  it('drops what comes after its moment was given out', () => {
    const lane = new SoundLane(1);
    const packets = tone(4);
    expect(loudnessOf(heard(lane, 10)).some(isLoud)).toBe(false);
    for (const { data, ptsUs } of packets) lane.push({ data, filmUs: ptsUs }, OPUS);
    expect(isLoud(lane.take(10 * BLOCK, { planes: [new Float32Array(BLOCK)], gain: 1 }))).toBe(false);
    lane.close();
  });

  it.each([1, 2, 3])('goes on over %i lost packets, neither silent nor with a click', (lost) => {
    const packets = tone(50);
    const whole = heardOf(packets, 50);
    const holed = heardOf([...packets.slice(0, 20), ...packets.slice(20 + lost)], 50);
    const [before, after] = [loudnessOf(whole), loudnessOf(holed)];
    expect(after.slice(20, 20 + lost).every((level) => level > 0.05)).toBe(true);
    expect(after[20]).toBeGreaterThan(0.7 * (before[20] ?? 1));
    const inside = [BLOCK, 45 * BLOCK] as const;
    expect(largestStep(holed.subarray(...inside))).toBeLessThan(1.5 * largestStep(whole.subarray(...inside)));
    // The packets after it are where they belong.
    const late = (25 + lost) * BLOCK;
    const off = whole.subarray(late).map((sample, i) => sample - (holed[late + i] ?? 0));
    expect(Math.max(...loudnessOf(off))).toBeLessThan(0.03);
  });

  it('fades over a hole of a tenth of a second, and leaves a longer one silent', () => {
    const packets = tone(50);
    const over = (lost: number): number[] =>
      loudnessOf(heardOf([...packets.slice(0, 20), ...packets.slice(20 + lost)], 50)).slice(20, 20 + lost);
    expect(over(5)[0]).toBeGreaterThan(0.1);
    expect(over(6).slice(1, -1)).toEqual([0, 0, 0, 0]);
  });

  it('is silent where its sender stopped sending, and after a change of its track', () => {
    const packets = tone(30);
    // A packet of one byte says that nothing follows for a while (DTX).
    const quiet = packets
      .slice(10, 11)
      .map(({ data, ptsUs }) => ({ data: data.map((byte) => byte & ~3).slice(0, 1), ptsUs }));
    const paused = heardOf([...packets.slice(0, 10), ...quiet, ...packets.slice(13)], 30);
    expect(loudnessOf(paused)[11]).toBe(0);
    const lane = new SoundLane(1);
    for (const { data, ptsUs } of packets.slice(0, 10)) lane.push({ data, filmUs: ptsUs }, OPUS);
    const after = packets[12]?.ptsUs ?? 0;
    expect(lane.lostBefore(after, { ...OPUS, key: 'b' })).toBe(0);
    expect(lane.lostBefore(after, OPUS)).toBe(40_000);
    lane.close();
  });
});

describe('limiter', () => {
  const sine = (amplitude: number, from: number): Float32Array[] => [
    Float32Array.from({ length: BLOCK }, (_, n) => Math.sin(((from + n) * 2 * Math.PI) / 96) * amplitude),
  ];

  it('lets quiet sound pass unchanged', () => {
    const limiter = new Limiter();
    expect(limiter.push(sine(0.5, 0))).toBeUndefined();
    expect(limiter.push(sine(0.5, BLOCK))).toEqual(sine(0.5, 0));
  });

  it('keeps any sum below full scale and is back at full loudness after it', () => {
    const limiter = new Limiter();
    const amplitudes = [0.5, 0.5, 1.8, 3, 1.8, ...Array.from({ length: 20 }, () => 0.5)];
    const peaks = amplitudes.flatMap((amplitude, i) => {
      const out = limiter.push(sine(amplitude, i * BLOCK));
      return out === undefined ? [] : [Math.max(...(out[0] ?? []).map(Math.abs))];
    });
    expect(Math.max(...peaks)).toBeLessThan(0.9);
    expect(peaks.at(-1)).toBeCloseTo(0.5, 3);
  });
});

describe('loudness meter', () => {
  it('tells tenths and seconds of every input', () => {
    const lines: LevelLine[] = [];
    let tenths = 0;
    const meter = new LoudnessMeter({ onTenth: () => (tenths += 1), onSecond: (line) => lines.push(line) });
    for (let block = 0; block < 100; block += 1) {
      meter.add('a', 0.25);
      if (block >= 75) meter.add('b', 0.01);
      meter.endBlock(block * 20_000);
    }
    expect(tenths).toBe(20);
    expect(lines.map((line) => line.filmUs)).toEqual([0, 1_000_000]);
    expect(lines[1]?.levels).toEqual({ a: Array(10).fill(0.5), b: [0, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1] });
  });
});
