// Judges what was decoded from a recording by what was expected: every second present, sound and picture
// together, nothing missing, repeated or out of order. Pure: facts in, report out.

import { type MediaUs, mediaUs } from '@roomtape/media';
import type { Analysis, Fault, OffsetReport, SecondReport, SignalReport } from './analysis.ts';
import { type Beat, type BeatChart, chartBeats, findFlashes } from './beats.ts';
import { DEFAULT_EXPECTATION, type Expectation, type Presence } from './expectation.ts';
import { FLASH_US, participantOfBeepHz } from './flash-beep.ts';
import { checkFrameOrder, usualFrameUs } from './frame-order.ts';
import type { AudioFacts, RecordingFacts, TimeSpan } from './recording-facts.ts';
import { checkTracks } from './track-check.ts';

/** A beep within this of its track's edge may be cut off; the detector's window is 10 ms. */
const AUDIO_EDGE_US = 12_000;
/** A drift is a fault only when it also moved the offset by this much inside the file: measuring has noise. */
const DRIFT_SEEN_MS = 3;
/** In less than this a step of a few milliseconds, where a clock is learned anew, looks like a drift. */
const DRIFT_SPAN_MS_MIN = 15_000;
/** How many standard errors of the fitted slope a drift must exceed the limit by. */
const DRIFT_ERRORS = 3;
/** A beep may lose or gain this much to a codec's smearing. */
const BEEP_LENGTH_TOLERANCE_US = 20_000;
/** A beep shorter than this was cut off, and tells nobody's pitch. */
const WHOLE_BEEP_US_MIN = 60_000;

/** Analyses one recording; fields left out of `wanted` are those of `DEFAULT_EXPECTATION`. */
export function analyseRecording(facts: RecordingFacts, wanted: Partial<Expectation> = {}): Analysis {
  const expectation = { ...DEFAULT_EXPECTATION, ...wanted };
  const frames = facts.video?.frames ?? [];
  const frameUs = usualFrameUs(frames);
  const participants = participantsOf(facts);
  const main = expectation.participantIndex ?? participants[0];
  const beeps = (facts.audio?.beeps ?? []).filter((beep) => participantOfBeepHz(beep.frequencyHz) === main);
  const span = wholeSpan(facts);
  const chart = chartBeats({ flashes: findFlashes(frames, frameUs), beeps, span, cutsMax: expectation.cutsMax });
  const seconds = chart.beats.map((beat) => judgeSecond(beat, { facts, expectation, frameUs, chart }));
  const order = checkFrameOrder({ frames, expectation, excused: excusedSpans(expectation) });
  const offset = offsetOf(seconds);
  const faults = [
    ...checkTracks(facts, expectation),
    ...secondFaults(seconds, expectation),
    ...lengthFaults(chart, { expectation, frameUs }),
    ...strayFaults(chart, expectation),
    ...driftFaults(offset, seconds, expectation),
    ...(facts.video === undefined ? [] : order.faults),
    ...participantFaults(participants, main, expectation),
  ];
  return {
    ...summaryOf(facts, order.report),
    participants,
    seconds,
    missingSeconds: seconds.filter((second) => isMissing(second.flash) || isMissing(second.beep)).length,
    ...(offset === undefined ? {} : { offset }),
    faults,
    isGood: faults.length === 0,
  };
}

type Context = {
  readonly facts: RecordingFacts;
  readonly expectation: Expectation;
  readonly frameUs: number;
  readonly chart: BeatChart;
};

function judgeSecond(beat: Beat, context: Context): SecondReport {
  const { facts, expectation } = context;
  const flash =
    facts.video === undefined ? undefined : signalOf(beat.flash?.startUs, flashPresence(beat.atUs, context));
  const beep = facts.audio === undefined ? undefined : signalOf(beat.beep?.startUs, beepPresence(beat.atUs, context));
  const offsetMs = isOffsetTold(beat, expectation) ? (beat.beep.startUs - beat.flash.startUs) / 1000 : undefined;
  return {
    atMs: beat.atUs / 1000,
    ...(flash === undefined ? {} : { flash }),
    ...(beep === undefined ? {} : { beep }),
    ...(offsetMs === undefined ? {} : { offsetMs }),
    isGood: isAsExpected(flash) && isAsExpected(beep) && Math.abs(offsetMs ?? 0) <= expectation.offsetMsMax,
  };
}

