// The test signal, defined once for its source and its analyser: on every whole second of signal time the
// picture flashes white and a tone sounds, both for 100 ms; each participant has a tone of its own.

import { assert } from '@roomtape/media';

/** Time from one flash and beep to the next, µs. */
export const BEAT_US = 1_000_000;
/** How long a flash and a beep last, µs. */
export const FLASH_US = 100_000;
/** Sample rate of the signal's sound. */
export const SAMPLE_RATE = 48_000;
/** Participants that can be told apart, by tone and in the counter strip. */
export const PARTICIPANTS_MAX = 16;
/** Amplitude of the tone, of full scale 1: loud enough for any codec, far from clipping in a mix of two. */
export const BEEP_AMPLITUDE = 0.4;

const FIRST_BEEP_HZ = 1000;
/** Tones stand on multiples of 100 Hz, so that a 10 ms window separates any two of them completely. */
const BEEP_STEP_HZ = 200;

/** The tone of a participant, Hz: 1000, 1200, 1400 … */
export function beepHzOf(participantIndex: number): number {
  assert(participantIndex >= 0 && participantIndex < PARTICIPANTS_MAX, 'a participant index is 0 to 15');
  return FIRST_BEEP_HZ + BEEP_STEP_HZ * participantIndex;
}

/** The participant a tone belongs to; `undefined` for any other tone. */
export function participantOfBeepHz(hz: number): number | undefined {
  const index = (hz - FIRST_BEEP_HZ) / BEEP_STEP_HZ;
  return Number.isInteger(index) && index >= 0 && index < PARTICIPANTS_MAX ? index : undefined;
}

/** Tells whether the signal flashes and sounds at a point of signal time, µs. */
export function isFlashAt(signalUs: number): boolean {
  return ((signalUs % BEAT_US) + BEAT_US) % BEAT_US < FLASH_US;
}

/**
 * Writes the tone into mono samples; `firstSample` counts samples of signal time from its zero. Every beep
 * starts at phase 0, so that the same second always sounds the same.
 */
export function writeBeep(samples: Float32Array, firstSample: number, hz: number): void {
  const beepSamples = (FLASH_US * SAMPLE_RATE) / BEAT_US;
  for (let i = 0; i < samples.length; i++) {
    const inBeat = (((firstSample + i) % SAMPLE_RATE) + SAMPLE_RATE) % SAMPLE_RATE;
    samples[i] = inBeat < beepSamples ? BEEP_AMPLITUDE * Math.sin((2 * Math.PI * hz * inBeat) / SAMPLE_RATE) : 0;
  }
}
