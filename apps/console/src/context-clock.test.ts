import { describe, expect, it } from 'vitest';
import { ContextClock } from './context-clock.ts';

const BUFFER_MS = 10;
const TICK_MS = 4;

type Reading = { readonly nowMs: number; readonly offMs: number; readonly isLost: boolean };

/** A clock read every few ms while its context loses so many ms at two seconds; `offMs` is how wrong it places sound. */
function read(lostMs: number, heldMs = 0): Reading[] {
  const page = { nowMs: 0 };
  const audio = {
    get currentTime(): number {
      const heard = page.nowMs - (page.nowMs >= 2000 ? lostMs : 0);
      return (Math.floor(heard / BUFFER_MS) * BUFFER_MS) / 1000;
    },
  };
  const clock = new ContextClock(audio, () => page.nowMs);
  const readings: Reading[] = [];
  for (; page.nowMs < 4000; page.nowMs += TICK_MS) {
    // The page itself is held up now and then, and reads late.
    if (page.nowMs === 1000) page.nowMs += heldMs;
    clock.read();
    const atMs = page.nowMs;
    const truthMs = atMs >= 2000 ? lostMs : 0;
    readings.push({ nowMs: atMs, offMs: clock.pageSecondsAt(1) * 1000 - 1000 - truthMs, isLost: clock.isLost });
  }
  return readings.filter(({ nowMs }) => nowMs > 500);
}

describe('the clock of an audio context on the page', () => {
  it('is right to a few ms while the context moves by whole buffers and the page is held up', () => {
    for (const { offMs, isLost } of read(0, 60)) {
      expect(Math.abs(offMs)).toBeLessThan(TICK_MS);
      expect(isLost).toBe(false);
    }
  });

  it('says within 50 ms that the context stood still, and is right again after 150 ms', () => {
    for (const lostMs of [20, 40, 350]) {
      const after = read(lostMs).filter(({ nowMs }) => nowMs >= 2000);
      for (const { nowMs, offMs, isLost } of after) {
        if (nowMs > 2150) expect(isLost).toBe(false);
        if (nowMs > 2150) expect(Math.abs(offMs)).toBeLessThan(TICK_MS);
      }
      expect(after.find(({ isLost }) => isLost)?.nowMs).toBeLessThan(2055);
    }
  });
});