/** What is optional may be there in part: a beep that is unmuted in its middle begins late, and is in step. */
function isOffsetTold(beat: Beat, expectation: Expectation): beat is Beat & Required<Pick<Beat, 'flash' | 'beep'>> {
  const isRequired = (['flash', 'beep'] as const).every(
    (signal) => presenceAt(beat.atUs, signal, expectation) !== 'optional',
  );
  return isRequired && beat.flash?.isExact === true && beat.beep?.isExact === true;
}

function flashPresence(atUs: MediaUs, context: Context): Presence {
  const span = context.facts.video?.span;
  const isInside = span !== undefined && atUs >= span.fromUs && atUs + FLASH_US + context.frameUs <= span.toUs;
  return isInside && !isAtCut(atUs, context.chart) ? presenceAt(atUs, 'flash', context.expectation) : 'optional';
}

function beepPresence(atUs: MediaUs, context: Context): Presence {
  const span = context.facts.audio?.span;
  const isInside =
    span !== undefined && atUs >= span.fromUs + AUDIO_EDGE_US && atUs + FLASH_US + AUDIO_EDGE_US <= span.toUs;
  return isInside && !isAtCut(atUs, context.chart) ? presenceAt(atUs, 'beep', context.expectation) : 'optional';
}

/** The seconds on both sides of a cut may be incomplete. */
function isAtCut(atUs: MediaUs, chart: BeatChart): boolean {
  return chart.cutsUs.some((cutUs) => atUs < cutUs && cutUs - atUs < 2 * 1_000_000);
}

function presenceAt(atUs: MediaUs, signal: 'flash' | 'beep', expectation: Expectation): Presence {
  const atS = atUs / 1e6;
  const span = expectation.spans.findLast((one) => one[signal] !== undefined && atS >= one.fromS && atS < one.toS);
  return span?.[signal] ?? 'required';
}

function signalOf(startUs: MediaUs | undefined, expected: Presence): SignalReport {
  return { expected, isPresent: startUs !== undefined, ...(startUs === undefined ? {} : { atMs: startUs / 1000 }) };
}

function isAsExpected(signal: SignalReport | undefined): boolean {
  if (signal === undefined || signal.expected === 'optional') return true;
  return signal.isPresent === (signal.expected === 'required');
}

function isMissing(signal: SignalReport | undefined): boolean {
  return signal?.expected === 'required' && !signal.isPresent;
}

function secondFaults(seconds: readonly SecondReport[], expectation: Expectation): Fault[] {
  return seconds.flatMap((second) => {
    const atMs = Math.round(second.atMs);
    const faults: Fault[] = [];
    if (isMissing(second.flash)) faults.push({ code: 'FLASH_MISSING', message: 'no flash in this second', atMs });
    if (isMissing(second.beep)) faults.push({ code: 'BEEP_MISSING', message: 'no beep in this second', atMs });
    if (second.flash?.isPresent && second.flash.expected === 'forbidden') {
      faults.push({ code: 'FLASH_UNEXPECTED', message: 'a flash where there should be none', atMs });
    }
    if (second.beep?.isPresent && second.beep.expected === 'forbidden') {
      faults.push({ code: 'BEEP_UNEXPECTED', message: 'a beep where there should be none', atMs });
    }
    if (Math.abs(second.offsetMs ?? 0) > expectation.offsetMsMax) {
      faults.push({ code: 'OFFSET', message: offsetText(second.offsetMs ?? 0), atMs });
    }
    return faults;
  });
}

