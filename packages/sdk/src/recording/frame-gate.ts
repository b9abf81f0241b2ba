// Lets through as many pictures a second as asked for, without losing any of a source that keeps that rate but
// trembles. Pure.

/** How far a picture may come before its turn, in picture lengths. */
const EARLY_FRAMES = 2.5;
/** Sources are a little faster than they say. */
const SPARE = 1.02;

/** A gate of one rate. Times in µs. */
export class FrameGate {
  readonly #frameUs: number;
  #turnUs = Number.NEGATIVE_INFINITY;

  constructor(framesPerSecond: number) {
    this.#frameUs = 1e6 / framesPerSecond / SPARE;
  }

  /** Whether the picture of that time may pass; if so, it is counted. */
  admit(atUs: number): boolean {
    if (atUs < this.#turnUs - EARLY_FRAMES * this.#frameUs) return false;
    this.#turnUs = Math.max(atUs, this.#turnUs) + this.#frameUs;
    return true;
  }
}
