import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearestUnwrapped, nextUnwrapped } from './serial-number.ts';

const modulo = (value: number, modulus: number): number => value - Math.floor(value / modulus) * modulus;

describe.each([
  [16, 0x10000],
  [32, 0x100000000],
])('nearestUnwrapped at %i bits', (_bits, modulus) => {
  test('recovers any number less than half a range away, in both directions', () => {
    const reference = fc.integer({ min: -4 * modulus, max: 1000 * modulus });
    const step = fc.integer({ min: -modulus / 2 + 1, max: modulus / 2 });
    fc.assert(
      fc.property(reference, step, (from, by) => {
        expect(nearestUnwrapped(from, modulo(from + by, modulus), modulus)).toBe(from + by);
      }),
      { numRuns: 2000 },
    );
  });

  test('follows a counter over many wraps, forwards and backwards, with loss and reordering', () => {
    const steps = fc.array(fc.integer({ min: -modulus / 8, max: Math.floor(modulus / 3) }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, fc.boolean(), (by, backwards) => {
        let truth = 0;
        let unwrapped = 0;
        for (const step of by) {
          truth += backwards ? -step : step;
          unwrapped = nearestUnwrapped(unwrapped, modulo(truth, modulus), modulus);
          expect(unwrapped).toBe(truth);
        }
      }),
    );
  });

  test('nextUnwrapped always goes up, by at most one range, to a congruent number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -modulus, max: 100 * modulus }),
        fc.integer({ min: 0, max: modulus - 1 }),
        (from, wire) => {
          const next = nextUnwrapped(from, wire, modulus);
          expect(next - from).toBeGreaterThan(0);
          expect(next - from).toBeLessThanOrEqual(modulus);
          expect(modulo(next, modulus)).toBe(wire);
        },
      ),
    );
  });
});
