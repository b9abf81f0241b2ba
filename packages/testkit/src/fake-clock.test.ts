import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

describe('fake clock', () => {
  it('stands still until it is advanced', () => {
    const clock = createFakeClock();
    const before = clock.now();

    clock.advance(1500);

    expect(clock.now() - before).toBe(1_500_000);
  });

  it('runs timers in the order they fall due, not in the order they were set', () => {
    const clock = createFakeClock();
    const ran: string[] = [];
    clock.after(30, () => ran.push('c'));
    clock.after(10, () => ran.push('a'));
    clock.after(10, () => ran.push('b'));

    clock.advance(30);

    expect(ran).toEqual(['a', 'b', 'c']);
  });

  it('shows a timer the time at which it fell due', () => {
    const clock = createFakeClock();
    const start = clock.now();
    const seen: number[] = [];
    clock.every(20, () => seen.push(clock.now() - start));

    clock.advance(65);

    expect(seen).toEqual([20_000, 40_000, 60_000]);
  });

  it('runs timers that timers set, when they too fall due', () => {
    const clock = createFakeClock();
    const ran: string[] = [];
    clock.after(10, () => clock.after(10, () => ran.push('inner')));

    clock.advance(20);

    expect(ran).toEqual(['inner']);
  });

  it('forgets a cancelled timer', () => {
    const clock = createFakeClock();
    let runs = 0;
    const cancel = clock.every(10, () => runs++);

    clock.advance(10);
    cancel();
    clock.advance(100);

    expect([runs, clock.pendingCount]).toEqual([1, 0]);
  });

  it('lets promises continue between timers when asked to settle', async () => {
    const clock = createFakeClock();
    const ran: string[] = [];
    clock.after(10, () => void Promise.resolve().then(() => ran.push('promise')));
    clock.after(20, () => ran.push('timer'));

    await clock.advanceAndSettle(20);

    expect(ran).toEqual(['promise', 'timer']);
  });
});
