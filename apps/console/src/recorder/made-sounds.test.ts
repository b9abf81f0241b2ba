import { describe, expect, it } from 'vitest';
import { MADE_SOUNDS, wavOf } from './made-sounds.ts';

describe('made sounds', () => {
  it.each(MADE_SOUNDS)('$name is a WAV file whose header tells its size and rate', async (sound) => {
    const bytes = new Uint8Array(await wavOf(sound).arrayBuffer());
    const view = new DataView(bytes.buffer);

    expect(new TextDecoder('latin1').decode(bytes.subarray(0, 16))).toMatch(/^RIFF....WAVEfmt $/s);
    expect([view.getUint32(4, true), view.getUint32(40, true)]).toEqual([bytes.length - 8, bytes.length - 44]);
    expect([view.getUint32(24, true), view.getUint16(22, true), view.getUint16(34, true)]).toEqual([48_000, 1, 16]);
  });

  it.each(MADE_SOUNDS)('$name neither clips nor clicks, and ends quietly', ({ makeSamples }) => {
    const samples = makeSamples(48_000);
    const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);

    expect(peak).toBeGreaterThan(0.15);
    expect(peak).toBeLessThan(1);
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.001);
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.01);
  });
});
