import { silentLog } from '@roomtape/media';
import { createFakeClock } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { LagWatchdog } from './lag-watchdog.ts';

const limits = {
  periodMs: 500,
  utilizationMax: 0.98,
  busyAfterPeriods: 2,
  sheddingAfterPeriods: 4,
  stallMaxMs: 2000,
};

describe('LagWatchdog', () => {
  it('refuses work, then sheds, while the loop never idles, and recovers', () => {
    const clock = createFakeClock();
    let share = 0.5;
    const watchdog = new LagWatchdog({ clock, log: silentLog, limits, utilization: () => share });
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
});
