// Custom layout: rectangles given by the user. A named cell waits for its stream; the others take who is left, by
// order of joining.

import type { MixCell } from '@roomtape/api';
import type { Placement, Scene } from './scene.ts';
import type { MixInput } from './tile.ts';

/** Puts inputs into the cells of a custom layout; a cell nobody is in shows its background. */
export function arrangeCustom(scene: Scene): Placement[] {
  const cells = scene.layout.cells ?? [];
  const named = new Set(cells.map((cell) => cell.streamId).filter((id) => id !== undefined && id !== ''));
  const waiting = scene.inputs.filter((input) => !named.has(input.streamId));
  const taken = new Set<MixInput>();
  return cells.map((cell) => {
    const pool = isNamed(cell) ? scene.inputs.filter((input) => input.streamId === cell.streamId) : waiting;
    const input = pool.find((candidate) => !taken.has(candidate) && takes(cell, candidate));
    if (input !== undefined) taken.add(input);
    return {
      input,
      rect: { x: cell.x, y: cell.y, width: cell.width, height: cell.height },
      layer: cell.layer ?? 0,
      fit: cell.fit ?? 'fill',
      background: cell.background,
      style: cell.style,
    };
  });
}

function isNamed(cell: MixCell): boolean {
  return cell.streamId !== undefined && cell.streamId !== '';
}

/** A named cell takes its stream whatever it is. */
function takes(cell: MixCell, input: MixInput): boolean {
  const kind = cell.kind ?? 'stream';
  if (isNamed(cell) && kind !== 'whiteboard') return true;
  return kind === 'stream' ? input.kind !== 'whiteboard' : input.kind === kind;
}
