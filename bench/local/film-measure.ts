// Compares a recorded film with what its source knows: when each picture was shown and when each beep began.
// Pictures are told by the counter in them, so that nothing of the recorder's own clock enters. Pure.

import type { RecordingFacts, VideoFrameFact } from '@roomtape/testkit';
import { rounded } from '../benchmark.ts';
import { median, quantile } from '../result-file.ts';

/** What the source knows; times are ms of the page's clock. */
export type SourceTruth = {
  /** Counter and time of every picture that was given away. */
  readonly frames: readonly (readonly [counter: number, shownMs: number])[];
  /** Onset of every beep. */
  readonly beeps: readonly number[];
  /** Pictures the source itself was too late for. */
  readonly skipped?: number;
  /** How late it gave the latest one. */
  readonly lateMs?: number;
};

/** When the recorder said that it records, and when it was told to stop; ms of the page's clock. */
export type RecordedSpan = { readonly startedAtMs: number; readonly stoppedAtMs: number };

/** What was found; times in ms. Positive offsets: sound is late in the film. */
export type FilmFigures = {
  readonly beeps: number;
  readonly offsetMs: number;
  /** Between the 5th and the 95th percentile of single beeps. */
  readonly spreadMs: number;
  /** `undefined` of a film too short to tell: jitter of a millisecond would look like a drift of tens. */
  readonly driftMsPer10Min?: number;
  /** Standard error of the drift: what the scatter of single beeps leaves open. */
  readonly driftErrorMsPer10Min?: number;
  readonly durationMs: number;
  /** Length by the container minus length asked for. */
  readonly durationErrorMs: number;
  /** When the first picture shown was, after the start was told. */
  readonly firstPictureAfterStartMs: number;
  /** Where the film ends in the source's time, minus the moment of the stop. */
  readonly endAfterStopMs: number;
  readonly framesGiven: number;
  readonly framesLost: number;
  readonly framesRepeated: number;
  readonly worstGapMs: number;
  readonly decodeErrors: number;
};

/** A beep further than this from where it should be is another beep. */
const BEEP_SEARCH_MS = 450;
/** Pictures around a beep that place it: enough to average a frame's jitter, few enough to follow drift. */
const LOCAL_MS = 600;
const MS_IN_10_MIN = 600_000;
const DRIFT_FILM_MS_MIN = 55_000;

/** Measures one film. */
export function measureFilm(facts: RecordingFacts, truth: SourceTruth, span: RecordedSpan): FilmFigures {
  const shown = new Map(truth.frames);
  const frames = readable(facts.video?.frames ?? []);
  const anchors = frames.flatMap(({ counter, ptsMs }) => {
    const shownMs = shown.get(counter);
    return shownMs === undefined ? [] : [{ ptsMs, aheadMs: shownMs - ptsMs }];
  });
  const errors = offsetErrors(facts, truth, anchors);
  const offsets = errors.map(({ errorMs }) => errorMs);
  const zeroMs = median(anchors.map(({ aheadMs }) => aheadMs));
  const durationMs = facts.durationUs / 1000;
  const [first, last] = [frames[0], frames.at(-1)];
  const given = truth.frames.filter(
    ([counter]) => first !== undefined && last !== undefined && counter >= first.counter && counter <= last.counter,
  );
  const kept = new Set(frames.map(({ counter }) => counter));
  return {
    beeps: errors.length,
    offsetMs: rounded(median(offsets), 2),
    spreadMs: rounded(quantile(offsets, 0.95) - quantile(offsets, 0.05), 2),
    ...(durationMs < DRIFT_FILM_MS_MIN ? {} : driftOf(errors)),
    durationMs: rounded(durationMs, 1),
    durationErrorMs: rounded(durationMs - (span.stoppedAtMs - span.startedAtMs), 1),
    firstPictureAfterStartMs: rounded((frames[0]?.ptsMs ?? Number.NaN) + zeroMs - span.startedAtMs, 1),
    endAfterStopMs: rounded(durationMs + zeroMs - span.stoppedAtMs, 1),
    framesGiven: given.length,
    framesLost: given.filter(([counter]) => !kept.has(counter)).length,
    framesRepeated: frames.length - kept.size,
    worstGapMs: rounded(worstGap(frames), 1),
    decodeErrors: (facts.video?.decodeErrorCount ?? 0) + (facts.audio?.decodeErrorCount ?? 0),
  };
}

type CountedFrame = { readonly counter: number; readonly ptsMs: number };
type Anchor = { readonly ptsMs: number; readonly aheadMs: number };
type BeepError = { readonly atMs: number; readonly errorMs: number };

function readable(frames: readonly VideoFrameFact[]): CountedFrame[] {
  return frames.flatMap(({ counter, ptsUs }) => (counter === undefined ? [] : [{ counter, ptsMs: ptsUs / 1000 }]));
}

/** For every exact beep: where the film has it minus where the pictures around it say that it belongs. */
function offsetErrors(facts: RecordingFacts, truth: SourceTruth, anchors: readonly Anchor[]): BeepError[] {
  let low = 0;
  return (facts.audio?.beeps ?? []).flatMap(({ startUs, isExact }) => {
    const atMs = startUs / 1000;
    while (low < anchors.length && (anchors[low]?.ptsMs ?? 0) < atMs - LOCAL_MS) low++;
    const near: number[] = [];
    for (let i = low; i < anchors.length; i++) {
      const anchor = anchors[i];
      if (anchor === undefined || anchor.ptsMs > atMs + LOCAL_MS) break;
      near.push(anchor.aheadMs);
    }
    if (!isExact || near.length === 0) return [];
    const shownMs = atMs + median(near);
    const trueMs = nearest(truth.beeps, shownMs);
    const errorMs = shownMs - trueMs;
    return Math.abs(errorMs) <= BEEP_SEARCH_MS ? [{ atMs, errorMs }] : [];
  });
}

function nearest(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [sorted[low - 1] ?? Number.NEGATIVE_INFINITY, sorted[low] ?? Number.POSITIVE_INFINITY];
  return wanted - before < after - wanted ? before : after;
}

/** Least squares; nothing of fewer than three points. */
function driftOf(errors: readonly BeepError[]): Pick<FilmFigures, 'driftMsPer10Min' | 'driftErrorMsPer10Min'> {
  if (errors.length < 3) return {};
  const meanAt = errors.reduce((sum, { atMs }) => sum + atMs, 0) / errors.length;
  const meanError = errors.reduce((sum, { errorMs }) => sum + errorMs, 0) / errors.length;
  const products = errors.reduce((sum, { atMs, errorMs }) => sum + (atMs - meanAt) * (errorMs - meanError), 0);
  const square = errors.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0);
  const slope = products / square;
  const rest = errors.reduce((sum, { atMs, errorMs }) => sum + (errorMs - meanError - slope * (atMs - meanAt)) ** 2, 0);
  const error = Math.sqrt(rest / (errors.length - 2) / square);
  return {
    driftMsPer10Min: rounded(slope * MS_IN_10_MIN, 2),
    driftErrorMsPer10Min: rounded(error * MS_IN_10_MIN, 2),
  };
}

function worstGap(frames: readonly CountedFrame[]): number {
  let worst = 0;
  for (let i = 1; i < frames.length; i++)
    worst = Math.max(worst, (frames[i]?.ptsMs ?? 0) - (frames[i - 1]?.ptsMs ?? 0));
  return worst;
}
