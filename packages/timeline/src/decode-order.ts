// Decode times for frames that only have presentation times: RTP carries no DTS, yet files need one that rises
// and never exceeds the PTS.

/** Derives DTS from PTS in decode order, for a given reordering depth. */
export class DecodeOrder {
  readonly #depth: number;
  /** The PTS not yet used as a DTS, rising; at most depth + 1 of them. */
  readonly #waiting: number[] = [];
  #last = Number.NEGATIVE_INFINITY;

  constructor(depth: number) {
    this.#depth = depth;
  }

  /** The DTS of the next frame in decode order, µs; `undefined` when the depth is too small for it. */
  next(ptsUs: number): number | undefined {
    if (this.#depth === 0) return this.#accept(ptsUs, ptsUs);
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] ?? 0) > ptsUs) at -= 1;
    waiting.splice(at, 0, ptsUs);
    // The first frames get times before the first picture, which the container's edit list hides.
    const lead = this.#depth + 1 - waiting.length;
    if (lead > 0) return this.#accept((waiting[0] ?? ptsUs) - lead * LEAD_US, ptsUs);
    return this.#accept(waiting.shift() ?? ptsUs, ptsUs);
  }

  #accept(dtsUs: number, ptsUs: number): number | undefined {
    const dts = Math.max(dtsUs, this.#last + 1);
    if (dts > ptsUs) return undefined;
    this.#last = dts;
    return dts;
  }
}

const LEAD_US = 10_000;
