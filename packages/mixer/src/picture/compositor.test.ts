import { holdPicture, type NativePicture, type Picture } from '@roomtape/ffmpeg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rect, Tile } from '../layout/tile.ts';
import type { Bitmap } from '../overlay/bitmap.ts';
import { yuvOf } from './color.ts';
import { Compositor, hashOf, type PaintedScene } from './compositor.ts';
import type { PaintedTile, TileContent } from './tile-painter.ts';

const SIZE = { width: 160, height: 96 };

function flat(luma: number, width = 64, height = 48): NativePicture {
  const plane = (bytes: number, value: number) => new Uint8Array(bytes).fill(value);
  const quarter = (width * height) / 4;
  return holdPicture({ width, height, y: plane(width * height, luma), u: plane(quarter, 128), v: plane(quarter, 128) });
}

function bitmapOf(width: number, height: number, rgba: readonly [number, number, number, number]): Bitmap {
  return { width, height, rgba: Uint8Array.from({ length: width * height * 4 }, (_, i) => rgba[i % 4] ?? 0) };
}

function tile(rect: Rect, look: Partial<Tile> = {}): Tile {
  return {
    inputId: 'a',
    rect,
    layer: 0,
    fit: 'fill',
    cornerRadius: 0,
    placeholder: 'last-frame',
    blurPadding: false,
    ...look,
  };
}

function painted(rect: Rect, more: Partial<Omit<PaintedTile, 'tile'>> & { look?: Partial<Tile> } = {}): PaintedTile {
  const { look, ...rest } = more;
  return { tile: tile(rect, look), backdrop: { key: 'none' }, marks: [], ...rest };
}

function scene(tiles: readonly PaintedTile[], top: PaintedScene['top'] = []): PaintedScene {
  return { background: { key: 'red', color: '#ff0000' }, tiles, top };
}

const show = (key: number, luma: number): TileContent => ({ key, picture: flat(luma) });
const RED = yuvOf('#ff0000').y;
const WHITE = yuvOf('#ffffff').y;

function lumaAt(compositor: Compositor, ...points: readonly (readonly [number, number])[]): number[] {
  return compositor.take((picture: Picture) => points.map(([x, y]) => picture.y[y * SIZE.width + x] ?? -1));
}

