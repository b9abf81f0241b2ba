import { expect, it } from 'vitest';
import { SoundClock } from './sound-clock.ts';

const PAGE_US = 1_000_000_000;
const WORKER_US = 1_007_000_000;

it('knows by which of its clocks a block is stamped', () => {
  const clock = new SoundClock([WORKER_US, PAGE_US]);
  expect(clock.map(7_990_000, PAGE_US + 8_000_000)).toBe(PAGE_US + 7_990_000);
  expect(clock.map(1_000_000, PAGE_US + 8_010_000)).toBe(PAGE_US + 8_000_000);
});

it('goes by arrivals where stamps are of another clock', () => {
  const clock = new SoundClock([WORKER_US, PAGE_US]);
  expect(clock.map(500_000_000, PAGE_US + 8_000_000)).toBe(PAGE_US + 8_000_000);
  expect(clock.map(500_010_000, PAGE_US + 8_019_000)).toBe(PAGE_US + 8_010_000);
});