function offsetText(offsetMs: number): string {
  return `sound is ${Math.abs(offsetMs).toFixed(1)} ms ${offsetMs > 0 ? 'late' : 'early'}`;
}

function lengthFaults(chart: BeatChart, context: { expectation: Expectation; frameUs: number }): Fault[] {
  const { expectation, frameUs } = context;
  return chart.beats.flatMap((beat) => {
    const faults: Fault[] = [];
    const atMs = Math.round(beat.atUs / 1000);
    const flashUs = beat.flash?.durationUs ?? FLASH_US;
    const isFlashJudged = beat.flash?.isExact === true && presenceAt(beat.atUs, 'flash', expectation) === 'required';
    if (isFlashJudged && flashUs > FLASH_US + 1.5 * frameUs) {
      faults.push({ code: 'FLASH_LENGTH', message: `the flash lasts ${Math.round(flashUs / 1000)} ms`, atMs });
    }
    const beepUs = beat.beep?.durationUs ?? FLASH_US;
    const isBeepJudged = beat.beep?.isExact === true && presenceAt(beat.atUs, 'beep', expectation) === 'required';
    if (isBeepJudged && beepUs > FLASH_US + BEEP_LENGTH_TOLERANCE_US) {
      faults.push({ code: 'BEEP_LENGTH', message: `the beep lasts ${Math.round(beepUs / 1000)} ms`, atMs });
    }
    return faults;
  });
}

function strayFaults(chart: BeatChart, expectation: Expectation): Fault[] {
  // What began before the file or in a hole may well have begun on its beat.
  const isJudged = (event: { startUs: MediaUs; isExact: boolean }, signal: 'flash' | 'beep'): boolean =>
    event.isExact && presenceAt(event.startUs, signal, expectation) !== 'optional';
  const flashes = chart.strayFlashes.filter((flash) => isJudged(flash, 'flash'));
  const beeps = chart.strayBeeps.filter((beep) => isJudged(beep, 'beep'));
  return [
    ...flashes.map((flash) => strayFault('FLASH_STRAY', flash.startUs)),
    ...beeps.map((beep) => strayFault('BEEP_STRAY', beep.startUs)),
  ];
}

function strayFault(code: 'FLASH_STRAY' | 'BEEP_STRAY', startUs: MediaUs): Fault {
  const what = code === 'FLASH_STRAY' ? 'a flash' : 'a beep';
  return { code, message: `${what} that belongs to no second: time jumped, or it came twice`, atMs: startUs / 1000 };
}

function offsetOf(seconds: readonly SecondReport[]): OffsetReport | undefined {
  const points = seconds.flatMap((second) =>
    second.offsetMs === undefined ? [] : [{ x: second.atMs, y: second.offsetMs }],
  );
  if (points.length === 0) return undefined;
  const values = points.map((point) => point.y);
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const meanMs = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = points.reduce((sum, point) => sum + (point.x - meanX) ** 2, 0);
  const slope = spread === 0 ? 0 : points.reduce((sum, p) => sum + (p.x - meanX) * (p.y - meanMs), 0) / spread;
  const residue = points.reduce((sum, p) => sum + (p.y - meanMs - slope * (p.x - meanX)) ** 2, 0);
  const slopeError = spread === 0 || points.length < 3 ? 0 : Math.sqrt(residue / (points.length - 2) / spread);
  return {
    count: points.length,
    meanMs,
    minMs: Math.min(...values),
    maxMs: Math.max(...values),
    driftMsPer10Min: slope * 600_000,
    driftErrorMsPer10Min: slopeError * 600_000,
  };
}

