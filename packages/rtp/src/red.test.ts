import { ticks } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRed, RedReceiver } from './red.ts';

type Packet = { payload: Uint8Array; timestamp: number };

/** Writes a RED payload: the packets before, oldest first, and the primary. */
function writeRed(before: readonly Packet[], primary: Packet): Uint8Array {
  const headers = before.flatMap(({ payload, timestamp }) => {
    const fields = ((primary.timestamp - timestamp) << 10) | payload.length;
    return [0x80 | 111, (fields >>> 16) & 0xff, (fields >>> 8) & 0xff, fields & 0xff];
  });
  return new Uint8Array([...headers, 111, ...before.flatMap(({ payload }) => [...payload]), ...primary.payload]);
}

describe('RED payloads (RFC 2198)', () => {
  it('are taken apart as they were put together', () => {
    const block = fc.record({ payload: fc.uint8Array({ maxLength: 60 }), timestamp: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), fc.uint8Array({ maxLength: 60 }), (before, payload) => {
        const blocks = parseRed(writeRed(before, { payload, timestamp: 5000 }));
        expect(blocks).toEqual([
          ...before.map((old) => ({ payloadType: 111, timestampOffset: 5000 - old.timestamp, data: old.payload })),
          { payloadType: 111, timestampOffset: 0, data: payload },
        ]);
      }),
    );
  });

  it('give back what was lost, once and in order, as far as the redundancy reaches', () => {
    const lossy = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lossy, fc.integer({ min: 0, max: 3 }), (lost, distance) => {
        const packets = lost.map((_, i) => ({ payload: new Uint8Array([i + 1, i]), timestamp: 960 * i }));
        const receiver = new RedReceiver();
        const got = packets.flatMap((packet, i) => {
          if (lost[i]) return [];
          const payload = writeRed(packets.slice(Math.max(0, i - distance), i), packet);
          return receiver.push({ payload, sequence: i, timestamp: ticks(packet.timestamp) });
        });
        const first = lost.indexOf(false);
        const expected = packets.flatMap(({ payload, timestamp }, i) => {
          const cover = lost.slice(i, i + distance + 1).includes(false);
          return first >= 0 && i >= first && cover ? [{ payload, timestamp, sequence: i, recovered: lost[i] }] : [];
        });
        expect(got.map(({ payloadType: _, ...packet }) => packet)).toEqual(expected);
        expect(receiver.recovered).toBe(expected.filter(({ recovered }) => recovered).length);
      }),
    );
  });

  it('give nothing when malformed, late or repeated', () => {
    const receiver = new RedReceiver();
    const payload = writeRed([], { payload: new Uint8Array([7]), timestamp: 0 });

    expect(
      receiver.push({ payload: new Uint8Array([0xef, 0, 0xff, 0xff, 111]), sequence: 1, timestamp: ticks(0) }),
    ).toEqual([]);
    expect(receiver.push({ payload, sequence: 2, timestamp: ticks(960) })).toHaveLength(1);
    expect(receiver.push({ payload, sequence: 2, timestamp: ticks(960) })).toEqual([]);
    expect(receiver.push({ payload, sequence: 1, timestamp: ticks(0) })).toEqual([]);
  });

  it.each([[[]], [[0x80]], [[0xef, 0, 4, 1]], [[0xef, 0, 4, 1, 111]], [new Array(500).fill(0x80)]])(
    'are refused when cut short',
    (bytes) => {
      expect(parseRed(new Uint8Array(bytes))).toBeUndefined();
    },
  );

  it('never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        expect(() => parseRed(payload)).not.toThrow();
        expect(() => new RedReceiver().push({ payload, sequence: 5, timestamp: ticks(0) })).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
