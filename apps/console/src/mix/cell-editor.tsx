// The tiles of a custom layout, moved and sized by dragging; with the keyboard by arrow keys, and with Shift their size.

import type { MixCell } from '@roomtape/api';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { movedCell, resizedCell, withCell } from './custom-cells.ts';
import type { PreviewTile } from './layout-preview.ts';
import { placeOf, TileFace } from './tile-map.tsx';

type Point = { readonly x: number; readonly y: number };
type Drag = { readonly index: number; readonly isSizing: boolean; readonly from: Point; readonly cell: MixCell };

type CellEditorProps = {
  cells: readonly MixCell[];
  /** What each cell shows, in the order of the cells. */
  tiles: readonly PreviewTile[];
  canvas: { readonly width: number; readonly height: number };
  isOverPicture: boolean;
  onChange: (cells: MixCell[]) => void;
};

/** A person's own rectangles. The change is told when a tile is let go, so that the film does not jump with the hand. */
export function CellEditor({ cells, tiles, canvas, isOverPicture, onChange }: CellEditorProps): ReactNode {
  const area = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [moved, setMoved] = useState<MixCell>();
  const shown =
    drag === undefined || moved === undefined ? cells : withCell(cells, drag.index, { cell: moved, isRaised: true });

  const grab = (index: number, isSizing: boolean) => (event: PointerEvent) => {
    const cell = cells[index];
    if (cell === undefined || event.button !== 0) return;
    event.stopPropagation();
    area.current?.setPointerCapture(event.pointerId);
    setDrag({ index, isSizing, cell, from: { x: event.clientX, y: event.clientY } });
    setMoved(cell);
  };
  const follow = (event: PointerEvent): void => {
    const width = area.current?.clientWidth ?? 0;
    if (drag === undefined || width === 0) return;
    const scale = canvas.width / width;
    const by = { x: (event.clientX - drag.from.x) * scale, y: (event.clientY - drag.from.y) * scale };
    setMoved((drag.isSizing ? resizedCell : movedCell)(drag.cell, by, canvas));
  };
  const drop = (): void => {
    if (drag !== undefined && moved !== undefined)
      onChange(withCell(cells, drag.index, { cell: moved, isRaised: true }));
    setDrag(undefined);
    setMoved(undefined);
  };
  const press = (index: number) => (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const cell = cells[index];
    if (step === undefined || cell === undefined) return;
    event.preventDefault();
    const by = { x: step.x * KEY_STEP, y: step.y * KEY_STEP };
    const next = (event.shiftKey ? resizedCell : movedCell)(cell, by, canvas);
    onChange(withCell(cells, index, { cell: next, isRaised: false }));
  };

  return (
    <div
      ref={area}
      className={isOverPicture ? 'tile-map editing over' : 'tile-map editing'}
      onPointerMove={follow}
      onPointerUp={drop}
      onPointerCancel={drop}
    >
      {shown.map((cell, index) => (
        <EditedTile
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell has no name but its place in the list
          key={index}
          tile={{ ...(tiles[index] ?? EMPTY_TILE), ...sharesOf(cell, canvas) }}
          layer={cell.layer ?? index}
          isOverPicture={isOverPicture}
          onGrab={(isSizing) => grab(index, isSizing)}
          onKeyDown={press(index)}
        />
      ))}
    </div>
  );
}

/** Px of the canvas a key moves an edge by. */
const KEY_STEP = 16;
const STEPS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
const EMPTY_TILE: PreviewTile = { key: '', name: '', isScreen: false, hue: 0, left: 0, top: 0, width: 0, height: 0 };

type EditedTileProps = {
  tile: PreviewTile;
  layer: number;
  isOverPicture: boolean;
  onGrab: (isSizing: boolean) => (event: PointerEvent) => void;
  onKeyDown: (event: KeyboardEvent) => void;
};

function EditedTile({ tile, layer, isOverPicture, onGrab, onKeyDown }: EditedTileProps): ReactNode {
  return (
    <button
      type="button"
      className={tile.streamId === undefined ? 'map-tile empty' : 'map-tile'}
      style={{ ...placeOf(tile), zIndex: layer }}
      aria-label={`Tile of ${tile.name || 'the next to join'}: arrow keys move it, with Shift they size it`}
      onPointerDown={onGrab(false)}
      onKeyDown={onKeyDown}
    >
      {isOverPicture ? null : <TileFace tile={tile} hasLabel />}
      <span className="map-corner" aria-hidden="true" onPointerDown={onGrab(true)} />
    </button>
  );
}

function sharesOf(
  cell: MixCell,
  canvas: CellEditorProps['canvas'],
): Pick<PreviewTile, 'left' | 'top' | 'width' | 'height'> {
  return {
    left: (cell.x / canvas.width) * 100,
    top: (cell.y / canvas.height) * 100,
    width: (cell.width / canvas.width) * 100,
    height: (cell.height / canvas.height) * 100,
  };
}
