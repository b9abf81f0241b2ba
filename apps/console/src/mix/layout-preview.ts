// A layout as the page draws it: the mixer's own geometry, in shares of the canvas, with names. Pure.

import type { LayoutMode, MixCell, MixSettings } from '@roomtape/api';
import { layOut, layoutOf, type MixInput, type Tile } from '@roomtape/mixer/layout';
import { hueOf } from '../format.ts';
import { cellsFromTiles } from './custom-cells.ts';
import { withMode } from './mix-wish.ts';

/** One tile of the drawing; places and sizes in per cent of the canvas. */
export type PreviewTile = {
  readonly key: string;
  /** Absent: nobody is in it. */
  readonly streamId?: string;
  readonly name: string;
  readonly isScreen: boolean;
  readonly hue: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** A mode in words, and whether one person in it is large. */
export type LayoutWords = { readonly name: string; readonly hint: string; readonly hasBig: boolean };

/** Whom a mode is drawn with; cells made for stand-ins wait for nobody by name. */
export type LayoutContext = {
  readonly inputs: readonly MixInput[];
  readonly areStandIns: boolean;
  readonly ownCells: readonly MixCell[];
};

/** Every mode in the order it is offered. */
export const LAYOUTS: Readonly<Record<LayoutMode, LayoutWords>> = {
  gallery: { name: 'Gallery', hint: 'Everybody the same size, as large as possible', hasBig: false },
  speaker: { name: 'Speaker', hint: 'Who speaks is large, the others in a strip', hasBig: true },
  presentation: { name: 'Presentation', hint: 'The shared screen is large; a gallery without one', hasBig: true },
  single: { name: 'Single', hint: 'One person fills the picture', hasBig: true },
  tile: { name: 'Tiles', hint: 'Equal cells that fill the whole picture', hasBig: false },
  horizontal: { name: 'Row on top', hint: 'One large, the others in a row along the top', hasBig: true },
  vertical: { name: 'Column', hint: 'One large, the others in a column at the right', hasBig: true },
  floating: { name: 'Floating', hint: 'One fills the picture, the others float over it', hasBig: true },
  custom: { name: 'Custom', hint: 'Drag and size every tile yourself', hasBig: false },
};

/** The modes, in the order of the table. */
export const LAYOUT_ORDER = Object.keys(LAYOUTS) as readonly LayoutMode[];

/** The tiles of a layout, lowest first. */
export function tilesOf(settings: MixSettings, inputs: readonly MixInput[]): Tile[] {
  return layOut(layoutOf(settings), inputs, settings.canvas);
}

/** What a layout will show. */
export function previewOf(settings: MixSettings, inputs: readonly MixInput[]): PreviewTile[] {
  const { width, height } = settings.canvas;
  return tilesOf(settings, inputs).map(({ inputId, rect }, index) => {
    const input = inputs.find((one) => one.inputId === inputId);
    return {
      key: input?.inputId ?? `empty-${index}`,
      ...(input === undefined ? {} : { streamId: input.streamId }),
      name: input?.userName ?? '',
      isScreen: input?.kind === 'screen',
      hue: hueOf(input?.userName ?? ''),
      left: (rect.x / width) * 100,
      top: (rect.y / height) * 100,
      width: (rect.width / width) * 100,
      height: (rect.height / height) * 100,
    };
  });
}

/** The tiles of a custom layout in the order of its cells. */
export function previewOfCells(settings: MixSettings, inputs: readonly MixInput[]): PreviewTile[] {
  const tiles = previewOf(settings, inputs);
  const cells = settings.layout.cells ?? [];
  // As the layout sorts them: by layer, equal ones as they come.
  const order = cells.map((cell, index) => ({ index, layer: cell.layer ?? 0 })).sort((a, b) => a.layer - b.layer);
  return cells.flatMap((_, cell) => tiles[order.findIndex(({ index }) => index === cell)] ?? []);
}

/** The settings as they will be when a mode is clicked; custom begins with the person's own cells, or with what shows. */
export function settingsInMode(
  settings: MixSettings,
  mode: LayoutMode,
  { inputs, areStandIns, ownCells }: LayoutContext,
): MixSettings {
  if (mode !== 'custom') return withMode(mode, [])(settings);
  const own = settings.layout.cells ?? ownCells;
  const owners = areStandIns ? [] : inputs;
  return withMode(mode, own.length > 0 ? own : cellsFromTiles(tilesOf(settings, inputs), owners))(settings);
}
