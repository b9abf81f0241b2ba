import { silentLog } from '@roomtape/media';
import { createFakeClock } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { LagWatchdog } from './lag-watchdog.ts';

const limits = {
  periodMs: 500,
  utilizationMax: 0.98,
  ownCpuMin: 0.7,
  busyAfterPeriods: 2,
  sheddingAfterPeriods: 4,
  starvedAfterPeriods: 10,
  stallMaxMs: 2000,
};

describe('LagWatchdog', () => {
  it('refuses work, then sheds, while the loop never idles, and recovers', () => {
    const clock = createFakeClock();
    let share = 0.5;
    const watchdog = new LagWatchdog({ clock, log: silentLog, limits, load: () => ({ loop: share, cpu: share }) });
    const after = (periods: number) => {
      clock.advance(periods * limits.periodMs);
      return watchdog.level;
    };
    expect(after(3)).toBe('normal');
    share = 1;
    expect(after(1)).toBe('normal');
    expect(after(1)).toBe('busy');
    expect(after(2)).toBe('shedding');
    share = 0.9;
    expect(after(1)).toBe('normal');
    watchdog.close();
    expect(clock.pendingCount).toBe(0);
  });

  it('refuses nothing while others take the processor, and sheds only after long', () => {
    const clock = createFakeClock();
    const watchdog = new LagWatchdog({ clock, log: silentLog, limits, load: () => ({ loop: 1, cpu: 0.15 }) });
    clock.advance(9 * limits.periodMs);
    expect(watchdog.level).toBe('normal');
    clock.advance(limits.periodMs);
    expect(watchdog.level).toBe('shedding');
    watchdog.close();
  });

  it('with its usual limits lets a machine at seven times its processors be for a minute', () => {
    const clock = createFakeClock();
    const watchdog = new LagWatchdog({ clock, log: silentLog, load: () => ({ loop: 1, cpu: 0.14 }) });
    clock.stall(3000);
    clock.advance(55_000);
    expect(watchdog.level).toBe('normal');
    watchdog.close();
  });

  it('measures the share of the processor this thread has', () => {
    const clock = createFakeClock();
    const watchdog = new LagWatchdog({ clock, log: silentLog });
    clock.advance(5000);
    expect(watchdog.level).toBe('normal');
    watchdog.close();
  });
});
