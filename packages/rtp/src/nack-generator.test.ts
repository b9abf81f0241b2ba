import { createSeededIds, type UnixUs, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { NACK_BATCH_MAX, NackGenerator } from './nack-generator.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

describe('NackGenerator', () => {
  test('asks for what is missing once the grace for reordering is over', () => {
    const nack = new NackGenerator({ graceMs: 5 });
    nack.received(10, at(0));
    nack.received(13, at(1));
    expect(nack.due(at(5))).toEqual([]);
    expect(nack.dueAt).toBe(at(6));
    expect(nack.due(at(6))).toEqual([11, 12]);
    expect(nack.due(at(7))).toEqual([]);
  });

  test('never asks for a packet that was only reordered', () => {
    const nack = new NackGenerator({ graceMs: 5 });
    for (const [s, ms] of [
      [1, 0],
      [3, 1],
      [2, 4],
    ] as const)
      nack.received(s, at(ms));
    expect(nack.due(at(100))).toEqual([]);
    expect(nack.stats).toEqual({ missing: 0, requested: 0, recovered: 0, givenUp: 0 });
  });

  test('repeats by round trip, ever slower, at most so many times, until the age limit', () => {
    const nack = new NackGenerator({ graceMs: 0, triesMax: 4, ageMsMax: 900 });
    nack.setRoundTrip(40_000);
    nack.received(1, at(0));
    nack.received(3, at(0));
    const asked: number[] = [];
    for (let ms = 0; ms <= 1000; ms += 5) if (nack.due(at(ms)).length > 0) asked.push(ms);
    expect(asked).toEqual([0, 50, 115, 195]);
    expect(nack.stats).toEqual({ missing: 0, requested: 4, recovered: 0, givenUp: 1 });
    expect(nack.dueAt).toBeUndefined();
  });

  test('counts what came after it was asked for as recovered', () => {
    const nack = new NackGenerator({ graceMs: 0 });
    nack.received(1, at(0));
    nack.received(3, at(0));
    nack.due(at(0));
    nack.received(2, at(40));
    nack.received(2, at(41));
    expect(nack.stats).toMatchObject({ missing: 0, recovered: 1 });
  });

  test.each([5, 40, 400])('learns a round trip of %i ms from the answers, also when a fifth is lost', (roundTripMs) => {
    const random = createSeededIds(9);
    const nack = new NackGenerator({ ageMsMax: 5000 });
    const answers: { sequence: number; ms: number }[] = [];
    for (let ms = 0; ms < 30_000; ms += 1) {
      // Every second packet is missing and comes only when asked for.
      if (ms % 10 === 0) nack.received(ms / 5, at(ms));
      for (const answer of answers.filter((a) => a.ms === ms)) nack.received(answer.sequence, at(ms));
      for (const sequence of nack.due(at(ms))) {
        if (random.uint32() % 5 !== 0) answers.push({ sequence, ms: ms + roundTripMs });
      }
      if (ms % 1000 === 0) answers.splice(0, answers.length, ...answers.filter((a) => a.ms > ms));
    }
    expect(nack.roundTripUs / 1000).toBeGreaterThan(roundTripMs * 0.9);
    expect(nack.roundTripUs / 1000).toBeLessThan(roundTripMs * 1.3);
  });

  test('follows a bounded number of packets, the newest, and asks in bounded batches', () => {
    const nack = new NackGenerator({ graceMs: 0, missingMax: 600 });
    nack.received(0, at(0));
    nack.received(2_000_000_000, at(0));
    expect(nack.stats).toMatchObject({ missing: 600, givenUp: 1_999_999_999 - 600 });
    const batches = [nack.due(at(0)), nack.due(at(0)), nack.due(at(0))];
    expect(batches.map((b) => b.length)).toEqual([NACK_BATCH_MAX, NACK_BATCH_MAX, 600 - 2 * NACK_BATCH_MAX]);
    expect(batches.flat()[0]).toBe(2_000_000_000 - 600);
    nack.received(2_000_000_100, at(1));
    expect(nack.stats.missing).toBe(600);
  });

  test('forgets what the jitter buffer gave up, and everything on a reset', () => {
    const nack = new NackGenerator({ graceMs: 0 });
    nack.received(1, at(0));
    nack.received(6, at(0));
    nack.forgetBefore(4);
    expect(nack.due(at(0))).toEqual([4, 5]);
    nack.reset();
    nack.received(90_000, at(1));
    expect(nack.due(at(500))).toEqual([]);
  });

  test('recovers 20 % random loss in both directions at 50 ms round trip within its age limit', () => {
    const random = createSeededIds(3);
    const nack = new NackGenerator({ ageMsMax: 1000, roundTripMs: 50 });
    const resent: { sequence: number; ms: number }[] = [];
    const isLost = (): boolean => random.uint32() % 5 === 0;
    for (let ms = 0; ms < 20_000; ms += 1) {
      if (ms % 3 === 0 && ms < 18_000 && !isLost()) nack.received(ms / 3, at(ms));
      while (resent[0] !== undefined && resent[0].ms <= ms) nack.received(resent.shift()?.sequence ?? 0, at(ms));
      for (const sequence of nack.due(at(ms))) if (!isLost() && !isLost()) resent.push({ sequence, ms: ms + 50 });
    }
    expect(nack.stats.recovered).toBeGreaterThan(1000);
    expect(nack.stats.givenUp / nack.stats.recovered).toBeLessThan(0.005);
  });
});
