export type { Layout, MixInput, Rect, Size, Tile, TileLabel } from './layout/tile.ts';
export { type Bitmap, CANVAS_LAYER, type PlacedBitmap } from './overlay/bitmap.ts';
