// Puts the flashes and beeps of a recording on its beats: the seconds of signal time. A recording starts at
// any phase of a second, so the beats are found from the events themselves, and followed as clocks drift.

import { type MediaUs, mediaUs } from '@roomtape/media';
import type { BeepFact } from './beep-detector.ts';
import { BEAT_US, FLASH_US } from './flash-beep.ts';
import type { TimeSpan, VideoFrameFact } from './recording-facts.ts';

/** A white flash: a run of white pictures. */
export type FlashEvent = {
  readonly startUs: MediaUs;
  /** From the first white picture to the first normal one after it; to the end of the last white one if that is missing. */
  readonly durationUs: number;
  /** `false` when the picture before it is not the one that should be there: the true onset is then unknown. */
  readonly isExact: boolean;
};

/** One second of signal time and what was found at it. */
export type Beat = { readonly atUs: MediaUs; readonly flash?: FlashEvent; readonly beep?: BeepFact };

/** Beats in order, with what fits on none of them. */
export type BeatChart = {
  readonly beats: readonly Beat[];
  readonly strayFlashes: readonly FlashEvent[];
  readonly strayBeeps: readonly BeepFact[];
  /** Where the phase of the beats jumps: the first event after each jump. */
  readonly cutsUs: readonly MediaUs[];
};

/** What a chart is drawn from. */
export type BeatChartInput = {
  readonly flashes: readonly FlashEvent[];
  readonly beeps: readonly BeepFact[];
  /** The timeline to be covered with beats. */
  readonly span: TimeSpan;
  readonly cutsMax: number;
};

/** How far an event may be from its beat before it counts as another phase: more than a frame at 10 fps. */
const PHASE_TOLERANCE_US = 110_000;
/** How far a beep may be from its flash and still be measured as an offset. */
const OFFSET_MEASURED_US = 450_000;

/** Finds the flashes in a run of decoded pictures. */
export function findFlashes(frames: readonly VideoFrameFact[], frameUs: number): FlashEvent[] {
  const flashes: FlashEvent[] = [];
  for (let i = 0; i < frames.length; i++) {
    const first = frames[i];
    if (first?.isFlash !== true || frames[i - 1]?.isFlash === true) continue;
    let end = i;
    while (frames[end + 1]?.isFlash === true) end++;
    const isExact = isSuccessor(first, frames[i - 1], frameUs);
    flashes.push({ startUs: first.ptsUs, durationUs: flashEndUs(frames, end, frameUs) - first.ptsUs, isExact });
  }
  return flashes;
}

/** Assigns events to beats and covers the whole span with beats. */
export function chartBeats(input: BeatChartInput): BeatChart {
  const leaders = input.flashes.some((flash) => flash.isExact) ? input.flashes : input.beeps;
  const chain = followPhase(leaders, input.cutsMax);
  const times = coverSpan(chain.sections, input.span);
  const strays = new Set<FlashEvent | BeepFact>(chain.strays);
  const flashAt = assign(
    times,
    input.flashes.filter((flash) => !strays.has(flash)),
  );
  const beepAt = assign(
    times,
    input.beeps.filter((beep) => !strays.has(beep)),
  );
  const beats = times.map((atUs, index): Beat => {
    const flash = flashAt.byBeat.get(index);
    const beep = beepAt.byBeat.get(index);
    return { atUs, ...(flash === undefined ? {} : { flash }), ...(beep === undefined ? {} : { beep }) };
  });
  const isStray = <E extends FlashEvent | BeepFact>(events: readonly E[]): E[] => events.filter((e) => strays.has(e));
  return {
    beats,
    strayFlashes: [...isStray(input.flashes), ...flashAt.left],
    strayBeeps: [...isStray(input.beeps), ...beepAt.left],
    cutsUs: chain.sections.slice(1).map((section) => section[0] ?? mediaUs(0)),
  };
}

/** Where the run of white pictures that ends with this one does: how long one is shown for want of others tells nothing. */
function flashEndUs(frames: readonly VideoFrameFact[], end: number, frameUs: number): number {
  const [last, next] = [frames[end], frames[end + 1]];
  const lastEndUs = (last?.ptsUs ?? 0) + frameUs;
  if (next === undefined) return lastEndUs;
  const isCounted = next.counter !== undefined && last?.counter !== undefined;
  return isCounted && next.counter !== last.counter + 1 ? Math.min(next.ptsUs, lastEndUs) : next.ptsUs;
}

