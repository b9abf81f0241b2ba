import { createSeededIds, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRtcp, writeRtcp } from './rtcp.ts';
import type { TransportFeedback } from './rtcp-transport-feedback.ts';
import { TwccReceiver, type TwccReceiverOptions } from './twcc-receiver.ts';
import { TwccSender } from './twcc-sender.ts';

const START_US = 1_700_000_000_000_000;
const at = (ms: number) => unixUs(START_US + Math.round(ms * 1000));
const REFERENCE_CYCLE_US = 0x1000000 * 64_000;

/** A difference of two times of which one is known only within the reference cycle. */
const withinCycle = (us: number): number => us - Math.round(us / REFERENCE_CYCLE_US) * REFERENCE_CYCLE_US;

/** Runs arrivals through a receiver, its feedback over the wire, and gathers what each packet says. */
function report(arrivals: readonly { sequence: number; us: number }[], options: Partial<TwccReceiverOptions> = {}) {
  const receiver = new TwccReceiver({ senderSsrc: 9, ...options });
  const feedback: TransportFeedback[] = [];
  const take = (made: TransportFeedback[]): void => {
    for (const one of made) {
      const bytes = writeRtcp([one]);
      expect(bytes.length).toBeLessThan(1200);
      const [back] = parseRtcp(bytes) ?? [];
      expect(back).toEqual(one);
      feedback.push(one);
    }
  };
  for (const { sequence, us } of arrivals) {
    take(receiver.due(unixUs(us)));
    receiver.received(sequence & 0xffff, 5, unixUs(us));
  }
  take(receiver.flush());
  return feedback;
}

/** What the feedback says of each 16-bit sequence, in order said: µs within the reference cycle, or missing. */
function said(feedback: readonly TransportFeedback[]): { sequence: number; us: number | undefined }[] {
  return feedback.flatMap(({ baseSequence, referenceTime, arrivals }) =>
    arrivals.map((arrival, i) => ({
      sequence: (baseSequence + i) & 0xffff,
      us: arrival === undefined ? undefined : referenceTime * 64_000 + arrival * 250,
    })),
  );
}

