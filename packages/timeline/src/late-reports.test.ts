import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import type { PlannedAction } from './plan.ts';
import { createPlanner } from './planner.ts';
import { browserTape, capturedUs, type Scene } from './testing/browser-tape.ts';
import { EPOCH } from './testing/scripted-tape.ts';

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

  it('is so also after it lost as little as 15 to 60 ms, where packets tell when their sound was captured', () => {
    for (const lost of [15_000, 25_000, 40_000, 59_000]) {
      const lostUs = (i: number): number => (i >= 1000 ? lost : 0);
      const offsets = offsetsMs({ seconds: 40, engine: true, captures: true, lateUs: scatter, lostUs });
      expect(worst(settled(offsets), DECODER_MS), `${lost}`).toBeLessThan(5);
    }
  });

  it('takes no capture time that is late by itself for a loss', () => {
    const lateReports = (i: number): number => scatter(i) + (i === 1010 || i === 1310 ? 30_000 : 0);
    const offsets = offsetsMs({ seconds: 40, engine: true, captures: true, lateUs: lateReports });
    expect(worst(offsets, DECODER_MS)).toBeLessThan(5);
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
