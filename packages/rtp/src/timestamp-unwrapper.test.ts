import { createSeededIds, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimestampUnwrapper } from './timestamp-unwrapper.ts';

const at = (ms: number) => unixUs(1_700_000_000_000_000 + Math.round(ms * 1000));

describe('TimestampUnwrapper', () => {
  test('keeps differences across the wrap with loss and reordering', () => {
    const start = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(start, fc.integer(), (first, seed) => {
        const random = createSeededIds(seed);
        const unwrapper = new TimestampUnwrapper({ clockRate: 90_000 });
        unwrapper.unwrap(first, at(0));
        let frame = 0;
        for (let i = 1; i < 500; i += 1) {
          // Up to 20 s apart in time, packets up to 3 frames late.
          frame += random.uint32() % (i % 50 === 0 ? 600 : 4);
          const truth = first + Math.max(0, frame - (random.uint32() % 4)) * 3000;
          const got = unwrapper.unwrap(truth % 2 ** 32, at(frame * 33.333 + (random.uint32() % 200)));
          expect(got).toEqual({ kind: 'continued', ticks: 2 ** 32 + truth });
        }
      }),
      { numRuns: 50 },
    );
  });

  test('places a packet after a pause longer than half a range by the arrival clock', () => {
    const unwrapper = new TimestampUnwrapper({ clockRate: 90_000 });
    unwrapper.unwrap(1000, at(0));
    const tenHoursMs = 10 * 3_600_000;
    const truth = 1000 + tenHoursMs * 90;
    expect(unwrapper.unwrap(truth % 2 ** 32, at(tenHoursMs + 50))).toEqual({
      kind: 'continued',
      ticks: 2 ** 32 + truth,
    });
  });

  test('reports a jump ahead with its size', () => {
    const unwrapper = new TimestampUnwrapper({ clockRate: 48_000 });
    unwrapper.unwrap(0, at(0));
    expect(unwrapper.unwrap(48_000 * 61, at(1000))).toEqual({
      kind: 'jumped',
      ticks: 2 ** 32 + 48_000 * 61,
      previousTicks: 2 ** 32,
      jumpUs: 60_000_000,
    });
    expect(unwrapper.unwrap(48_000 * 61 + 960, at(1020)).kind).toBe('continued');
  });

  test('never goes back on a jump back', () => {
    const unwrapper = new TimestampUnwrapper({ clockRate: 48_000 });
    unwrapper.unwrap(48_000 * 100, at(0));
    const jumped = unwrapper.unwrap(48_000 * 40, at(0));
    expect(jumped).toMatchObject({ kind: 'jumped', ticks: 2 * 2 ** 32 + 48_000 * 40, jumpUs: -60_000_000 });
  });

  test('tolerates what the network explains, reports what it does not', () => {
    const kindOf = (deviationMs: number): string => {
      const unwrapper = new TimestampUnwrapper({ clockRate: 90_000, jumpMsMax: 2000 });
      unwrapper.unwrap(0, at(0));
      return unwrapper.unwrap((10_000 + deviationMs) * 90, at(10_000)).kind;
    };
    expect([-2001, -1999, 0, 1999, 2001].map(kindOf)).toEqual([
      'jumped',
      'continued',
      'continued',
      'continued',
      'jumped',
    ]);
  });

  test('peeks near the latest without learning', () => {
    const unwrapper = new TimestampUnwrapper({ clockRate: 90_000 });
    expect(unwrapper.peek(1)).toBeUndefined();
    unwrapper.unwrap(0xffffff00, at(0));
    expect(unwrapper.peek(0x10)).toBe(2 * 2 ** 32 + 0x10);
    expect(unwrapper.latest).toBe(2 ** 32 + 0xffffff00);
  });
});