describe('TwccReceiver', () => {
  test('says of every packet once when it arrived, to 250 µs, and of no other that it did', () => {
    const setup = fc.record({
      seed: fc.integer(),
      first: fc.integer({ min: 0, max: 0xffff }),
      lossPercent: fc.integer({ min: 0, max: 60 }),
      jitterUs: fc.constantFrom(0, 3000, 40_000, 400_000),
      gapUs: fc.constantFrom(100, 3000, 70_000, 9_000_000),
    });
    fc.assert(
      fc.property(setup, (s) => {
        const arrivals = arrivalsOf(s);
        const told = said(report(arrivals)).filter((t) => t.us !== undefined);
        const bySequence = new Map(told.map((t) => [t.sequence, t.us]));
        expect(told).toHaveLength(arrivals.length);
        expect(bySequence.size).toBe(arrivals.length);
        for (const { sequence, us } of arrivals) {
          expect(Math.abs(withinCycle((bySequence.get(sequence & 0xffff) ?? Number.NaN) - us))).toBeLessThanOrEqual(
            250,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('covers each sequence without holes between packets, and says gaps are not received', () => {
    const arrivals = [65_530, 65_531, 65_534, 65_536, 65_540].map((sequence, i) => ({
      sequence,
      us: START_US + i * 60_000,
    }));
    const feedback = report(arrivals);
    expect(said(feedback).map((s) => [s.sequence, s.us !== undefined])).toEqual([
      [65_530, true],
      [65_531, true],
      [65_532, false],
      [65_533, false],
      [65_534, true],
      [65_535, false],
      [0, true],
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    expect(feedback.map((f) => f.feedbackCount)).toEqual(feedback.map((_, i) => i));
  });

  test('corrects a packet said to be missing in a feedback of its own, resending no neighbour', () => {
    const receiver = new TwccReceiver({ senderSsrc: 9 });
    for (const s of [1, 2, 4]) receiver.received(s, 5, at(s));
    expect(receiver.due(at(50)).map((f) => f.arrivals.length)).toEqual([4]);
    receiver.received(3, 5, at(60));
    receiver.received(2, 5, at(61));
    receiver.received(5, 5, at(62));
    const made = receiver.due(at(101));
    expect(made.map((f) => [f.baseSequence, f.arrivals.length])).toEqual([
      [3, 1],
      [5, 1],
    ]);
  });

  test('keeps the interval, and is silent when nothing new came', () => {
    const receiver = new TwccReceiver({ senderSsrc: 9, intervalMs: 50 });
    expect(receiver.dueAt).toBeUndefined();
    receiver.received(1, 5, at(0));
    expect(receiver.due(at(0))).toHaveLength(1);
    receiver.received(2, 5, at(1));
    expect(receiver.due(at(49))).toHaveLength(0);
    expect(receiver.dueAt).toBe(at(50));
    expect(receiver.due(at(50))).toHaveLength(1);
    expect(receiver.due(at(200))).toHaveLength(0);
  });

  test('splits at its limit of statuses and at steps no delta can say', () => {
    const many = Array.from({ length: 1100 }, (_, i) => ({ sequence: i, us: START_US + i * 10 }));
    expect(report(many).map((f) => f.arrivals.length)).toEqual([1, 512, 512, 75]);
    const receiver = new TwccReceiver({ senderSsrc: 9, intervalMs: 100_000 });
    receiver.received(1, 5, at(0));
    receiver.received(2, 5, at(9000));
    expect(receiver.flush().map((f) => f.baseSequence)).toEqual([1, 2]);
  });

  test('reports at the quick interval while the path is new, then at the settled one, and quickly on a new path', () => {
    const receiver = new TwccReceiver({ senderSsrc: 9, intervalMs: 50, settledIntervalMs: 100 });
    let sequence = 0;
    const reportsIn = (fromMs: number, toMs: number): number => {
      let reports = 0;
      for (let ms = fromMs; ms < toMs; ms += 10) {
        receiver.received(sequence & 0xffff, 5, at(ms));
        sequence += 1;
        reports += receiver.due(at(ms)).length;
      }
      return reports;
    };
    expect(reportsIn(0, 10_000)).toBe(200);
    expect(reportsIn(10_050, 20_050)).toBe(100);
    receiver.renewPath();
    expect(reportsIn(20_050, 30_050)).toBe(200);
    expect(reportsIn(30_100, 40_100)).toBe(100);
  });

  test('begins anew after a hole nobody waits for, and keeps its memory bounded', () => {
    const receiver = new TwccReceiver({ senderSsrc: 9 });
    receiver.received(1, 5, at(0));
    receiver.flush();
    receiver.received(20_000, 5, at(10));
    expect(receiver.flush().map((f) => [f.baseSequence, f.arrivals.length])).toEqual([[20_000, 1]]);
    const random = createSeededIds(1);
    for (let i = 0; i < 100_000; i += 1) receiver.received(random.uint32() & 0xffff, 5, at(20));
    const total = receiver.flush().reduce((sum, f) => sum + f.arrivals.filter((a) => a !== undefined).length, 0);
    expect(total).toBeLessThanOrEqual(8192);
  });
});

describe('TwccSender', () => {
  test('matches feedback with what was sent, across the wrap of sequence and reference time', () => {
    const sender = new TwccSender();
    const cycleStartUs = Math.ceil(START_US / REFERENCE_CYCLE_US) * REFERENCE_CYCLE_US;
    const receiver = new TwccReceiver({ senderSsrc: 9 });
    let lastReceivedUs = 0;
    let received = 0;
    for (let i = 0; i < 70_000; i += 1) {
      const us = cycleStartUs - 35_000_000 + i * 1000;
      const sequence = sender.stamp(1000, unixUs(us));
      expect(sequence).toBe(i & 0xffff);
      if (i % 10 !== 9) receiver.received(sequence, 5, unixUs(us + 20_000));
      for (const feedback of receiver.due(unixUs(us + 20_000))) {
        const matched = sender.feedback(feedback, unixUs(us + 40_000));
        received += matched?.received ?? 0;
        for (const outcome of matched?.outcomes ?? []) {
          if (outcome.receivedUs === undefined) continue;
          expect(outcome.receivedUs).toBeGreaterThan(lastReceivedUs);
          expect(Math.abs(withinCycle(outcome.receivedUs - outcome.sentAt - 20_000))).toBeLessThanOrEqual(250);
          lastReceivedUs = outcome.receivedUs;
        }
        if ((matched?.sent ?? 0) >= 20) expect(matched?.lossRatio).toBeCloseTo(0.1, 1);
        expect(matched?.roundTripUs).toBe(40_000);
      }
    }
    expect(received).toBeGreaterThan(62_900);
  });

  test('counts a packet reported twice once, and ignores feedback on what was never sent', () => {
    const sender = new TwccSender();
    for (let i = 0; i < 4; i += 1) sender.stamp(100, at(i));
    const feedback: TransportFeedback = {
      kind: 'transport-feedback',
      senderSsrc: 1,
      mediaSsrc: 2,
      baseSequence: 0,
      referenceTime: 0,
      feedbackCount: 0,
      arrivals: [0, undefined, 4, undefined],
    };
    expect(sender.feedback(feedback, at(20))).toMatchObject({ sent: 4, received: 2, lossRatio: 0.5 });
    expect(sender.feedback({ ...feedback, arrivals: [0, 2, 4] }, at(30))).toMatchObject({ sent: 1, received: 1 });
    expect(sender.feedback({ ...feedback, baseSequence: 100 }, at(40))).toBeUndefined();
    expect(sender.feedback({ ...feedback, baseSequence: 40_000 }, at(40))).toBeUndefined();
  });
});

function arrivalsOf(s: { seed: number; first: number; lossPercent: number; jitterUs: number; gapUs: number }) {
  const random = createSeededIds(s.seed);
  const arrivals: { sequence: number; us: number }[] = [];
  for (let i = 0; i < 300; i += 1) {
    if (i > 0 && random.uint32() % 100 < s.lossPercent) continue;
    const us = START_US + i * s.gapUs + (random.uint32() % (s.jitterUs + 1));
    arrivals.push({ sequence: s.first + i, us });
  }
  return arrivals.sort((a, b) => a.us - b.us);
}
