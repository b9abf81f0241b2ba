import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MixRequest } from '@roomtape/api';
import { createSystemClock, silentLog } from '@roomtape/media';
import { openTapeReader } from '@roomtape/tape';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts } from '../mix-job.ts';
import { planMix } from '../plan/mix-plan.ts';
import { StreamStory } from '../plan/stream-story.ts';
import {
  at,
  beepsOf,
  entriesOf,
  type Guest,
  settingsOf,
  tapeGuest,
  type WatchedFilm,
  watchFilm,
  whoIsIn,
} from '../testing/synthetic-room.ts';
import { type MixerOptions, openMixer } from './mixer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-mixer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function mix(facts: MixFacts, name: string, more: Partial<MixerOptions> = {}): Promise<string> {
  const job = { jobId: name, tapeDirectory: join(folder, name) };
  const mixer = await openMixer({ job, facts, clock: createSystemClock(), log: silentLog, isComplete: true, ...more });
  while ((await mixer.step()) !== 'finished');
  return job.tapeDirectory;
}

async function room(guests: readonly Guest[], prefix: string): Promise<MixFacts['streams']> {
  return Promise.all(guests.map((guest) => tapeGuest(join(folder, prefix), guest)));
}

const CANVAS = { width: 320, height: 192, fps: 30 };

/** Every moment a tile showed the wrong person, as text; and when each person began to flash. */
function watch(directory: string, facts: MixFacts, guests: readonly Guest[]) {
  const stories = new Map(
    guests.map((guest) => {
      const story = new StreamStory();
      for (const entry of entriesOf(guest)) story.take(entry);
      return [guest.name, story] as const;
    }),
  );
  const plan = planMix(facts, stories);
  const wrong: string[] = [];
  const flashes = new Map<number, number[]>();
  const lit = new Set<number>();
  let [seen, settledSince] = [0, 0];
  const film = watchFilm(directory, (filmUs, picture) => {
    const frame = Math.round((filmUs * plan.fps) / 1e6);
    const span = plan.spans.find(({ fromFrame, toFrame }) => frame >= fromFrame && frame < toFrame);
    settledSince = span?.fromFrame ?? 0;
    for (const tile of span?.scene.tiles ?? []) {
      const guest = guests.find(({ name }) => name === tile.inputId);
      if (guest === undefined || guest.media === 'audio') continue;
      const { who, isFlash } = whoIsIn(picture, tile.rect);
      // A guest's first picture takes a moment; a fitted tile or one of another shape is not read here.
      if (who === undefined && frame - settledSince < 8) continue;
      if (who !== guest.index) wrong.push(`${guest.name} at ${filmUs}: ${who}`);
      seen += 1;
      if (isFlash && !lit.has(guest.index)) flashes.set(guest.index, [...(flashes.get(guest.index) ?? []), filmUs]);
      if (isFlash) lit.add(guest.index);
      else lit.delete(guest.index);
    }
  });
  return { plan, film, wrong, seen, flashes };
}

/** Every picture and packet of sound on a film's tape. */
function entriesOn(directory: string): { trackId: number; data: Uint8Array }[] {
  return [...openTapeReader(directory)].flatMap(({ entry }) => (entry.kind === 'frame' ? [entry] : []));
}

/** For every flash of a participant, how far off the nearest beep is, ms. */
function offsets(film: WatchedFilm, flashes: ReadonlyMap<number, number[]>, index: number): number[] {
  const beeps = beepsOf(film, index);
  return (flashes.get(index) ?? []).flatMap((flash) => {
    const near = beeps.filter((beep) => Math.abs(beep - flash) < 300_000);
    return near.length === 0 ? [] : [Math.min(...near.map((beep) => Math.abs(beep - flash))) / 1000];
  });
}

function facts(
  streams: MixFacts['streams'],
  seconds: number,
  requests: readonly { at: number; request: MixRequest }[],
): MixFacts {
  const settings = requests.map(({ at: from, request }) => ({
    at: at(from),
    settings: settingsOf({ canvas: CANVAS, ...request }),
  }));
  return { startAt: at(0), stopAt: at(seconds), pauses: [], settings, streams };
}

