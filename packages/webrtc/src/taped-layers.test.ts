import type { FrameEntry, TapeEntry } from '@roomtape/tape';
import { afterEach, describe, expect, it } from 'vitest';
import { PlaneHarness } from './testing/plane-harness.ts';
import type { TestPublisher } from './testing/test-publisher.ts';

const LAYERS = [
  { rid: 'q', frameBytes: 400 },
  { rid: 'h', frameBytes: 1200 },
  { rid: 'f', frameBytes: 4000 },
];

let h: PlaneHarness;
afterEach(() => h.close());

/** A publisher of three layers on a tape that keeps them all. */
async function layered(wantsLayers = true): Promise<TestPublisher> {
  h = new PlaneHarness();
  await h.tape();
  if (wantsLayers) h.plane.setTapeLayers('tape', true);
  const { publisher } = await h.publish({}, { codec: 'vp8', layers: LAYERS });
  return publisher;
}

function pause(publisher: TestPublisher, ...rids: string[]): void {
  for (const layer of publisher.layers) layer.paused = rids.includes(layer.rid);
}

type Track = {
  readonly rid: string | undefined;
  readonly frames: readonly FrameEntry[];
  readonly widths: readonly number[];
  readonly ended: string | undefined;
};

/** The video tracks of the tape, in the order they were added. */
function tracksOf(entries: readonly TapeEntry[]): Track[] {
  return entries.flatMap((added): Track[] => {
    if (added.kind !== 'track-added' || added.mediaKind !== 'video') return [];
    const own = entries.filter((entry) => 'trackId' in entry && entry.trackId === added.trackId);
    return [
      {
        rid: added.rid,
        frames: own.filter((entry): entry is FrameEntry => entry.kind === 'frame'),
        widths: own.flatMap((entry) => (entry.kind === 'config-changed' ? (entry.width ?? []) : [])),
        ended: own.flatMap((entry) => (entry.kind === 'track-ended' ? entry.reason : []))[0],
      },
    ];
  });
}

const secondsOf = (frames: readonly FrameEntry[], from = 0): number =>
  ((frames.at(-1)?.arrivedAt ?? 0) - (frames[from]?.arrivedAt ?? 0)) / 1e6;

describe('the layers of a tape', () => {
  it('have a track each beside the best one, begun at keyframes once the stream has settled', async () => {
    await layered();
    h.clock.advance(12_000);
    const tracks = tracksOf(await h.entries());
    expect(tracks.map(({ rid }) => rid)).toEqual([undefined, 'q', 'h']);
    const [best, q, low] = tracks;
    expect(best?.widths.at(-1)).toBe(4000);
    expect([q?.widths, low?.widths]).toEqual([[400], [1200]]);
    for (const track of [q, low]) {
      expect(track?.frames[0]?.type).toBe('key');
      expect(secondsOf(track?.frames ?? [])).toBeGreaterThan(6);
      expect(track?.frames.length).toBeGreaterThan(29 * secondsOf(track?.frames ?? []));
    }
    const anchored = (await h.entries()).flatMap((entry) => (entry.kind === 'clock-anchor' ? entry.trackId : []));
    expect(new Set(anchored).size).toBe(4);
  });

  it('go on in the best track, and in that one alone, while a better layer is gone', async () => {
    const publisher = await layered();
    h.clock.advance(10_000);
    pause(publisher, 'f');
    h.clock.advance(5_000);
    pause(publisher);
    h.clock.advance(6_000);
    const tracks = tracksOf(await h.entries());
    expect(tracks.map(({ rid, ended }) => [rid, ended])).toEqual([
      [undefined, undefined],
      ['q', undefined],
      ['h', 'recorded-as-best'],
      ['f', 'recorded-as-best'],
      ['h', undefined],
    ]);
    expect(tracks[0]?.widths.slice(-3)).toEqual([4000, 1200, 4000]);
    // No picture of a layer is missing where one track hands it to the other, and none is there twice.
    const last = tracks[2]?.frames.at(-1);
    const next = tracks[0]?.frames.find((frame) => frame.arrivedAt > (last?.arrivedAt ?? 0) && frame.type === 'key');
    expect((next?.arrivedAt ?? 0) - (last?.arrivedAt ?? 0)).toBeLessThan(50_000);
    expect(tracks[1]?.frames.length).toBeGreaterThan(29 * secondsOf(tracks[1]?.frames ?? []));
  });

  it('have a keyframe each eight seconds, as the best one has', async () => {
    await layered();
    h.clock.advance(32_000);
    for (const { frames } of tracksOf(await h.entries())) {
      const keys = frames.filter((frame) => frame.type === 'key').map(({ arrivedAt }) => arrivedAt / 1e6);
      const waits = keys.map((second, i) => second - (keys[i - 1] ?? second));
      expect(Math.max(...waits)).toBeLessThan(9);
      expect(keys.length).toBeLessThan(10);
    }
  });

  it('end when nobody wants them any more, at a reconnection and with a pause, and begin again', async () => {
    const publisher = await layered();
    h.clock.advance(8_000);
    h.plane.setTapePaused('tape', true);
    h.clock.advance(1_000);
    h.plane.setTapePaused('tape', false);
    h.clock.advance(2_000);
    h.plane.setTapeLayers('tape', false);
    h.clock.advance(1_000);
    publisher.stop();
    const again = await h.publish({}, { codec: 'vp8', layers: LAYERS });
    h.plane.setTapeLayers('tape', true);
    h.clock.advance(7_000);
    h.plane.closeSession(again.sessionId, 'done');
    const entries = await h.entries();
    const tracks = tracksOf(entries);
    expect(tracks.map(({ rid, ended }) => [rid, ended === 'layers-not-wanted'])).toEqual([
      [undefined, false],
      ['q', true],
      ['h', true],
      [undefined, false],
      ['q', false],
      ['h', false],
    ]);
    expect(tracks.every(({ ended }) => ended !== undefined)).toBe(true);
    const resumedAt = entries.flatMap((entry) => (entry.kind === 'resumed' ? entry.at : []))[0] ?? 0;
    const afterPause = tracks[1]?.frames.find((frame) => frame.arrivedAt >= resumedAt);
    expect(afterPause?.type).toBe('key');
  });

  it('are not there when nobody wants them', async () => {
    await layered(false);
    h.clock.advance(8_000);
    expect(tracksOf(await h.entries()).map(({ rid }) => rid)).toEqual([undefined]);
  });
});
