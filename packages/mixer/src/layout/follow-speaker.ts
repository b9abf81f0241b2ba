// Who is speaking, with hysteresis: a cough or a "yes" takes nobody off the big tile. A pure reducer over levels, so
// a later render follows the same speakers as the live mix.

import type { MediaUs } from '@roomtape/media';

/** When the big tile may change. Loudness is 0 to 1, linear. */
export type SpeakerRules = {
  /** Below this somebody counts as silent. */
  readonly loudnessMin: number;
  /** How many times louder than a speaking one somebody must be to take over. */
  readonly louderBy: number;
  /** How long the louder one must have been so, µs. */
  readonly challengeUs: number;
  /** How long a speaker stays at least, µs. */
  readonly holdUs: number;
};

/** One second of being 1.5 times louder takes over, at most every two seconds. */
export const SPEAKER_RULES: SpeakerRules = {
  loudnessMin: 0.02,
  louderBy: 1.5,
  challengeUs: 1_000_000,
  holdUs: 2_000_000,
};

/** Who speaks, since when, and who may be next. Plain data. */
export type SpeakerState = {
  readonly rules: SpeakerRules;
  readonly inputId: string | undefined;
  readonly sinceUs: number;
  readonly challenger: { readonly inputId: string; readonly sinceUs: number } | undefined;
};

/** Loudness of everybody present, 0 to 1, smoothed. */
export type SpeakerLevel = { readonly inputId: string; readonly loudness: number };

/** Starts with nobody speaking. */
export function nobodySpeaking(rules: SpeakerRules = SPEAKER_RULES): SpeakerState {
  return { rules, inputId: undefined, sinceUs: 0, challenger: undefined };
}

/** Takes the levels at a time; returns the same object while nothing changes. A speaker who is not among them left. */
export function followSpeaker(state: SpeakerState, levels: readonly SpeakerLevel[], atUs: MediaUs): SpeakerState {
  const current = levels.find((level) => level.inputId === state.inputId);
  if (current === undefined) {
    const inputId = loudestOf(levels, state.rules.loudnessMin)?.inputId;
    return inputId === state.inputId ? state : { ...state, inputId, sinceUs: atUs, challenger: undefined };
  }
  const rivals = levels.filter((level) => level !== current && isTakingOver(level, current, state.rules));
  // A challenger stays one while a third voice is louder still, or two people in dispute would never be shown.
  const rival = rivals.find((level) => level.inputId === state.challenger?.inputId) ?? loudestOf(rivals, 0);
  if (rival === undefined) return state.challenger === undefined ? state : { ...state, challenger: undefined };
  if (state.challenger?.inputId !== rival.inputId)
    return { ...state, challenger: { inputId: rival.inputId, sinceUs: atUs } };
  const isLongEnough =
    atUs - state.challenger.sinceUs >= state.rules.challengeUs && atUs - state.sinceUs >= state.rules.holdUs;
  return isLongEnough ? { ...state, inputId: rival.inputId, sinceUs: atUs, challenger: undefined } : state;
}

/** The loudest of those not silent; between equals the first in the list. */
function loudestOf(levels: readonly SpeakerLevel[], loudnessMin: number): SpeakerLevel | undefined {
  let loudest: SpeakerLevel | undefined;
  for (const level of levels)
    if (level.loudness >= loudnessMin && level.loudness > (loudest?.loudness ?? -1)) loudest = level;
  return loudest;
}

function isTakingOver(other: SpeakerLevel, current: SpeakerLevel, rules: SpeakerRules): boolean {
  if (other.loudness < rules.loudnessMin) return false;
  return current.loudness < rules.loudnessMin || other.loudness >= current.loudness * rules.louderBy;
}
