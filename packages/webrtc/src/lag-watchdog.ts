// Watches the event loop's saturation. Packets from the native side queue without a limit while JavaScript is
// busy, so a process that cannot keep up must refuse work, and shed packets when even that does not help. It
// cannot see the native queue itself: a loop that never idles is the sign it goes by.

import { performance } from 'node:perf_hooks';
import type { CancelTimer, Clock, Log, UnixUs } from '@roomtape/media';

/** What the owner should do now. */
export type LoadLevel = 'normal' | 'busy' | 'shedding';

/** Numbers behind the levels; all durations in milliseconds. */
export type LagLimits = {
  readonly periodMs: number;
  /** Share of a period the loop may work before the period counts as saturated, 0 to 1. */
  readonly utilizationMax: number;
  /** Saturated periods in a row until new work is refused. */
  readonly busyAfterPeriods: number;
  /** Saturated periods in a row until packets are shed. */
  readonly sheddingAfterPeriods: number;
  /** One delay of the timer that alone means `shedding`. */
  readonly stallMaxMs: number;
};

const DEFAULT_LIMITS: LagLimits = {
  periodMs: 500,
  utilizationMax: 0.98,
  busyAfterPeriods: 4,
  sheddingAfterPeriods: 20,
  stallMaxMs: 2000,
};

/** Options of a `LagWatchdog`; `utilization` returns the loop's share of work since the last call. */
export type LagWatchdogOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: LagLimits;
  readonly utilization?: () => number;
};

/** Tells how loaded this process is; the owner closes it. */
export class LagWatchdog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: LagLimits;
  readonly #utilization: () => number;
  readonly #cancel: CancelTimer;
  #lastAt: UnixUs;
  #saturatedPeriods = 0;
  #level: LoadLevel = 'normal';
  #worstLagMs = 0;

  constructor(options: LagWatchdogOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#utilization = options.utilization ?? createUtilizationMeter();
    this.#lastAt = this.#clock.now();
    this.#cancel = this.#clock.every(this.#limits.periodMs, () => this.#observe());
  }

  /** The load as of the last period. */
  get level(): LoadLevel {
    return this.#level;
  }

  /** The longest delay of the timer so far, in milliseconds. */
  get worstLagMs(): number {
    return this.#worstLagMs;
  }

  /** Stops watching; idempotent. */
  close(): void {
    this.#cancel();
  }

  #observe(): void {
    const now = this.#clock.now();
    const lagMs = (now - this.#lastAt) / 1000 - this.#limits.periodMs;
    this.#lastAt = now;
    this.#worstLagMs = Math.max(this.#worstLagMs, lagMs);
    const saturated = this.#utilization() > this.#limits.utilizationMax;
    this.#saturatedPeriods = saturated ? this.#saturatedPeriods + 1 : 0;
    const level = this.#judge(lagMs);
    if (level === this.#level) return;
    this.#level = level;
    const fields = { level, lagMs: Math.round(lagMs), saturatedPeriods: this.#saturatedPeriods };
    if (level === 'normal') this.#log.info(fields, 'event loop recovered');
    else this.#log.warn(fields, 'event loop overloaded');
  }

  #judge(lagMs: number): LoadLevel {
    if (lagMs > this.#limits.stallMaxMs) return 'shedding';
    if (this.#saturatedPeriods >= this.#limits.sheddingAfterPeriods) return 'shedding';
    if (this.#saturatedPeriods >= this.#limits.busyAfterPeriods) return 'busy';
    return 'normal';
  }
}

function createUtilizationMeter(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(current, last).utilization;
    last = current;
    return share;
  };
}
