// Everything in a film that is not video, as bitmaps: backgrounds, placeholders, names, icons, watermarks, texts, the
// time. Draws only what changed; pictures users refer to appear when they are loaded, and are missed by nobody else.

import type {
  Background,
  MixCanvas,
  MixOverlays,
  MixSettings,
  MixText,
  MixTimestamp,
  MixWatermark,
} from '@roomtape/api';
import type { UnixUs } from '@roomtape/media';
import { evenFloor } from '../layout/grid.ts';
import type { MixInput, Rect, Size, Tile } from '../layout/tile.ts';
import { avatarBackdrop, drawAvatar } from './avatar.ts';
import { type Bitmap, CANVAS_LAYER, type Drawing, type PlacedBitmap } from './bitmap.ts';
import { BitmapCache } from './bitmap-cache.ts';
import { type Easel, loadEasel } from './easel.ts';
import { fittedBitmap } from './fitted-picture.ts';
import { drawMuteIcon } from './mute-icon.ts';
import { type PictureProblem, PictureShelf, type PictureSource } from './picture-shelf.ts';
import { placeIn } from './placing.ts';
import { drawTextLine, type TextStyle } from './text-line.ts';
import { formatTimestamp } from './timestamp.ts';

/** What stands over all tiles, at one moment. */
export type OverlayScene = {
  readonly overlays: MixOverlays;
  readonly canvas: Size;
  /** Wall time of the frame, for the timestamp. */
  readonly at: UnixUs;
};

const CACHE_BYTES_MAX = 64 * 1024 * 1024;
const BLACK: Background = { color: '#000000' };
const FONT_SIZE = 24;
const FONT_SIZE_MIN = 8;
const MUTE_ICON_SIZE = 32;

/** Opens a painter; loads the drawing library and the shipped font. */
export async function createOverlayPainter(options: {
  pictures: PictureSource;
  cacheBytesMax?: number;
}): Promise<OverlayPainter> {
  return new OverlayPainter(await loadEasel(), options);
}

/** Draws for one mix. Not for two at once: it remembers its last scene. */
export class OverlayPainter {
  readonly #easel: Easel;
  readonly #shelf: PictureShelf;
  readonly #cache: BitmapCache;
  #last: { scene: OverlayScene; time: string | undefined; placed: readonly PlacedBitmap[] } | undefined;

  constructor(easel: Easel, options: { pictures: PictureSource; cacheBytesMax?: number }) {
    this.#easel = easel;
    this.#shelf = new PictureShelf(easel, options.pictures);
    this.#cache = new BitmapCache(options.cacheBytesMax ?? CACHE_BYTES_MAX);
  }

  /**
   * Loads the pictures settings refer to, and resolves when each is there or cannot be had; never rejects. Drawing
   * need not wait for it: until then the pictures are left out.
   */
  async prepare(settings: MixSettings): Promise<PictureProblem[]> {
    const problems = await this.#shelf.load(picturesOf(settings));
    this.#last = undefined;
    return problems;
  }

  /** What is behind all tiles: black where nothing else is asked for. */
  canvasBackground(canvas: MixCanvas & Size): Drawing {
    return this.#background({ ...BLACK, ...canvas.background }, canvas);
  }

  /** What is behind the picture of a tile; the canvas shows through where nothing is asked for. */
  tileBackground(tile: Tile): Drawing {
    return this.#background(tile.background ?? {}, tile.rect);
  }

  /** What a tile shows while no picture comes; undefined for the last frame, which is the compositor's to keep. */
  placeholder(tile: Tile, input: MixInput): Drawing | undefined {
    const { placeholder, rect } = tile;
    if (placeholder === 'last-frame') return undefined;
    if (placeholder !== 'avatar') return this.#background({ ...BLACK, ...tile.placeholderBackground }, rect);
    const { userId, userName } = input;
    const drawing = this.#draw(['avatar', userId, userName, Math.min(rect.width, rect.height)], () =>
      drawAvatar(this.#easel, { userId, userName }, rect),
    );
    return { ...drawing, color: avatarBackdrop({ userId, userName }) };
  }

  /** Label and mute icon of a tile; none where the tile is too small for them. */
  marks(tile: Tile): PlacedBitmap[] {
    const label = this.#label(tile);
    const icon = this.#muteIcon(tile, label?.bitmap.height ?? 0);
    return [label, icon].filter((placed) => placed !== undefined);
  }

