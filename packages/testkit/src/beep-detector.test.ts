import { createSeededIds } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { BeepDetector } from './beep-detector.ts';
import { beepHzOf, writeBeep } from './flash-beep.ts';

function toneAt(startMs: number, hz: number, lengthMs = 2000): Float32Array {
  const samples = new Float32Array(48 * lengthMs);
  writeBeep(samples, -Math.round(startMs * 48), hz);
  return samples;
}

function detect(samples: Float32Array): { startUs: number; durationUs: number; frequencyHz: number }[] {
  const detector = new BeepDetector();
  for (let i = 0; i < samples.length; i += 960) detector.push(samples.subarray(i, i + 960), i);
  return detector.finish().map(({ startUs, durationUs, frequencyHz }) => ({ startUs, durationUs, frequencyHz }));
}

describe('beep detector', () => {
  it('finds the onset of every beep to a tenth of a millisecond', () => {
    for (const startMs of [100, 333.25, 512.5, 700.125]) {
      const [beep] = detect(toneAt(startMs, 1000, 1050));

      expect(Math.abs((beep?.startUs ?? 0) - startMs * 1000)).toBeLessThan(100);
      expect(Math.abs((beep?.durationUs ?? 0) - 100_000)).toBeLessThan(300);
    }
  });

  it('tells all participants apart, alone and together', () => {
    const together = new Float32Array(48 * 900);
    for (let index = 0; index < 16; index++) {
      const samples = toneAt(300, beepHzOf(index), 900);
      const alone = detect(samples);
      for (let i = 0; i < together.length; i++) together[i] = (together[i] ?? 0) + (samples[i] ?? 0) / 16;

      expect(alone.map((beep) => beep.frequencyHz)).toEqual([beepHzOf(index)]);
    }
    const all = detect(together);

    expect(all.map((beep) => beep.frequencyHz).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, i) => beepHzOf(i)),
    );
    expect(Math.max(...all.map((beep) => Math.abs(beep.startUs - 300_000)))).toBeLessThan(1000);
  });

  it('hears nothing in silence, noise and a tone that is no participant', () => {
    const ids = createSeededIds(1);
    const noise = Float32Array.from({ length: 48_000 }, () => (ids.uint32() / 2 ** 32 - 0.5) * 0.05);

    expect(detect(new Float32Array(48_000))).toEqual([]);
    expect(detect(noise)).toEqual([]);
    expect(detect(toneAt(300, 700, 900))).toEqual([]);
  });

  it('counts a hole as silence and marks a beep that begins with the sound as inexact', () => {
    const detector = new BeepDetector();
    const beep = new Float32Array(9600);
    writeBeep(beep, 0, 1000);
    detector.push(beep, 48_000 * 3);

    const [found] = detector.finish();

    expect(found?.isExact).toBe(false);
    expect(Math.abs((found?.startUs ?? 0) - 3_000_000)).toBeLessThan(100);
  });
});
