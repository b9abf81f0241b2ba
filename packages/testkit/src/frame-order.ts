// Checks the pictures of a recording by their counters and times: nothing missing, repeated, reordered,
// damaged or shown at the wrong moment. Pure.

import type { CounterReport, Fault } from './analysis.ts';
import { COUNTER_MODULUS } from './counter-strip.ts';
import type { Expectation } from './expectation.ts';
import type { TimeSpan, VideoFrameFact } from './recording-facts.ts';

/** What is checked: the pictures, what is expected, and where pictures may be missing. */
export type FrameOrderInput = {
  readonly frames: readonly VideoFrameFact[];
  readonly expectation: Expectation;
  /** Stretches in which flashes are not required: pictures may be missing there too. */
  readonly excused: readonly TimeSpan[];
};

/** A jump back by more than this is a new count (the publisher began anew), not disorder. */
const RESTART_FRAMES_MIN = 60;
/** Faults of one kind listed one by one; the rest are only counted. */
const FAULTS_LISTED_MAX = 5;

/** The usual distance of two pictures, µs per count: the mean of all near the median; 0 with fewer than two. */
export function usualFrameUs(frames: readonly VideoFrameFact[]): number {
  const distances: number[] = [];
  for (let i = 1; i < frames.length; i++) {
    const [before, frame] = [frames[i - 1], frames[i]];
    if (before === undefined || frame === undefined) continue;
    const counted = stepOf(before, frame) ?? 1;
    if (counted > 0) distances.push((frame.ptsUs - before.ptsUs) / counted);
  }
  distances.sort((a, b) => a - b);
  const median = distances[distances.length >> 1] ?? 0;
  // WebM rounds times to milliseconds: only the mean of many distances is the true one.
  const usual = distances.filter((distance) => Math.abs(distance - median) <= median / 10);
  return usual.length === 0 ? 0 : usual.reduce((sum, distance) => sum + distance, 0) / usual.length;
}

/** Checks order, completeness and cadence. */
export function checkFrameOrder(input: FrameOrderInput): { report: CounterReport; faults: Fault[] } {
  const check = new FrameOrderCheck(input);
  for (let i = 1; i < input.frames.length; i++) {
    const [before, frame] = [input.frames[i - 1], input.frames[i]];
    if (before !== undefined && frame !== undefined) check.compare(before, frame);
  }
  return { report: check.report(), faults: check.faults() };
}

class FrameOrderCheck {
  readonly #input: FrameOrderInput;
  readonly #frameUs: number;
  readonly #faults = new Map<Fault['code'], Fault[]>();
  #missing = 0;
  #repeated = 0;
  #outOfOrder = 0;
  #restarts = 0;
  #cadenceErrorUs = 0;

  constructor(input: FrameOrderInput) {
    this.#input = input;
    this.#frameUs = usualFrameUs(input.frames);
  }

  compare(before: VideoFrameFact, frame: VideoFrameFact): void {
    if (frame.ptsUs <= before.ptsUs) this.#note('PTS_NOT_RISING', frame, 'a picture is not later than the one before');
    const step = stepOf(before, frame);
    if (step === undefined) return;
    if (step === 0) this.#noteRepeated(before, frame);
    else if (step < 0) this.#noteBackwards(step, frame);
    else {
      if (step > 1) this.#noteMissing(step - 1, before, frame);
      this.#noteCadence(step, before, frame);
    }
  }

  report(): CounterReport {
    const { frames } = this.#input;
    const counted = frames.filter((frame) => frame.counter !== undefined);
    const [first, last] = [counted[0]?.counter, counted.at(-1)?.counter];
    return {
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
      frames: frames.length,
      missing: this.#missing,
      repeated: this.#repeated,
      outOfOrder: this.#outOfOrder,
      unreadable: frames.length - counted.length,
      restarts: this.#restarts,
      cadenceErrorMs: this.#cadenceErrorUs / 1000,
      fps: this.#frameUs > 0 ? Math.round(1e8 / this.#frameUs) / 100 : 0,
    };
  }

