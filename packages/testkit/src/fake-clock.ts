// A clock that moves only when told to. Runs timers in the order they fall due, so an hour of meeting passes
// in milliseconds and twice the same way. It does not wait for promises except in `advanceAndSettle`.

import { assert, type CancelTimer, type Clock, msToUs, type UnixUs, unixUs } from '@roomtape/media';

/** A `Clock` whose time is moved by hand. */
export interface FakeClock extends Clock {
  /** Moves time forward by `ms`, running every timer that falls due, in order of its due time. */
  advance(ms: number): void;
  /** As `advance`, and lets promises that are ready run after every timer. */
  advanceAndSettle(ms: number): Promise<void>;
  /** Moves time forward without running anything, as for a process that was held up: its timers run late. */
  stall(ms: number): void;
  /** How many timers are waiting. */
  readonly pendingCount: number;
}

/** A limit on timers run by one `advance`: a timer that re-arms itself at 0 ms would never end. */
const TIMERS_PER_ADVANCE_MAX = 10_000_000;
/** 22 November 2023, 22:13:20 UTC: a round number that is recognisable in a log. */
const DEFAULT_START_AT = unixUs(1_700_000_000_000_000);

type Timer = { dueAt: number; readonly order: number; readonly periodUs: number | undefined; action: () => void };

/** Creates a fake clock that stands at `startAt` until it is advanced. */
export function createFakeClock(startAt: UnixUs = DEFAULT_START_AT): FakeClock {
  return new ManualClock(startAt);
}

class ManualClock implements FakeClock {
  readonly #timers = new Set<Timer>();
  #nowUs: number;
  #order = 0;

  constructor(startAt: UnixUs) {
    this.#nowUs = startAt;
  }

  get pendingCount(): number {
    return this.#timers.size;
  }

  now(): UnixUs {
    return unixUs(this.#nowUs);
  }

  after(delayMs: number, action: () => void): CancelTimer {
    return this.#arm(Math.max(0, delayMs), undefined, action);
  }

  every(periodMs: number, action: () => void): CancelTimer {
    // Platforms run an interval of 0 ms as one of 1 ms.
    const period = Math.max(1, periodMs);
    return this.#arm(period, msToUs(period), action);
  }

  advance(ms: number): void {
    const untilUs = this.#nowUs + Math.round(msToUs(ms));
    for (let run = 0; this.#runNext(untilUs); run++) assert(run < TIMERS_PER_ADVANCE_MAX, 'timers come to an end');
    this.#nowUs = untilUs;
  }

  stall(ms: number): void {
    this.#nowUs += Math.round(msToUs(ms));
  }

  async advanceAndSettle(ms: number): Promise<void> {
    const untilUs = this.#nowUs + Math.round(msToUs(ms));
    await settle();
    for (let run = 0; this.#runNext(untilUs); run++) {
      assert(run < TIMERS_PER_ADVANCE_MAX, 'timers come to an end');
      await settle();
    }
    this.#nowUs = untilUs;
  }

  #arm(delayMs: number, periodUs: number | undefined, action: () => void): CancelTimer {
    const timer: Timer = { dueAt: this.#nowUs + Math.round(msToUs(delayMs)), order: this.#order++, periodUs, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #runNext(untilUs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.dueAt <= untilUs && isEarlier(timer, next)) next = timer;
    if (next === undefined) return false;
    this.#nowUs = Math.max(this.#nowUs, next.dueAt);
    if (next.periodUs === undefined) this.#timers.delete(next);
    else next.dueAt += next.periodUs;
    next.action();
    return true;
  }
}

function isEarlier(timer: Timer, than: Timer | undefined): boolean {
  if (than === undefined) return true;
  return timer.dueAt < than.dueAt || (timer.dueAt === than.dueAt && timer.order < than.order);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
