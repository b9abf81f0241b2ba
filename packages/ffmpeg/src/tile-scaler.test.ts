import { describe, expect, it } from 'vitest';
import { createVideoEncoder } from './encoder.ts';
import type { Picture } from './picture.ts';
import { createPictureDecoder, holdPicture, planesOfNative } from './picture-decoder.ts';
import { createTileScaler } from './tile-scaler.ts';

function canvas(width: number, height: number, luma = 7): Picture {
  const half = (width / 2) * (height / 2);
  return {
    width,
    height,
    y: new Uint8Array(width * height).fill(luma),
    u: new Uint8Array(half).fill(luma),
    v: new Uint8Array(half).fill(luma),
  };
}

/** Left half 50, right half 200. */
function halves(width: number, height: number): Picture {
  const picture = canvas(width, height, 128);
  for (let at = 0; at < picture.y.length; at += 1) picture.y[at] = at % width < width / 2 ? 50 : 200;
  return picture;
}

describe('tile scaler', () => {
  it.each([
    { x: 0, y: 20, width: 426, height: 240 },
    { x: 426, y: 20, width: 426, height: 240 },
    { x: 34, y: 2, width: 106, height: 60 },
    { x: 320, y: 180, width: 320, height: 180 },
    { x: 638, y: 0, width: 2, height: 2 },
  ])('draws $width x $height at $x,$y and nothing beside it', (rect) => {
    const target = canvas(1280, 720);
    const source = holdPicture(canvas(640, 360, 200));
    const scaler = createTileScaler();
    scaler.draw(source, { x: 0, y: 0, width: 640, height: 360 }, { canvas: target, rect });
    scaler.close();
    let [inside, outside] = [0, 0];
    for (const [at, luma] of target.y.entries()) {
      const [x, y] = [at % 1280, Math.floor(at / 1280)];
      const isIn = x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
      if (isIn && Math.abs(luma - 200) > 2) inside += 1;
      if (!isIn && luma !== 7) outside += 1;
    }
    expect({ inside, outside }).toEqual({ inside: 0, outside: 0 });
    expect(target.u.filter((value) => value !== 7)).toHaveLength((rect.width * rect.height) / 4);
  });

  it('shows only the part it was told to', () => {
    const target = canvas(320, 180);
    const scaler = createTileScaler();
    const crop = { x: 320, y: 0, width: 320, height: 360 };
    scaler.draw(holdPicture(halves(640, 360)), crop, { canvas: target, rect: { x: 0, y: 0, width: 160, height: 180 } });
    expect([...new Set(target.y.filter((_, at) => at % 320 > 4 && at % 320 < 156))].every((luma) => luma > 195)).toBe(
      true,
    );
    scaler.close();
  });

  it('refuses rectangles beyond the picture or the canvas', () => {
    const scaler = createTileScaler();
    const source = holdPicture(canvas(64, 64));
    const whole = { x: 0, y: 0, width: 64, height: 64 };
    const target = canvas(64, 64);
    const draw = (crop: typeof whole, rect: typeof whole) => () => scaler.draw(source, crop, { canvas: target, rect });
    expect(draw({ ...whole, width: 66 }, whole)).toThrow('lies within');
    expect(draw(whole, { ...whole, y: 2 })).toThrow('lies within');
    expect(draw(whole, { x: 1, y: 0, width: 2, height: 2 })).toThrow('even');
    source.release();
    expect(draw(whole, whole)).toThrow('released');
    scaler.close();
  });
});

describe('picture decoder', () => {
  it('keeps pictures until they are released, also beyond its own end', () => {
    const encoder = createVideoEncoder({
      codec: 'h264',
      width: 160,
      height: 96,
      fps: 30,
      bitrate: 300_000,
      gopFrames: 30,
      film: { preset: 'veryfast', quality: 20, threads: 1 },
    });
    const packets = Array.from({ length: 30 }, (_, i) =>
      encoder.encode(canvas(160, 96, 20 + i * 5), i * 33_333),
    ).flat();
    packets.push(...encoder.flush());
    encoder.close();
    expect(packets.map((packet) => packet.ptsUs)).toEqual(
      Array.from({ length: 30 }, (_, i) => Math.round((Math.round(i * 33_333 * 0.09) * 1000) / 90)),
    );
    expect(packets.filter((packet) => packet.key)).toHaveLength(1);
    const decoder = createPictureDecoder('h264');
    const pictures = packets.flatMap((packet) => decoder.decode(packet.data, packet.ptsUs));
    expect(decoder.decode(Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2), 0)).toEqual([]);
    decoder.close();
    const scaler = createTileScaler();
    const target = canvas(160, 96);
    const rect = { x: 0, y: 0, width: 160, height: 96 };
    const lumas = pictures.map((picture) => {
      scaler.draw(picture, rect, { canvas: target, rect });
      const views = planesOfNative(picture)?.data ?? [];
      picture.release();
      // Neither do they dangle, nor are they counted as garbage of a picture's size.
      expect(views.map((view) => view.length)).toEqual([0, 0, 0]);
      return target.y[5000] ?? 0;
    });
    expect(lumas).toHaveLength(30);
    expect(lumas.every((luma, i) => Math.abs(luma - (20 + i * 5)) <= 3)).toBe(true);
    scaler.close();
  });
});
