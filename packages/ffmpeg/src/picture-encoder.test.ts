import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { holdPicture } from './picture-decoder.ts';
import { encodePicture } from './picture-encoder.ts';

/** A picture that is dark above and bright below, of one colour. */
function twoTone(width: number, height: number) {
  const y = new Uint8Array(width * height).fill(50);
  y.fill(200, (width * height) / 2);
  const half = ((width + 1) >> 1) * ((height + 1) >> 1);
  return holdPicture({ width, height, y, u: new Uint8Array(half).fill(90), v: new Uint8Array(half).fill(160) });
}

/** The pixels of an encoded picture as a reader shows them, in video's range. */
function pixelsOf(data: Uint8Array, codec: string): Uint8Array {
  const args = ['-v', 'error', '-f', 'image2pipe', '-c:v', codec, '-i', '-', '-vf', 'scale=out_range=tv'];
  const raw = ['-pix_fmt', 'yuv444p', '-f', 'rawvideo', '-'];
  return new Uint8Array(execFileSync('ffmpeg', [...args, ...raw], { input: data, maxBuffer: 1 << 26 }));
}

describe.each([
  ['jpeg', 'mjpeg'],
  ['webp', 'webp'],
] as const)('a %s', (format, codec) => {
  it.each([
    [undefined, 320, 180],
    [160, 160, 90],
    [101, 101, 57],
    [4000, 320, 180],
  ])('of width %s is %d × %d and has the colours of its picture', (wanted, width, height) => {
    const encoded = encodePicture(twoTone(320, 180), { format, ...(wanted === undefined ? {} : { width: wanted }) });
    expect([encoded.width, encoded.height]).toEqual([width, height]);
    const pixels = pixelsOf(encoded.data, codec);
    expect(pixels).toHaveLength(3 * width * height);
    const at = (plane: number, row: number) => pixels[plane * width * height + row * width + (width >> 1)] ?? 0;
    const [top, bottom] = [Math.floor(height / 4), Math.floor((height * 3) / 4)];
    const found = [at(0, top), at(0, bottom), at(1, top), at(2, bottom)];
    for (const [index, value] of [50, 200, 90, 160].entries())
      expect(Math.abs((found[index] ?? 0) - value)).toBeLessThanOrEqual(3);
  });

  it('of a picture that was given back is refused', () => {
    const picture = twoTone(64, 36);
    picture.release();
    expect(() => encodePicture(picture, { format })).toThrow('released');
  });
});
