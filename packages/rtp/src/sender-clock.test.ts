import { ticks, type UnixUs, unixUs, unixUsToNtp } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { SenderClock } from './sender-clock.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

/** A clock at 90 kHz; the report says that media time `mediaMs` is `wallMs` on the sender's clock. */
function setup() {
  const clock = new SenderClock({ clockRate: 90_000 });
  const report = (mediaMs: number, wallMs: number, latestMs = mediaMs) => {
    const ntp = unixUsToNtp(at(wallMs));
    const place = { position: ticks(mediaMs * 90), latest: ticks(latestMs * 90), arrivedAt: at(5) };
    return clock.report({ ntpSeconds: ntp.seconds, ntpFraction: ntp.fraction }, place);
  };
  return { clock, report };
}

describe('SenderClock', () => {
  test('maps ticks to the sender clock and back by the last report', () => {
    const { clock, report } = setup();
    expect(clock.senderAtOf(ticks(0))).toBeUndefined();
    expect(clock.ticksOf(at(0))).toBeUndefined();
    const result = report(1000, 50_000);
    expect(result).toMatchObject({ kind: 'accepted', stepped: false, anchor: { ticks: 90_000, arrivedAt: at(5) } });
    expect(Math.abs((clock.senderAtOf(ticks(90_000 * 3)) ?? 0) - at(52_000))).toBeLessThanOrEqual(1);
    expect(Math.abs((clock.ticksOf(at(49_000)) ?? Number.NaN) - 0)).toBeLessThanOrEqual(1);
  });

  test('accepts drift of oscillators and small corrections', () => {
    const { report } = setup();
    for (let s = 0; s < 600; s += 1) expect(report(s * 1000, s * 1000.5).kind).toBe('accepted');
    expect(report(600_000, 600_300 + 90).kind).toBe('accepted');
  });

  test('refuses a report without wall clock, before media, far from it, or again', () => {
    const { clock, report } = setup();
    const place = { position: ticks(1), latest: ticks(1), arrivedAt: at(0) };
    expect(clock.report({ ntpSeconds: 0, ntpFraction: 0 }, place)).toEqual({ kind: 'refused', reason: 'no-clock' });
    const early = { position: undefined, latest: undefined, arrivedAt: at(0) };
    expect(clock.report({ ntpSeconds: 1, ntpFraction: 0 }, early)).toEqual({
      kind: 'refused',
      reason: 'far-from-media',
    });
    expect(report(60_000, 1000, 1000)).toEqual({ kind: 'refused', reason: 'far-from-media' });
    report(1000, 1000);
    expect(report(1000, 1000)).toEqual({ kind: 'refused', reason: 'stale' });
    report(5000, 5000);
    expect(report(1000, 2000)).toEqual({ kind: 'refused', reason: 'stale' });
  });

  test('refuses one absurd report and goes on with the next good one', () => {
    const { clock, report } = setup();
    report(0, 0);
    expect(report(1000, 500_000)).toEqual({ kind: 'refused', reason: 'clocks-disagree' });
    expect(report(2000, 2000)).toMatchObject({ kind: 'accepted', stepped: false });
    expect(clock.anchor?.ticks).toBe(180_000);
  });

  test('believes two absurd reports that agree: the sender set its clock', () => {
    const { report } = setup();
    report(0, 0);
    report(1000, -3_600_000);
    expect(report(2000, -3_599_000)).toMatchObject({ kind: 'accepted', stepped: true });
  });

  test('forgets on reset', () => {
    const { clock, report } = setup();
    report(0, 0);
    clock.reset();
    expect(clock.anchor).toBeUndefined();
    expect(report(1000, 900_000)).toMatchObject({ kind: 'accepted', stepped: false });
  });
});
