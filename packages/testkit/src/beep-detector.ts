// Finds the beeps of all participants in decoded sound, each with its onset to a fraction of a millisecond.
// A sliding 10 ms window per tone: all tones stand on multiples of 100 Hz, so the window is blind to every
// other tone, and around an edge its response is a straight ramp that crosses half height exactly at the edge.

import { type MediaUs, mediaUs } from '@roomtape/media';
import { BEAT_US, beepHzOf, PARTICIPANTS_MAX, SAMPLE_RATE } from './flash-beep.ts';

/** One beep on the timeline of its file. */
export type BeepFact = {
  readonly startUs: MediaUs;
  readonly durationUs: number;
  readonly frequencyHz: number;
  /** `false` when the sound began or resumed so close before that the true onset may be lost. */
  readonly isExact: boolean;
};

const WINDOW = SAMPLE_RATE / 100;
/** A tone below this (−42 dB of full scale) is not looked at. */
const LEVEL_MIN = 0.008;
/** The level a beep keeps is measured inside these offsets after its first sign, in samples: 15 to 60 ms. */
const PLATEAU_FROM = Math.round(SAMPLE_RATE * 0.015);
const PLATEAU_TO = Math.round(SAMPLE_RATE * 0.06);
/** A beep shorter than this is splatter of another tone's edge. */
const DURATION_MIN_US = 30_000;
const HISTORY = PLATEAU_TO + WINDOW;
/** A tone this much weaker than another at the same time is that one's codec noise, not a participant. */
const LEVEL_SHARE_MIN = 0.1;

/** Collects the beeps of one sound track; push its samples in order, then `finish`. */
export class BeepDetector {
  readonly #tones = Array.from({ length: PARTICIPANTS_MAX }, (_, index) => new ToneTracker(beepHzOf(index)));
  readonly #window = new Float32Array(WINDOW);
  readonly #beeps: (BeepFact & { readonly level: number })[] = [];
  /** Samples of the file's timeline seen so far, silence included. */
  #position = 0;
  #soundSince = 0;

  /**
   * Takes mono samples at 48 kHz that start at sample `firstSample` of the timeline. A hole before them
   * counts as silence, an overlap is dropped.
   */
  push(samples: Float32Array, firstSample: number): void {
    if (firstSample > this.#position) {
      this.#skipTo(firstSample);
      this.#soundSince = firstSample;
    }
    for (let i = Math.max(0, this.#position - firstSample); i < samples.length; i++) this.#step(samples[i] ?? 0);
  }

  /** Ends the sound and returns all beeps in order of their onset. */
  finish(): readonly BeepFact[] {
    this.#skipTo(this.#position + 2 * WINDOW + HISTORY);
    const loud = this.#beeps.filter((beep) => !this.#beeps.some((other) => isDrownedBy(beep, other)));
    return loud.sort((a, b) => a.startUs - b.startUs).map(({ level: _, ...beep }) => beep);
  }

  #skipTo(sample: number): void {
    // Silence beyond what the windows remember changes nothing.
    const silent = Math.min(sample - this.#position, 2 * WINDOW + HISTORY);
    for (let i = 0; i < silent; i++) this.#step(0);
    this.#position = sample;
  }

  #step(sample: number): void {
    const slot = this.#position % WINDOW;
    const change = sample - (this.#window[slot] ?? 0);
    this.#window[slot] = sample;
    // The window ends at this sample, so its centre is half a window earlier.
    const centre = this.#position - WINDOW / 2 + 0.5;
    this.#position++;
    for (const tone of this.#tones) {
      const beep = tone.step(change, slot, centre);
      if (beep !== undefined) this.#keep(beep);
    }
  }

  #keep(beep: ToneSpan): void {
    const durationUs = Math.round(((beep.to - beep.from) * BEAT_US) / SAMPLE_RATE);
    if (durationUs < DURATION_MIN_US) return;
    this.#beeps.push({
      startUs: mediaUs(Math.round((beep.from * BEAT_US) / SAMPLE_RATE)),
      durationUs,
      frequencyHz: beep.frequencyHz,
      isExact: beep.from - this.#soundSince > WINDOW,
      level: beep.level,
    });
  }
}

type ToneSpan = {
  readonly from: number;
  readonly to: number;
  readonly frequencyHz: number;
  readonly level: number;
};

type Heard = Pick<BeepFact, 'startUs' | 'durationUs'> & { readonly level: number };

function isDrownedBy(beep: Heard, other: Heard): boolean {
  const isTogether = beep.startUs < other.startUs + other.durationUs && other.startUs < beep.startUs + beep.durationUs;
  return isTogether && beep.level < other.level * LEVEL_SHARE_MIN;
}

/** Follows the level of one tone; positions are samples of the timeline. */
class ToneTracker {
  readonly #frequencyHz: number;
  readonly #cos = new Float64Array(WINDOW);
  readonly #sin = new Float64Array(WINDOW);
  readonly #history = new Float32Array(HISTORY);
  #real = 0;
  #imaginary = 0;
  #state: 'silent' | 'rising' | 'sounding' = 'silent';
  /** Timeline position of `#history[0]`, and how much of it is filled. */
  #historyStart = 0;
  #historyLength = 0;
  #onset = 0;
  #half = 0;
  #previousLevel = 0;

  constructor(frequencyHz: number) {
    this.#frequencyHz = frequencyHz;
    for (let i = 0; i < WINDOW; i++) {
      const angle = (2 * Math.PI * frequencyHz * i) / SAMPLE_RATE;
      this.#cos[i] = Math.cos(angle);
      this.#sin[i] = Math.sin(angle);
    }
  }

  /** Takes the change of the sample in a slot of the window; returns a beep when one has just ended. */
  step(change: number, slot: number, centre: number): ToneSpan | undefined {
    this.#real += change * (this.#cos[slot] ?? 0);
    this.#imaginary += change * (this.#sin[slot] ?? 0);
    if (this.#state === 'silent') {
      const square = this.#real * this.#real + this.#imaginary * this.#imaginary;
      if (square < ((LEVEL_MIN * WINDOW) / 2) ** 2) return undefined;
      this.#state = 'rising';
      this.#historyStart = centre;
      this.#historyLength = 0;
    }
    const level = (Math.hypot(this.#real, this.#imaginary) * 2) / WINDOW;
    if (this.#state === 'rising') this.#rise(level);
    else if (level < this.#half) return this.#end(level, centre);
    this.#previousLevel = level;
    return undefined;
  }

  #rise(level: number): void {
    this.#history[this.#historyLength++] = level;
    if (this.#historyLength < PLATEAU_TO) return;
    const plateau = Float32Array.from(this.#history.subarray(PLATEAU_FROM, PLATEAU_TO)).sort();
    this.#half = (plateau[plateau.length >> 1] ?? 0) / 2;
    if (this.#half * 2 < LEVEL_MIN) {
      this.#state = 'silent';
      return;
    }
    this.#onset = this.#historyStart + crossing(this.#history, this.#half);
    this.#state = 'sounding';
  }

  #end(level: number, centre: number): ToneSpan {
    this.#state = 'silent';
    const step = this.#previousLevel - level;
    const to = centre - (step > 0 ? (this.#half - level) / step : 0);
    return { from: this.#onset, to, frequencyHz: this.#frequencyHz, level: this.#half * 2 };
  }
}

/** Where a rising level first passes a height, between samples. */
function crossing(levels: Float32Array, height: number): number {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    if (level < height) continue;
    const before = i === 0 ? level : (levels[i - 1] ?? 0);
    return level === before ? i : i - (level - height) / (level - before);
  }
  return 0;
}
