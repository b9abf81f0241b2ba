// Looks at one decoded picture and says whether it flashes and what its counter strip says. Knows nothing of
// time; `analyse.ts` draws the conclusions.

import { type LumaPlane, type PictureRegion, readStrip, stripRegionOf } from './counter-strip.ts';

/** What one picture shows. The strip's values are absent where it has none or is damaged. */
export type PictureReading = {
  readonly isFlash: boolean;
  readonly meanLuma: number;
  readonly counter?: number;
  readonly participantIndex?: number;
};

/** Between the brightest normal picture (about 120) and a flash (235), nearer to the flash. */
const FLASH_LUMA_MIN = 185;
const GRID_COLUMNS = 24;
const GRID_ROWS = 16;

/** Reads one picture, or one tile of a composed picture. */
export function readPicture(luma: LumaPlane, tile?: PictureRegion): PictureReading {
  const region = tile ?? { x: 0, y: 0, width: luma.width, height: luma.height };
  const meanLuma = meanOutsideStrip(luma, region);
  const strip = readStrip(luma, tile);
  const isFlash = meanLuma >= FLASH_LUMA_MIN;
  return strip === undefined ? { isFlash, meanLuma } : { isFlash, meanLuma, ...strip };
}

function meanOutsideStrip(luma: LumaPlane, region: PictureRegion): number {
  const strip = stripRegionOf(region);
  let sum = 0;
  let count = 0;
  for (let row = 0; row < GRID_ROWS; row++) {
    const y = Math.floor(region.y + ((row + 0.5) * region.height) / GRID_ROWS);
    // Its rows are left out whole: a strip scaled into a tile may bleed a pixel up and down.
    if (y >= strip.y - 2 && y < strip.y + strip.height + 2) continue;
    for (let column = 0; column < GRID_COLUMNS; column++) {
      const x = Math.floor(region.x + ((column + 0.5) * region.width) / GRID_COLUMNS);
      sum += luma.data[y * luma.stride + x] ?? 0;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
