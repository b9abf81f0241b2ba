import { describe, expect, it } from 'vitest';
import { PictureClock } from './picture-clock.ts';

const FRAME_US = 33_333;

/** Feeds pictures stamped from `from`, each late by what `late` says; gives the errors of the mapping, µs. */
function errorsOf(
  clock: PictureClock,
  count: number,
  at: (i: number) => { stampUs: number; lateUs: number; trueUs: number },
) {
  return Array.from({ length: count }, (_, i) => {
    const { stampUs, lateUs, trueUs } = at(i);
    return clock.map(stampUs, trueUs + lateUs) - trueUs;
  });
}

describe('clock of pictures', () => {
  it('finds the distance of the clocks by the picture that came soonest', () => {
    const late = [25_000, 900, 300, 8000, 400, 1200];
    const errors = errorsOf(new PictureClock(), 200, (i) => ({
      stampUs: 777_000_000 + i * FRAME_US,
      trueUs: 5_000_000 + i * FRAME_US,
      lateUs: late[i % late.length] ?? 0,
    }));
    expect(new Set(errors.slice(12))).toEqual(new Set([300]));
  });

  it('does not follow a machine that is busy for seconds', () => {
    const errors = errorsOf(new PictureClock(), 600, (i) => ({
      stampUs: i * FRAME_US,
      trueUs: 5_000_000 + i * FRAME_US,
      lateUs: i > 100 && i < 190 ? 60_000 : 500,
    }));
    expect(Math.max(...errors.slice(20))).toBe(500);
  });

  it('gives up soon what it learned while the machine was busy at the start', () => {
    const errors = errorsOf(new PictureClock(), 90, (i) => ({
      stampUs: i * FRAME_US,
      trueUs: 5_000_000 + i * FRAME_US,
      lateUs: i < 30 ? 9000 : 500,
    }));
    expect(errors[29]).toBe(9000);
    expect(errors.at(-1)).toBe(500);
    const steps = errors.slice(30).map((error, i) => Math.abs(error - (errors[29 + i] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(400);
  });

  it('follows a clock that drifts, slowly and without a jump', () => {
    const errors = errorsOf(new PictureClock(), 20_000, (i) => ({
      stampUs: Math.round(i * FRAME_US * (1 - 80e-6)),
      trueUs: 5_000_000 + i * FRAME_US,
      lateUs: 500,
    }));
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(4500);
  });

  it('begins anew when stamps do', () => {
    const clock = new PictureClock();
    for (let i = 0; i < 100; i++) clock.map(i * FRAME_US, 5_000_000 + i * FRAME_US);
    expect(clock.map(0, 9_000_000)).toBe(9_000_000);
    expect(clock.map(FRAME_US, 9_000_000 + FRAME_US - 2000)).toBe(9_000_000 + FRAME_US - 2000);
  });
});
