// Chooses the simulcast layer one viewer gets. Pure: facts about layers and path in, a layer out. The switch
// itself (at a keyframe, with rewritten numbers) is the forwarder's.

import { msToUs, type UnixUs } from '@roomtape/media';
import type { PathState } from './bandwidth-estimator.ts';

/** One layer that arrives now, with its measured bitrate. */
export type LayerOffer = { readonly rid: string; readonly bitrateBps: number };

/** Times of a `LayerSelector`. */
export type LayerSelectorOptions = {
  /** How long the path must be clean before a layer above the estimate is tried. Default 2000. */
  readonly trialAfterMs?: number;
  /** How long a trial may take to prove itself. Default 3000. */
  readonly trialMs?: number;
  /** Longest wait after repeated failed trials; it doubles from `trialAfterMs`. Default 60000. */
  readonly trialAfterMsMax?: number;
};

/** Share of a layer's bitrate the estimate must have in reserve: audio, RTX and RTCP take some. */
const HEADROOM = 1.1;
const LOSS_DIRTY = 0.1;

/**
 * Picks layers by the estimate, and tries the next one up when the path is clean but the estimate, for want of
 * traffic, cannot know that more would fit. A failed trial makes the next one wait twice as long.
 */
export class LayerSelector {
  readonly #trialAfterUs: number;
  readonly #trialUs: number;
  readonly #trialAfterUsMax: number;
  #current: string | undefined;
  #cleanSince: UnixUs | undefined;
  #trialSince: UnixUs | undefined;
  #waitUs: number;

  constructor(options: LayerSelectorOptions = {}) {
    this.#trialAfterUs = msToUs(options.trialAfterMs ?? 2000);
    this.#trialUs = msToUs(options.trialMs ?? 3000);
    this.#trialAfterUsMax = msToUs(options.trialAfterMsMax ?? 60_000);
    this.#waitUs = this.#trialAfterUs;
  }

  /** Returns the rid to forward now; `undefined` while no layer arrives. Call it with every new path state. */
  select(layers: readonly LayerOffer[], path: PathState, now: UnixUs): string | undefined {
    const rising = [...layers].sort((a, b) => a.bitrateBps - b.bitrateBps);
    const isClean = path.delay !== 'rising' && path.lossRatio <= LOSS_DIRTY;
    if (!isClean) this.#cleanSince = undefined;
    else this.#cleanSince ??= now;
    const current = rising.findIndex((layer) => layer.rid === this.#current);
    const affordable = Math.max(
      0,
      rising.findLastIndex((l) => l.bitrateBps * HEADROOM <= path.bitrateBps),
    );
    const chosen = current < 0 ? affordable : this.#move({ current, affordable, count: rising.length }, isClean, now);
    this.#current = rising[chosen]?.rid;
    return this.#current;
  }

  #move(place: { current: number; affordable: number; count: number }, isClean: boolean, now: UnixUs): number {
    const { current, affordable, count } = place;
    if (this.#trialSince !== undefined) return this.#judgeTrial(place, isClean, now);
    if (affordable < current) {
      this.#cleanSince = undefined;
      return affordable;
    }
    if (affordable > current) return affordable;
    const cleanUs = this.#cleanSince === undefined ? 0 : now - this.#cleanSince;
    if (current + 1 >= count || cleanUs < this.#waitUs) return current;
    this.#trialSince = now;
    return current + 1;
  }

  #judgeTrial(place: { current: number; affordable: number }, isClean: boolean, now: UnixUs): number {
    const { current, affordable } = place;
    const trialSince = this.#trialSince ?? now;
    if (isClean && affordable >= current) {
      this.#trialSince = undefined;
      this.#waitUs = this.#trialAfterUs;
      return affordable;
    }
    if (isClean && now - trialSince < this.#trialUs) return current;
    this.#trialSince = undefined;
    this.#cleanSince = undefined;
    this.#waitUs = Math.min(this.#trialAfterUsMax, this.#waitUs * 2);
    return Math.max(0, Math.min(affordable, current - 1));
  }
}