  /** Watermarks, free texts and the time, in the order they are drawn; the same array while nothing has changed. */
  overCanvas(scene: OverlayScene): readonly PlacedBitmap[] {
    const { canvas, overlays } = scene;
    const { timestamp } = overlays;
    const time = timestamp && formatTimestamp(scene.at, timestamp);
    const last = this.#last;
    if (last?.time === time && last?.scene.overlays === overlays && isSameSize(last.scene.canvas, canvas))
      return last.placed;
    const placed = [
      ...(overlays.watermarks ?? []).flatMap((watermark) => this.#watermark(watermark)),
      ...(overlays.texts ?? []).map((text) => this.#text(text, canvas)),
      ...(timestamp && time !== undefined ? [this.#time(time, timestamp, canvas)] : []),
    ];
    this.#last = { scene, time, placed };
    return placed;
  }

  /** Number and bytes of the bitmaps that are kept. */
  describe(): { bitmaps: number; bytes: number } {
    return this.#cache.describe();
  }

  #label(tile: Tile): PlacedBitmap | undefined {
    if (tile.label === undefined) return undefined;
    const { text, style } = tile.label;
    const margin = marginOf(tile);
    const wanted = style.fontSize ?? Math.min(FONT_SIZE, tile.rect.height / 10);
    const fontSize = Math.max(FONT_SIZE_MIN, Math.min(wanted, tile.rect.height / 3));
    const widthMax = tile.rect.width - 2 * margin;
    if (widthMax < 3 * fontSize) return undefined;
    const drawing = this.#line(text, { ...style, fontSize: Math.round(fontSize) }, widthMax);
    return {
      ...drawing,
      ...placeIn(tile.rect, drawing.bitmap, { place: style.place ?? 'bottom-left', margin }),
      layer: tile.layer,
    };
  }

  /** In the corner of the label it goes to the label's other side. */
  #muteIcon(tile: Tile, labelHeight: number): PlacedBitmap | undefined {
    if (tile.muteIcon === undefined) return undefined;
    const { place = 'top-right', size = MUTE_ICON_SIZE } = tile.muteIcon;
    const side = Math.round(Math.max(8, Math.min(size, tile.rect.width / 4, tile.rect.height / 4)));
    const drawing = this.#draw(['mute', side], () => drawMuteIcon(this.#easel, side));
    const margin = marginOf(tile);
    const { x, y } = placeIn(tile.rect, drawing.bitmap, { place, margin });
    const isTaken = tile.label !== undefined && place === (tile.label.style.place ?? 'bottom-left');
    const away = isTaken ? evenFloor(labelHeight + margin) * (place.startsWith('top') ? 1 : -1) : 0;
    return { ...drawing, x, y: Math.max(tile.rect.y, y + away), layer: tile.layer };
  }

  #watermark(watermark: MixWatermark): PlacedBitmap[] {
    const picture = this.#shelf.find(watermark.image);
    if (picture === undefined) return [];
    const { x, y, width, height, imageFit: fit = 'stretch', opacity = 1 } = watermark;
    const drawing = this.#draw(['watermark', picture.id, width, height, fit, opacity], () =>
      fittedBitmap(this.#easel, picture.drawable, { size: { width, height }, fit, opacity }),
    );
    return [{ ...drawing, x, y, layer: CANVAS_LAYER }];
  }

  #text(text: MixText, canvas: Size): PlacedBitmap {
    const x = evenFloor(text.x);
    const y = evenFloor(text.y);
    const drawing = this.#line(text.text, { ...text, fontSize: text.fontSize ?? FONT_SIZE }, canvas.width - x);
    return { ...drawing, x, y, layer: CANVAS_LAYER };
  }

  #time(time: string, style: MixTimestamp, canvas: Size): PlacedBitmap {
    const fontSize = style.fontSize ?? FONT_SIZE;
    const margin = evenFloor(fontSize / 2);
    const drawing = this.#line(time, { ...style, fontSize }, canvas.width - 2 * margin);
    const all: Rect = { x: 0, y: 0, width: canvas.width, height: canvas.height };
    return {
      ...drawing,
      ...placeIn(all, drawing.bitmap, { place: style.place ?? 'top-right', margin }),
      layer: CANVAS_LAYER,
    };
  }

  #line(text: string, style: TextStyle & { fontSize: number }, widthMax: number): { key: string; bitmap: Bitmap } {
    const { fontSize, color, opacity, outlineColor, backgroundColor, backgroundOpacity } = style;
    const looks = [fontSize, color, opacity, outlineColor, backgroundColor, backgroundOpacity];
    return this.#draw(['line', text, widthMax, ...looks], () => drawTextLine(this.#easel, { text, style, widthMax }));
  }

  #background({ color, image, imageFit: fit = 'stretch' }: Background, { width, height }: Size): Drawing {
    const picture = this.#shelf.find(image);
    if (picture === undefined) return { key: `color ${color}`, ...(color && { color }) };
    const drawing = this.#draw(['background', picture.id, fit, width, height], () =>
      fittedBitmap(this.#easel, picture.drawable, { size: { width, height }, fit }),
    );
    return { ...drawing, key: `${drawing.key} on ${color}`, ...(color && { color }) };
  }

  #draw(what: readonly unknown[], draw: () => Bitmap): { key: string; bitmap: Bitmap } {
    const key = JSON.stringify(what);
    return { key, bitmap: this.#cache.get(key, draw) };
  }
}

/** Every picture settings refer to. */
function picturesOf({ canvas, layout, overlays }: MixSettings): string[] {
  const styles = [layout.style, ...(layout.cells ?? []).map((cell) => cell.style)];
  const backgrounds = [
    canvas.background,
    layout.emptyBackground,
    ...(layout.cells ?? []).map((cell) => cell.background),
  ];
  return [
    ...backgrounds.map((background) => background?.image),
    ...styles.map((style) => style?.placeholderImage),
    ...(overlays.watermarks ?? []).map((watermark) => watermark.image),
  ].filter((ref) => ref !== undefined);
}

/** Clear of rounded corners, and in proportion to the tile. */
function marginOf(tile: Tile): number {
  const { width, height } = tile.rect;
  return Math.round(Math.min(width, height) * 0.03 + tile.cornerRadius * 0.3 + (tile.border?.width ?? 0));
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
