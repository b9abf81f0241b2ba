// The icon in the tile of somebody muted: a microphone, crossed out.

import type { Bitmap } from './bitmap.ts';
import type { Context, Easel } from './easel.ts';
import { evenCeil } from './placing.ts';

/** Draws the icon, as wide as high, `size` px. */
export function drawMuteIcon(easel: Easel, size: number): Bitmap {
  const side = evenCeil(size);
  const surface = easel.surface({ width: side, height: side });
  const { context } = surface;
  context.scale(side / 32, side / 32);
  context.fillStyle = 'rgba(0, 0, 0, 0.6)';
  context.beginPath();
  context.arc(16, 16, 16, 0, 2 * Math.PI);
  context.fill();
  drawMicrophone(context);
  context.strokeStyle = '#ff4d4f';
  context.lineWidth = 2.6;
  context.beginPath();
  context.moveTo(8.5, 7.5);
  context.lineTo(23.5, 24.5);
  context.stroke();
  return surface.bitmap();
}

function drawMicrophone(context: Context): void {
  context.fillStyle = '#ffffff';
  context.strokeStyle = '#ffffff';
  context.lineWidth = 2;
  context.lineCap = 'round';
  context.beginPath();
  context.roundRect(13, 6.5, 6, 11.5, 3);
  context.fill();
  context.beginPath();
  context.arc(16, 15, 6, 0, Math.PI);
  context.moveTo(16, 21);
  context.lineTo(16, 25);
  context.moveTo(12.5, 25);
  context.lineTo(19.5, 25);
  context.stroke();
}
