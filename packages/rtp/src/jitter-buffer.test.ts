import { createSeededIds, type UnixUs, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JitterBuffer, type JitterBufferOptions } from './jitter-buffer.ts';

const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

/** A buffer whose items are their own sequence, with everything it released written down. */
function recording(options: JitterBufferOptions) {
  const out: (number | string)[] = [];
  const buffer = new JitterBuffer<number>(
    {
      deliver: (item, sequence) => out.push(item === sequence ? sequence : `wrong item at ${sequence}`),
      lost: (from, count) => out.push(`lost ${from}+${count}`),
    },
    options,
  );
  const push = (sequence: number, ms: number): void => buffer.push(sequence, sequence, at(ms));
  return { out, buffer, push };
}

describe('JitterBuffer', () => {
  test('passes packets through at once while nothing is missing', () => {
    const { out, buffer, push } = recording({ waitMsMax: 800 });
    for (let s = 10; s < 15; s += 1) push(s, s);
    expect(out).toEqual([10, 11, 12, 13, 14]);
    expect(buffer.dueAt).toBeUndefined();
    expect(buffer.stats).toEqual({ delivered: 5, lost: 0, late: 0, duplicates: 0, reordered: 0, held: 0 });
  });

  test('holds what comes after a missing packet and releases it in order when that comes', () => {
    const { out, buffer, push } = recording({ waitMsMax: 800 });
    for (const s of [1, 3, 4, 6]) push(s, s);
    expect(out).toEqual([1]);
    push(2, 100);
    expect(out).toEqual([1, 2, 3, 4]);
    push(5, 200);
    expect(out).toEqual([1, 2, 3, 4, 5, 6]);
    expect(buffer.stats).toMatchObject({ lost: 0, reordered: 2, held: 0 });
  });

  test('gives up a missing packet exactly when the wait is over, and says what is missing', () => {
    const { out, buffer, push } = recording({ waitMsMax: 800 });
    push(1, 0);
    push(4, 50);
    expect(buffer.dueAt).toBe(at(850));
    buffer.poll(at(849));
    expect(out).toEqual([1]);
    buffer.poll(at(850));
    expect(out).toEqual([1, 'lost 2+2', 4]);
    expect(buffer.dueAt).toBeUndefined();
  });

  test('counts the wait of a second gap from when that gap was first seen', () => {
    const { out, buffer, push } = recording({ waitMsMax: 800 });
    push(1, 0);
    push(3, 100);
    push(5, 300);
    buffer.poll(at(900));
    expect(out).toEqual([1, 'lost 2+1', 3]);
    expect(buffer.dueAt).toBe(at(1100));
    buffer.poll(at(1100));
    expect(out).toEqual([1, 'lost 2+1', 3, 'lost 4+1', 5]);
  });

  test('tells late from duplicate', () => {
    const { out, buffer, push } = recording({ waitMsMax: 100 });
    push(1, 0);
    push(3, 0);
    push(3, 1);
    buffer.poll(at(100));
    push(2, 101);
    push(1, 102);
    expect(out).toEqual([1, 'lost 2+1', 3]);
    expect(buffer.stats).toMatchObject({ late: 1, duplicates: 2, lost: 1, delivered: 2 });
  });

  test('never holds more, or spans further, than its limit', () => {
    const { out, buffer, push } = recording({ waitMsMax: 60_000, packetsMax: 4 });
    push(0, 0);
    for (let s = 2; s <= 6; s += 1) push(s, s);
    expect(buffer.stats.held).toBe(0);
    expect(out).toEqual([0, 'lost 1+1', 2, 3, 4, 5, 6]);
    push(100, 9);
    expect(out.slice(7)).toEqual(['lost 7+93', 100]);
  });

  test('flushes at the end and starts anew after a reset', () => {
    const { out, buffer, push } = recording({ waitMsMax: 800 });
    for (const s of [1, 3, 5]) push(s, 0);
    buffer.reset();
    push(70_000, 10);
    push(70_001, 10);
    expect(out).toEqual([1, 'lost 2+1', 3, 'lost 4+1', 5, 70_000, 70_001]);
  });

  test('accounts for every packet once, in order, whatever the network does', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 60 }),
        (seed, loss, jitterMs) => {
          const { out, buffer, push } = recording({ waitMsMax: 50, packetsMax: 64 });
          const arrivals = network({ seed, loss, jitterMs, packets: 400 });
          for (const { sequence, ms } of arrivals) {
            buffer.poll(at(ms));
            push(sequence, ms);
            expect(buffer.stats.held).toBeLessThanOrEqual(64);
          }
          buffer.flush();
          expectAccountedFor(out, arrivals[0]?.sequence ?? 0);
          const { delivered, late, duplicates, held } = buffer.stats;
          expect(delivered + late + duplicates).toBe(arrivals.length);
          expect(held).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('loses nothing while the disorder stays within the wait', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { buffer, push } = recording({ waitMsMax: 101 });
        push(-1, 0);
        for (const { sequence, ms } of network({ seed, loss: 0, jitterMs: 100, packets: 300 })) {
          buffer.poll(at(ms));
          push(sequence, ms);
        }
        expect(buffer.stats).toMatchObject({ lost: 0, held: 0, late: 0 });
      }),
      { numRuns: 100 },
    );
  });
});

/** A packet every 2 ms, delayed, lost and doubled from a seed; in order of arrival. */
function network(setup: { seed: number; loss: number; jitterMs: number; packets: number }) {
  const random = createSeededIds(setup.seed);
  const arrivals: { sequence: number; ms: number }[] = [];
  for (let sequence = 0; sequence < setup.packets; sequence += 1) {
    const copies = random.uint32() % 100 < setup.loss ? 0 : random.uint32() % 50 === 0 ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      arrivals.push({ sequence, ms: sequence * 2 + (random.uint32() % (setup.jitterMs + 1)) });
    }
  }
  return arrivals.sort((a, b) => a.ms - b.ms);
}

function expectAccountedFor(out: readonly (number | string)[], first: number): void {
  let next = first;
  for (const entry of out) {
    const [, from, count] = typeof entry === 'string' ? (/^lost (\d+)\+(\d+)$/.exec(entry) ?? []) : [];
    expect(typeof entry === 'string' ? Number(from) : entry).toBe(next);
    next += typeof entry === 'string' ? Number(count) : 1;
  }
}
