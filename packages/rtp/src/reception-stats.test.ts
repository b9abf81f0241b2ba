import { createSeededIds, type UnixUs, unixUs, unixUsToNtp } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { ReceptionStats } from './reception-stats.ts';
import { roundTripUs, SenderReporter } from './sender-report.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);
const CYCLE = 0x10000;

describe('ReceptionStats', () => {
  test('reports loss of the interval and since the start', () => {
    const stats = new ReceptionStats({ ssrc: 7, clockRate: 90_000 });
    expect(stats.report(at(0))).toBeUndefined();
    for (let s = 0; s < 100; s += 1) if (s % 4 !== 3) stats.received(CYCLE + 65_500 + s, s * 90, at(s));
    stats.received(CYCLE + 65_600, 100 * 90, at(100));
    expect(stats.report(at(100))).toMatchObject({
      ssrc: 7,
      fractionLost: Math.floor((25 * 256) / 101),
      cumulativeLost: 25,
      highestSequence: 65_600,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
    stats.received(CYCLE + 65_601, 101 * 90, at(101));
    expect(stats.report(at(101))).toMatchObject({ fractionLost: 0, cumulativeLost: 25, highestSequence: CYCLE + 65 });
    expect(stats.figures).toEqual({ received: 77, lost: 25, jitterTicks: 0 });
  });

  test('lets duplicates make the cumulative loss negative, and never the fraction (RFC 3550 §6.4.1)', () => {
    const stats = new ReceptionStats({ ssrc: 7, clockRate: 90_000 });
    for (let i = 0; i < 10; i += 1) stats.received(CYCLE + 1, 0, at(i));
    expect(stats.report(at(10))).toMatchObject({ fractionLost: 0, cumulativeLost: -9 });
  });

  test('settles on the jitter of RFC 3550 A.8: mean difference of neighbours', () => {
    const random = createSeededIds(5);
    const stats = new ReceptionStats({ ssrc: 7, clockRate: 90_000 });
    let sum = 0;
    for (let s = 0; s < 5000; s += 1) {
      stats.received(CYCLE + s, (0xfffffff0 + s * 1800) % 2 ** 32, unixUs(at(s * 20) + (random.uint32() % 9000)));
      if (s > 1000) sum += stats.figures.jitterTicks;
    }
    // Differences of two uniform 9 ms delays average 3 ms: 270 ticks.
    expect(sum / 3999).toBeGreaterThan(230);
    expect(sum / 3999).toBeLessThan(310);
  });

  test('is not spoilt by a jump of the source clock, and starts anew after a restart', () => {
    const stats = new ReceptionStats({ ssrc: 7, clockRate: 90_000 });
    stats.received(CYCLE + 1, 0, at(0));
    stats.received(CYCLE + 2, 90_000 * 3600, at(20));
    stats.received(CYCLE + 3, 90_000 * 3600 + 1800, at(40));
    expect(stats.figures.jitterTicks).toBe(0);
    stats.restart();
    expect(stats.report(at(50))).toBeUndefined();
    stats.received(5 * CYCLE + 9, 0, at(60));
    expect(stats.report(at(60))).toMatchObject({ cumulativeLost: 0, highestSequence: 9 });
  });
});

describe('SenderReporter and roundTripUs', () => {
  test('measure the round trip through a report and its answer', () => {
    const sender = new SenderReporter({ ssrc: 1, clockRate: 90_000 });
    expect(sender.report(at(0))).toBeUndefined();
    sender.sent(1000, 500, at(0));
    sender.sent(1000, 400, at(2));
    const report = sender.report(at(100));
    if (report === undefined) throw new Error('no report');
    expect(report).toMatchObject({ ssrc: 1, rtpTimestamp: 1000 + 9000, packetCount: 2, octetCount: 900, reports: [] });
    expect([report.ntpSeconds, report.ntpFraction]).toEqual(Object.values(unixUsToNtp(at(100))));
    const stats = new ReceptionStats({ ssrc: 1, clockRate: 90_000 });
    stats.received(CYCLE, 1000, at(30));
    stats.senderReport(report, at(130));
    const block = stats.report(at(1130));
    if (block === undefined) throw new Error('no block');
    expect(block.delaySinceLastSenderReport).toBe(0x10000);
    expect(Math.abs((roundTripUs(block, at(1160)) ?? Number.NaN) - 60_000)).toBeLessThan(50);
    expect(roundTripUs(block, at(1000))).toBeUndefined();
    expect(roundTripUs({ ...block, lastSenderReport: 0 }, at(1160))).toBeUndefined();
    expect(roundTripUs({ ...block, lastSenderReport: 12 }, at(1160))).toBeUndefined();
  });

  test('quotes the relation given, so that audio and video of a source stay together, across the wrap', () => {
    const sender = new SenderReporter({ ssrc: 1, clockRate: 48_000 });
    sender.sent(5, 1, at(0));
    expect(sender.report(at(1000), { timestamp: 2 ** 33 - 4800, at: at(500) })?.rtpTimestamp).toBe(24_000 - 4800);
    expect(sender.report(at(0), { timestamp: 10, at: at(1) })?.rtpTimestamp).toBe(2 ** 32 - 38);
  });
});
