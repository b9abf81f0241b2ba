import { describe, expect, it } from 'vitest';
import { GraphClock } from './graph-clock.ts';

describe('GraphClock', () => {
  it('places moments of the context on the page clock', () => {
    const clock = new GraphClock();
    clock.read({ contextMs: 100, pageMs: 5100 });

    expect(clock.pageMsOf(130)).toBe(5130);
  });

  it('takes a context that fell behind for lost sound, once', () => {
    const { told } = follow([0, 0, 0, 300, 300, 300, 300, 300]);

    expect(told).toEqual([0, 0, 0, 0, 0, 300, 0, 0]);
  });

  it('is not misled by single readings that are off, nor by noise', () => {
    const { told } = follow([0, 80, 0, 5, -8, 12, 80, 80, 0, 9]);

    expect(told.every((lostMs) => lostMs === 0)).toBe(true);
  });

  it('adds up losses that are too small to be told one by one', () => {
    const { told } = follow(Array.from({ length: 100 }, (_, n) => Math.floor(n / 10) * 6));

    const total = told.reduce((sum, lostMs) => sum + lostMs, 0);
    expect(total).toBeGreaterThan(35);
    expect(total).toBeLessThanOrEqual(54);
  });

  it('takes the surest of what it saw', () => {
    const { told } = follow([0, 62, 55, 50]);

    expect(told.at(-1)).toBe(50);
  });

  it('calls it no loss when a device answers sooner than the one before', () => {
    const { told } = follow([0, -150, -150, -150, -150, -150]);

    expect(told).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('follows an hour of drift between two crystals without calling it a loss', () => {
    const lags = Array.from({ length: 180_000 }, (_, n) => n * 20 * 200e-6 + (n % 7));

    expect(follow(lags).told.every((lostMs) => lostMs === 0)).toBe(true);
  });
});

/** One reading every 20 ms, the context behind by these ms. */
function follow(lagsMs: readonly number[]): { told: number[] } {
  const clock = new GraphClock();
  return { told: lagsMs.map((lagMs, n) => clock.read({ contextMs: n * 20, pageMs: 1000 + n * 20 + lagMs })) };
}
