// Which simulcast layer a tape keeps: the best that really arrives, without changing its mind at every dip.
// Pure; the change itself happens at a keyframe of the new layer.

import type { UnixUs } from '@roomtape/media';

/** What is known of one layer. */
export type LayerFacts = {
  readonly bitrateBps: number;
  readonly live: boolean;
  readonly liveSince: UnixUs | undefined;
};

/** A layer must have arrived this long without a break before it is moved up to. */
const SETTLED_US = 1_500_000;
/** How much more bitrate makes a layer a better one. */
const BETTER = 1.3;

/**
 * Returns the index of the layer to be recorded now, or -1 to stay with `current` (-1: none yet). Leaves a
 * dead layer at once, and moves up only to a layer that is clearly better and has settled.
 */
export function chooseRecordedLayer(layers: readonly LayerFacts[], current: number, now: UnixUs): number {
  const recorded = layers[current];
  let best = -1;
  layers.forEach((layer, index) => {
    if (layer.live && layer.bitrateBps > (layers[best]?.bitrateBps ?? -1)) best = index;
  });
  if (best < 0 || best === current) return -1;
  if (recorded === undefined || !recorded.live) return best;
  const candidate = layers[best];
  if (candidate?.liveSince === undefined || now - candidate.liveSince < SETTLED_US) return -1;
  return candidate.bitrateBps > recorded.bitrateBps * BETTER ? best : -1;
}
