import { createAudioEncoder } from '@roomtape/ffmpeg';
import { describe, expect, it } from 'vitest';
import { Limiter } from './limiter.ts';
import { type LevelLine, LoudnessMeter } from './loudness.ts';
import { SoundLane } from './sound-lane.ts';

const BLOCK = 960;

/** Opus packets of a steady tone; times are those of the sound. */
function tone(blocks: number): { data: Uint8Array; ptsUs: number }[] {
  const encoder = createAudioEncoder({ codec: 'opus', channels: 1, bitrate: 64_000 });
  const packets = Array.from({ length: blocks }, (_, i) =>
    encoder.encode(
      [Float32Array.from({ length: BLOCK }, (_v, n) => Math.sin(((i * BLOCK + n) * 2 * Math.PI) / 48) * 0.3)],
      i * 20_000,
    ),
  ).flat();
  encoder.close();
  return packets;
}

/** Loudness of every 20 ms of the film. */
function heard(lane: SoundLane, blocks: number, channels = 1): number[] {
  return Array.from({ length: blocks }, (_, i) => {
    const planes = Array.from({ length: channels }, () => new Float32Array(BLOCK));
    return Math.sqrt(lane.take(i * BLOCK, { planes, gain: 1 }) / BLOCK);
  });
}

const isLoud = (level: number): boolean => level > 0.15;

describe('sound lane', () => {
  it('puts sound where its times say, with silence before, between and after', () => {
    const lane = new SoundLane(1);
    for (const [i, { data, ptsUs }] of tone(40).entries())
      if (i < 15 || i >= 25) lane.push({ data, filmUs: ptsUs + 200_000 }, { codec: 'opus' }, 'a');
    const levels = heard(lane, 60).map(isLoud);
    const expected = Array.from({ length: 60 }, (_, i) => (i >= 10 && i < 25) || (i >= 35 && i < 50));
    const wrong = levels.flatMap((loud, i) => (loud === expected[i] ? [] : [i]));
    // A block at an edge may be half sound.
    expect(wrong.filter((i) => ![9, 10, 24, 25, 34, 35, 49].includes(i))).toEqual([]);
    lane.close();
  });

  it('follows a clock that is half a percent off without a hole', () => {
    const lane = new SoundLane(2);
    for (const [i, { data }] of tone(200).entries()) lane.push({ data, filmUs: i * 20_100 }, { codec: 'opus' }, 'a');
    expect(heard(lane, 200, 2).slice(2).every(isLoud)).toBe(true);
    lane.close();
  });

  it('drops what comes after its moment was given out', () => {
    const lane = new SoundLane(1);
    const packets = tone(4);
    expect(heard(lane, 10).some(isLoud)).toBe(false);
    for (const { data, ptsUs } of packets) lane.push({ data, filmUs: ptsUs }, { codec: 'opus' }, 'a');
    expect(isLoud(lane.take(10 * BLOCK, { planes: [new Float32Array(BLOCK)], gain: 1 }))).toBe(false);
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
