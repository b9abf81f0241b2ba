import { type UnixUs, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { KeyframePolicy } from './keyframe-policy.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

describe('KeyframePolicy', () => {
  test('asks at once, and merges wishes while an answer is awaited', () => {
    const policy = new KeyframePolicy();
    expect(policy.request(at(0))).toBe('pli');
    expect([50, 100, 299].map((ms) => policy.request(at(ms)))).toEqual([undefined, undefined, undefined]);
    expect(policy.poll(at(299))).toBeUndefined();
    expect(policy.dueAt).toBe(at(300));
    expect(policy.poll(at(300))).toBe('pli');
    policy.keyframeSeen();
    expect(policy.dueAt).toBeUndefined();
    expect(policy.poll(at(5000))).toBeUndefined();
    expect(policy.demands).toBe(2);
  });

  test('throttles also across answered wishes: a new wish waits for the interval and is not lost', () => {
    const policy = new KeyframePolicy();
    policy.request(at(0));
    policy.keyframeSeen();
    expect(policy.request(at(100))).toBeUndefined();
    expect(policy.wanted).toBe(true);
    expect(policy.dueAt).toBe(at(300));
    expect(policy.poll(at(300))).toBe('pli');
  });

  test('backs off while unanswered, escalates to FIR where allowed, and ends', () => {
    const policy = new KeyframePolicy({ firAllowed: true, pliTriesMax: 2, triesMax: 5 });
    const sent: string[] = [];
    for (let ms = 0; ms < 30_000; ms += 10) {
      const demand = ms === 0 ? policy.request(at(0)) : policy.poll(at(ms));
      if (demand !== undefined) sent.push(`${demand}@${ms}`);
    }
    expect(sent).toEqual(['pli@0', 'pli@300', 'fir@900', 'fir@2100', 'fir@4100']);
    expect(policy.dueAt).toBeUndefined();
    expect(policy.request(at(40_000))).toBe('pli');
  });

  test('goes on with PLI where FIR was not negotiated', () => {
    const policy = new KeyframePolicy({ pliTriesMax: 1 });
    policy.request(at(0));
    expect(policy.poll(at(300))).toBe('pli');
  });
});
