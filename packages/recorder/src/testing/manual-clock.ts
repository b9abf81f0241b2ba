// A clock that only moves when it is told to, for tests of what happens over time.

import { type CancelTimer, type Clock, type UnixUs, unixUs } from '@roomtape/media';

type Timer = { dueUs: number; readonly periodUs: number | undefined; readonly action: () => void };

/** A clock tests advance by hand; timers run in order of their due time. */
export class ManualClock implements Clock {
  #nowUs: number;
  readonly #timers = new Set<Timer>();

  constructor(startUs: number) {
    this.#nowUs = startUs;
  }

  now(): UnixUs {
    return unixUs(this.#nowUs);
  }

  after(delayMs: number, action: () => void): CancelTimer {
    return this.#add({ dueUs: this.#nowUs + delayMs * 1000, periodUs: undefined, action });
  }

  every(periodMs: number, action: () => void): CancelTimer {
    return this.#add({ dueUs: this.#nowUs + periodMs * 1000, periodUs: periodMs * 1000, action });
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const until = this.#nowUs + ms * 1000;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.dueUs <= until).sort((a, b) => a.dueUs - b.dueUs)[0];
      if (next === undefined) break;
      this.#nowUs = Math.max(this.#nowUs, next.dueUs);
      if (next.periodUs === undefined) this.#timers.delete(next);
      else next.dueUs += next.periodUs;
      next.action();
    }
    this.#nowUs = until;
  }

  #add(timer: Timer): CancelTimer {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
