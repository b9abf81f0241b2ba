import { ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import { describe, expect, it } from 'vitest';
import type { PlannedAction } from './plan.ts';
import { createPlanner } from './planner.ts';

const EPOCH = 1_700_000_000_000_000;
const SENDER = 5_000_000;
/** An Opus packet of 20 ms that carries its number. */
const opus = (i: number): Uint8Array => Uint8Array.of(0x78, i >> 8, i & 0xff);

type Scene = {
  readonly seconds: number;
  readonly engine: boolean;
  /** How late sound is handed over beside its own length, µs, by packet. */
  readonly lateUs: (packet: number) => number;
  /** How fast the sound's clock runs against the sender's wall clock. */
  readonly drift?: number;
  readonly captures?: boolean;
  /** Sound that the device lost before a packet, in all, µs. */
  readonly lostUs?: (packet: number) => number;
  /** How far reports are from the truth, as an engine makes them that knows when sound was captured. */
  readonly exact?: boolean;
};

/** When the first sample of a packet was taken, µs. */
const capturedUs = (scene: Scene, i: number): number =>
  Math.round(i * 20_000 * (1 + (scene.drift ?? 0))) + (scene.lostUs?.(i) ?? 0);

/** What Chromium sends: pictures with exact reports each second, sound with late ones each five. */
function browserTape(scene: Scene): TapeEntry[] {
  const timed: { at: number; entry: TapeEntry }[] = [];
  const senderEngine = scene.engine ? { senderEngine: 'libwebrtc' as const } : {};
  const added = (trackId: number, codec: 'vp8' | 'opus'): TapeEntry => {
    const mediaKind = codec === 'opus' ? 'audio' : 'video';
    const clockRate = codec === 'opus' ? 48_000 : 90_000;
    return { kind: 'track-added', at: unixUs(EPOCH), trackId, mediaKind, codec, clockRate, ...senderEngine };
  };
  timed.push({ at: EPOCH, entry: added(1, 'vp8') }, { at: EPOCH, entry: added(2, 'opus') });
  const report = (trackId: number, pts: number, sentAt: number, claimed: number): void => {
    const arrivedAt = unixUs(EPOCH + sentAt + 1000 + (sentAt % 3000));
    const senderAt = unixUs(EPOCH + SENDER + claimed);
    const source = scene.captures === true ? { source: 'capture-time' as const } : {};
    timed.push({
      at: arrivedAt,
      entry: { kind: 'clock-anchor', trackId, ticks: ticks(pts), senderAt, arrivedAt, ...source },
    });
  };
  for (let i = 0; i < scene.seconds * 25; i += 1) {
    const us = i * 40_000;
    const pts = ticks(3600 * i);
    const arrivedAt = unixUs(EPOCH + us + 30_000);
    const type = i % 25 === 0 ? 'key' : 'delta';
    timed.push({
      at: arrivedAt,
      entry: { kind: 'frame', trackId: 1, type, pts, dts: pts, arrivedAt, data: new Uint8Array(9) },
    });
    if (i % 25 === 0) report(1, pts, us + 31_000, us);
  }
  let sent = 0;
  for (let i = 0; i < scene.seconds * 50; i += 1) {
    const captured = capturedUs(scene, i);
    // A queue: nothing overtakes.
    sent = Math.max(sent + 3000, captured + 20_000 + scene.lateUs(i));
    const pts = ticks(777 + 960 * i);
    const arrivedAt = unixUs(EPOCH + sent + 1000 + (i % 7) * 300);
    timed.push({
      at: arrivedAt,
      entry: { kind: 'frame', trackId: 2, type: 'key', pts, dts: pts, arrivedAt, data: opus(i) },
    });
    const knows = scene.exact === true || scene.captures === true;
    if (i % (knows ? 50 : 250) === 10) report(2, pts, sent, knows ? captured : sent);
  }
  return timed.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}

/** By how much sound stands late against the pictures, ms, second by second. */
function offsetsMs(scene: Scene): number[] {
  const planner = createPlanner({ media: 'audio-video', startAt: unixUs(EPOCH), transcodesAudio: true });
  const actions: PlannedAction[] = [...browserTape(scene).flatMap((entry) => planner.push(entry)), ...planner.finish()];
  const sound = actions.flatMap((action) => (action.kind === 'frame' && action.track === 'audio' ? [action] : []));
  const origin = actions.find((action) => action.kind === 'frame' && action.track === 'video');
  expect(origin).toMatchObject({ ptsUs: 0 });
  // Every second, the first packet: where it stands against when it was captured.
  return sound.flatMap(({ data, ptsUs }) => {
    const i = (data[1] ?? 0) * 256 + (data[2] ?? 0);
    const captured = capturedUs(scene, i);
    return i % 50 === 0 && i > 0 ? [(ptsUs - captured) / 1000] : [];
  });
}

const scatter = (i: number): number => Math.round(97_000 * (((i * 7919) % 1000) / 1000) ** 4);
const worst = (offsets: readonly number[], truthMs: number): number =>
  Math.max(...offsets.map((offset) => Math.abs(offset - truthMs)));
/** The decoder makes the sound late by this much again. */
const DECODER_MS = -6.5;

describe('sound of libwebrtc', () => {
  it('stands where it was captured although reports are late by a packet and up to 97 ms of queueing', () => {
    expect(worst(offsetsMs({ seconds: 30, engine: true, lateUs: scatter }), DECODER_MS)).toBeLessThan(5);
  });

  it('stays there while everything is late for some seconds', () => {
    const lateUs = (i: number): number => scatter(i) + (i >= 500 && i < 800 ? 60_000 : 0);
    expect(worst(offsetsMs({ seconds: 30, engine: true, lateUs }), DECODER_MS)).toBeLessThan(5);
  });

  it('follows a clock that drifts', () => {
    for (const drift of [-0.000_1, 0.000_1]) {
      const offsets = offsetsMs({ seconds: 120, engine: true, lateUs: scatter, drift });
      expect(worst(offsets, DECODER_MS)).toBeLessThan(6);
      expect(worst(offsets.slice(60), DECODER_MS)).toBeLessThan(4);
    }
  });

  it('moves to a lasting step slowly enough that nobody hears it', () => {
    const offsets = offsetsMs({ seconds: 60, engine: true, lateUs: (i) => scatter(i) + (i >= 1000 ? 50_000 : 0) });
    const steps = offsets.slice(1).map((offset, i) => Math.abs(offset - (offsets[i] ?? offset)));
    expect(Math.max(...steps)).toBeLessThan(10.5);
    expect(Math.abs((offsets.at(-1) ?? 0) - DECODER_MS - 50)).toBeLessThan(6);
  });

  it('stands where capture times say, when packets tell them', () => {
    const scene = { seconds: 20, engine: true, captures: true, lateUs: scatter };
    expect(worst(offsetsMs(scene), DECODER_MS)).toBeLessThan(1);
  });
});

describe('sound of a device that loses samples', () => {
  it('is back in its place within ten seconds, each time 10 ms were lost', () => {
    // Four times in the half minute from the twentieth second on.
    const lostUs = (i: number): number => 10_000 * Math.max(0, Math.min(4, Math.floor((i - 1000) / 400) + 1));
    const offsets = offsetsMs({ seconds: 60, engine: true, captures: true, lateUs: scatter, lostUs });
    expect(worst(offsets, DECODER_MS)).toBeLessThan(12.5);
    expect(worst(offsets.slice(-5), DECODER_MS)).toBeLessThan(2);
  });
});

describe('sound of a source that stood still', () => {
  const lostUs = (i: number): number => (i >= 1000 ? 350_000 : 0);
  const settled = (offsets: readonly number[]): number[] => [...offsets.slice(0, 19), ...offsets.slice(22)];

  it('has a hole there and is in its place again within two seconds', () => {
    const browser = offsetsMs({ seconds: 40, engine: true, captures: true, lateUs: scatter, lostUs });
    expect(worst(settled(browser), DECODER_MS)).toBeLessThan(5);
    const other = offsetsMs({ seconds: 40, engine: false, exact: true, lateUs: scatter, lostUs });
    expect(worst(settled(other), 0)).toBeLessThan(5);
  });

  it('keeps its place where only its way grew longer', () => {
    const lateUs = (i: number): number => scatter(i) + (i >= 1000 ? 350_000 : 0);
    const offsets = offsetsMs({ seconds: 40, engine: true, captures: true, lateUs });
    expect(worst(offsets, DECODER_MS)).toBeLessThan(5);
  });
});

describe('sound of others', () => {
  it('is believed as reported', () => {
    expect(worst(offsetsMs({ seconds: 20, engine: false, exact: true, lateUs: scatter }), 0)).toBeLessThan(1);
  });
});
