import { type UnixUs, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { RetransmissionBuffer } from './retransmission-buffer.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

describe('RetransmissionBuffer', () => {
  test('gives back the very bytes that were stored, shared between viewers', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const viewers = [new RetransmissionBuffer<Uint8Array>(), new RetransmissionBuffer<Uint8Array>()];
    viewers.forEach((viewer, i) => {
      viewer.store(100 + i, bytes, { bytes: 3, now: at(0) });
    });
    expect(viewers.map((viewer, i) => viewer.answer(100 + i, at(1)))).toEqual([bytes, bytes]);
    expect(viewers[0]?.answer(100, at(50))).toBe(bytes);
    expect(viewers[1]?.answer(100, at(1))).toBeUndefined();
  });

  test('answers once per round trip', () => {
    const buffer = new RetransmissionBuffer<string>();
    buffer.setRoundTrip(80_000);
    buffer.store(1, 'one', { bytes: 1, now: at(0) });
    expect([10, 50, 89, 90].map((ms) => buffer.answer(1, at(ms)))).toEqual(['one', undefined, undefined, 'one']);
  });

  test('keeps to its limits of packets, bytes and age, dropping the oldest', () => {
    const buffer = new RetransmissionBuffer<number>({ packetsMax: 4, bytesMax: 1000, ageMsMax: 500 });
    for (let s = 65_533; s < 65_539; s += 1) buffer.store(s & 0xffff, s, { bytes: 100, now: at(s - 65_533) });
    expect(buffer.size).toEqual({ packets: 4, bytes: 400 });
    expect([65_534, 65_535, 0, 2].map((s) => buffer.answer(s, at(10)))).toEqual([undefined, 65_535, 65_536, 65_538]);
    buffer.store(3, 3, { bytes: 900, now: at(20) });
    expect(buffer.size).toEqual({ packets: 2, bytes: 1000 });
    expect(buffer.answer(2, at(506))).toBeUndefined();
    expect(buffer.answer(3, at(506))).toBe(3);
    buffer.store(4, 4, { bytes: 5000, now: at(600) });
    expect(buffer.size).toEqual({ packets: 0, bytes: 0 });
  });

  test('replaces a packet stored again under its number', () => {
    const buffer = new RetransmissionBuffer<string>();
    buffer.store(1, 'old', { bytes: 10, now: at(0) });
    buffer.store(1, 'new', { bytes: 20, now: at(1) });
    expect(buffer.size).toEqual({ packets: 1, bytes: 20 });
    expect(buffer.answer(1, at(2))).toBe('new');
  });
});
