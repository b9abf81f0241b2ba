export { layOut, layoutOf } from './lay-out.ts';
export type { Layout, MixInput, Rect, Size, Tile } from './tile.ts';
