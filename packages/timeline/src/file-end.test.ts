import { type MediaKind, ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import { describe, expect, it } from 'vitest';
import type { PlannedAction, PlannedFrame } from './plan.ts';
import { createPlanner } from './planner.ts';

const EPOCH = 1_700_000_000_000_000;
const S = 1_000_000;
const PICTURE_US = 40_000;
const PACKET_US = 20_000;

type Scene = {
  /** How late pictures and packets arrive, µs. */
  readonly pictureDelayUs?: number;
  readonly packetDelayUs?: number;
  /** Until when each was captured, µs. */
  readonly picturesToUs?: number;
  readonly packetsToUs?: number;
  /** What arrives later is not on the tape any more, µs. */
  readonly tapedToUs?: number;
  readonly stopUs?: number;
  readonly pause?: { readonly fromUs: number; readonly toUs: number };
  readonly more?: readonly TapeEntry[];
};

function tapeOf(scene: Scene): TapeEntry[] {
  const at = unixUs(EPOCH);
  const video: TapeEntry = { kind: 'track-added', at, trackId: 1, mediaKind: 'video', codec: 'vp8', clockRate: 90_000 };
  const audio: TapeEntry = {
    kind: 'track-added',
    at,
    trackId: 2,
    mediaKind: 'audio',
    codec: 'opus',
    clockRate: 48_000,
  };
  const timed: { at: number; entry: TapeEntry }[] = [];
  const add = (trackId: number, us: number, delayUs: number): void => {
    const pts = ticks(Math.round(us * (trackId === 1 ? 0.09 : 0.048)));
    const arrivedAt = unixUs(EPOCH + us + delayUs);
    const type = trackId === 2 || us % (10 * PICTURE_US) === 0 ? 'key' : 'delta';
    const data = trackId === 1 ? new Uint8Array(9) : Uint8Array.of(0x78, 1, 2);
    timed.push({ at: arrivedAt, entry: { kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data } });
    const senderAt = unixUs(EPOCH + us);
    if (us % S === 0)
      timed.push({ at: arrivedAt, entry: { kind: 'clock-anchor', trackId, ticks: pts, senderAt, arrivedAt } });
  };
  for (let us = 0; us < (scene.picturesToUs ?? 6 * S); us += PICTURE_US) add(1, us, scene.pictureDelayUs ?? 20_000);
  for (let us = 0; us < (scene.packetsToUs ?? 6 * S); us += PACKET_US) add(2, us, scene.packetDelayUs ?? 20_000);
  const taped = timed.filter((item) => item.at < EPOCH + (scene.tapedToUs ?? 100 * S)).sort((a, b) => a.at - b.at);
  return [video, audio, ...taped.map(({ entry }) => entry), ...(scene.more ?? [])];
}

/** Ends of both tracks and of the file, ms, and the frames. */
function ends(scene: Scene) {
  const planner = createPlanner({ media: 'audio-video', startAt: unixUs(EPOCH), transcodesAudio: true });
  const { pause, stopUs } = scene;
  if (pause !== undefined)
    planner.setPauses([{ fromAt: unixUs(EPOCH + pause.fromUs), toAt: unixUs(EPOCH + pause.toUs) }]);
  const actions: PlannedAction[] = [];
  for (const entry of tapeOf(scene)) {
    // The stop is told when it is called, while what was captured before is on its way.
    if (stopUs !== undefined && entry.kind === 'frame' && entry.arrivedAt >= EPOCH + stopUs)
      planner.setStop(unixUs(EPOCH + stopUs));
    actions.push(...planner.push(entry));
  }
  actions.push(...planner.finish());
  const of = (track: MediaKind): PlannedFrame[] =>
    actions.flatMap((action) => (action.kind === 'frame' && action.track === track ? [action] : []));
  const endMs = (frame: PlannedFrame | undefined): number => ((frame?.ptsUs ?? 0) + (frame?.durationUs ?? 0)) / 1000;
  const close = actions.find((action) => action.kind === 'close');
  return {
    file: (close?.kind === 'close' ? close.endUs : Number.NaN) / 1000,
    picture: endMs(of('video').at(-1)),
    sound: endMs(of('audio').at(-1)),
    pictures: of('video'),
    packets: of('audio'),
    silence: actions.filter((action) => action.kind === 'silence'),
    told: (planner.summary().files.at(-1)?.durationUs ?? Number.NaN) / 1000,
  };
}

describe('the end of a file', () => {
  it('is told as it is in the file, also when the last picture was planned until one that is not taken', () => {
    for (let stopUs = 4 * S; stopUs < 4 * S + 3 * PICTURE_US; stopUs += 7_000) {
      for (const packetDelayUs of [20_000, 120_000, 220_000]) {
        const { told, picture, file } = ends({ stopUs, packetDelayUs, tapedToUs: stopUs + 2 * S });
        expect(told, `${stopUs} ${packetDelayUs}`).toBe(Math.max(file, picture));
      }
    }
  });

  it('is where it was stopped, for both tracks, although pictures arrive 200 ms after the sound', () => {
    const { file, picture, sound, silence } = ends({ pictureDelayUs: 220_000, stopUs: 4 * S, tapedToUs: 4.25 * S });
    // Wall time is that of the earliest arrival: sound of 20 ms before.
    expect(Math.abs(file - 3980)).toBeLessThanOrEqual(20);
    expect(picture).toBe(file);
    expect(Math.abs(sound - file)).toBeLessThanOrEqual(PACKET_US / 1000);
    expect(silence).toEqual([]);
  });

  it('is the latest point both have when one is later than is waited for, never after the stop', () => {
    for (const late of [{ pictureDelayUs: 320_000 }, { packetDelayUs: 320_000, pictureDelayUs: 10_000 }]) {
      const { file, picture, sound } = ends({ ...late, stopUs: 4 * S, tapedToUs: 4.25 * S });
      expect(file).toBeLessThanOrEqual(4000);
      expect(file).toBeGreaterThan(3700);
      // Below this nobody counts as short of anything, and the picture is held.
      expect(Math.abs(picture - sound)).toBeLessThanOrEqual(50);
    }
  });

  it('is the latest point both have when the stream just ends', () => {
    const { file, picture, sound } = ends({ picturesToUs: 5.8 * S, packetsToUs: 6 * S });
    expect(picture).toBe(file);
    expect(Math.abs(file - 5800)).toBeLessThanOrEqual(PICTURE_US / 1000);
    expect(Math.abs(sound - file)).toBeLessThanOrEqual(PACKET_US / 1000);
  });

  it('keeps all sound and holds the picture when the camera was switched off', () => {
    const muted: TapeEntry = { kind: 'muted', at: unixUs(EPOCH + 5.7 * S), trackId: 1 };
    for (const scene of [{ picturesToUs: 3 * S }, { picturesToUs: 5.7 * S, more: [muted] }]) {
      const { file, packets } = ends(scene);
      expect(file).toBe(6000);
      expect(packets).toHaveLength(300);
    }
  });

  it('leaves no hole at the edges of a pause whose last pictures came late', () => {
    const pause = { fromUs: 2 * S, toUs: 3 * S };
    const { pictures, silence, file } = ends({ pictureDelayUs: 220_000, pause, stopUs: 5 * S });
    const gaps = pictures.slice(1).map((frame, i) => frame.ptsUs - (pictures[i]?.ptsUs ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * PICTURE_US);
    expect(silence.map((hole) => hole.toUs - hole.fromUs).every((us) => us <= PICTURE_US)).toBe(true);
    expect(file).toBeLessThanOrEqual(4000);
  });

  it('begins with both tracks', () => {
    const { pictures, packets } = ends({ stopUs: 4 * S });
    expect(pictures[0]?.ptsUs).toBe(0);
    expect(Math.abs(packets[0]?.ptsUs ?? Number.NaN)).toBeLessThanOrEqual(PACKET_US);
  });
});
