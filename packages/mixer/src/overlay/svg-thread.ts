// The thread an SVG picture is drawn in: whatever that costs, films go on meanwhile. Draws one and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { loadEasel } from './easel.ts';
import type { SvgOrder } from './svg-drawing.ts';

const { bytes, width, height } = workerData as SvgOrder;
const easel = await loadEasel();
const image = await easel.decode(bytes);
const surface = easel.surface({ width, height });
surface.context.drawImage(image, 0, 0, width, height);
parentPort?.postMessage(surface.bitmap().rgba);