function isSuccessor(frame: VideoFrameFact, before: VideoFrameFact | undefined, frameUs: number): boolean {
  if (before === undefined) return false;
  if (frame.ptsUs - before.ptsUs > frameUs * 1.5) return false;
  return frame.counter === undefined || before.counter === undefined || frame.counter === before.counter + 1;
}

type Followed<E> = { readonly sections: readonly (readonly MediaUs[])[]; readonly strays: readonly E[] };

/** Splits events into sections of one phase each; an event off the phase begins a section or is a stray. */
function followPhase<E extends { startUs: MediaUs; isExact: boolean }>(
  events: readonly E[],
  cutsMax: number,
): Followed<E> {
  const sections: MediaUs[][] = [];
  const strays: E[] = [];
  // Where cuts are expected the majority may lie behind one: the first event then sets the phase.
  let last = cutsMax > 0 ? events.find((event) => event.isExact)?.startUs : commonPhase(events);
  if (last !== undefined) sections.push([]);
  for (const event of events) {
    if (last === undefined) break;
    const isOnPhase = Math.abs(phaseDistance(event.startUs - last)) <= PHASE_TOLERANCE_US;
    if (!isOnPhase && event.isExact && sections.length <= cutsMax) sections.push([]);
    else if (!isOnPhase) {
      strays.push(event);
      continue;
    }
    // An event whose onset was not seen proves presence, but must not move the phase.
    if (event.isExact) {
      last = event.startUs;
      sections.at(-1)?.push(event.startUs);
    }
  }
  return { sections, strays };
}

/** The exact event with which most of the first dozen agree. */
function commonPhase(events: readonly { startUs: MediaUs; isExact: boolean }[]): MediaUs | undefined {
  const first = events.filter((event) => event.isExact).slice(0, 12);
  let best: MediaUs | undefined;
  let bestVotes = 0;
  for (const event of first) {
    const isAlike = (other: { startUs: MediaUs }): boolean =>
      Math.abs(phaseDistance(other.startUs - event.startUs)) <= PHASE_TOLERANCE_US;
    const votes = first.filter(isAlike).length;
    if (votes > bestVotes) [best, bestVotes] = [event.startUs, votes];
  }
  return best;
}

/** The times of all beats: at events where there are any, evenly between and around them elsewhere. */
function coverSpan(sections: readonly (readonly MediaUs[])[], span: TimeSpan): MediaUs[] {
  const times: number[] = [];
  sections.forEach((section, index) => {
    let at: number | undefined = section[0];
    if (at === undefined) return;
    // A beat just before the first picture may still be sounding or white when the file begins.
    if (index === 0) for (let t = at - BEAT_US; t > span.fromUs - FLASH_US; t -= BEAT_US) times.unshift(t);
    times.push(at);
    for (const next of section.slice(1)) {
      const count = Math.round((next - at) / BEAT_US);
      for (let k = 1; k <= count; k++) times.push(at + Math.round((k * (next - at)) / count));
      at = next;
    }
    const cut = sections[index + 1]?.[0];
    const end = cut === undefined ? span.toUs : cut - BEAT_US / 2;
    for (let t = at + BEAT_US; t < end; t += BEAT_US) times.push(t);
  });
  return times.map(mediaUs);
}

/** Gives each event to the nearest beat; a second one for the same beat is left over. */
function assign<E extends { startUs: MediaUs }>(
  times: readonly MediaUs[],
  events: readonly E[],
): { byBeat: Map<number, E>; left: E[] } {
  const byBeat = new Map<number, E>();
  const left: E[] = [];
  let index = 0;
  for (const event of events) {
    while (index + 1 < times.length && nearer(event.startUs, times[index + 1], times[index])) index++;
    const distance = Math.abs(event.startUs - (times[index] ?? Number.NEGATIVE_INFINITY));
    if (distance <= OFFSET_MEASURED_US && !byBeat.has(index)) byBeat.set(index, event);
    else left.push(event);
  }
  return { byBeat, left };
}

function nearer(at: number, candidate: number | undefined, current: number | undefined): boolean {
  return Math.abs(at - (candidate ?? Number.POSITIVE_INFINITY)) < Math.abs(at - (current ?? Number.POSITIVE_INFINITY));
}

/** The signed distance of a time difference from the nearest whole second. */
function phaseDistance(differenceUs: number): number {
  return differenceUs - Math.round(differenceUs / BEAT_US) * BEAT_US;
}
