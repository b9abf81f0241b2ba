import { describe, expect, it } from 'vitest';
import { TapePlacer } from './tape-placer.ts';
import { browserTape } from './testing/browser-tape.ts';
import { EPOCH, S, type TrackScript, trackEntries } from './testing/scripted-tape.ts';

type Placed = { readonly us: number; readonly offset: number };

/** Where frames stand against when they were taken, µs, by kind. */
function placesOf(tracks: readonly TrackScript[]): Record<'video' | 'audio', Placed[]> {
  const places: Record<'video' | 'audio', Placed[]> = { video: [], audio: [] };
  const placer = new TapePlacer({
    onFrame: ({ track, frame, wall }) => {
      const us = new DataView(frame.data.buffer, frame.data.byteOffset).getUint32(1);
      places[track.added.mediaKind].push({ us, offset: wall - EPOCH - us });
    },
  });
  for (const { entry } of tracks.flatMap(trackEntries).sort((a, b) => a.at - b.at)) {
    placer.push(entry);
    placer.settle(false);
  }
  placer.settle(true);
  return places;
}

const both = (toUs: number, delayUs: (us: number) => number): TrackScript[] => [
  { trackId: 1, kind: 'video', toUs, delayUs },
  { trackId: 2, kind: 'audio', toUs, delayUs },
];

describe('the place of a connection in the room', () => {
  it('is found although its first packets were half a second late', () => {
    const late = (us: number): number => 10_000 + Math.max(0, 500_000 - Math.max(0, us - 3 * S) / 2);
    const { video, audio } = placesOf(both(120 * S, late));
    expect(Math.abs((video.at(-1)?.offset ?? 0) - 10_000)).toBeLessThan(40_000);
    expect(Math.abs((audio.at(-1)?.offset ?? 0) - 10_000)).toBeLessThan(40_000);
  });

  it('moves no faster than nobody hears, and sound and picture together', () => {
    const late = (us: number): number => Math.max(10_000, 400_000 - Math.max(0, us - 4 * S) * 0.9);
    const { video, audio } = placesOf(both(60 * S, late));
    for (const kind of [video, audio])
      for (const [i, { us, offset }] of kind.entries()) {
        const before = kind[i - 1] ?? { us, offset };
        expect(Math.abs(offset - before.offset)).toBeLessThanOrEqual(0.0101 * (us - before.us));
      }
    const soundAt = new Map(audio.map(({ us, offset }) => [us, offset]));
    for (const { us, offset } of video) expect(Math.abs(offset - (soundAt.get(us) ?? offset))).toBeLessThan(5_000);
  });

  it('stays where it is while packets come between 0 and 35 ms late', () => {
    const { video } = placesOf(both(60 * S, (us) => 10_000 + ((us / 1000) % 36) * 1000));
    expect(new Set(video.map(({ offset }) => Math.round(offset))).size).toBe(1);
  });

  it('does not follow reports that are late themselves', () => {
    // The report of the first packets is late by a queue, and by no more than they are.
    const scene = { seconds: 30, engine: true, lateUs: (i: number) => (i === 10 ? 97_000 : 0) };
    const walls: number[] = [];
    const placer = new TapePlacer({
      onFrame: ({ track, frame, wall }) => {
        if (track.added.mediaKind === 'video') walls.push(wall - EPOCH - (frame.pts / 3600) * 40_000);
      },
    });
    for (const entry of browserTape(scene)) placer.push(entry);
    expect(Math.max(...walls) - Math.min(...walls)).toBeLessThan(1_000);
  });

  it('follows a sender whose wall clock runs 50 ppm fast for an hour', () => {
    const entries = (['video', 'audio'] as const).map((kind, i) => ({
      trackId: i + 1,
      kind,
      toUs: 3600 * S,
      keeps: (us: number) => us % S === 0,
      delayUs: (us: number) => 10_000 - us * 0.000_05 + (us % (7 * S)) / 1000,
    }));
    const { video } = placesOf(entries);
    const off = video.map(({ us, offset }) => Math.abs(offset - (10_000 - us * 0.000_05)));
    expect(Math.max(...off)).toBeLessThan(60_000);
  });
});
