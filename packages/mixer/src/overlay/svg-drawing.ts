// Draws an SVG picture once, in a thread of its own, at the largest size it may be needed in; from there on it is a
// picture like any other. How much there is to draw is bounded by `svg-check.ts`: a thread cannot be stopped in a call.

import { Worker } from 'node:worker_threads';
import type { Size } from '../layout/tile.ts';
import type { Bitmap } from './bitmap.ts';

/** A checked picture and the size to draw it in, px. */
export type SvgOrder = Size & { readonly bytes: Uint8Array };

/** Draws one; rejects when the drawing library cannot. */
export function drawSvg(order: SvgOrder): Promise<Bitmap> {
  const { width, height } = order;
  const worker = new Worker(new URL('./svg-thread.ts', import.meta.url), { workerData: order, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('message', (rgba: Uint8Array) => resolve({ width, height, rgba }));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the picture could not be drawn')));
  });
}
