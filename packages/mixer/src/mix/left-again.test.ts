import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts } from '../mix-job.ts';
import { pretendMixed } from '../testing/pretend-film.ts';
import { at, type Guest, settingsOf, tapeGuest, watchFilm, whoIsIn } from '../testing/synthetic-room.ts';
import { openMixer } from './mixer.ts';

const CANVAS = { width: 320, height: 96, fps: 30 };
const BEN_TILE = { x: 160, y: 0, width: 160, height: 96 };
const SECONDS = 7;
const BACK_FRAME = 5.2 * 30;
const AWAY_FRAME = 6.2 * 30;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-left-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ben leaves; then nobody but Ann has a tile, for long enough to let go of him; then he has one again for a second. */
async function roomOf(ben: Guest): Promise<MixFacts> {
  const place = mkdtempSync(join(folder, 'room-'));
  const both = settingsOf({ canvas: CANVAS, layout: { mode: 'tile', fillBlank: true } });
  const alone = settingsOf({ canvas: CANVAS, layout: { mode: 'single', bigStreamId: 'ann' } });
  return {
    ...{ startAt: at(0), stopAt: at(SECONDS), pauses: [] },
    settings: [
      { at: at(0), settings: both },
      { at: at(2), settings: alone },
      { at: at(5.2), settings: both },
      { at: at(6.2), settings: alone },
    ],
    streams: [await tapeGuest(place, { name: 'ann', index: 0, to: SECONDS + 1 }), await tapeGuest(place, ben)],
  };
}

async function mix(facts: MixFacts, name: string): Promise<{ hashes: Map<number, number>; held: string[] }> {
  const hashes = new Map<number, number>();
  const held: string[] = [];
  const mixer = await openMixer({
    ...{ job: { jobId: 'film', tapeDirectory: join(folder, name) }, facts, isComplete: true },
    ...{ clock: createSystemClock(), log: silentLog, onFrame: (frame, hash) => hashes.set(frame, hash) },
  });
  for (let step = await mixer.step(); step !== 'finished'; step = await mixer.step()) {
    const { inputs, left } = mixer.describe() as { inputs: { inputId: string; hasPicture: boolean }[]; left: string[] };
    const holding = [...inputs.flatMap(({ inputId, hasPicture }) => (hasPicture ? [inputId] : [])), ...left].join(' ');
    if (held.at(-1) !== holding) held.push(holding);
  }
  return { hashes, held };
}

describe('somebody who left', () => {
  const ben: Guest = { name: 'ben', index: 1, to: 1.2, gopSeconds: 2 };

  it('has their last picture when a layout gives them a tile again, and costs nothing in between', async () => {
    const { held } = await mix(await roomOf(ben), 'film');
    expect(held).toEqual(['ann ben', 'ann', 'ann ben', 'ann']);
    const seen = new Map<number, number | undefined>();
    watchFilm(join(folder, 'film'), (filmUs, picture) => {
      seen.set(Math.round((filmUs * CANVAS.fps) / 1e6), whoIsIn(picture, BEN_TILE).who);
    });
    const people = (from: number, to: number) =>
      new Set([...seen].flatMap(([frame, who]) => (frame >= from && frame < to ? [who] : [])));
    expect(people(40, 60)).toEqual(new Set([ben.index]));
    expect(people(BACK_FRAME, AWAY_FRAME)).toEqual(new Set([ben.index]));
  });

  it.each([
    ['one picture', ben],
    ['layers', { ...ben, layers: [{ rid: 'h', width: 160, height: 96 }], width: 320, height: 192 }],
  ])('is the same picture whenever the mixer was started again: %s', async (name, guest) => {
    const facts = await roomOf(guest);
    const { hashes } = await mix(facts, `${name}-whole`);
    expect(hashes.size).toBe(SECONDS * CANVAS.fps);
    for (const frames of [100, 170]) {
      const again = `${name}-${frames}`;
      await pretendMixed(join(folder, again), frames);
      expect([...(await mix(facts, again)).hashes]).toEqual([...hashes].slice(frames));
    }
  });
});
