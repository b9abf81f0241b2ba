import type { MixCell } from '@roomtape/api';
import { isMixProblem, parseMixRequest } from '@roomtape/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CELL_SIDE_MIN, cellsFromTiles, movedCell, resizedCell, scaleCells, withCell } from './custom-cells.ts';
import { tilesOf } from './layout-preview.ts';
import { standIns } from './mix-cast.ts';
import { FIRST_SETTINGS } from './mix-wish.ts';

const CANVAS = { width: 1280, height: 720 };
const CELL: MixCell = { x: 100, y: 50, width: 320, height: 180, layer: 0 };
const by = fc.record({
  x: fc.double({ min: -3000, max: 3000, noNaN: true }),
  y: fc.integer({ min: -3000, max: 3000 }),
});

describe('a dragged cell', () => {
  it('moves and grows with the hand, on even pixels', () => {
    expect(movedCell(CELL, { x: 33.4, y: -21 }, CANVAS)).toMatchObject({ x: 132, y: 28, width: 320, height: 180 });
    expect(resizedCell(CELL, { x: 33.4, y: -21 }, CANVAS)).toMatchObject({ x: 100, y: 50, width: 352, height: 158 });
  });

  it('stays inside the canvas and large enough to be caught again, wherever the hand goes', () => {
    fc.assert(
      fc.property(by, by, (move, size) => {
        const cell = resizedCell(movedCell(CELL, move, CANVAS), size, CANVAS);
        const answer = parseMixRequest({ layout: { mode: 'custom', cells: [cell] }, canvas: CANVAS });

        expect(isMixProblem(answer) ? answer.message : 'good').toBe('good');
        expect(Math.min(cell.width, cell.height)).toBeGreaterThanOrEqual(CELL_SIDE_MIN);
      }),
    );
  });
});

describe('cells of a custom layout', () => {
  it('begin as what another mode shows, and the server takes them overlapping', () => {
    const inputs = standIns(3);
    const tiles = tilesOf({ ...FIRST_SETTINGS, layout: { mode: 'floating' } }, inputs);
    const cells = cellsFromTiles(tiles, inputs);

    expect(cells.map(({ streamId, layer }) => [streamId, layer])).toEqual([
      ['person-1', 0],
      ['person-2', 1],
      ['person-3', 2],
    ]);
    expect(isMixProblem(parseMixRequest({ layout: { mode: 'custom', cells } }))).toBe(false);
  });

  it('come to the front when they are moved, without changing places in the list', () => {
    const cells = [0, 1, 2].map((layer) => ({ ...CELL, layer, streamId: `s${layer}` }));
    const raised = withCell(cells, 0, { cell: { ...CELL, x: 0, streamId: 's0' }, isRaised: true });
    const moved = withCell(cells, 0, { cell: { ...CELL, x: 0, streamId: 's0' }, isRaised: false });

    expect(raised.map(({ streamId, layer, x }) => [streamId, layer, x])).toEqual([
      ['s0', 2, 0],
      ['s1', 0, 100],
      ['s2', 1, 100],
    ]);
    expect(moved.map(({ layer }) => layer)).toEqual([0, 1, 2]);
  });

  it('keep touching each other and stay inside when the film gets another shape', () => {
    const halves = [
      { x: 0, y: 0, width: 640, height: 720 },
      { x: 640, y: 0, width: 640, height: 720 },
    ];
    const [left, right] = scaleCells(halves, CANVAS, { width: 722, height: 1280 });

    expect(left).toEqual({ x: 0, y: 0, width: 360, height: 1280 });
    expect(right).toEqual({ x: 360, y: 0, width: 362, height: 1280 });
  });
});
