import { createSeededIds } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createFakePipe } from './fake-network.ts';
import type { PacketFaults } from './packet-faults.ts';

function sendThrough(faults: PacketFaults, options: { seed: number; count: number }): number[] {
  const clock = createFakeClock();
  const arrived: number[] = [];
  const pipe = createFakePipe({
    clock,
    ids: createSeededIds(options.seed),
    faults,
    deliver: (packet) => arrived.push(new DataView(packet.buffer).getUint16(0)),
  });
  for (let i = 0; i < options.count; i++) {
    pipe.send(Uint8Array.of(i >> 8, i & 255));
    clock.advance(1);
  }
  clock.advance(10_000);
  return arrived;
}

describe('fake pipe', () => {
  it('delivers everything in order without faults', () => {
    expect(sendThrough({}, { seed: 1, count: 50 })).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('does the same twice from one seed and something else from another', () => {
    const faults = { lossRate: 0.1, delayMs: 20, jitterMs: 5, reorderRate: 0.1, duplicateRate: 0.05 };

    const first = sendThrough(faults, { seed: 7, count: 500 });
    const again = sendThrough(faults, { seed: 7, count: 500 });
    const other = sendThrough(faults, { seed: 8, count: 500 });

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('loses about as many as asked', () => {
    const arrived = sendThrough({ lossRate: 0.05 }, { seed: 3, count: 10_000 });

    expect(arrived.length).toBeGreaterThan(9400);
    expect(arrived.length).toBeLessThan(9600);
  });

  it('loses whole bursts', () => {
    const arrived = sendThrough({ lossRate: 0.01, lossBurst: 5 }, { seed: 3, count: 2000 });
    const holes = arrived.map((value, i) => value - (arrived[i - 1] ?? -1) - 1).filter((hole) => hole > 0);

    expect(holes.length).toBeGreaterThan(5);
    expect(holes.every((hole) => hole >= 5)).toBe(true);
  });

  it('lets later packets overtake held ones and duplicates some', () => {
    const arrived = sendThrough({ reorderRate: 0.1, reorderMs: 4, duplicateRate: 0.1 }, { seed: 5, count: 300 });

    expect([...arrived].sort((a, b) => a - b)).not.toEqual(arrived);
    expect(arrived.length).toBeGreaterThan(300);
    expect(new Set(arrived).size).toBe(300);
  });

  it('delivers nothing after close', () => {
    const clock = createFakeClock();
    let delivered = 0;
    const pipe = createFakePipe({
      clock,
      ids: createSeededIds(1),
      faults: { delayMs: 10 },
      deliver: () => delivered++,
    });
    pipe.send(Uint8Array.of(1));

    pipe.close();
    clock.advance(100);

    expect([delivered, clock.pendingCount]).toEqual([0, 0]);
  });
});
