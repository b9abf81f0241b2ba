import { describe, expect, it } from 'vitest';
import { DecodeOrder } from './decode-order.ts';

describe('decode order', () => {
  it('is presentation order when nothing is reordered', () => {
    const order = new DecodeOrder(0);
    expect([0, 40, 80].map((pts) => order.next(pts))).toEqual([0, 40, 80]);
  });

  it('refuses what its depth cannot hold', () => {
    const order = new DecodeOrder(0);
    expect([0, 120, 40].map((pts) => order.next(pts))).toEqual([0, 120, undefined]);
  });

  it('runs ahead of presentation by its depth', () => {
    const order = new DecodeOrder(1);
    expect([0, 120_000, 40_000, 80_000, 240_000].map((pts) => order.next(pts))).toEqual([
      -10_000, 0, 40_000, 80_000, 120_000,
    ]);
  });
});
