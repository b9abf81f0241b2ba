import { describe, expect, it } from 'vitest';
import { GraphClock } from './graph-clock.ts';

const SETTLING = 20;

describe('GraphClock', () => {
  it('places moments of the context on the page clock, whatever single readings at the start say', () => {
    const clock = new GraphClock();
    const lagsMs = [-20, -10, 0, 90, 85, ...many(10, 0)];
    lagsMs.forEach((lagMs, n) => {
      expect(clock.isSettled).toBe(n * 20 > 250);
      clock.read({ contextMs: n * 20, pageMs: 5000 + n * 20 + lagMs });
    });

    expect(clock.pageMsOf(130)).toBe(5130);
  });

  it('takes a context that fell behind for good for lost sound, once', () => {
    const { told, total } = follow([...many(10, 0), ...many(100, 300)]);

    expect(total).toBe(300);
    expect(told.findIndex((lostMs) => lostMs > 0)).toBe(10 + 25);
  });

  it('tells it sooner after an interruption', () => {
    const { told, total } = follow([...many(10, 0), ...many(50, 1300)], (clock, n) => {
      if (n === 10) clock.noteInterruption();
    });

    expect(total).toBe(1300);
    expect(told.findIndex((lostMs) => lostMs > 0)).toBe(10 + 5);
  });

  it('is not misled by a busy machine: a lag that is made up for is no loss', () => {
    const lags = [...many(10, 0), ...many(15, 180), ...many(10, 5), ...many(20, 60), ...many(50, -8)];

    expect(follow(lags).total).toBe(0);
  });

  it('adds up losses that are too small to be told one by one', () => {
    const { total } = follow(Array.from({ length: 1000 }, (_, n) => Math.floor(n / 100) * 6));

    expect(total).toBeGreaterThan(35);
    expect(total).toBeLessThanOrEqual(54);
  });

  it('takes the least of what it saw', () => {
    expect(follow([...many(10, 0), 90, 85, 80, 62, 55, ...many(30, 50)]).total).toBe(50);
  });

  it('calls it no loss when a device answers sooner than the one before', () => {
    expect(follow([...many(10, 0), ...many(100, -150)]).total).toBe(0);
  });

  it('follows an hour of drift between two crystals without calling it a loss', () => {
    const lags = Array.from({ length: 180_000 }, (_, n) => n * 20 * 200e-6 + (n % 7));

    expect(follow(lags).total).toBe(0);
  });
});

function many(count: number, lagMs: number): number[] {
  return Array.from({ length: count }, () => lagMs);
}

/** One reading every 20 ms, the context behind by these ms, after a calm start. */
function follow(lagsMs: readonly number[], before: (clock: GraphClock, n: number) => void = () => undefined) {
  const clock = new GraphClock();
  for (let n = -SETTLING; n < 0; n++) clock.read({ contextMs: 1000 + n * 20, pageMs: 2000 + n * 20 });
  const told = lagsMs.map((lagMs, n) => {
    before(clock, n);
    return clock.read({ contextMs: 1000 + n * 20, pageMs: 2000 + n * 20 + lagMs });
  });
  return { told, total: told.reduce((sum, lostMs) => sum + lostMs, 0) };
}
