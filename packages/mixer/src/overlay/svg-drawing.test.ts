import { describe, expect, it } from 'vitest';
import { drawSvg } from './svg-drawing.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const HALVES =
  '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2" viewBox="0 0 4 2"><rect width="2" height="2" fill="red"/></svg>';

describe('an SVG picture', () => {
  it('is drawn at the size that is asked for, see-through where it is empty', async () => {
    const { width, height, rgba } = await drawSvg({ bytes: bytesOf(HALVES), width: 40, height: 20 });
    expect([width, height, rgba.length]).toEqual([40, 20, 40 * 20 * 4]);
    const at = (x: number, y: number) => [...rgba.subarray((y * 40 + x) * 4, (y * 40 + x) * 4 + 4)];
    expect([at(5, 10), at(35, 10)]).toEqual([
      [255, 0, 0, 255],
      [0, 0, 0, 0],
    ]);
  });

  it('that the library cannot draw is refused, and nothing else ends with it', async () => {
    await expect(drawSvg({ bytes: bytesOf('<svg'), width: 10, height: 10 })).rejects.toThrow();
  });
});