function driftFaults(
  offset: OffsetReport | undefined,
  seconds: readonly SecondReport[],
  expectation: Expectation,
): Fault[] {
  if (offset === undefined) return [];
  // A few scattered points always have some slope: only what stands out of their scatter is a drift.
  const sureMs = Math.abs(offset.driftMsPer10Min) - DRIFT_ERRORS * offset.driftErrorMsPer10Min;
  if (sureMs <= expectation.driftMsPer10MinMax) return [];
  const measured = seconds.filter((second) => second.offsetMs !== undefined);
  const spanMs = (measured.at(-1)?.atMs ?? 0) - (measured[0]?.atMs ?? 0);
  const seenMs = Math.abs((offset.driftMsPer10Min * spanMs) / 600_000);
  if (seenMs < DRIFT_SEEN_MS || spanMs < DRIFT_SPAN_MS_MIN) return [];
  const message = `sound drifts by ${offset.driftMsPer10Min.toFixed(1)} ms in 10 minutes`;
  return [{ code: 'DRIFT', message }];
}

function participantsOf(facts: RecordingFacts): number[] {
  const votes = new Map<number, number>();
  const vote = (index: number | undefined, weight: number): void => {
    if (index !== undefined) votes.set(index, (votes.get(index) ?? 0) + weight);
  };
  // A tone that is cut off at either end is no pure tone: it rings at other pitches there.
  const whole = facts.audio?.beeps.filter((beep) => beep.isExact && beep.durationUs >= WHOLE_BEEP_US_MIN) ?? [];
  for (const beep of whole) vote(participantOfBeepHz(beep.frequencyHz), 1);
  const { frames } = facts.video ?? { frames: [] };
  for (const frame of frames) vote(frame.participantIndex, 1 / 30);
  return [...votes].sort((a, b) => b[1] - a[1]).map(([index]) => index);
}

function participantFaults(found: readonly number[], main: number | undefined, expectation: Expectation): Fault[] {
  const others = found.filter((index) => index !== main);
  if (expectation.otherBeeps !== 'forbidden' || others.length === 0) return [];
  const message = `participant ${main} is expected, but ${others.join(', ')} can be heard or seen too`;
  return [{ code: 'WRONG_PARTICIPANT', message }];
}

function excusedSpans(expectation: Expectation): TimeSpan[] {
  return expectation.spans
    .filter((span) => span.flash !== undefined && span.flash !== 'required')
    .map((span) => ({ fromUs: mediaUs(span.fromS * 1e6), toUs: mediaUs(span.toS * 1e6) }));
}

function wholeSpan(facts: RecordingFacts): TimeSpan {
  const spans = [facts.video?.span, facts.audio?.span].filter((span) => span !== undefined);
  const fromUs = mediaUs(Math.min(...spans.map((span) => span.fromUs)));
  return spans.length === 0
    ? { fromUs: mediaUs(0), toUs: mediaUs(0) }
    : { fromUs, toUs: mediaUs(Math.max(...spans.map((span) => span.toUs))) };
}

function summaryOf(facts: RecordingFacts, counter: ReturnType<typeof checkFrameOrder>['report']) {
  const { video, audio } = facts;
  return {
    name: facts.name,
    container: facts.container,
    bytes: facts.bytes,
    durationMs: facts.durationUs / 1000,
    ...(video === undefined
      ? {}
      : {
          video: {
            codec: video.codec,
            sizes: video.sizes,
            startMs: video.span.fromUs / 1000,
            durationMs: (video.span.toUs - video.span.fromUs) / 1000,
            decodeErrors: video.decodeErrorCount,
            counter,
          },
        }),
    ...(audio === undefined ? {} : { audio: audioSummaryOf(audio) }),
  };
}

function audioSummaryOf(audio: AudioFacts): NonNullable<Analysis['audio']> {
  return {
    codec: audio.codec,
    sampleRate: audio.sampleRate,
    channels: audio.channels,
    startMs: audio.span.fromUs / 1000,
    durationMs: (audio.span.toUs - audio.span.fromUs) / 1000,
    decodeErrors: audio.decodeErrorCount,
    holeMs: audio.holes.reduce((sum, hole) => sum + (hole.toUs - hole.fromUs), 0) / 1000,
  };
}
