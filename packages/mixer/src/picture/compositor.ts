// The picture of the film: a canvas that persists from frame to frame, on which only what changed is painted again.
// What stands over everything is blended for the moment the frame is taken, and taken off again.

import { crc32 } from 'node:zlib';
import type { Picture } from '@roomtape/ffmpeg';
import { assert } from '@roomtape/media';
import type { Rect, Size, Tile } from '../layout/tile.ts';
import type { PlacedBitmap } from '../overlay/bitmap.ts';
import { Canvas, copyRect } from './canvas.ts';
import { yuvOf } from './color.ts';
import { type Sprite, spriteOf } from './sprite.ts';
import { type Paint, type PaintedTile, type TileContent, TilePainter } from './tile-painter.ts';

/** Everything that stands still until a layout, an overlay or an input changes. */
export type PaintedScene = {
  readonly background: Paint;
  /** Sorted by layer, the lowest first. */
  readonly tiles: readonly PaintedTile[];
  /** Over all tiles, in order. */
  readonly top: readonly PlacedBitmap[];
};

type TopSprite = { readonly key: string; readonly sprite: Sprite };
type Placed = { readonly painter: TilePainter; readonly key: string; shown: string | number | undefined };

/** Composes the frames of one film. */
export class Compositor {
  readonly #canvas: Canvas;
  readonly #ground: Picture;
  #scene: PaintedScene | undefined;
  #backgroundKey = '';
  #geometry = '';
  #tiles: Placed[] = [];
  /** For each tile the later ones that overlap it. */
  #above: number[][] = [];
  #top: TopSprite[] = [];
  /** What stands beneath the top sprites while they are on the canvas. */
  readonly #saved: Picture;
  #painted = 0;

  constructor(size: Size) {
    this.#canvas = new Canvas(size);
    this.#ground = pictureLike(size);
    this.#saved = pictureLike(size);
  }

  /** Tiles painted so far; those that did not change are not painted. */
  get paintedTiles(): number {
    return this.#painted;
  }

