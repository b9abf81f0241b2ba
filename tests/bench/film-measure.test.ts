// What the benchmark of the browser recorder says of a film, on films whose faults are known.

import { mediaUs } from '@roomtape/media';
import type { RecordingFacts } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { measureFilm, type SourceTruth } from '../../bench/local/film-measure.ts';

const FPS = 30;
/** Page time of the source's counter 0; the film begins a second later. */
const ZERO_MS = 5_000;
const STARTED_AT_MS = 6_000;

type Faults = {
  readonly seconds: number;
  readonly soundLateMs?: number;
  readonly driftMsPer10Min?: number;
  readonly lost?: readonly number[];
  readonly tooLongMs?: number;
};

describe('the measure of a film', () => {
  it('finds nothing wrong with a film that is right', () => {
    expect(measure({ seconds: 10 })).toMatchObject({
      ...{ offsetMs: 0, spreadMs: 0, durationErrorMs: 0, framesLost: 0, framesRepeated: 0, worstGapMs: 33.3 },
      ...{ firstPictureAfterStartMs: 0, endAfterStopMs: 0, decodeErrors: 0 },
    });
  });

  it.each([-200, -7, 3.5, 31])('finds sound that is %d ms late', (soundLateMs) => {
    expect(measure({ seconds: 10, soundLateMs }).offsetMs).toBeCloseTo(soundLateMs, 1);
  });

  it('finds drift in a film that is long enough to tell', () => {
    expect(measure({ seconds: 120, driftMsPer10Min: 12 }).driftMsPer10Min).toBeCloseTo(12, 1);
    expect(measure({ seconds: 20, driftMsPer10Min: 12 }).driftMsPer10Min).toBeUndefined();
  });

  it('counts lost pictures by what the source gave, not by what it should have given', () => {
    const { framesLost, framesGiven, worstGapMs } = measure({ seconds: 4, lost: [40, 41, 90] });

    expect([framesLost, framesGiven]).toEqual([3, 4 * FPS]);
    expect(worstGapMs).toBeCloseTo(100, 0);
  });

  it('compares the length with the time from start to stop', () => {
    expect(measure({ seconds: 5, tooLongMs: 41 }).durationErrorMs).toBeCloseTo(41, 1);
  });
});

function measure(faults: Faults): ReturnType<typeof measureFilm> {
  const stoppedAtMs = STARTED_AT_MS + faults.seconds * 1000;
  return measureFilm(filmWith(faults), truthOf(faults.seconds), { startedAtMs: STARTED_AT_MS, stoppedAtMs });
}

/** A source that ran a second before the film and a second after it. */
function truthOf(seconds: number): SourceTruth {
  const frames = Array.from({ length: (seconds + 2) * FPS }, (_, i) => [i, ZERO_MS + (i * 1000) / FPS] as const);
  return { frames, beeps: Array.from({ length: seconds + 2 }, (_, second) => ZERO_MS + second * 1000) };
}

function filmWith({ seconds, soundLateMs = 0, driftMsPer10Min = 0, lost = [], tooLongMs = 0 }: Faults): RecordingFacts {
  const frames = Array.from({ length: seconds * FPS }, (_, i) => i)
    .filter((i) => !lost.includes(i + FPS))
    .map((i) => ({ ptsUs: mediaUs(Math.round((i * 1e6) / FPS)), isFlash: i % FPS < 3, counter: i + FPS }));
  const beeps = Array.from({ length: seconds - 1 }, (_, i) => {
    const lateMs = soundLateMs + ((i + 1) * driftMsPer10Min) / 600;
    const startUs = mediaUs(Math.round((i + 1) * 1e6 + lateMs * 1000));
    return { startUs, durationUs: 100_000, frequencyHz: 1000, isExact: true };
  });
  const span = { fromUs: mediaUs(0), toUs: mediaUs(seconds * 1_000_000) };
  return {
    ...{ name: 'made.mp4', container: 'mp4', bytes: 1, durationUs: seconds * 1_000_000 + tooLongMs * 1000 },
    video: { codec: 'h264', width: 2, height: 2, sizes: ['2x2'], frames, span, decodeErrorCount: 0 },
    audio: { codec: 'aac', sampleRate: 48_000, channels: 1, beeps, span, holes: [], decodeErrorCount: 0 },
  };
}
