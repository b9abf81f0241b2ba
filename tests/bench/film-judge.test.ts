// The judge of mixed films finds the faults it is there for: films of two made up here, right and wrong.

import { unixUs } from '@roomtape/media';
import { FilmTime, type MixFacts, type MixScene } from '@roomtape/mixer';
import { type BeepFact, beepHzOf, SyntheticPicture } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { FilmJudge, type FilmVerdict } from '../../bench/mix-proof/film-judge.ts';
import type { FilmTruth } from '../../bench/mix-proof/film-truth.ts';
import { ProofPerson } from '../../bench/mix-proof/proof-person.ts';

const FPS = 30;
const SECONDS = 6;
const START = 1_800_000_000_000_000;
const TILE = { width: 192, height: 108 };
const [LEFT, RIGHT] = [
  { x: 0, y: 0, ...TILE },
  { x: TILE.width, y: 0, ...TILE },
];

type Faults = {
  /** Frames in which both sit in each other's tile. */
  readonly swapped?: readonly number[];
  /** Frames in which the left tile is empty. */
  readonly empty?: readonly number[];
  readonly soundLateMs?: number;
  /** Seconds in which Ada is not heard. */
  readonly unheard?: readonly number[];
  /** Seconds in which the middle of Ada's beep is missing. */
  readonly cutIn?: readonly number[];
  /** The journal's time of an exchange of both, s; the film shows none. */
  readonly exchangedAt?: number;
};

describe('the judge of a mixed film', () => {
  it('finds nothing wrong with a film that is right', () => {
    const verdict = judge({});
    expect(verdict).toMatchObject({ tileSeconds: 2 * SECONDS, rightTileSeconds: 2 * SECONDS });
    expect(verdict).toMatchObject({ wrongFrames: 0, blankFrames: 0, faults: [] });
    for (const { voiceSeconds, heard, offsetsMs, pictureLagMs } of verdict.people) {
      expect([voiceSeconds, heard]).toEqual([SECONDS - 1, SECONDS - 1]);
      expect(offsetsMs.length).toBe(SECONDS - 1);
      for (const offset of offsetsMs) expect(offset).toBeCloseTo(0, 1);
      expect(pictureLagMs.median).toBeCloseTo(0, 1);
    }
  });

  it('finds a single frame with people in each other’s tiles', () => {
    const verdict = judge({ swapped: [75] });
    expect(verdict).toMatchObject({ wrongFrames: 2, rightTileSeconds: 2 * SECONDS - 2 });
    expect(verdict.faults[0]).toBe('2.50 s ada in tile: 2 seen');
  });

  it('finds a single empty tile', () => {
    expect(judge({ empty: [100] })).toMatchObject({ blankFrames: 1, faults: ['3.33 s ada in tile: nobody seen'] });
  });

  it('finds a layout that came some frames late', () => {
    expect(judge({ exchangedAt: SECONDS - 0.2 }).wrongFrames).toBeGreaterThanOrEqual(8);
  });

  it.each([-30, 25])('finds sound that is %d ms late', (soundLateMs) => {
    for (const { offsetsMs } of judge({ soundLateMs }).people) {
      for (const offset of offsetsMs) expect(offset).toBeCloseTo(soundLateMs, 1);
    }
  });

  it('takes no offset from a beep that lacks a part', () => {
    const [ada, bob] = judge({ cutIn: [2] }).people;
    expect([ada?.cutBeeps, bob?.cutBeeps]).toEqual([1, 0]);
    expect(Math.max(...(ada?.offsetsMs ?? []).map(Math.abs))).toBeLessThan(1);
  });

  it('finds a second in which somebody is not heard', () => {
    const verdict = judge({ unheard: [3] });
    expect(verdict.people.map(({ voiceSeconds, heard }) => voiceSeconds - heard)).toEqual([1, 0]);
    expect(verdict.faults).toEqual(['3.00 s ada is not heard']);
  });
});

function judge(faults: Faults): FilmVerdict {
  const people = ['ada', 'bob'].map((name, index) => new ProofPerson(name, index + 1));
  for (const person of people) {
    person.lives.push({ joinedAt: START - 5e6, startAt: START });
    for (const condition of ['heard', 'seen'] as const) person.begin(condition, unixUs(START));
  }
  const judge = new FilmJudge(truthOf(faults), people);
  const drawn = people.map(({ name, index }) => new SyntheticPicture({ name, participantIndex: index, ...TILE }));
  for (let frame = 0; frame < SECONDS * FPS; frame += 1) {
    const pictures = drawn.map((picture) => picture.draw({ counter: frame, signalUs: (frame * 1e6) / FPS }));
    const [left, right] = faults.swapped?.includes(frame) === true ? pictures.toReversed() : pictures;
    const canvas = new Uint8Array(2 * TILE.width * TILE.height);
    for (const [picture, { x }] of [[left, LEFT] as const, [right, RIGHT] as const]) {
      if (picture === undefined || (x === 0 && faults.empty?.includes(frame) === true)) continue;
      for (let y = 0; y < TILE.height; y += 1)
        canvas.set(picture.y.subarray(y * TILE.width, (y + 1) * TILE.width), y * 2 * TILE.width + x);
    }
    judge.look(frame, { data: canvas, stride: 2 * TILE.width, width: 2 * TILE.width, height: TILE.height });
  }
  return judge.verdict(beepsOf(faults));
}

function beepsOf({ soundLateMs = 0, unheard = [], cutIn = [] }: Faults): BeepFact[] {
  const seconds = Array.from({ length: SECONDS }, (_, second) => second);
  return [1, 2].flatMap((index) => {
    const heard = seconds.filter((second) => index !== 1 || !unheard.includes(second));
    return heard.flatMap((second) => {
      const isCut = index === 1 && cutIn.includes(second);
      return (isCut ? [0, 60] : [0]).map((ms) => ({
        startUs: (second * 1e6 + (soundLateMs + ms) * 1000) as BeepFact['startUs'],
        ...{ durationUs: isCut ? 40_000 : 100_000, frequencyHz: beepHzOf(index), isExact: true },
      }));
    });
  });
}

function truthOf({ exchangedAt = Number.POSITIVE_INFINITY }: Faults): FilmTruth {
  const facts = { startAt: unixUs(START), stopAt: unixUs(START + SECONDS * 1e6), pauses: [] } as unknown as MixFacts;
  const [before, after] = [sceneOf('ada', 'bob'), sceneOf('bob', 'ada')];
  const at = START + exchangedAt * 1e6;
  return {
    ...{ facts, stories: new Map(), time: new FilmTime(facts), fps: FPS, filmTape: '' },
    scenesAt: (wall) => (wall < at - 34_000 ? [before] : wall < at + 34_000 ? [before, after] : [after]),
  };
}

function sceneOf(left: string, right: string): MixScene {
  const tile = (inputId: string, rect: typeof LEFT): object => ({ inputId, rect, layer: 0, fit: 'fill' });
  return {
    settings: { layout: { mode: 'tile' } },
    inputs: [left, right].map((name) => ({ inputId: name, streamId: name })),
    tiles: [tile(left, LEFT), tile(right, RIGHT)],
  } as unknown as MixScene;
}
