import { expect, it } from 'vitest';
import { ProgressMeter } from './progress-meter.ts';

it('tells rates of the last interval, and nothing in between', () => {
  const meter = new ProgressMeter(1000);
  const at = (nowUs: number, scale: number) =>
    meter.measure({
      nowUs,
      filmUs: nowUs - 250,
      fileBytes: 1000 * scale,
      packetBytes: { video: 12_500 * scale, audio: 1000 * scale },
      pictures: { encoded: 30 * scale, dropped: scale },
    });
  expect(at(5_000_000, 0)).toBeUndefined();
  expect(at(5_500_000, 1)).toBeUndefined();
  expect(at(6_000_000, 2)).toEqual({
    durationMs: 6000,
    currentFileBytes: 2000,
    framesPerSecond: 60,
    videoBitrateBps: 200_000,
    audioBitrateBps: 16_000,
    droppedFrames: 2,
  });
  expect(at(7_000_000, 3)?.framesPerSecond).toBe(30);
});
