// A clock that only moves when a test says so. Timers run in order of their time.

import { setImmediate } from 'node:timers/promises';
import { type Clock, unixUs } from '@roomtape/media';

type Timer = { dueAt: number; periodUs: number; action: () => void; cancelled: boolean };

/** A clock for tests. */
export type FakeClock = Clock & {
  /** Moves on, running due timers; lets pending promises of each settle. */
  advance(ms: number): Promise<void>;
  /** Timers not yet run or cancelled. */
  readonly pendingTimers: number;
};

/** Creates a clock that stands at `startAt` (Unix µs). */
export function createFakeClock(startAt = 1_700_000_000_000_000): FakeClock {
  let now = startAt;
  let timers: Timer[] = [];
  const start = (delayMs: number, periodUs: number, action: () => void): (() => void) => {
    const timer: Timer = { dueAt: now + delayMs * 1000, periodUs, action, cancelled: false };
    timers.push(timer);
    return () => {
      timer.cancelled = true;
      timers = timers.filter((other) => other !== timer);
    };
  };
  return {
    now: () => unixUs(now),
    after: (delayMs, action) => start(delayMs, 0, action),
    every: (periodMs, action) => start(periodMs, periodMs * 1000, action),
    get pendingTimers() {
      return timers.length;
    },
    async advance(ms) {
      const until = now + ms * 1000;
      for (;;) {
        await setImmediate();
        const next = timers.toSorted((a, b) => a.dueAt - b.dueAt)[0];
        if (next === undefined || next.dueAt > until) break;
        now = Math.max(now, next.dueAt);
        if (next.periodUs > 0) next.dueAt += next.periodUs;
        else timers = timers.filter((other) => other !== next);
        next.action();
      }
      now = until;
    },
  };
}
