// One big tile with small ones of the canvas's aspect in bands at two of its edges, or floating over it: 1+4, 1+8,
// 1+16, 1+24, and for larger meetings 1+48. Geometry only.

import { evenEdge, evenFloor, gridCell } from './grid.ts';
import type { Rect, Size } from './tile.ts';

/** Small tiles of a step: `perRow` of them in each of `rows`, each a `parts`-th of the canvas; the rest at the side. */
type Step = { readonly parts: number; readonly perRow: number; readonly rows: number; readonly side: number };

const BAND_STEPS: readonly Step[] = [
  { parts: 4, perRow: 4, rows: 1, side: 0 },
  { parts: 8, perRow: 8, rows: 1, side: 0 },
  { parts: 8, perRow: 8, rows: 2, side: 0 },
  { parts: 9, perRow: 8, rows: 2, side: 8 },
  { parts: 12, perRow: 12, rows: 4, side: 0 },
];
const FLOATING_STEPS: readonly Step[] = [
  { parts: 4, perRow: 4, rows: 1, side: 0 },
  { parts: 8, perRow: 8, rows: 1, side: 0 },
  { parts: 8, perRow: 8, rows: 2, side: 0 },
  { parts: 8, perRow: 8, rows: 3, side: 0 },
  { parts: 12, perRow: 12, rows: 4, side: 0 },
];

/** Most small tiles beside or over a big one. */
export const SMALL_TILES_MAX = 48;

/** A big rectangle and the small ones in their order. */
export type BigAndSmall = { readonly big: Rect; readonly small: readonly Rect[] };

/** Small tiles along the top, left to right, row by row; what is over stands at the right edge; the big one below. */
export function topBands(canvas: Size, count: number): BigAndSmall {
  const step = stepFor(BAND_STEPS, count);
  const grid = { columns: step.parts, rows: step.parts };
  const top = evenEdge(canvas.height, step.rows, step.parts);
  const right = step.side === 0 ? canvas.width : evenEdge(canvas.width, step.perRow, step.parts);
  const small = Array.from({ length: count }, (_, i) => {
    const overflow = i - step.perRow * step.rows;
    const cell =
      overflow < 0
        ? { column: i % step.perRow, row: Math.floor(i / step.perRow) }
        : { column: step.perRow, row: overflow };
    return gridCell(canvas, grid, cell);
  });
  return { big: { x: 0, y: top, width: right, height: canvas.height - top }, small };
}

/** The transpose of `topBands`: columns at the right edge, top to bottom, the rest along the bottom, big at the left. */
export function rightBands(canvas: Size, count: number): BigAndSmall {
  const step = stepFor(BAND_STEPS, count);
  const grid = { columns: step.parts, rows: step.parts };
  const firstColumn = step.parts - step.rows;
  const right = evenEdge(canvas.width, firstColumn, step.parts);
  const bottom = step.side === 0 ? canvas.height : evenEdge(canvas.height, step.perRow, step.parts);
  const small = Array.from({ length: count }, (_, i) => {
    const overflow = i - step.perRow * step.rows;
    const cell =
      overflow < 0
        ? { column: firstColumn + Math.floor(i / step.perRow), row: i % step.perRow }
        : { column: overflow, row: step.perRow };
    return gridCell(canvas, grid, cell);
  });
  return { big: { x: 0, y: 0, width: right, height: bottom }, small };
}

/** The big one fills the canvas; small ones stand over it from the bottom right to the left, row over row. */
export function floatingTiles(canvas: Size, count: number): BigAndSmall {
  const step = stepFor(FLOATING_STEPS, count);
  const grid = { columns: step.parts, rows: step.parts };
  const small = Array.from({ length: count }, (_, i) =>
    gridCell(canvas, grid, {
      column: step.parts - 1 - (i % step.perRow),
      row: step.parts - 1 - Math.floor(i / step.perRow),
    }),
  );
  return { big: { x: 0, y: 0, width: canvas.width, height: canvas.height }, small };
}

/** Rows along a strip, and how many strips stand side by side, by the most tiles they hold. */
const STRIPS = [
  { strips: 1, along: 5 },
  { strips: 2, along: 7 },
  { strips: 3, along: 9 },
  { strips: 4, along: 12 },
] as const;

/** A stage with a centred strip of small tiles: at the right of a landscape canvas, below on a portrait one. */
export function stageWithStrip(canvas: Size, count: number): BigAndSmall {
  if (count === 0) return { big: { x: 0, y: 0, width: canvas.width, height: canvas.height }, small: [] };
  const { strips, along } = STRIPS.find((step) => step.strips * step.along >= count) ?? STRIPS[3];
  const grid = { columns: along, rows: along };
  const first = along - strips;
  if (canvas.width >= canvas.height) {
    const small = Array.from({ length: count }, (_, i) =>
      gridCell(canvas, grid, { column: first + (i % strips), row: Math.floor(i / strips) }),
    );
    const down = evenFloor((canvas.height - Math.max(...small.map((rect) => rect.y + rect.height))) / 2);
    const big = { x: 0, y: 0, width: evenEdge(canvas.width, first, along), height: canvas.height };
    return { big, small: small.map((rect) => ({ ...rect, y: rect.y + down })) };
  }
  const small = Array.from({ length: count }, (_, i) =>
    gridCell(canvas, grid, { column: i % along, row: first + Math.floor(i / along) }),
  );
  const across = evenFloor((canvas.width - Math.max(...small.map((rect) => rect.x + rect.width))) / 2);
  const big = { x: 0, y: 0, width: canvas.width, height: evenEdge(canvas.height, first, along) };
  return { big, small: small.map((rect) => ({ ...rect, x: rect.x + across })) };
}

function stepFor(steps: readonly Step[], count: number): Step {
  const found = steps.find((step) => step.perRow * step.rows + step.side >= count) ?? steps.at(-1);
  if (found === undefined) throw new Error('a table of steps is empty');
  return found;
}
