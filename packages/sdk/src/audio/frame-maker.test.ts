import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioDataFrame } from './audio-data.ts';
import { fullAudioDataFormat } from './audio-data-format.ts';
import { FrameMaker } from './frame-maker.ts';

const STEREO = fullAudioDataFormat({ sampleRate: 8000, channels: 2, format: 'float32', frameMs: 10 });
const MONO = fullAudioDataFormat({ sampleRate: 8000, frameMs: 10 });

describe('FrameMaker', () => {
  it('gives every sample once and in order, in whole frames, however they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 })), (lengths) => {
        const { frames, push } = maker(STEREO);
        let count = 0;
        for (const length of lengths) {
          push([ramp(count, length, 1), ramp(count, length, -1)]);
          count += length;
        }
        expect(frames).toHaveLength(Math.floor(count / 80));
        const all = frames.flatMap(({ data }) => [...data]);
        expect(all).toEqual(Array.from({ length: all.length }, (_, n) => (n % 2 === 0 ? 1 : -1) * Math.floor(n / 2)));
        expect(frames.map(({ sampleIndex }) => sampleIndex)).toEqual(frames.map((_, n) => n * 80));
        expect(frames.every(({ isContinuous, lostSamples }) => isContinuous && lostSamples === 0)).toBe(true);
      }),
    );
  });

  it('tells times by counting, without jitter', () => {
    const { frames, push } = maker(MONO, 1_000_000.4);
    for (let n = 0; n < 8; n++) push([new Float32Array(40)]);

    expect(frames.map(({ timestampUs }) => timestampUs)).toEqual([1_000_000, 1_010_000, 1_020_000, 1_030_000]);
  });

  it('tells what was lost in the next frame and counts over it', () => {
    const { frames, push, lose } = maker(MONO);
    push([new Float32Array(120)]);
    lose(30.4);
    lose(10);
    push([new Float32Array(120)]);

    expect(
      frames.map(({ sampleIndex, lostSamples, isContinuous }) => [sampleIndex, lostSamples, isContinuous]),
    ).toEqual([
      [0, 0, true],
      [120, 40, false],
      [200, 0, true],
    ]);
    expect(frames[1]?.timestampUs).toBe(15_000);
  });

  it('scales to 16 bit symmetrically and clips what is louder', () => {
    const { frames, push } = maker(MONO);
    push([Float32Array.from({ length: 80 }, (_, n) => [0, 1, -1, 1.5, -1.5, 0.5][n] ?? 0)]);

    expect([...(frames[0]?.data ?? [])].slice(0, 6)).toEqual([0, 32_767, -32_767, 32_767, -32_767, 16_384]);
    expect(frames[0]?.data).toBeInstanceOf(Int16Array);
  });
});

describe('fullAudioDataFormat', () => {
  it('has defaults', () => {
    expect(fullAudioDataFormat()).toEqual({ sampleRate: 48_000, channels: 1, format: 'int16', frameMs: 20 });
  });

  it.each([
    { sampleRate: 7999 },
    { sampleRate: 48_001 },
    { sampleRate: 16_000.5 },
    { sampleRate: Number.NaN },
    { sampleRate: 22_050, frameMs: 10 },
    { channels: 3 },
    { format: 'int8' },
    { frameMs: 15 },
  ])('refuses %j', (asked) => {
    expect(() => fullAudioDataFormat(asked as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

function maker(format: typeof STEREO, startUs = 0) {
  const made = new FrameMaker(format, startUs);
  const frames: AudioDataFrame[] = [];
  return {
    frames,
    push: (planes: readonly Float32Array[]) => made.push(planes, (frame) => frames.push(frame)),
    lose: (samples: number) => made.lose(samples),
  };
}

function ramp(from: number, length: number, sign: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => sign * (from + n));
}
