// The forms in which everything drawn reaches the compositor.

/** A picture in straight (not premultiplied) alpha, RGBA, rows without padding. Never changed once handed out. */
export type Bitmap = { readonly width: number; readonly height: number; readonly rgba: Uint8Array };

/** A bitmap and where it stands: px of the canvas, even. `key` changes exactly when the pixels do. */
export type PlacedBitmap = {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  /** Layer of the tile it belongs to; `CANVAS_LAYER` for what stands over all tiles. */
  readonly layer: number;
  readonly bitmap: Bitmap;
};

/**
 * What fills a rectangle: a colour with a bitmap in its middle, either of them absent; without a colour what stands
 * behind shows. `key` changes exactly when the pixels do.
 */
export type Drawing = { readonly key: string; readonly color?: string; readonly bitmap?: Bitmap };

/** Layer of watermarks, free texts and the time: over every tile. */
export const CANVAS_LAYER = Number.MAX_SAFE_INTEGER;
