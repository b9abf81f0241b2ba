// Paints one tile: bars, picture, frame and what is written over it. Everything lies within the tile, so that
// painting it again covers what was there before.

import { createTileScaler, holdPicture, type NativePicture, type Picture, type TileScaler } from '@roomtape/ffmpeg';
import type { Rect, Tile } from '../layout/tile.ts';
import type { Bitmap, PlacedBitmap } from '../overlay/bitmap.ts';
import { type Canvas, copyRect } from './canvas.ts';
import { yuvOf } from './color.ts';
import { cropToFill, fitInside, wholeOf } from './crop.ts';
import { RoundedFrame } from './rounded-frame.ts';
import { type Sprite, spriteOf } from './sprite.ts';

/** A colour with a bitmap over it, in its middle; neither: what stands behind shows. */
export type Paint = { readonly color?: string; readonly bitmap?: Bitmap; readonly key: string };

/** A tile with everything that is drawn of it besides its picture. */
export type PaintedTile = {
  readonly tile: Tile;
  /** Behind a fitted picture and in an empty tile. */
  readonly backdrop: Paint;
  /** Labels and icons, clipped to the tile. */
  readonly marks: readonly PlacedBitmap[];
};

/** What a tile shows in one frame: a picture, or something that stands still. `key` changes exactly when it does. */
export type TileContent =
  | { readonly key: string | number; readonly picture: NativePicture }
  | { readonly key: string | number; readonly paint: Paint };

/** Sides of the picture a blurred backdrop is made of, px. */
const BLUR_SIDE = 24;

/** Paints one tile of a scene. */
export class TilePainter {
  readonly painted: PaintedTile;
  readonly #canvas: Canvas;
  readonly #ground: Picture;
  readonly #frame: RoundedFrame;
  readonly #marks: readonly Sprite[];
  readonly #smooth: TileScaler = createTileScaler();
  /** For pictures that become smaller: as good to the eye there, and cheaper. */
  readonly #fast: TileScaler = createTileScaler('fast');
  #blur: { readonly down: TileScaler; readonly up: TileScaler; readonly small: Picture } | undefined;
  #still: { readonly key: string; readonly sprite: Sprite | undefined } | undefined;

  /** `ground` is the canvas's own background, of the canvas's size. */
  constructor(canvas: Canvas, ground: Picture, painted: PaintedTile) {
    const { tile } = painted;
    this.painted = painted;
    this.#canvas = canvas;
    this.#ground = ground;
    this.#frame = new RoundedFrame(canvas, tile.rect, {
      radius: tile.cornerRadius,
      ...(tile.border === undefined ? {} : { border: tile.border }),
    });
    this.#marks = painted.marks.flatMap((mark) => spriteOf(canvas, mark, tile.rect) ?? []);
  }

  /** Paints it over what is there; `isUncovered` when what is beneath it was painted again. */
  paint(content: TileContent, isUncovered: boolean): void {
    if (isUncovered) this.#frame.capture();
    if ('picture' in content) this.#paintPicture(content.picture);
    else this.#paintStill(content.paint);
    this.#frame.draw();
    for (const mark of this.#marks) mark.blend();
  }

  /** Gives everything back. */
  free(): void {
    this.#smooth.close();
    this.#fast.close();
    this.#blur?.down.close();
    this.#blur?.up.close();
    this.#frame.free();
    this.#still?.sprite?.free();
    for (const mark of this.#marks) mark.free();
  }

  #paintPicture(picture: NativePicture): void {
    const { tile, backdrop } = this.painted;
    const target = this.#canvas.picture;
    if (tile.fit === 'fill') {
      const crop = cropToFill(picture, tile.rect);
      this.#scalerFor(crop, tile.rect).draw(picture, crop, { canvas: target, rect: tile.rect });
      return;
    }
    const rect = fitInside(picture, tile.rect);
    const hasBars = rect.width !== tile.rect.width || rect.height !== tile.rect.height;
    if (hasBars && tile.blurPadding) this.#paintBlurred(picture, tile.rect);
    else if (hasBars) this.#paintStill(backdrop);
    // The backdrop may have made the memory grow: the canvas's planes are asked for again.
    const whole = wholeOf(picture);
    this.#scalerFor(whole, rect).draw(picture, whole, { canvas: this.#canvas.picture, rect });
  }

  #scalerFor(from: Rect, to: Rect): TileScaler {
    return to.width < from.width ? this.#fast : this.#smooth;
  }

  #paintBlurred(picture: NativePicture, rect: Rect): void {
    this.#blur ??= { down: createTileScaler('fast'), up: createTileScaler(), small: smallPicture(rect) };
    const { down, up, small } = this.#blur;
    down.draw(picture, cropToFill(picture, rect), { canvas: small, rect: wholeOf(small) });
    up.draw(holdPicture(small), wholeOf(small), { canvas: this.#canvas.picture, rect });
  }

  #paintStill(paint: Paint): void {
    const { rect } = this.painted.tile;
    if (this.#still?.key !== paint.key) {
      this.#still?.sprite?.free();
      const { bitmap } = paint;
      const sprite =
        bitmap === undefined ? undefined : spriteOf(this.#canvas, { bitmap, ...centred(bitmap, rect) }, rect);
      this.#still = { key: paint.key, sprite };
    }
    if (paint.color === undefined) copyRect(this.#canvas.picture, this.#ground, rect);
    else this.#canvas.fill(rect, yuvOf(paint.color));
    this.#still.sprite?.blend();
  }
}

function centred(bitmap: Bitmap, rect: Rect): { x: number; y: number } {
  const middle = (from: number, whole: number, own: number): number => from + Math.round((whole - own) / 4) * 2;
  return { x: middle(rect.x, rect.width, bitmap.width), y: middle(rect.y, rect.height, bitmap.height) };
}

/** A picture of a tile's shape, so small that enlarging it blurs it. */
function smallPicture(rect: Rect): Picture {
  const scale = BLUR_SIDE / Math.max(rect.width, rect.height);
  const side = (length: number): number => Math.max(4, Math.round((length * scale) / 2) * 2);
  const [width, height] = [side(rect.width), side(rect.height)];
  const plane = (bytes: number): Uint8Array => new Uint8Array(bytes + 64).subarray(0, bytes);
  const quarter = (width * height) / 4;
  return { width, height, y: plane(width * height), u: plane(quarter), v: plane(quarter) };
}
