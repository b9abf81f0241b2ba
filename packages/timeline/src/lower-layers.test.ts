import { unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import { describe, expect, it } from 'vitest';
import { TapePlacer } from './tape-placer.ts';
import { EPOCH, inOrder, run, S, trackEntries } from './testing/scripted-tape.ts';

const at = unixUs(EPOCH + 2 * S);
const own = () => [
  trackEntries({ trackId: 1, kind: 'video', toUs: 5 * S }),
  trackEntries({ trackId: 2, kind: 'audio', toUs: 5 * S }),
];
/** One comes first and ends, one comes late with a loss, a mute and a jump of its clock. */
const layers = () => [
  trackEntries({ trackId: 3, kind: 'video', toUs: 2 * S, rid: 'q', delayUs: () => 1_000 }),
  trackEntries({ trackId: 4, kind: 'video', fromUs: 2 * S, toUs: 5 * S, rid: 'h', delayUs: () => 90_000 }),
];
const told: TapeEntry[] = [
  { kind: 'gap', reason: 'network-loss', trackId: 4, fromAt: at, toAt: unixUs(at + S) },
  { kind: 'gap', reason: 'clock-jump', trackId: 4, fromAt: at, toAt: unixUs(at + S) },
  { kind: 'muted', at, trackId: 4 },
  { kind: 'track-ended', at, trackId: 3, reason: 'x' },
];

describe('lower layers of a tape', () => {
  it('change nothing of a file: not its frames, its clocks or what is missing', () => {
    const plain = run(inOrder(...own()));
    const layered = run(
      inOrder(
        ...own(),
        ...layers(),
        told.map((entry) => ({ at: at + 100, entry })),
      ),
    );
    expect(layered.picture).toBe(plain.picture);
    expect(layered.actions).toEqual(plain.actions);
    expect(plain.actions.length).toBeGreaterThan(300);
  });

  it('stand on the clock of their connection, also those that come later', () => {
    const walls = new Map<number, number[]>();
    const placer = new TapePlacer({
      onFrame: ({ track, wall }) => {
        const list = walls.get(track.added.trackId) ?? [];
        walls.set(track.added.trackId, [...list, Math.round(wall - EPOCH)]);
      },
    });
    for (const entry of inOrder(...own(), ...layers())) placer.push(entry);
    placer.settle(true);
    const later = walls.get(4) ?? [];
    expect(later).toHaveLength(75);
    expect(later).toEqual((walls.get(1) ?? []).slice(50));
  });
});
