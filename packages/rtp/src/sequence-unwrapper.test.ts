import { createSeededIds } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SequenceUnwrapper } from './sequence-unwrapper.ts';

describe('SequenceUnwrapper', () => {
  test('keeps differences across wraps with loss and reordering', () => {
    const start = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(start, fc.integer(), (first, seed) => {
        const random = createSeededIds(seed);
        const unwrapper = new SequenceUnwrapper();
        expect(unwrapper.unwrap(first)).toMatchObject({ kind: 'continued', sequence: 0x10000 + first });
        for (let i = 1; i < 3000; i += 1) {
          // Every 20 steps the counter moves on by 1000: three dozen wraps in all.
          const truth = first + Math.floor(i / 20) * 1000 + (random.uint32() % 900);
          const got = unwrapper.unwrap(truth & 0xffff);
          expect(got).toEqual({ kind: 'continued', sequence: 0x10000 + truth });
        }
      }),
      { numRuns: 10 },
    );
  });

  test('drops one stray packet, and reports a restart when its successor comes', () => {
    const unwrapper = new SequenceUnwrapper();
    unwrapper.unwrap(100);
    expect(unwrapper.unwrap(20_000).kind).toBe('suspect');
    expect(unwrapper.unwrap(101)).toEqual({ kind: 'continued', sequence: 0x10000 + 101 });
    expect(unwrapper.unwrap(20_001).kind).toBe('suspect');
    expect(unwrapper.unwrap(20_002)).toEqual({
      kind: 'restarted',
      sequence: 0x10000 + 20_002,
      previous: 0x10000 + 101,
    });
    expect(unwrapper.unwrap(20_003)).toEqual({ kind: 'continued', sequence: 0x10000 + 20_003 });
  });

  test('goes up on a restart backwards, so that nothing is overwritten', () => {
    const unwrapper = new SequenceUnwrapper();
    unwrapper.unwrap(30_000);
    unwrapper.unwrap(5);
    expect(unwrapper.unwrap(6)).toEqual({ kind: 'restarted', sequence: 0x20000 + 6, previous: 0x10000 + 30_000 });
    expect(unwrapper.highest).toBe(0x20006);
  });

  test.each([
    [3000, 'continued'],
    [3001, 'suspect'],
    [-1000, 'continued'],
    [-1001, 'suspect'],
  ])('calls a step of %i %s', (step, kind) => {
    const unwrapper = new SequenceUnwrapper();
    unwrapper.unwrap(65_000);
    expect(unwrapper.unwrap((65_000 + step) & 0xffff).kind).toBe(kind);
  });

  test('peeks without learning', () => {
    const unwrapper = new SequenceUnwrapper();
    expect(unwrapper.peek(5)).toBeUndefined();
    unwrapper.unwrap(65_535);
    expect(unwrapper.peek(3)).toBe(0x20003);
    expect(unwrapper.highest).toBe(0x1ffff);
  });
});
