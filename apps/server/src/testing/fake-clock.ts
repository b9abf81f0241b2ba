// A clock for tests that only moves when told. Not part of the product.

import { type Clock, type UnixUs, unixUs } from '@roomtape/media';

/** A clock whose time is moved by `advance`, which runs what is due in order. */
export type FakeClock = Clock & { advance(ms: number): void };

type Timer = { dueUs: number; readonly periodUs: number | undefined; readonly action: () => void };

/** Creates a clock that starts at 2026-01-01 and stands still. */
export function createFakeClock(): FakeClock {
  let nowUs = 1_767_225_600_000_000;
  const timers = new Set<Timer>();
  const add = (timer: Timer): (() => void) => {
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const runNext = (untilUs: number): boolean => {
    const [next] = [...timers].filter((timer) => timer.dueUs <= untilUs).sort((a, b) => a.dueUs - b.dueUs);
    if (next === undefined) return false;
    nowUs = Math.max(nowUs, next.dueUs);
    if (next.periodUs === undefined) timers.delete(next);
    else next.dueUs += next.periodUs;
    next.action();
    return true;
  };
  return {
    now: (): UnixUs => unixUs(nowUs),
    after: (delayMs, action) => add({ dueUs: nowUs + delayMs * 1000, periodUs: undefined, action }),
    every: (periodMs, action) => add({ dueUs: nowUs + periodMs * 1000, periodUs: periodMs * 1000, action }),
    advance(ms) {
      const untilUs = nowUs + ms * 1000;
      while (runNext(untilUs));
      nowUs = untilUs;
    },
  };
}
