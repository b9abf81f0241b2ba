import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmResampler } from './pcm-resampler.ts';

const PAIRS: readonly [number, number][] = [
  [48_000, 16_000],
  [48_000, 8000],
  [48_000, 44_100],
  [44_100, 48_000],
  [44_100, 16_000],
  [44_100, 8000],
  [16_000, 48_000],
  [8000, 48_000],
  [22_050, 48_000],
  [192_000, 48_000],
  [96_000, 44_100],
  [47_999, 48_000],
];

describe('PcmResampler', () => {
  it.each(PAIRS)('is flat within 0.1 dB up to 0.45 of the lower rate, %i to %i', (fromRate, toRate) => {
    const low = Math.min(fromRate, toRate);
    for (const part of [0.01, 0.1, 0.25, 0.4, 0.45]) {
      const got = toneLevelDb(resampleTone({ fromRate, toRate, hz: low * part }), low * part, toRate);
      expect(Math.abs(got)).toBeLessThan(0.1);
    }
  });

  it.each(PAIRS)('leaves nothing but the tone, %i to %i', (fromRate, toRate) => {
    const low = Math.min(fromRate, toRate);
    for (const part of [0.07, 0.31, 0.44]) {
      expect(restLevelDb(resampleTone({ fromRate, toRate, hz: low * part }), low * part, toRate)).toBeLessThan(-80);
    }
  });

  it.each(PAIRS.filter(([from, to]) => from > to))(
    'lets nothing above half the new rate through, %i to %i',
    (fromRate, toRate) => {
      for (const part of [0.501, 0.6, 0.9, 0.99]) {
        const hz = toRate / 2 + (fromRate / 2 - toRate / 2) * (part - 0.5) * 2;
        expect(20 * Math.log10(rms(resampleTone({ fromRate, toRate, hz })) * Math.SQRT2)).toBeLessThan(-80);
      }
    },
  );

  it('shifts nothing in time: a sample of a slow wave is where the clock says', () => {
    for (const [fromRate, toRate] of PAIRS) {
      const out = resampleTone({ fromRate, toRate, hz: 300 });
      for (let n = 900; n < 1000; n++) {
        expect(Math.abs((out[n] ?? 0) - Math.sin((2 * Math.PI * 300 * n) / toRate))).toBeLessThan(2e-4);
      }
    }
  });

  it('gives the same samples however the input is cut, and exactly as many as the time asks for', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...PAIRS), cuts, ([fromRate, toRate], lengths) => {
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const input = Float32Array.from({ length: total }, (_, n) => Math.sin(n * n * 1e-4));
        const whole = run({ fromRate, toRate }, [input]);
        let at = 0;
        const pieces = lengths.map((length) => {
          at += length;
          return input.subarray(at - length, at);
        });
        expect(whole.length).toBe(Math.ceil((total * toRate) / fromRate));
        expect(run({ fromRate, toRate }, pieces)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps channels apart', () => {
    const resampler = new PcmResampler({ fromRate: 48_000, toRate: 16_000, channels: 2 });
    const [left, right] = resampler.process([new Float32Array(4800).fill(0.5), new Float32Array(4800)]);
    expect(left?.[800]).toBeCloseTo(0.5, 4);
    expect(right?.every((sample) => sample === 0)).toBe(true);
  });

  it('hands samples through when there is nothing to change, as copies', () => {
    const resampler = new PcmResampler({ fromRate: 48_000, toRate: 48_000, channels: 1 });
    const input = Float32Array.from([0.1, -0.2]);
    const [output] = resampler.process([input]);
    expect(resampler.delaySamples).toBe(0);
    expect(output).toEqual(input);
    expect(output).not.toBe(input);
  });

  it('starts anew after flush', () => {
    const resampler = new PcmResampler({ fromRate: 48_000, toRate: 16_000, channels: 1 });
    const once = (): number[] => {
      const input = Float32Array.from({ length: 960 }, (_, n) => Math.sin(n / 9));
      return [...resampler.process([input]), ...resampler.flush()].flatMap((plane) => [...plane]);
    };
    const first = once();
    expect(first).toHaveLength(320);
    expect(once()).toEqual(first);
  });

  it.each([
    { fromRate: 7999, toRate: 48_000, channels: 1 },
    { fromRate: 48_000, toRate: 96_000, channels: 1 },
    { fromRate: 48_000.5, toRate: 16_000, channels: 1 },
    { fromRate: 48_000, toRate: Number.NaN, channels: 1 },
    { fromRate: 48_000, toRate: 16_000, channels: 0 },
  ])('refuses $fromRate to $toRate with $channels channels', (options) => {
    expect(() => new PcmResampler(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

function run(rates: { fromRate: number; toRate: number }, pieces: readonly Float32Array[]): number[] {
  const resampler = new PcmResampler({ ...rates, channels: 1 });
  const planes = [...pieces.flatMap((piece) => resampler.process([piece])), ...resampler.flush()];
  return planes.flatMap((plane) => [...plane]);
}

function resampleTone({ fromRate, toRate, hz }: { fromRate: number; toRate: number; hz: number }): number[] {
  const input = Float32Array.from({ length: fromRate / 4 }, (_, n) => Math.sin((2 * Math.PI * hz * n) / fromRate));
  return run({ fromRate, toRate }, [input]);
}

/** Leaves out both ends, where the tone itself begins and ends. */
function middleOf(samples: readonly number[]): number[] {
  return samples.slice(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
}

function rms(samples: readonly number[]): number {
  const middle = middleOf(samples);
  return Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
}

/** Fits a sine of that pitch by least squares. */
function fitTone(samples: readonly number[], hz: number, rate: number): { sine: number; cosine: number } {
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0];
  samples.forEach((sample, n) => {
    const s = Math.sin((2 * Math.PI * hz * n) / rate);
    const c = Math.cos((2 * Math.PI * hz * n) / rate);
    ss += s * s;
    cc += c * c;
    sc += s * c;
    ys += sample * s;
    yc += sample * c;
  });
  const determinant = ss * cc - sc * sc;
  return { sine: (ys * cc - yc * sc) / determinant, cosine: (yc * ss - ys * sc) / determinant };
}

function toneLevelDb(samples: readonly number[], hz: number, rate: number): number {
  const { sine, cosine } = fitTone(middleOf(samples), hz, rate);
  return 20 * Math.log10(Math.hypot(sine, cosine));
}

function restLevelDb(samples: readonly number[], hz: number, rate: number): number {
  const middle = middleOf(samples);
  const { sine, cosine } = fitTone(middle, hz, rate);
  const rest = middle.map((sample, n) => {
    const angle = (2 * Math.PI * hz * n) / rate;
    return sample - sine * Math.sin(angle) - cosine * Math.cos(angle);
  });
  return 20 * Math.log10(Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0) / rest.length) * Math.SQRT2);
}
