import { unixUs } from '@roomtape/media';
import { expect, it } from 'vitest';
import { wallAfter } from './wall-time.ts';

const pauses = [
  { fromAt: unixUs(500), toAt: unixUs(700) },
  { fromAt: unixUs(100), toAt: unixUs(200) },
  { fromAt: unixUs(900) },
];

it.each([
  [0, 50, 50],
  [0, 100, 200],
  [0, 399, 499],
  [0, 400, 700],
  [0, 590, 890],
  [0, 700, 1000],
  [300, 100, 400],
  [300, 300, 800],
  [150, 10, 210],
])('from %d on, %d of media end at %d on the wall', (from, media, wall) => {
  expect(wallAfter(unixUs(from), media, pauses)).toBe(wall);
});
