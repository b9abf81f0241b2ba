// The layouts as small drawings of what each would show now; one click and the film looks so.

import type { LayoutMode, MixSettings } from '@roomtape/api';
import { type ReactNode, useMemo } from 'react';
import {
  LAYOUT_ORDER,
  LAYOUTS,
  type LayoutContext,
  type PreviewTile,
  previewOf,
  settingsInMode,
} from './layout-preview.ts';

type LayoutPickerProps = {
  settings: MixSettings;
  context: LayoutContext;
  /** The choice has been sent and is not in force yet. */
  isSending: boolean;
  onChoose: (mode: LayoutMode) => void;
};

/** A button for each layout. */
export function LayoutPicker({ settings, context, isSending, onChoose }: LayoutPickerProps): ReactNode {
  const drawings = useMemo(
    () =>
      new Map(LAYOUT_ORDER.map((mode) => [mode, previewOf(settingsInMode(settings, mode, context), context.inputs)])),
    [settings, context],
  );
  return (
    <fieldset className="layouts">
      <legend className="sr-only">Layout</legend>
      {LAYOUT_ORDER.map((mode) => {
        const isChosen = mode === settings.layout.mode;
        return (
          <button
            key={mode}
            type="button"
            className={isChosen && isSending ? 'layout-choice sending' : 'layout-choice'}
            aria-pressed={isChosen}
            title={LAYOUTS[mode].hint}
            onClick={() => onChoose(mode)}
          >
            <LayoutDrawing tiles={drawings.get(mode) ?? []} canvas={settings.canvas} />
            <span className="layout-name">{LAYOUTS[mode].name}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

type LayoutDrawingProps = {
  tiles: readonly PreviewTile[];
  canvas: { readonly width: number; readonly height: number };
};

/** Tiles as rounded rectangles; the seam between them is drawn, the layout itself may have none. */
function LayoutDrawing({ tiles, canvas }: LayoutDrawingProps): ReactNode {
  const [width, height] = [(160 * canvas.width) / canvas.height, 160];
  const x = (share: number): number => (share * width) / 100;
  const y = (share: number): number => (share * height) / 100;
  return (
    <svg className="layout-drawing" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <rect className="layout-ground" width={width} height={height} rx="8" />
      {tiles.map((tile) => (
        <rect
          key={tile.key}
          className="layout-tile"
          x={x(tile.left) + SEAM}
          y={y(tile.top) + SEAM}
          width={Math.max(1, x(tile.width) - 2 * SEAM)}
          height={Math.max(1, y(tile.height) - 2 * SEAM)}
          rx="6"
          style={{ '--hue': tile.hue } as React.CSSProperties}
        />
      ))}
    </svg>
  );
}

const SEAM = 3;