describe('a mix', () => {
  it.each([2, 4, 9])('of %i shows everybody in their rectangle and has every voice in step', async (count) => {
    const guests: Guest[] = Array.from({ length: count }, (_, index) => ({
      name: `guest${index}`,
      index,
      to: 4.2,
      ...(count === 9 ? { fps: 15 } : {}),
      // Three sizes, one shape.
      ...([{}, { width: 320, height: 192 }, { width: 240, height: 144 }][index % 3] ?? {}),
    }));
    const cells = { 2: { width: 640, height: 192 }, 4: CANVAS, 9: { width: 480, height: 288 } }[count] ?? CANVAS;
    const canvas = { ...cells, width: count === 2 ? 320 : cells.width, fps: 30, quality: 20 };
    const told = facts(await room(guests, `count${count}`), 4, [
      { at: 0, request: { canvas: { ...canvas, ...(count === 2 ? { height: 96 } : {}) } } },
    ]);
    const { film, wrong, seen, flashes } = watch(await mix(told, `film${count}`), told, guests);
    expect(film.picturesUs).toHaveLength(120);
    expect(film.errors).toBe(0);
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(110 * count);
    for (const { index } of guests) {
      expect(beepsOf(film, index).length).toBeGreaterThanOrEqual(4);
      const off = offsets(film, flashes, index);
      expect(off.length).toBeGreaterThanOrEqual(3);
      expect(Math.max(...off)).toBeLessThanOrEqual(20);
    }
  });

  it('lets go of who left: of a room with much coming and going only those who are there cost memory', async () => {
    const guests: Guest[] = [
      { name: 'ann', index: 0, to: 5 },
      { name: 'ben', index: 1, to: 1.2 },
    ];
    const told = facts(await room(guests, 'left'), 4.5, [{ at: 0, request: { layout: { mode: 'tile' } } }]);
    const job = { jobId: 'left', tapeDirectory: join(folder, 'left-film') };
    const options = { job, facts: told, clock: createSystemClock(), log: silentLog, isComplete: true };
    const mixer = await openMixer(options);
    const held = new Set<string>();
    for (let step = await mixer.step(); step !== 'finished'; step = await mixer.step()) {
      const { inputs } = mixer.describe() as { inputs: { inputId: string; hasPicture: boolean }[] };
      held.add(inputs.flatMap(({ inputId, hasPicture }) => (hasPicture ? [inputId] : [])).join(' '));
    }
    expect([...held]).toEqual(['ann ben', 'ann']);
  });

  it('of sound alone sounds like one with pictures, and neither keeps nor makes any', async () => {
    const guests: Guest[] = [
      { name: 'ann', index: 0, to: 4 },
      { name: 'ben', index: 1, from: 0.5, to: 4 },
    ];
    const told = facts(await room(guests, 'sound'), 3, [{ at: 0, request: { layout: { mode: 'speaker' } } }]);
    const job = { jobId: 'sound', tapeDirectory: join(folder, 'sound-film'), isAudioOnly: true };
    const options = { job, facts: told, clock: createSystemClock(), log: silentLog, isComplete: true };
    const mixer = await openMixer({ ...options, isAudioOnly: true });
    let waiting = 0;
    for (let step = await mixer.step(); step !== 'finished'; step = await mixer.step()) {
      const { inputs } = mixer.describe() as { inputs: { waiting: number; hasPicture: boolean }[] };
      waiting = Math.max(waiting, ...inputs.map((input) => input.waiting));
      expect(inputs.every(({ hasPicture }) => !hasPicture)).toBe(true);
    }
    // A second of sound at most is read ahead; there are thirty pictures a second.
    expect(waiting).toBeLessThan(4 * 50 + 1);
    expect(mixer.mixedUs).toBe(3e6);
    const [seen, heard] = [await mix(told, 'sound-and-pictures'), job.tapeDirectory].map(entriesOn);
    expect(heard?.filter(({ trackId }) => trackId === 1)).toEqual([]);
    const soundOf = (entries: typeof seen): string[] =>
      (entries ?? []).filter(({ trackId }) => trackId === 2).map(({ data }) => Buffer.from(data).toString('base64'));
    expect(soundOf(heard)).toEqual(soundOf(seen));
  });

  it('follows a join, a leave, a mute, a gap, layouts and a pause, with one encoder', async () => {
    const muted = [
      { at: 2.1, entry: { kind: 'muted', at: at(2.1), trackId: 1 } as const },
      { at: 3.1, entry: { kind: 'unmuted', at: at(3.1), trackId: 1 } as const },
    ];
    const guests: Guest[] = [
      { name: 'ann', index: 0, to: 9, extra: muted },
      { name: 'ben', index: 1, from: 1.3, to: 9, lost: [3.5, 5] },
      { name: 'cat', index: 2, to: 4.6 },
    ];
    const tile = { layout: { mode: 'tile' } } as const;
    const cells = [
      { x: 160, y: 96, width: 160, height: 96, streamId: 'ann' },
      { x: 0, y: 0, width: 160, height: 96, streamId: 'ben' },
    ];
    const told: MixFacts = {
      ...facts(await room(guests, 'changes'), 9, [
        { at: 0, request: tile },
        { at: 5.5, request: { layout: { mode: 'custom', cells }, audio: { volumes: { ben: 0 } } } },
        { at: 7.7, request: { layout: { mode: 'single', bigStreamId: 'ben' } } },
      ]),
      pauses: [{ fromAt: at(6.2), toAt: at(7.2) }],
    };
    const { film, wrong, plan, flashes } = watch(await mix(told, 'changes-film'), told, guests);
    expect(plan.spans.length).toBeGreaterThanOrEqual(7);
    expect(film.picturesUs).toEqual(Array.from({ length: 240 }, (_, i) => Math.round(Math.round(i * 3000) / 0.09)));
    expect(film.keyframes).toBe(4);
    expect(wrong.filter((line) => !/undefined/.test(line))).toEqual([]);
    for (const index of [0, 1, 2]) expect(Math.max(0, ...offsets(film, flashes, index))).toBeLessThanOrEqual(20);
    const seconds = (index: number): number[] => beepsOf(film, index).map((us) => Math.round(us / 1e5) / 10);
    // The room's second 8 is the film's 7: a second was cut out. Ben is lost from 3.5 to 5 and turned down at 5.5.
    expect(seconds(0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(seconds(1)).toEqual([2, 3, 5, 7]);
    expect(seconds(2)).toEqual([0, 1, 2, 3, 4]);
  });
});
