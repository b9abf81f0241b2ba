// Fits pictures of any size into the file's: as they are when they have it already, else on a canvas with black bars,
// never stretched. Keeps one still picture for times in which none comes.

import { letterbox, type PictureSettings } from './record-settings.ts';

/** Differences of a picture and the canvas that are cut off rather than scaled: odd sizes rounded down. */
const CROP_MAX = 1;

/** The canvas of one recording. */
export class PictureCanvas {
  readonly #width: number;
  readonly #height: number;
  readonly #canvas: OffscreenCanvas;
  readonly #pen: OffscreenCanvasRenderingContext2D;
  readonly #still: OffscreenCanvas;
  readonly #stillPen: OffscreenCanvasRenderingContext2D;

  constructor({ width, height }: Pick<PictureSettings, 'width' | 'height'>) {
    this.#width = width;
    this.#height = height;
    [this.#canvas, this.#pen] = blackCanvas(width, height);
    [this.#still, this.#stillPen] = blackCanvas(width, height);
  }

  /** A picture of the canvas' size with the time given; the caller closes both. */
  fit(frame: VideoFrame, timestamp: number): VideoFrame {
    if (this.#needsNoCanvas(frame)) {
      const visibleRect = { x: frame.visibleRect?.x ?? 0, y: frame.visibleRect?.y ?? 0 };
      const size = { width: this.#width, height: this.#height };
      const displayed = { displayWidth: this.#width, displayHeight: this.#height };
      return isExact(frame, size)
        ? new VideoFrame(frame, { timestamp })
        : new VideoFrame(frame, { timestamp, visibleRect: { ...visibleRect, ...size }, ...displayed });
    }
    this.#draw(this.#pen, frame);
    return new VideoFrame(this.#canvas, { timestamp });
  }

  /** Remembers a picture as the one to repeat. */
  keep(frame: VideoFrame): void {
    this.#draw(this.#stillPen, frame);
  }

  /** The kept picture, black when there was none, with the time given; the caller closes it. */
  still(timestamp: number): VideoFrame {
    return new VideoFrame(this.#still, { timestamp });
  }

  #needsNoCanvas(frame: VideoFrame): boolean {
    const { visibleRect } = frame;
    if (visibleRect === null || isTurned(frame)) return false;
    const isSquare = visibleRect.width === frame.displayWidth && visibleRect.height === frame.displayHeight;
    const over = [visibleRect.width - this.#width, visibleRect.height - this.#height];
    return isSquare && over.every((pixels) => pixels >= 0 && pixels <= CROP_MAX);
  }

  #draw(pen: OffscreenCanvasRenderingContext2D, frame: VideoFrame): void {
    const canvas = { width: this.#width, height: this.#height };
    const { x, y, width, height } = letterbox({ width: frame.displayWidth, height: frame.displayHeight }, canvas);
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(frame, x, y, width, height);
  }
}

function blackCanvas(width: number, height: number): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { alpha: false });
  if (pen === null) throw new Error('No canvas in this worker');
  pen.fillStyle = '#000';
  pen.fillRect(0, 0, width, height);
  return [canvas, pen];
}

function isExact(frame: VideoFrame, size: { width: number; height: number }): boolean {
  return frame.visibleRect?.width === size.width && frame.visibleRect.height === size.height;
}

/** Newer browsers tell how a picture is to be turned; encoders leave that out. */
function isTurned(frame: VideoFrame): boolean {
  const { rotation = 0, flip = false } = frame as { rotation?: number; flip?: boolean };
  return rotation !== 0 || flip;
}
