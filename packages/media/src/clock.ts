// The clock port and its one system implementation. Everything that needs the time or a timer receives a
// `Clock`; only this file may ask the runtime (a tidy test checks).

import { type UnixUs, unixUs } from './time.ts';

/** Cancels a timer; idempotent. */
export type CancelTimer = () => void;

/** Tells the time and runs timers. Tests inject a fake one. */
export interface Clock {
  /** Wall clock in µs since the Unix epoch; never goes backwards within one process. */
  now(): UnixUs;
  /** Runs `action` once after `delayMs`. */
  after(delayMs: number, action: () => void): CancelTimer;
  /** Runs `action` every `periodMs` until cancelled. */
  every(periodMs: number, action: () => void): CancelTimer;
}

/**
 * Creates the real clock: wall time read once, then advanced by the monotonic clock, so a step of the
 * machine's clock (NTP, suspend) never turns into a jump between two frames. Timers do not keep the
 * process alive unless `keepAlive` is set.
 */
export function createSystemClock(options: { keepAlive?: boolean } = {}): Clock {
  const origin = Date.now() * 1000 - performance.now() * 1000;
  const settle = (timer: unknown): void => {
    if (options.keepAlive !== true) (timer as { unref?: () => void }).unref?.();
  };
  return {
    now: () => unixUs(Math.round(origin + performance.now() * 1000)),
    after(delayMs, action) {
      const timer = setTimeout(action, delayMs);
      settle(timer);
      return () => clearTimeout(timer);
    },
    every(periodMs, action) {
      const timer = setInterval(action, periodMs);
      settle(timer);
      return () => clearInterval(timer);
    },
  };
}
