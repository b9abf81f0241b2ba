// What the mixing desk is about at the moment, told from the recordings of its room. Pure.

import type { Recording } from '@roomtape/api';
import type { Problem } from '../problem.ts';
import { activeRecording, isChanging, isUnderWay, type RecordingsView } from '../room-recordings.ts';

/**
 * What can be done now: `draft`, begin a film; `live`, cut one; `finishing`, wait; `over`, look at it and make others of
 * it.
 */
export type DeskPhase = 'draft' | 'live' | 'finishing' | 'over';

/** The recording the desk is about: the one that was asked for, else the film that is being made. */
export function focusOf(recordings: readonly Recording[], wantedId: string | undefined): Recording | undefined {
  if (wantedId === undefined) return activeRecording(recordings, 'mix');
  return recordings.find(({ recordingId }) => recordingId === wantedId);
}

/** The phase that a recording puts the desk into. */
export function phaseOf(focus: Recording | undefined): DeskPhase {
  if (focus === undefined) return 'draft';
  if (!isChanging(focus)) return 'over';
  return isUnderWay(focus) && focus.mode === 'mix' ? 'live' : 'finishing';
}

/** Said when the recording that was asked for is not one of the room's. */
export function missingProblem(list: RecordingsView, wantedId: string | undefined): Problem | undefined {
  const isMissing = wantedId !== undefined && list.isLoaded && !list.hasMore;
  if (!isMissing || focusOf(list.recordings, wantedId) !== undefined) return undefined;
  return {
    key: 'missing',
    message: `This room has no recording ${wantedId}`,
    whatToDo: 'It may have been deleted, or be of another room: choose one under All recordings.',
  };
}

/** Films that were made again of a recording, newest first. */
export function rendersOf(recordings: readonly Recording[], recordingId: string): readonly Recording[] {
  return recordings.filter(({ renderedFrom }) => renderedFrom === recordingId);
}

/** How far a film made again is, 0 to 1; `undefined` while nobody knows. */
export function renderShare({ state, film }: Recording): number | undefined {
  if (state === 'finished') return 1;
  if (film?.totalMs === undefined || film.totalMs <= 0) return undefined;
  return Math.min(1, film.mixedMs / film.totalMs);
}

/** How far the live picture is behind the room, in words. */
export function behindWords(lagMs: number): string {
  return `about ${Math.max(1, Math.round(lagMs / 1000))} s behind`;
}
