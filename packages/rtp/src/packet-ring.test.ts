import { describe, expect, test } from 'vitest';
import { PacketRing } from './packet-ring.ts';

describe('PacketRing', () => {
  test('tells duplicates and what is too old to tell', () => {
    const ring = new PacketRing<string>(4);
    expect([10, 11, 10, 13, 9, 12].map((sequence) => ring.note('', sequence))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect([9, 10, 13, 14].map((sequence) => ring.has(sequence))).toEqual([false, true, true, false]);
  });

  test('gives back the very item while it is among the newest, and only if it held', () => {
    const ring = new PacketRing<Uint8Array>(4);
    const items = Array.from({ length: 8 }, (_, i) => new Uint8Array([i]));
    const note = (i: number): boolean => ring.note(items[i] ?? new Uint8Array(), 70_000 + i);
    note(0);
    ring.hold(true);
    for (let i = 1; i < 6; i += 1) note(i);
    expect([0, 1, 2, 5, 6].map((i) => ring.find(70_000 + i))).toEqual([
      undefined,
      undefined,
      items[2],
      items[5],
      undefined,
    ]);
    expect(ring.find(70_003)).toBe(items[3]);
    ring.hold(false);
    expect(ring.find(70_003)).toBeUndefined();
    expect(ring.has(70_003)).toBe(true);
  });

  test('forgets a numbering that ended', () => {
    const ring = new PacketRing<number>(4);
    ring.hold(true);
    ring.note(1, 100_000);
    ring.clear();
    expect(ring.has(100_000)).toBe(false);
    expect(ring.note(2, 5)).toBe(true);
    expect(ring.find(5)).toBe(2);
  });
});