  /** Changes what is shown around the pictures; tiles that stay as they are keep what they show. */
  setScene(scene: PaintedScene): void {
    if (scene === this.#scene) return;
    this.#scene = scene;
    const geometry = scene.tiles.map(({ tile }) => `${tile.layer}:${rectKey(tile.rect)}`).join(' ');
    const isNewGround = scene.background.key !== this.#backgroundKey;
    if (isNewGround) this.#paintGround(scene.background);
    const isMoved = isNewGround || geometry !== this.#geometry;
    if (isMoved) this.#above = overlaps(scene.tiles.map(({ tile }) => tile.rect));
    this.#geometry = geometry;
    const isRebuilt = isMoved || this.#changedOverAnother(scene.tiles);
    if (isRebuilt) this.#uncover(this.#whole);
    this.#tiles = this.#nextTiles(scene.tiles, isRebuilt);
    this.#setTop(scene.top);
  }

  /** Paints what changed; one content for each tile of the scene. */
  paint(contents: readonly TileContent[]): void {
    assert(contents.length === this.#tiles.length, 'every tile has a content');
    const changed = this.#tiles.flatMap(({ shown }, index) => (shown === contents[index]?.key ? [] : [index]));
    if (changed.length === 0) return;
    const { repainted, uncovered } = this.#touchedBy(changed);
    for (const [index, placed] of this.#tiles.entries()) {
      const content = contents[index];
      if (content === undefined || !repainted.has(index)) continue;
      placed.painter.paint(content, placed.shown === undefined || uncovered.has(index));
      placed.shown = content.key;
      this.#painted += 1;
    }
  }

  /** Hands the finished frame to somebody, who must not keep it. */
  take<T>(use: (picture: Picture) => T): T {
    const { picture } = this.#canvas;
    for (const { sprite } of this.#top) copyRect(this.#saved, picture, sprite.rect);
    for (const { sprite } of this.#top) sprite.blend();
    const result = use(picture);
    for (const { sprite } of this.#top) copyRect(picture, this.#saved, sprite.rect);
    return result;
  }

  /** Gives native memory back. */
  close(): void {
    for (const { painter } of this.#tiles) painter.free();
    this.#tiles = [];
  }

  #nextTiles(tiles: readonly PaintedTile[], isRebuilt: boolean): Placed[] {
    const known = this.#tiles;
    const next = tiles.map((painted, index): Placed => {
      const key = keyOf(painted);
      const before = known[index];
      if (!isRebuilt && before?.key === key) return before;
      if (!isRebuilt) this.#uncover(painted.tile.rect);
      return { painter: new TilePainter(this.#canvas, this.#ground, painted), key, shown: undefined };
    });
    for (const old of known) if (!next.includes(old)) old.painter.free();
    return next;
  }

  /**
   * Tiles that are painted again when some change, and which of them look at what is beneath them anew. Through
   * rounded corners one sees everything that is there: all of it must be painted, the ground too.
   */
  #touchedBy(changed: readonly number[]): { repainted: Set<number>; uncovered: Set<number> } {
    const repainted = new Set(changed);
    const uncovered = new Set<number>();
    // A set is walked to its end also when it grows meanwhile.
    for (const index of repainted)
      for (const above of this.#above[index] ?? []) {
        repainted.add(above);
        if (uncovered.has(above)) continue;
        uncovered.add(above);
        const { rect, cornerRadius } = this.#tileAt(above);
        if (cornerRadius < 1) continue;
        const below = this.#above.flatMap((over, at) => (over.includes(above) ? [at] : []));
        for (const at of below) repainted.add(at);
        if (!below.some((at) => contains(this.#tileAt(at).rect, rect))) this.#uncover(rect);
      }
    return { repainted, uncovered };
  }

  #tileAt(index: number): Tile {
    const placed = this.#tiles[index];
    assert(placed !== undefined, 'tiles that overlap are there');
    return placed.painter.painted.tile;
  }

  /** Whether a tile changes its look that stands over another one: then what is beneath must be painted first. */
  #changedOverAnother(tiles: readonly PaintedTile[]): boolean {
    const over = new Set(this.#above.flat());
    return tiles.some((painted, index) => over.has(index) && this.#tiles[index]?.key !== keyOf(painted));
  }

  #paintGround(background: Paint): void {
    const whole = this.#whole;
    this.#backgroundKey = background.key;
    this.#canvas.fill(whole, yuvOf(background.color ?? '#000000'));
    const { bitmap } = background;
    const sprite = bitmap === undefined ? undefined : spriteOf(this.#canvas, { bitmap, x: 0, y: 0 }, whole);
    sprite?.blend();
    copyRect(this.#ground, this.#canvas.picture, whole);
    sprite?.free();
  }

  get #whole(): Rect {
    return { x: 0, y: 0, width: this.#canvas.width, height: this.#canvas.height };
  }

  #uncover(rect: Rect): void {
    copyRect(this.#canvas.picture, this.#ground, rect);
  }

  #setTop(top: readonly PlacedBitmap[]): void {
    const whole = this.#whole;
    const before = new Map(this.#top.map((item) => [item.key, item]));
    const next = top.flatMap((placed): TopSprite[] => {
      const key = `${placed.key} ${placed.x},${placed.y}`;
      const known = before.get(key);
      if (known !== undefined) {
        before.delete(key);
        return [known];
      }
      const sprite = spriteOf(this.#canvas, placed, whole);
      return sprite === undefined ? [] : [{ key, sprite }];
    });
    for (const { sprite } of before.values()) sprite.free();
    this.#top = next;
  }
}

/** A number that differs where two frames differ, for comparing films before they are encoded. */
export function hashOf(picture: Picture): number {
  return crc32(picture.v, crc32(picture.u, crc32(picture.y)));
}

function keyOf({ tile, backdrop, marks }: PaintedTile): string {
  const { fit, cornerRadius, border, blurPadding, inputId } = tile;
  const look = [inputId, fit, cornerRadius, border?.width, border?.color, blurPadding, backdrop.key];
  return `${look.join(' ')} ${marks.map((mark) => `${mark.key}@${mark.x},${mark.y}`).join(' ')}`;
}

function rectKey({ x, y, width, height }: Rect): string {
  return `${x},${y},${width},${height}`;
}

function overlaps(rects: readonly Rect[]): number[][] {
  return rects.map((rect, index) => rects.flatMap((other, at) => (at > index && doOverlap(rect, other) ? [at] : [])));
}

function contains(outer: Rect, inner: Rect): boolean {
  const isWithin = inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
  return isWithin && inner.x >= outer.x && inner.y >= outer.y;
}

function doOverlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function pictureLike({ width, height }: Size): Picture {
  const quarter = (width * height) / 4;
  return { width, height, y: new Uint8Array(width * height), u: new Uint8Array(quarter), v: new Uint8Array(quarter) };
}
