// Bitmaps that were drawn, by what they show, so that nothing is drawn twice. Bounded by bytes; what was not asked for
// longest goes first.

import type { Bitmap } from './bitmap.ts';

/** Keeps at most `bytesMax` of pixels, and always the newest bitmap. */
export class BitmapCache {
  readonly #bitmaps = new Map<string, Bitmap>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The bitmap of a key, drawn if it is not there. */
  get(key: string, draw: () => Bitmap): Bitmap {
    const known = this.#bitmaps.get(key);
    const bitmap = known ?? draw();
    if (known === undefined) this.#bytes += bitmap.rgba.length;
    this.#bitmaps.delete(key);
    this.#bitmaps.set(key, bitmap);
    if (known === undefined) this.#evict();
    return bitmap;
  }

  /** Number and bytes of what is kept. */
  describe(): { bitmaps: number; bytes: number } {
    return { bitmaps: this.#bitmaps.size, bytes: this.#bytes };
  }

  #evict(): void {
    for (const [key, bitmap] of this.#bitmaps) {
      if (this.#bytes <= this.#bytesMax || this.#bitmaps.size === 1) return;
      this.#bitmaps.delete(key);
      this.#bytes -= bitmap.rgba.length;
    }
  }
}
