// The rectangles of a custom layout while a person drags them. Pure; px of the canvas, even, always inside it. Every
// cell has a layer of its own, so that any overlap is allowed.

import type { MixCell } from '@roomtape/api';
import type { MixInput, Rect, Size, Tile } from '@roomtape/mixer/layout';

/** Smaller ones cannot be caught with a finger. */
export const CELL_SIDE_MIN = 64;

/** Makes what another mode shows the beginning of a custom layout: the same places, for the same streams. */
export function cellsFromTiles(tiles: readonly Tile[], inputs: readonly MixInput[]): MixCell[] {
  return tiles.map(({ inputId, rect, fit }, layer) => {
    const streamId = inputs.find((input) => input.inputId === inputId)?.streamId;
    return { ...rect, layer, fit, ...(streamId === undefined ? {} : { streamId }) };
  });
}

/** Moves a cell, as far as the canvas goes. */
export function movedCell(cell: MixCell, by: { x: number; y: number }, canvas: Size): MixCell {
  return {
    ...cell,
    x: even(clamped(cell.x + by.x, 0, canvas.width - cell.width)),
    y: even(clamped(cell.y + by.y, 0, canvas.height - cell.height)),
  };
}

/** Moves the bottom right corner of a cell, as far as the canvas goes. */
export function resizedCell(cell: MixCell, by: { x: number; y: number }, canvas: Size): MixCell {
  return {
    ...cell,
    width: even(clamped(cell.width + by.x, CELL_SIDE_MIN, canvas.width - cell.x)),
    height: even(clamped(cell.height + by.y, CELL_SIDE_MIN, canvas.height - cell.y)),
  };
}

/** Puts another cell in the place of one of the list, in front of all others when `isRaised`. */
export function withCell(
  cells: readonly MixCell[],
  index: number,
  change: { cell: MixCell; isRaised: boolean },
): MixCell[] {
  const order = cells
    .map((cell, place) => ({
      place,
      layer: place === index && change.isRaised ? Number.POSITIVE_INFINITY : (cell.layer ?? 0),
    }))
    .sort((a, b) => a.layer - b.layer || a.place - b.place)
    .map(({ place }) => place);
  return cells.map((cell, place) => ({ ...(place === index ? change.cell : cell), layer: order.indexOf(place) }));
}

/** Keeps the shares of the canvas when it gets another shape. */
export function scaleCells(cells: readonly MixCell[], from: Size, to: Size): MixCell[] {
  return cells.map((cell) => ({ ...cell, ...scaledRect(cell, from, to) }));
}

function scaledRect(rect: Rect, from: Size, to: Size): Rect {
  const [left, right] = [rect.x, rect.x + rect.width].map((x) => even((x / from.width) * to.width));
  const [top, bottom] = [rect.y, rect.y + rect.height].map((y) => even((y / from.height) * to.height));
  return { x: left ?? 0, y: top ?? 0, width: (right ?? 0) - (left ?? 0), height: (bottom ?? 0) - (top ?? 0) };
}

function even(value: number): number {
  return Math.floor(value / 2) * 2;
}

function clamped(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
