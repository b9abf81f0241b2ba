import { crc32 } from 'node:zlib';
import { LAYOUT_MODES, type LayoutMode, TILES_MAX } from '@roomtape/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOut, printTiles } from './lay-out.ts';
import type { MixInput, Rect, Size, Tile } from './tile.ts';

const MODES = LAYOUT_MODES.filter((mode) => mode !== 'custom');
const CANVASES: readonly Size[] = [
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 640, height: 480 },
];
/** Counts whose rectangles are written out; of the others a checksum is enough to notice a change. */
const SHOWN = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 16, 17, 25, 26, 49]);

describe('golden geometry', () => {
  it.each(MODES)('of %s, every count on three canvases', async (mode) => {
    const blocks = CANVASES.flatMap((canvas) =>
      Array.from({ length: TILES_MAX }, (_, i) => i + 1).map((count) => goldenRow(mode, canvas, count)),
    );

    await expect(`${blocks.join('\n')}\n`).toMatchFileSnapshot(`golden/${mode}.txt`);
  });
});

describe('every mode', () => {
  const canvasOf = fc.record({
    width: fc.integer({ min: 32, max: 960 }).map((half) => half * 2),
    height: fc.integer({ min: 32, max: 960 }).map((half) => half * 2),
  });
  const countOf = fc.integer({ min: 0, max: TILES_MAX + 3 });

  it.each(MODES)('%s stays inside the canvas, on even pixels, with one tile for each', (mode) => {
    fc.assert(
      fc.property(canvasOf, countOf, fc.constantFrom(0, 4, 16, 64), (canvas, count, gap) => {
        const tiles = layOut({ mode, gap, tilesMax: TILES_MAX }, people(count), canvas);
        const expected = mode === 'single' ? Math.min(count, 1) : Math.min(count, TILES_MAX);

        expect(tiles.map((tile) => tile.inputId)).toHaveLength(expected);
        expect(new Set(tiles.map((tile) => tile.inputId)).size).toBe(expected);
        expect(tiles.filter((tile) => !isEvenInside(tile.rect, canvas))).toEqual([]);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it.each(MODES)('%s overlaps nothing on one layer', (mode) => {
    fc.assert(
      fc.property(canvasOf, countOf, (canvas, count) => {
        expect(overlapsOf(layOut({ mode }, people(count), canvas))).toEqual([]);
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  it.each(MODES)('%s gives the same tiles for the same question, in any order of the inputs', (mode) => {
    fc.assert(
      fc.property(canvasOf, fc.shuffledSubarray(people(12)), (canvas, inputs) => {
        const sorted = [...inputs].sort((a, b) => a.joinedOrder - b.joinedOrder);

        expect(layOut({ mode }, inputs, canvas)).toEqual(layOut({ mode }, sorted, canvas));
      }),
      { numRuns: 20, seed: 6 },
    );
  });

  it('floats nothing but the small tiles of floating', () => {
    const layered = MODES.filter(
      (mode) => layOut({ mode }, people(9), { width: 640, height: 360 }).at(-1)?.layer !== 0,
    );

    expect(layered).toEqual(['floating']);
  });
});

describe('aspect', () => {
  it.each(['horizontal', 'vertical', 'floating', 'speaker'] as const)(
    'of small tiles in %s is the canvas’s',
    (mode) => {
      for (const canvas of CANVASES)
        for (let count = 2; count <= TILES_MAX; count += 1)
          for (const { rect } of layOut({ mode }, people(count), canvas).slice(1))
            expect(aspectError(rect, canvas.width / canvas.height)).toBeLessThanOrEqual(4);
    },
  );

  it('of gallery tiles is the one asked for, and no other grid has larger ones', () => {
    for (const canvas of CANVASES)
      for (const aspect of [16 / 9, 4 / 3, 1])
        for (let count = 1; count <= TILES_MAX; count += 1) {
          const tiles = layOut({ mode: 'gallery', tileAspect: aspect }, people(count), canvas);
          const width = tiles[0]?.rect.width ?? 0;

          expect(aspectError(tiles[0]?.rect ?? { width: 0, height: 0 }, aspect)).toBeLessThanOrEqual(4);
          expect(width).toBeGreaterThanOrEqual(Math.floor(widestTile(canvas, count, aspect) / 2) * 2);
        }
  });

  it('of tile cells follows the steps 1, 2, 4, 6, 9, 12, 16, 20, 25', () => {
    const capacity = (count: number): number => {
      const { width, height } = layOut({ mode: 'tile' }, people(count), { width: 1200, height: 1200 })[0]?.rect ?? {
        width: 1,
        height: 1,
      };
      return Math.round(1200 / width) * Math.round(1200 / height);
    };

    expect([1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 16, 17, 20, 21, 25].map(capacity)).toEqual([
      1, 2, 4, 4, 6, 6, 9, 9, 12, 12, 16, 16, 20, 20, 25, 25,
    ]);
  });
});

function people(count: number): MixInput[] {
  return Array.from({ length: count }, (_, i) => ({
    inputId: `p${i + 1}`,
    streamId: `s${i + 1}`,
    userId: `u${i + 1}`,
    userName: `Person ${i + 1}`,
    joinedOrder: i + 1,
    kind: 'camera' as const,
    hasVideo: true,
    hasAudio: true,
    isMuted: false,
  }));
}

/** Presentations are shown with a screen, which joins last. */
function goldenRow(mode: LayoutMode, canvas: Size, count: number): string {
  const inputs = people(count).map((input, i) =>
    mode === 'presentation' && i === count - 1 ? { ...input, kind: 'screen' as const } : input,
  );
  const text = printTiles(layOut({ mode }, inputs, canvas));
  const title = `${mode} ${canvas.width}x${canvas.height} ${count}`;
  return SHOWN.has(count)
    ? `${title}:\n  ${text.replaceAll('\n', '\n  ')}`
    : `${title}: crc ${crc32(text).toString(16)}`;
}

function isEvenInside({ x, y, width, height }: Rect, canvas: Size): boolean {
  const isEven = [x, y, width, height].every((value) => Number.isInteger(value) && value % 2 === 0);
  return (
    isEven && x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= canvas.width && y + height <= canvas.height
  );
}

function overlapsOf(tiles: readonly Tile[]): string[] {
  return tiles.flatMap((a, i) =>
    tiles
      .slice(i + 1)
      .filter((b) => a.layer === b.layer && isOverlapping(a.rect, b.rect))
      .map((b) => `${a.inputId} and ${b.inputId}`),
  );
}

function isOverlapping(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** By how many pixels a rectangle is away from an aspect; even edges allow 2 on each side. */
function aspectError(rect: Size, aspect: number): number {
  return Math.abs(rect.width - rect.height * aspect) / Math.max(1, aspect);
}

function widestTile(canvas: Size, count: number, aspect: number): number {
  let widest = 0;
  for (let columns = 1; columns <= count; columns += 1)
    widest = Math.max(widest, Math.min(canvas.width / columns, (canvas.height / Math.ceil(count / columns)) * aspect));
  return widest;
}
