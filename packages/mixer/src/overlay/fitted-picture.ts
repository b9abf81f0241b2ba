// A picture in a rectangle of another shape: cropped, with bars, or stretched.

import type { ImageFit } from '@roomtape/api';
import type { Size } from '../layout/tile.ts';
import type { Bitmap } from './bitmap.ts';
import type { Context, Drawable, Easel } from './easel.ts';

/** Draws a picture into a bitmap of a size, see-through where it does not reach. */
export function fittedBitmap(
  easel: Easel,
  picture: Drawable,
  options: { size: Size; fit: ImageFit; opacity?: number },
): Bitmap {
  const surface = easel.surface({ width: options.size.width, height: options.size.height });
  surface.context.globalAlpha = options.opacity ?? 1;
  drawFitted(surface.context, picture, options);
  return surface.bitmap();
}

function drawFitted(context: Context, picture: Drawable, options: { size: Size; fit: ImageFit }): void {
  const { size, fit } = options;
  const across = size.width / picture.width;
  const down = size.height / picture.height;
  const even = fit === 'fill' ? Math.max(across, down) : Math.min(across, down);
  const width = picture.width * (fit === 'stretch' ? across : even);
  const height = picture.height * (fit === 'stretch' ? down : even);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (size.width - width) / 2, (size.height - height) / 2, width, height);
}
