// Where something small stands in something large: corners and edges, with a margin, on even pixels.

import type { Place } from '@roomtape/api';
import { evenFloor } from '../layout/grid.ts';
import type { Rect, Size } from '../layout/tile.ts';

/** Places a box in a rectangle, `margin` px from its edges; the answer is even and inside wherever it fits. */
export function placeIn(rect: Rect, box: Size, where: { place: Place; margin: number }): { x: number; y: number } {
  const { place, margin } = where;
  const right = rect.width - box.width;
  const bottom = rect.height - box.height;
  const x = place.endsWith('left') ? margin : place.endsWith('right') ? right - margin : right / 2;
  const y = place.startsWith('top') ? margin : bottom - margin;
  return {
    x: rect.x + evenFloor(Math.max(0, Math.min(x, right))),
    y: rect.y + evenFloor(Math.max(0, Math.min(y, bottom))),
  };
}

/** The next even number not below `value`, at least 2: widths and heights of what is blended. */
export function evenCeil(value: number): number {
  return Math.max(2, Math.ceil(value / 2) * 2);
}
