import { readStrip } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { drawStrip, type StripSurface } from '../../apps/console/src/counter-strip.ts';

describe('counter strip of the page', () => {
  it.each([
    [640, 360, 0, 0],
    [640, 360, 123_456, 3],
    [1280, 720, 1_048_575, 15],
  ])('is read by the analyser at %i x %i: %i of participant %i', (width, height, counter, participantIndex) => {
    const data = new Uint8Array(width * height).fill(90);
    const surface: StripSurface = {
      ...{ width, height },
      fill: (color, area) => {
        for (let y = area.y; y < area.y + area.height; y++) {
          const row = y * width + area.x;
          data.fill(color === 'white' ? 235 : 16, row, row + area.width);
        }
      },
    };

    drawStrip(surface, { counter, participantIndex });

    expect(readStrip({ data, stride: width, width, height })).toEqual({ counter, participantIndex });
  });
});
