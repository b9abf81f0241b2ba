import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawStrip, type LumaPlane, readStrip } from './counter-strip.ts';

function plane(width: number, height: number): LumaPlane {
  return { data: new Uint8Array(width * height).fill(90), stride: width, width, height };
}

describe('counter strip', () => {
  it('says what was drawn, at every size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 20 - 1 }),
        fc.integer({ min: 0, max: 15 }),
        fc.constantFrom([96, 96], [320, 180], [640, 360], [1280, 720], [1918, 1080], [360, 640]),
        (counter, participantIndex, [width = 0, height = 0]) => {
          const luma = plane(width, height);
          drawStrip(luma, { counter, participantIndex });

          expect(readStrip(luma)).toEqual({ counter, participantIndex });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is not found in a picture without one, nor in black or white', () => {
    expect(readStrip(plane(320, 180))).toBeUndefined();
    expect(readStrip({ ...plane(320, 180), data: new Uint8Array(320 * 180).fill(16) })).toBeUndefined();
    expect(readStrip({ ...plane(320, 180), data: new Uint8Array(320 * 180).fill(235) })).toBeUndefined();
  });

  it('is refused when one block is wrong', () => {
    const luma = plane(320, 180);
    drawStrip(luma, { counter: 4711, participantIndex: 3 });
    for (let y = 76; y < 89; y++) luma.data.fill(luma.data[y * 320 + 40] === 16 ? 235 : 16, y * 320 + 32, y * 320 + 48);

    expect(readStrip(luma)).toBeUndefined();
  });

  it('survives noise and dimming as a poor encoder makes them', () => {
    const luma = plane(320, 180);
    drawStrip(luma, { counter: 123_456, participantIndex: 5 });
    for (let i = 0; i < luma.data.length; i++) {
      luma.data[i] = Math.round(60 + ((luma.data[i] ?? 0) - 60) * 0.6 + ((i * 31) % 41) - 20);
    }

    expect(readStrip(luma)).toEqual({ counter: 123_456, participantIndex: 5 });
  });
});