describe('compositor', () => {
  it('paints only tiles that changed', () => {
    const compositor = new Compositor(SIZE);
    compositor.setScene(
      scene([painted({ x: 0, y: 0, width: 70, height: 96 }), painted({ x: 90, y: 0, width: 70, height: 96 })]),
    );
    compositor.paint([show(1, 50), show(1, 100)]);
    expect(lumaAt(compositor, [10, 10], [80, 10], [100, 10])).toEqual([50, RED, 100]);
    compositor.paint([show(1, 99), show(2, 110)]);
    expect(lumaAt(compositor, [10, 10], [100, 10])).toEqual([50, 110]);
    expect(compositor.paintedTiles).toBe(3);
    compositor.close();
  });

  it('keeps what floats above in front when what is below changes, its corners showing what is below', () => {
    const compositor = new Compositor(SIZE);
    const small = painted(
      { x: 40, y: 30, width: 40, height: 30 },
      { look: { layer: 1, cornerRadius: 10, inputId: 'b' } },
    );
    compositor.setScene(scene([painted({ x: 0, y: 0, ...SIZE }), small]));
    compositor.paint([show(1, 50), show(1, 150)]);
    expect(lumaAt(compositor, [10, 10], [60, 45], [40, 30])).toEqual([50, 150, 50]);
    compositor.paint([show(2, 90), show(1, 150)]);
    expect(lumaAt(compositor, [10, 10], [60, 45], [40, 30])).toEqual([90, 150, 90]);
    compositor.paint([show(2, 90), show(2, 160)]);
    expect(lumaAt(compositor, [60, 45], [40, 30])).toEqual([160, 90]);
    compositor.close();
  });

  it('blends marks and what stands over all once, however often a frame is taken', () => {
    const compositor = new Compositor(SIZE);
    const bitmap = bitmapOf(20, 10, [255, 255, 255, 128]);
    const mark = { key: 'name', x: 10, y: 10, layer: 0, bitmap };
    const logo = { key: 'logo', x: 100, y: 50, layer: 9, bitmap };
    compositor.setScene(scene([painted({ x: 0, y: 0, ...SIZE }, { marks: [mark] })], [logo]));
    const middle = Math.round(50 + ((WHITE - 50) * 128) / 255);
    for (let key = 1; key < 4; key += 1) {
      compositor.paint([show(1, 50)]);
      const [name = 0, mark2 = 0, beside] = lumaAt(compositor, [15, 15], [105, 55], [60, 15]);
      expect(Math.abs(name - middle)).toBeLessThan(2);
      expect(Math.abs(mark2 - middle)).toBeLessThan(2);
      expect(beside).toBe(50);
    }
    compositor.close();
  });

  it('shows a fitted picture with bars, a border and rounded corners', () => {
    const compositor = new Compositor(SIZE);
    const look = { fit: 'fit', cornerRadius: 12, border: { width: 4, color: '#ffffff' } } as const;
    compositor.setScene(
      scene([painted({ x: 20, y: 0, width: 120, height: 96 }, { look, backdrop: { key: 'k', color: '#000000' } })]),
    );
    compositor.paint([{ key: 1, picture: flat(100, 64, 64) }]);
    // Corner, border, bar, picture.
    expect(lumaAt(compositor, [20, 0], [80, 1], [28, 48], [80, 48])).toEqual([RED, WHITE, 16, 100]);
    compositor.close();
  });

  it('has the same hash for the same frame, whatever was shown before', () => {
    const one = new Compositor(SIZE);
    const two = new Compositor(SIZE);
    const big = bitmapOf(160, 96, [10, 200, 30, 3]);
    const last = scene(
      [painted({ x: 0, y: 0, width: 80, height: 96 }, { look: { blurPadding: true, fit: 'fit', cornerRadius: 8 } })],
      // So many that the memory grows.
      Array.from({ length: 45 }, (_, i) => ({ key: `b${i}`, x: 0, y: 0, layer: 9, bitmap: big })),
    );
    one.setScene(
      scene([painted({ x: 0, y: 0, ...SIZE }), painted({ x: 8, y: 8, width: 30, height: 30 }, { look: { layer: 2 } })]),
    );
    one.paint([show(1, 80), show(1, 20)]);
    one.setScene(last);
    one.paint([show(2, 70)]);
    two.setScene(last);
    two.paint([show(2, 70)]);
    expect(one.take(hashOf)).toBe(two.take(hashOf));
    one.paint([show(3, 171)]);
    expect(one.take(hashOf)).not.toBe(two.take(hashOf));
    one.close();
    two.close();
  });

  it('painting only what changed gives the picture that painting everything gives, after any changes', () => {
    const even = (max: number) => fc.integer({ min: 0, max: max / 2 }).map((half) => half * 2);
    const look = fc.record({
      inputId: fc.constantFrom('a', 'b'),
      cornerRadius: fc.constantFrom(0, 9),
      fit: fc.constantFrom('fill', 'fit'),
    });
    const tileOf = fc
      .record({ x: even(80), y: even(40), width: even(60), height: even(40), look, hasMark: fc.boolean() })
      .map(({ x, y, width, height, look: style, hasMark }) => {
        const rect = { x, y, width: width + 16, height: height + 16 };
        const mark = { key: 'name', x: x + 4, y: y + 4, layer: 0, bitmap: bitmapOf(12, 8, [255, 255, 255, 128]) };
        return painted(rect, { look: style, marks: hasMark ? [mark] : [] });
      });
    const logo = { key: 'logo', x: 50, y: 20, layer: 9, bitmap: bitmapOf(30, 20, [0, 80, 255, 90]) };
    const topOf = fc.constantFrom([], [logo]);
    const scenes = fc.tuple(fc.array(tileOf, { minLength: 1, maxLength: 3 }), topOf).map(([tiles, top]) => {
      const sorted = tiles.map((item, layer) => ({ ...item, tile: { ...item.tile, layer } }));
      return scene(sorted, top);
    });
    const lumas = fc.array(fc.constantFrom(40, 90, 200), { minLength: 3, maxLength: 3 });
    // A scene stays for some frames, in which some pictures change and some do not.
    const film = fc.array(fc.tuple(scenes, fc.array(lumas, { minLength: 1, maxLength: 4 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(film, (spans) => {
        const kept = new Compositor(SIZE);
        for (const [shown, frames] of spans)
          for (const levels of frames) {
            const contents = shown.tiles.map((_, index) => show(levels[index] ?? 0, levels[index] ?? 0));
            const fresh = new Compositor(SIZE);
            for (const compositor of [kept, fresh]) {
              compositor.setScene(shown);
              compositor.paint(contents);
            }
            expect(kept.take(hashOf)).toBe(fresh.take(hashOf));
            fresh.close();
          }
        kept.close();
      }),
      { numRuns: 12, seed: 7 },
    );
  });
});
