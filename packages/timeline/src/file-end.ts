// Where a recording's last file ends: at one point for both tracks, so that no track outlasts the other.

import type { Lane } from './lane.ts';

/** What the end depends on besides the tracks. */
export type EndFacts = {
  /** Where the recording was stopped, on the file's timeline, µs; Infinity when its stream just ended. */
  readonly stopUs: number;
  readonly originMedia: number;
  /** Whether it is known why a track has nothing up to a point: then its end says nothing. */
  readonly isExplained: (lane: Lane, endUs: number) => boolean;
};

/** A frame and a packet do not end together; below this nobody is short of anything, µs. */
const SAME_US = 50_000;
/** A track this much shorter was on its way when the recording stopped; more is absence and gets filled, µs. */
const TRIM_MAX_US = 500_000;

/**
 * The end of a file, µs: where it was stopped, or the last point both tracks have when one was late on its way.
 * A track that is muted, idle or long gone does not shorten the other. Not before what is already planned.
 */
export function commonEnd(lanes: readonly Lane[], facts: EndFacts): number {
  const ends = lanes.filter((lane) => lane.frames > 0 || lane.queue.length > 0).map((lane) => endOf(lane, facts));
  const latest = Math.min(facts.stopUs, Math.max(0, ...ends.map(({ endUs }) => endUs)));
  const shortest = ends.reduce((least, next) => (next.endUs < least.endUs ? next : least), {
    endUs: latest,
    lane: undefined as Lane | undefined,
  });
  const short = latest - shortest.endUs;
  const isLate = short > SAME_US && short <= TRIM_MAX_US;
  const trims = isLate && shortest.lane !== undefined && !facts.isExplained(shortest.lane, latest);
  const planned = Math.max(0, ...lanes.filter((lane) => lane.frames > 0).map((lane) => lane.lastPts + 1));
  return Math.max(trims ? shortest.endUs : latest, planned);
}

/** Drops the frames that wait and lie at or after a point; returns how many. */
export function dropFrom(lane: Lane, media: number): number {
  const { queue } = lane;
  let kept = queue.length;
  // From the back only: a picture shown later may be needed by one that is decoded after it and shown before.
  while (kept > 0 && (queue[kept - 1]?.media ?? 0) >= media) kept -= 1;
  return queue.splice(kept).length;
}

function endOf(lane: Lane, facts: EndFacts): { lane: Lane; endUs: number } {
  const last = lane.queue.at(-1);
  if (lane.kind === 'audio') {
    const endUs = last === undefined ? lane.endUs : last.media - facts.originMedia + last.durationUs;
    return { lane, endUs };
  }
  const before = lane.queue.at(-2);
  const spacing = last !== undefined && before !== undefined ? last.media - before.media : lane.spacingUs;
  const at = last === undefined ? lane.lastPts : last.media - facts.originMedia;
  // A picture lasts until the next one, which came as soon as usual had it come.
  return { lane, endUs: at + Math.max(lane.nominalUs, Math.min(spacing, TRIM_MAX_US)) };
}
