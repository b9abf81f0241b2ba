import { splitVp9Superframe, ticks, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';
import type { Depacketizer } from './depacketizer.ts';

const KEY = [0x82, 0x49, 0x83, 0x42, 0x00, 0x14, 0x10, 0x0b, 0x56, 0x06];
const UPPER = [0x86, 0, 0x40, 0x92, 0xf1, 0x21, 0x40, 0, 0, 0x68, 0x7f];

function push(depacketizer: Depacketizer, payload: number[], at: { sequence: number; marker: boolean }): Uint8Array[] {
  const packet = { payload: new Uint8Array(payload), ...at, timestamp: ticks(0), arrivedAt: unixUs(0) };
  return depacketizer.push(packet).map(({ data }) => data);
}

describe('VP9 with spatial layers', () => {
  it('becomes one superframe of all layers', () => {
    const depacketizer = createDepacketizer('vp9');
    // Flags I L B or E; a picture id; layer ids; TL0PICIDX; the upper layer refers to the lower by D.
    const got = [
      push(depacketizer, [0xa8, 5, 0, 9, ...KEY.slice(0, 4)], { sequence: 1, marker: false }),
      push(depacketizer, [0xa4, 5, 0, 9, ...KEY.slice(4)], { sequence: 2, marker: false }),
      push(depacketizer, [0xac, 5, 0x03, 9, ...UPPER], { sequence: 3, marker: true }),
    ].flat();

    expect(got).toHaveLength(1);
    expect(splitVp9Superframe(got[0] ?? new Uint8Array(0))).toEqual([new Uint8Array(KEY), new Uint8Array(UPPER)]);
  });

  it.each<[string, number[]]>([
    ['a layer that never starts', [0xa4, 5, 0, 9, ...KEY]],
    ['a layer that never ends', [0xa8, 5, 0, 9, ...KEY]],
    ['a descriptor cut short', [0xac, 0x85]],
    ['a frame that is none', [0xac, 5, 0, 9, 0x11, 0x11, 0x11]],
  ])('is dropped with %s', (_name, payload) => {
    const depacketizer = createDepacketizer('vp9');
    push(depacketizer, [], { sequence: 1, marker: false });

    expect(push(depacketizer, [0xac, 5, 0, 9, ...KEY], { sequence: 2, marker: true })).toHaveLength(1);
    expect(push(depacketizer, payload, { sequence: 3, marker: true })).toEqual([]);
    expect(depacketizer.needsKeyframe).toBe(true);
    expect(depacketizer.stats.framesDroppedBy.malformed).toBe(1);
  });
});
