import type { AudioDataFrame } from '@roomtape/sdk';
import { describe, expect, it } from 'vitest';
import { COLUMNS, TapMeter, WINDOW_SECONDS } from './tap-meter.ts';

const RATE = 16_000;

function frame(data: Int16Array | Float32Array, change: Partial<AudioDataFrame> = {}): AudioDataFrame {
  const same = { sampleRate: RATE, channels: 1, timestampUs: 0, sampleIndex: 0 } as const;
  return { data, ...same, isContinuous: true, lostSamples: 0, ...change };
}

describe('TapMeter', () => {
  it('measures level and peak alike for both sample formats', () => {
    const [whole, part] = [new TapMeter(), new TapMeter()];

    whole.push(frame(new Int16Array(320).fill(16_384)), 0);
    part.push(frame(new Float32Array(320).fill(-0.5)), 0);

    expect(whole.figures.level).toBeCloseTo(0.5, 3);
    expect(part.figures.level).toBeCloseTo(0.5, 3);
    expect(part.figures.peak).toBeCloseTo(0.5, 3);
  });

  it('lets the level follow within a second and holds the peak a little', () => {
    const meter = new TapMeter();
    const play = (value: number): void => {
      for (let i = 0; i < 50; i++) meter.push(frame(new Float32Array(RATE / 50).fill(value)), 0);
    };

    play(0.5);
    play(0);

    expect(meter.figures.level).toBeLessThan(0.15);
    expect(meter.figures.peak).toBeGreaterThan(0.2);
  });

  it('counts frames, samples per channel, losses and breaks', () => {
    const meter = new TapMeter();

    meter.push(frame(new Int16Array(640), { channels: 2 }), 0);
    meter.push(frame(new Int16Array(640), { channels: 2, isContinuous: false, lostSamples: 160 }), 20);

    expect(meter.figures).toMatchObject({ frames: 2, samples: 640, channels: 2, lostSamples: 160, breaks: 1 });
  });

  it('tells frames per second once a second has passed', () => {
    const meter = new TapMeter();

    for (let i = 0; i <= 50; i++) meter.push(frame(new Int16Array(320)), 1 + i * 20);

    expect(meter.figures.framesPerSecond).toBeCloseTo(50, 6);
  });

  it('rolls its waveform over: what is older than the window is gone, the newest is last', () => {
    const meter = new TapMeter();
    const second = (value: number): void => {
      for (let i = 0; i < 50; i++) meter.push(frame(new Float32Array(RATE / 50).fill(value)), 0);
    };

    second(0.9);
    for (let i = 0; i < WINDOW_SECONDS; i++) second(0.1);

    const newest = (meter.firstColumn + COLUMNS - 1) % COLUMNS;
    expect(Math.max(...meter.highs)).toBeCloseTo(0.1, 6);
    expect(meter.highs[newest]).toBeCloseTo(0.1, 6);
  });

  it('keeps the lowest and highest sample of a column', () => {
    const meter = new TapMeter();

    meter.push(frame(Float32Array.of(-0.25, 0.75, 0.5)), 0);

    expect([meter.lows[0], meter.highs[0]]).toEqual([-0.25, 0.75]);
  });
});
