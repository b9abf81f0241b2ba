import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts, MixStream } from '../mix-job.ts';
import { pretendMixed } from '../testing/pretend-film.ts';
import { at, type Guest, settingsOf, tapeGuest } from '../testing/synthetic-room.ts';
import { LayeredLane, type PictureNeed } from './layered-lane.ts';
import { openMixer } from './mixer.ts';
import { TapeFeed } from './tape-feed.ts';

/** Keyframes each two seconds. One layer is switched off by its sender, one ends when the best track takes it over. */
const ANN: Guest = {
  ...{ name: 'ann', index: 0, to: 5, width: 640, height: 384, gopSeconds: 2 },
  layers: [
    { rid: 'h', width: 320, height: 192, to: 3, isSilentAtEnd: true },
    { rid: 'q', width: 160, height: 96, to: 4 },
  ],
};
const SMALL: PictureNeed = { width: 150, height: 90, isFitted: false };
const MIDDLE: PictureNeed = { width: 320, height: 100, isFitted: false };
const LARGE: PictureNeed = { width: 1000, height: 800, isFitted: false };

let folder = '';
let ann: MixStream;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-layers-'));
  ann = await tapeGuest(folder, ANN);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Seen = { readonly width: number | undefined; readonly us: number | undefined };

/** The lane at each frame of 30 a second: what it shows for what is needed there. */
function watch(needAt: (seconds: number) => PictureNeed | undefined, fromFrame = 0): Seen[] {
  const start = { pictureWall: at(fromFrame / 30), soundWall: at(fromFrame / 30) };
  const feed = new TapeFeed(ann, { log: silentLog, start });
  feed.readTo(at(10), true);
  const lane = new LayeredLane(feed);
  const seen: Seen[] = [];
  for (let frame = fromFrame; frame < 150; frame += 1) {
    lane.advance(at((frame + 0.5) / 30), needAt(frame / 30));
    const { current } = lane;
    seen.push({ width: current?.width, us: current?.ptsUs });
  }
  expect(lane.errors).toBe(0);
  lane.close();
  return seen;
}

/** `width×frames` of each stretch. */
function stretches(seen: readonly Seen[]): string {
  const parts: { width: number | undefined; frames: number }[] = [];
  for (const { width } of seen) {
    const last = parts.at(-1);
    if (last !== undefined && last.width === width) last.frames += 1;
    else parts.push({ width, frames: 1 });
  }
  return parts.map(({ width, frames }) => `${width}×${frames}`).join(' ');
}

/** Whether every frame shows a newer picture than the one before: nothing freezes, jumps back or is skipped. */
function isSteady(seen: readonly Seen[]): boolean {
  return seen.every(({ us }, i) => {
    const before = seen[i - 1]?.us;
    return us !== undefined && (before === undefined || (us > before && us - before < 40_000));
  });
}

describe('a picture with layers', () => {
  it('is the smallest layer not smaller than the tile, and the largest where none is', () => {
    for (const [need, widths] of [
      [SMALL, '160×119'],
      [MIDDLE, '320×1'],
      [{ width: 600, height: 360, isFitted: true }, '640×149'],
      [{ ...MIDDLE, height: 300, isFitted: true }, '320×1'],
      [LARGE, '640×149'],
    ] as const) {
      expect(stretches(watch(() => need))).toContain(` ${widths}`);
    }
  });

  it('changes with the tile at once, between keyframes, without a picture missing or twice', () => {
    const seen = watch((seconds) => (seconds < 1.3 ? SMALL : seconds < 2.5 ? LARGE : MIDDLE));
    expect(stretches(seen)).toContain(' 160×38 640×36 320×');
    expect(isSteady(seen.slice(1, 90))).toBe(true);
  });

  it('goes on with the next larger layer when one ends, at once, or falls silent, after half a second', () => {
    const ended = watch(() => SMALL);
    expect(stretches(ended)).toMatch(/ 160×119 640×30$/);
    expect(isSteady(ended.slice(1))).toBe(true);
    expect(stretches(watch(() => MIDDLE))).toMatch(/ 320×10\d 640×4\d$/);
  });

  it('decodes nothing while nobody sees it, and is up to date when somebody does', () => {
    const seen = watch((seconds) => (seconds < 2.9 ? undefined : LARGE));
    expect(seen.slice(0, 87).every(({ width }) => width === undefined)).toBe(true);
    expect(isSteady(seen.slice(87))).toBe(true);
  });

  it('shows the same after a restart at any moment', () => {
    const needAt = (seconds: number): PictureNeed => (seconds < 1.5 ? LARGE : seconds < 3.4 ? MIDDLE : SMALL);
    const whole = watch(needAt);
    for (const frame of [10, 44, 61, 95, 119, 121, 140]) expect(watch(needAt, frame)).toEqual(whole.slice(frame));
  });
});

describe('a film of pictures with layers', () => {
  const facts = (): MixFacts => ({
    startAt: at(0),
    stopAt: at(3),
    pauses: [],
    settings: [
      { at: at(0), settings: settingsOf({ canvas: { width: 640, height: 384, fps: 30 } }) },
      {
        at: at(1),
        settings: settingsOf({
          canvas: { width: 640, height: 384, fps: 30 },
          layout: { mode: 'custom', cells: [{ streamId: 'ann', x: 0, y: 0, width: 160, height: 96 }] },
        }),
      },
    ],
    streams: [ann],
  });

  async function mix(name: string, firstFrames: number): Promise<Map<number, number>> {
    const hashes = new Map<number, number>();
    const job = { jobId: 'film', tapeDirectory: join(folder, name) };
    if (firstFrames > 0) await pretendMixed(job.tapeDirectory, firstFrames);
    const shared = { job, facts: facts(), clock: createSystemClock(), log: silentLog, isComplete: true };
    const mixer = await openMixer({ ...shared, onFrame: (frame, hash) => hashes.set(frame, hash) });
    while ((await mixer.step()) !== 'finished');
    return hashes;
  }

  it('is the same when it is made again, and when its mixer went on in the middle', async () => {
    const once = await mix('once', 0);
    expect(once.size).toBe(90);
    expect(await mix('again', 0)).toEqual(once);
    const late = await mix('late', 50);
    expect([...late]).toEqual([...once].slice(50));
  });
});
