// From a scene of the plan to what the compositor paints: who is drawn how, and everything around the pictures.

import type { UnixUs } from '@roomtape/media';
import type { MixInput, Size, Tile } from '../layout/tile.ts';
import type { PlacedBitmap } from '../overlay/bitmap.ts';
import type { OverlayPainter } from '../overlay/overlay-painter.ts';
import type { PaintedScene } from '../picture/compositor.ts';
import type { Paint, PaintedTile, TileContent } from '../picture/tile-painter.ts';
import type { MixScene } from '../plan/mix-plan.ts';
import type { ShownPicture } from './layered-lane.ts';

/** A camera that sends nothing for this long counts as switched off, µs. */
const STILL_US = 2_000_000;
const NO_MARKS: readonly PlacedBitmap[] = [];

/** Paints the scenes of one film. Remembers the last one, so that what stays is not made again. */
export class ScenePainting {
  readonly #painter: OverlayPainter | undefined;
  readonly #canvas: Size;
  #last:
    | { scene: MixScene; top: readonly PlacedBitmap[]; painted: PaintedScene; inputs: Map<string, MixInput> }
    | undefined;

  /** Without a painter there are pictures and colours, but no text and no images. */
  constructor(painter: OverlayPainter | undefined, canvas: Size) {
    this.#painter = painter;
    this.#canvas = canvas;
  }

  /** What is painted of a scene at a wall time; the same object while nothing changed. */
  paintedAt(scene: MixScene, at: UnixUs): PaintedScene {
    const { tiles, inputs, settings } = scene;
    const painter = this.#painter;
    const top = painter?.overCanvas({ overlays: settings.overlays, canvas: this.#canvas, at }) ?? NO_MARKS;
    const last = this.#last;
    if (last?.scene === scene && last.top === top) return last.painted;
    const painted: PaintedScene = {
      background: this.#background(scene),
      tiles: last?.scene === scene ? last.painted.tiles : tiles.map((tile) => this.#paintedTile(tile)),
      top,
    };
    this.#last = { scene, top, painted, inputs: new Map(inputs.map((input) => [input.inputId, input])) };
    return painted;
  }

  /** Forgets what was painted: pictures users refer to have come. */
  refresh(): void {
    this.#last = undefined;
  }

  /** What a tile shows at a wall time. `key` tells pictures of different inputs apart. */
  contentOf(painted: PaintedTile, lane: ShownPicture | undefined, at: number): TileContent {
    const { tile, backdrop } = painted;
    const { inputId } = tile;
    const input = inputId === undefined ? undefined : this.#last?.inputs.get(inputId);
    const empty: TileContent = { key: `empty ${backdrop.key}`, paint: backdrop };
    if (input === undefined) return empty;
    const picture = lane?.current;
    const isStill = input.kind === 'camera' && picture !== undefined && at - picture.ptsUs > STILL_US;
    const isDark = picture === undefined || isStill || this.#last?.scene.dark.has(input.inputId) === true;
    const shown: TileContent | undefined =
      picture === undefined ? undefined : { key: `${inputId} ${lane?.serial ?? 0}`, picture };
    if (!isDark && shown !== undefined) return shown;
    const stand = this.#painter?.placeholder(tile, input);
    if (stand !== undefined) return { key: stand.key, paint: stand };
    return shown ?? empty;
  }

  #background(scene: MixScene): Paint {
    const { canvas } = scene.settings;
    const color = canvas.background?.color ?? '#000000';
    return this.#painter?.canvasBackground({ ...canvas, ...this.#canvas }) ?? { key: color, color };
  }

  #paintedTile(tile: Tile): PaintedTile {
    const color = tile.background?.color;
    const plain: Paint = { key: color ?? 'through', ...(color === undefined ? {} : { color }) };
    return {
      tile,
      backdrop: this.#painter?.tileBackground(tile) ?? plain,
      marks: this.#painter?.marks(tile) ?? NO_MARKS,
    };
  }
}
