// Where a section of the recording starts: the one decision about what users see and hear first.

import type { TimedFrame } from './tape-track.ts';

/** What the decision depends on besides the frames that wait. */
export type OriginFacts = {
  /** Where the section ends, wall µs; frames beyond belong to another. */
  readonly toWall: number;
  /** Arrival of the newest frame. */
  readonly now: number;
  readonly flush: boolean;
  readonly wantsVideo: boolean;
  /** Pictures arrived whose time is not known yet. */
  readonly videoIsHeld: boolean;
};

/** A section waits this long for a keyframe before it starts with sound alone, µs. */
const START_HOLD_US = 2_000_000;
/** And this much longer while pictures are there but wait for a sender report, µs. */
const HELD_EXTRA_US = 3_000_000;

/**
 * The wall time a section starts at; `undefined` when it is better to wait. The first keyframe, if it comes within
 * two seconds of the first sound: both are there from the first second, and no more speech is lost than a sender
 * takes to answer a keyframe request. Otherwise the first sound, and the picture starts late.
 */
export function sectionOrigin(waiting: readonly TimedFrame[], facts: OriginFacts): number | undefined {
  const own = waiting.filter((item) => item.wall < facts.toWall);
  const sound = own.find((item) => item.track.added.mediaKind === 'audio');
  const key = own.find((item) => item.track.added.mediaKind === 'video' && item.frame.type === 'key');
  if (key !== undefined && (sound === undefined || key.wall - sound.wall <= START_HOLD_US)) return key.wall;
  if (sound === undefined) return undefined;
  if (facts.flush || !facts.wantsVideo || key !== undefined) return sound.wall;
  const patience = START_HOLD_US + (facts.videoIsHeld ? HELD_EXTRA_US : 0);
  return facts.now - sound.frame.arrivedAt >= patience ? sound.wall : undefined;
}
