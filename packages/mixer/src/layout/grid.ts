// Division of a canvas into rectangles on even pixels. Cells of a division touch each other, so no seam shows and
// nothing overlaps; their sizes differ by at most 2 px.

import type { Rect, Size } from './tile.ts';

/** Widths that differ by less are equal but for rounding, px. */
const SAME_WIDTH = 1e-6;

/** Columns and rows of a grid. */
export type GridShape = { readonly columns: number; readonly rows: number };

/** The largest even number not above `value`. */
export function evenFloor(value: number): number {
  return Math.floor(value / 2) * 2;
}

/** The even pixel at `index` of `parts` equal parts of a length. */
export function evenEdge(length: number, index: number, parts: number): number {
  return Math.round((index * length) / parts / 2) * 2;
}

/** The smallest of 1×1, 2×1, 2×2, 3×2, 3×3, … that holds `count`: columns grow first. */
export function stepGrid(count: number): GridShape {
  let columns = 1;
  let rows = 1;
  while (columns * rows < count) {
    if (columns === rows) columns += 1;
    else rows += 1;
  }
  return { columns, rows };
}

/** One cell of a canvas divided by a grid; column and row count from the top left. */
export function gridCell(canvas: Size, shape: GridShape, cell: { column: number; row: number }): Rect {
  const x = evenEdge(canvas.width, cell.column, shape.columns);
  const y = evenEdge(canvas.height, cell.row, shape.rows);
  return {
    x,
    y,
    width: evenEdge(canvas.width, cell.column + 1, shape.columns) - x,
    height: evenEdge(canvas.height, cell.row + 1, shape.rows) - y,
  };
}

/** The first `count` cells of a canvas divided by a grid, row by row. */
export function gridCells(canvas: Size, shape: GridShape, count: number): Rect[] {
  return Array.from({ length: count }, (_, i) =>
    gridCell(canvas, shape, { column: i % shape.columns, row: Math.floor(i / shape.columns) }),
  );
}

/** The largest `count` tiles of one aspect (width by height) a canvas holds; block and last row are centred. */
export function largestTiles(canvas: Size, count: number, aspect: number): Rect[] {
  const { columns, rows, width } = bestShape(canvas, count, aspect);
  const tile = { width: Math.max(2, evenFloor(width)), height: Math.max(2, evenFloor(width / aspect)) };
  const top = evenFloor((canvas.height - rows * tile.height) / 2);
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = evenFloor((canvas.width - inRow * tile.width) / 2);
    return { x: left + (i % columns) * tile.width, y: top + row * tile.height, ...tile };
  });
}

/** A rectangle made smaller by `margin` (even, px) on each side, or as it was where it is too small for that. */
export function inset(rect: Rect, margin: number): Rect {
  if (margin === 0 || rect.width <= 2 * margin || rect.height <= 2 * margin) return rect;
  return {
    x: rect.x + margin,
    y: rect.y + margin,
    width: rect.width - 2 * margin,
    height: rect.height - 2 * margin,
  };
}

/** Where two shapes give equally large tiles, people sit side by side on a wide canvas and stacked on a high one. */
function bestShape(canvas: Size, count: number, aspect: number): GridShape & { width: number } {
  const isWide = canvas.width >= canvas.height;
  let best = { columns: 1, rows: count, width: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(canvas.width / columns, (canvas.height / rows) * aspect);
    const lead = width - best.width;
    if (lead > SAME_WIDTH || (isWide && lead > -SAME_WIDTH)) best = { columns, rows, width };
  }
  return best;
}
