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
  /** Share of the processor, 0 to 1, from which on it is this thread's own work that saturates it. */
  readonly ownCpuMin: number;
  /** Saturated periods in a row until new work is refused. */
  readonly busyAfterPeriods: number;
  /** Saturated periods in a row until packets are shed. */
  readonly sheddingAfterPeriods: number;
  /** Periods in a row without idling, even if others took the processor, until packets are shed. */
  readonly starvedAfterPeriods: number;
  /** One delay of the timer that alone means `shedding`. */
  readonly stallMaxMs: number;
};

const DEFAULT_LIMITS: LagLimits = {
  periodMs: 500,
  utilizationMax: 0.98,
  ownCpuMin: 0.7,
  busyAfterPeriods: 6,
  sheddingAfterPeriods: 20,
  starvedAfterPeriods: 120,
  stallMaxMs: 5000,
};

/** Shares of the time since the last look, 0 to 1. */
export type LoopLoad = {
  /** In which the loop was not waiting, whether it had a processor or not. */
  readonly loop: number;
  /** In which this thread ran. */
  readonly cpu: number;
};

/** Options of a `LagWatchdog`; `load` measures since its last call. */
export type LagWatchdogOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: LagLimits;
  readonly load?: () => LoopLoad;
};

/** Tells how loaded this process is; the owner closes it. */
export class LagWatchdog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: LagLimits;
  readonly #load: () => LoopLoad;
  readonly #cancel: CancelTimer;
  #lastAt: UnixUs;
  #saturatedPeriods = 0;
  #neverIdlePeriods = 0;
  #level: LoadLevel = 'normal';
  #worstLagMs = 0;

  constructor(options: LagWatchdogOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#load = options.load ?? createLoadMeter();
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
    this.#count(this.#load());
    const level = this.#judge(lagMs);
    if (level === this.#level) return;
    this.#level = level;
    const fields = {
      level,
      lagMs: Math.round(lagMs),
      saturatedPeriods: this.#saturatedPeriods,
      neverIdlePeriods: this.#neverIdlePeriods,
    };
    if (level === 'normal') this.#log.info(fields, 'event loop recovered');
    else this.#log.warn(fields, 'event loop overloaded');
  }

  /** A machine that is busy with other things is no reason to refuse work: it may be calm in a second. */
  #count(load: LoopLoad): void {
    const { utilizationMax, ownCpuMin } = this.#limits;
    const neverIdle = load.loop > utilizationMax;
    const byOwnWork = load.cpu >= ownCpuMin;
    this.#saturatedPeriods = neverIdle && byOwnWork ? this.#saturatedPeriods + 1 : 0;
    this.#neverIdlePeriods = neverIdle ? this.#neverIdlePeriods + 1 : 0;
  }

  #judge(lagMs: number): LoadLevel {
    if (lagMs > this.#limits.stallMaxMs) return 'shedding';
    if (this.#saturatedPeriods >= this.#limits.sheddingAfterPeriods) return 'shedding';
    if (this.#neverIdlePeriods >= this.#limits.starvedAfterPeriods) return 'shedding';
    if (this.#saturatedPeriods >= this.#limits.busyAfterPeriods) return 'busy';
    return 'normal';
  }
}

function createLoadMeter(): () => LoopLoad {
  let loop = performance.eventLoopUtilization();
  let cpu = process.threadCpuUsage();
  return () => {
    const now = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(now, loop);
    const used = process.threadCpuUsage(cpu);
    loop = now;
    cpu = process.threadCpuUsage();
    const elapsedUs = (since.active + since.idle) * 1000;
    return { loop: since.utilization, cpu: elapsedUs > 0 ? (used.user + used.system) / elapsedUs : 0 };
  };
}
