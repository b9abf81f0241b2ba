import { type Ticks, ticks, type UnixUs, unixUs, unixUsToNtp } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { CaptureTimes } from './capture-times.ts';

const START = 1_700_000_000_000_000;
const at = (ms: number): UnixUs => unixUs(START + ms * 1000);
const position = (ms: number): Ticks => ticks(ms * 48);
const ntp = (ms: number): { ntpSeconds: number; ntpFraction: number } => {
  const { seconds, fraction } = unixUsToNtp(at(ms));
  return { ntpSeconds: seconds, ntpFraction: fraction };
};

describe('capture times', () => {
  it('uses the first at once and then the earliest of each second', () => {
    const times = new CaptureTimes(48_000);
    const lateMs = [9, 4, 2, 30, 7, 5];
    const chosen = lateMs.map((late, index) =>
      times.add(position(index * 250), ntp(index * 250 + late), at(index * 250)),
    );

    expect(chosen.map((point) => point?.position)).toEqual([
      position(0),
      undefined,
      undefined,
      undefined,
      position(500),
      undefined,
    ]);
    expect(times.isKnown).toBe(true);
  });

  it('does not believe a sender without a clock', () => {
    const times = new CaptureTimes(48_000);

    expect(times.add(position(0), { ntpSeconds: 0, ntpFraction: 0 }, at(0))).toBeUndefined();
    expect(times.isKnown).toBe(false);
  });

  it('starts anew after a reset, and still knows that the sender tells', () => {
    const times = new CaptureTimes(48_000);
    times.add(position(0), ntp(0), at(0));
    times.reset();

    expect(times.isKnown).toBe(true);
    expect(times.add(position(9000), ntp(100), at(100))?.position).toBe(position(9000));
  });
});