  faults(): Fault[] {
    const { expectation, frames } = this.#input;
    const counted = frames.filter((frame) => frame.counter !== undefined).length;
    if (this.#missing <= expectation.missingFramesMax) this.#faults.delete('FRAMES_MISSING');
    if (this.#repeated <= expectation.repeatedFramesMax) this.#faults.delete('FRAMES_REPEATED');
    // Without a single readable strip this is somebody else's picture, not a damaged one of ours.
    if (counted > 0 && frames.length - counted > expectation.unreadableFramesMax) {
      for (const frame of frames) if (frame.counter === undefined) this.#note('FRAMES_UNREADABLE', frame, 'damaged');
    }
    return [...this.#faults.values()].flatMap(shortened);
  }

  #noteRepeated(before: VideoFrameFact, frame: VideoFrameFact): void {
    if (this.#isExcused(before, frame)) return;
    this.#repeated++;
    this.#note('FRAMES_REPEATED', frame, `picture ${frame.counter} is shown again`);
  }

  #noteBackwards(step: number, frame: VideoFrameFact): void {
    if (-step >= RESTART_FRAMES_MIN || frame.counter === 0) {
      this.#restarts++;
      if (this.#restarts <= this.#input.expectation.cutsMax) return;
    }
    this.#outOfOrder++;
    this.#note('FRAMES_OUT_OF_ORDER', frame, `picture ${frame.counter} comes ${-step} too late`);
  }

  #noteMissing(count: number, before: VideoFrameFact, frame: VideoFrameFact): void {
    if (this.#isExcused(before, frame) || this.#isCut(count + 1, before, frame)) return;
    this.#missing += count;
    this.#note('FRAMES_MISSING', frame, `${count} missing after picture ${before.counter}`);
  }

  #noteCadence(step: number, before: VideoFrameFact, frame: VideoFrameFact): void {
    if (this.#isCut(step, before, frame)) return;
    const errorUs = Math.abs(frame.ptsUs - before.ptsUs - step * this.#frameUs);
    this.#cadenceErrorUs = Math.max(this.#cadenceErrorUs, errorUs);
    if (errorUs > this.#input.expectation.cadenceMsMax * 1000) {
      this.#note('CADENCE', frame, `picture ${frame.counter} is shown ${(errorUs / 1000).toFixed(1)} ms off`);
    }
  }

  /** Counters that run on while the file's time does not: a pause closed up, where one is allowed. */
  #isCut(step: number, before: VideoFrameFact, frame: VideoFrameFact): boolean {
    const isClosedUp = step * this.#frameUs - (frame.ptsUs - before.ptsUs) > 3 * this.#frameUs;
    return isClosedUp && this.#input.expectation.cutsMax > 0;
  }

  #isExcused(before: VideoFrameFact, frame: VideoFrameFact): boolean {
    return this.#input.excused.some((span) => frame.ptsUs >= span.fromUs && before.ptsUs <= span.toUs);
  }

  #note(code: Fault['code'], frame: VideoFrameFact, message: string): void {
    const list = this.#faults.get(code) ?? [];
    list.push({ code, message, atMs: Math.round(frame.ptsUs / 1000) });
    this.#faults.set(code, list);
  }
}

/** How far the counter moved from one picture to the next, across its wrap; `undefined` where unreadable. */
function stepOf(before: VideoFrameFact, frame: VideoFrameFact): number | undefined {
  if (before.counter === undefined || frame.counter === undefined) return undefined;
  const step = (frame.counter - before.counter + COUNTER_MODULUS) % COUNTER_MODULUS;
  return step >= COUNTER_MODULUS / 2 ? step - COUNTER_MODULUS : step;
}

function shortened(list: readonly Fault[]): Fault[] {
  const [first] = list;
  if (first === undefined || list.length <= FAULTS_LISTED_MAX) return [...list];
  const rest = { code: first.code, message: `and ${list.length - FAULTS_LISTED_MAX} more` };
  return [...list.slice(0, FAULTS_LISTED_MAX), rest];
}
