// Every layout mode: who stands where. A new mode is a function and a row here, and its word in the API's
// `LAYOUT_MODES`; checks, golden tables and pictures follow from the table.

import type { LayoutMode } from '@roomtape/api';
import { type BigAndSmall, floatingTiles, rightBands, SMALL_TILES_MAX, stageWithStrip, topBands } from './bands.ts';
import { arrangeCustom } from './custom.ts';
import { evenFloor, gridCells, inset, largestTiles, stepGrid } from './grid.ts';
import { boardFirst, type Cast, castOf, firstInputs, type Placement, type Scene, tilesMaxOf } from './scene.ts';
import type { MixInput, Rect } from './tile.ts';

/** Puts the inputs of a scene on rectangles of its canvas. Pure. */
export type Arrangement = (scene: Scene) => Placement[];

/** The arrangement of each mode. */
export const ARRANGEMENTS: Readonly<Record<LayoutMode, Arrangement>> = {
  custom: arrangeCustom,
  tile: arrangeTile,
  horizontal: (scene) => arrangeBig(scene, castOf(boardLed(scene), scene.inputs[0]), topBands),
  vertical: (scene) => arrangeBig(scene, castOf(boardLed(scene), scene.inputs[0]), rightBands),
  floating: arrangeFloating,
  gallery: arrangeGallery,
  speaker: (scene) => arrangeBig(scene, castOf(scene, activeSpeaker(scene) ?? scene.inputs[0]), stageWithStrip),
  presentation: arrangePresentation,
  single: arrangeSingle,
};

/** Equal cells; the whiteboard has the first one. */
function arrangeTile(scene: Scene): Placement[] {
  const inputs = firstInputs(boardFirst(scene.inputs), tilesMaxOf(scene.layout));
  return inSmallTiles(scene, inputs, gridCells(scene.canvas, stepGrid(inputs.length), inputs.length));
}

/** Tiles of one aspect, as large as their number allows. */
function arrangeGallery(scene: Scene): Placement[] {
  const inputs = firstInputs(boardFirst(scene.inputs), tilesMaxOf(scene.layout));
  const aspect = scene.layout.tileAspect ?? 16 / 9;
  return inSmallTiles(scene, inputs, largestTiles(scene.canvas, inputs.length, aspect));
}

/** The shared screen or the board that came last on a stage; a gallery while there is none. */
function arrangePresentation(scene: Scene): Placement[] {
  const shown = scene.inputs.filter((input) => input.kind !== 'camera');
  const big = shown.findLast((input) => input.hasLeft !== true) ?? shown.at(-1);
  if (big === undefined && scene.layout.bigStreamId === undefined) return arrangeGallery(scene);
  return arrangeBig(scene, castOf(scene, big), stageWithStrip);
}

function arrangeSingle(scene: Scene): Placement[] {
  const { big } = castOf(scene, scene.inputs[0]);
  return arrangeBig(scene, { big, small: [] }, stageWithStrip);
}

function arrangeFloating(scene: Scene): Placement[] {
  const [big, ...small] = arrangeBig(scene, castOf(boardLed(scene), scene.inputs[0]), floatingTiles);
  return big === undefined ? [] : [big, ...small.map((placement) => ({ ...placement, layer: 1 }))];
}

function arrangeBig(
  scene: Scene,
  cast: Cast,
  divide: (canvas: Scene['canvas'], count: number) => BigAndSmall,
): Placement[] {
  if (cast.big === undefined && cast.small.length === 0 && scene.layout.bigStreamId === undefined) return [];
  const inputs = firstInputs(cast.small, SMALL_TILES_MAX);
  const { big, small } = divide(scene.canvas, inputs.length);
  return [
    { input: cast.big, rect: big, layer: 0, fit: scene.layout.bigFit ?? 'fit' },
    ...inSmallTiles(scene, inputs, small),
  ];
}

function inSmallTiles(scene: Scene, inputs: readonly MixInput[], rects: readonly Rect[]): Placement[] {
  const margin = evenFloor((scene.layout.gap ?? 0) / 2);
  return inputs.flatMap((input, i) => {
    const rect = rects[i];
    if (rect === undefined) return [];
    // A board or a shared screen must be readable to its edges, also in a small tile.
    const fit = input.kind === 'camera' ? (scene.layout.fit ?? 'fill') : 'fit';
    return [{ input, rect: inset(rect, margin), layer: 0, fit } as const];
  });
}

/** Where there is a whiteboard it takes the big tile, whatever stream the layout names. */
function boardLed(scene: Scene): Scene {
  const board = scene.inputs.find((input) => input.kind === 'whiteboard');
  if (board === undefined) return scene;
  return { ...scene, layout: { ...scene.layout, bigStreamId: board.streamId } };
}

function activeSpeaker(scene: Scene): MixInput | undefined {
  return scene.inputs.find((input) => input.isActiveSpeaker === true && input.hasLeft !== true);
}
