import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LateEnvelope } from './late-envelope.ts';

const S = 1_000_000;
const options = { stepSeconds: 10 };

/** Lateness in µs from 0 on, the same on every run: half of it below 10 ms, some up to 97 ms. */
function lateness(i: number): number {
  const x = ((i * 7919) % 1000) / 1000;
  return Math.round(97_000 * x ** 4);
}

describe('the lower envelope', () => {
  it('finds the offset below scatter that is only ever late', () => {
    const envelope = new LateEnvelope(options);
    for (let i = 0; i < 500; i += 1) envelope.add(i * 20_000, 5000 + lateness(i));
    expect(Math.abs((envelope.valueAt(10 * S) ?? Number.NaN) - 5000)).toBeLessThan(100);
  });

  it('follows a clock that drifts, to 1 ms after the first minute and 5 ms before', () => {
    for (const drift of [-0.000_2, 0.000_2]) {
      const envelope = new LateEnvelope(options);
      for (let i = 0; i < 30_000; i += 1) {
        const at = i * 20_000;
        envelope.add(at, at * drift + lateness(i));
        if (i % 50 !== 49) continue;
        const error = Math.abs((envelope.valueAt(at) ?? Number.NaN) - at * drift);
        expect(error).toBeLessThan(at < 60 * S ? 5000 : 1000);
      }
    }
  });

  it('does not take seconds in which everything is late for a step, but ten of them', () => {
    const envelope = new LateEnvelope(options);
    const add = (fromS: number, toS: number, offset: number): void => {
      for (let at = fromS * S; at < toS * S; at += 20_000) envelope.add(at, offset + lateness(at / 20_000));
    };
    add(0, 30, 0);
    add(30, 36, 80_000);
    expect(Math.abs(envelope.valueAt(36 * S) ?? Number.NaN)).toBeLessThan(2000);
    add(36, 40, 0);
    add(40, 53, 80_000);
    expect(Math.abs((envelope.valueAt(53 * S) ?? Number.NaN) - 80_000)).toBeLessThan(2000);
  });

  it('gives in to an earlier offset at once', () => {
    const envelope = new LateEnvelope(options);
    for (let i = 0; i < 100; i += 1) envelope.add(i * S, 50_000);
    envelope.add(100 * S, 10_000);
    expect(envelope.valueAt(100 * S)).toBeLessThanOrEqual(10_000);
  });

  it('never lies above what it was told within its window, and knows nothing before', () => {
    expect(new LateEnvelope(options).valueAt(0)).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -200_000, max: 200_000 }), { minLength: 1, maxLength: 50 }), (offsets) => {
        const envelope = new LateEnvelope({ stepSeconds: 1000 });
        for (const [i, offset] of offsets.entries()) envelope.add(i * S, offset);
        for (const [i, offset] of offsets.entries())
          expect(envelope.valueAt(i * S)).toBeLessThanOrEqual(offset + 0.001);
      }),
    );
  });
});
