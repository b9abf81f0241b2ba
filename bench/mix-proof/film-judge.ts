// Looks at every tile of every frame of a mixed film and says who is in it and who should be; then where each voice
// is, and how far it is from the flash in its tile.

import type { MixScene, Rect, Tile } from '@roomtape/mixer';
import { type BeepFact, type PictureReading, participantOfBeepHz, readPicture } from '@roomtape/testkit';
import { quantile } from '../result-file.ts';
import type { Luma } from './film-reader.ts';
import { type FilmTruth, pictureRect } from './film-truth.ts';
import type { ProofPerson } from './proof-person.ts';

/** What a film shows of one person. */
export type PersonVerdict = {
  readonly name: string;
  /** Seconds in which the voice had to be there, and in which it was. */
  readonly voiceSeconds: number;
  readonly heard: number;
  /** Of the missing ones, those in which packets were lost on purpose. */
  readonly missedInLoss: number;
  /** Beeps while muted. */
  readonly heardMuted: number;
  /** Beeps that lack a part: a lost packet of sound is silence. Their beginning is not known. */
  readonly cutBeeps: number;
  /** Beep minus flash, ms; one for every second in which both are in the film whole. */
  readonly offsetsMs: readonly number[];
  /** How late pictures are shown while nothing hinders them, ms. */
  readonly pictureLagMs: { readonly median: number; readonly p99: number };
};

/** What a film shows. */
export type FilmVerdict = {
  /** A tile and a second of the film; right: the right person, and nobody else, was read there. */
  readonly tileSeconds: number;
  readonly rightTileSeconds: number;
  /** Tiles in which somebody else, or nobody, was, in frames. */
  readonly wrongFrames: number;
  readonly blankFrames: number;
  /** Tiles the layout covers or crops where the picture says whose it is, in frames. */
  readonly coveredFrames: number;
  readonly readFrames: number;
  readonly modes: readonly string[];
  readonly scenes: number;
  readonly people: readonly PersonVerdict[];
  /** The first faults, with the second of the film. */
  readonly faults: readonly string[];
};

type TileReading = { readonly inputId: string; readonly person: ProofPerson; readonly seen: PictureReading };
type Look = { readonly wrong: number; readonly blank: number; readonly covered: number; readonly tiles: TileReading[] };
type Voice = { readonly lateUs: number; readonly isCut: boolean };
type Shown = { readonly wall: number; readonly counter: number };
type TileSecond = { right: number; wrong: number; blank: number };

const ASPECT = 16 / 9;
const FAULTS_MAX = 20;
/** A stream's first picture may come this much after it joined, and after a camera is switched on, µs. */
const FIRST_PICTURE_US = 1_200_000;
/** A beep further from its second than this is none of it, µs. */
const BEEP_NEAR_US = 300_000;
/** Around pauses, changes of a microphone and the ends of the film a beep may be cut, µs. */
const CUT_US = 400_000;
/** Sound begins to flow this much after it is switched on, and what was said this much before a connection broke may be lost, µs. */
const SOUND_EDGE_US = 1_000_000;
/** A beep that is shorter lacks a packet of sound, µs. */
const WHOLE_BEEP_US = 90_000;
/** Frames of a flash that may stand for it. */
const FLASH_FRAMES = 3;

/** Judges one film; `look` at each picture, then ask for the verdict. */
export class FilmJudge {
  readonly #truth: FilmTruth;
  readonly #people: readonly ProofPerson[];
  readonly #tileSeconds = new Map<string, TileSecond>();
  readonly #shown = new Map<ProofPerson, Shown[]>();
  readonly #modes = new Set<string>();
  readonly #scenes = new Set<string>();
  readonly #faults: string[] = [];
  readonly #sums = { wrong: 0, blank: 0, covered: 0, read: 0 };
  #frames = 0;

  constructor(truth: FilmTruth, people: readonly ProofPerson[]) {
    this.#truth = truth;
    this.#people = people;
    for (const person of people) this.#shown.set(person, []);
  }

  /** Looks at one picture. */
  look(frame: number, luma: Luma): void {
    const { time, fps } = this.#truth;
    const wall = time.wallOf((frame * 1e6) / fps);
    const readings = new Map<string, PictureReading>();
    let best: { readonly scene: MixScene; readonly look: Look } | undefined;
    for (const scene of this.#truth.scenesAt(wall)) {
      const look = this.#lookAs(scene, { luma, wall, readings });
      const isBetter = best === undefined || look.wrong + look.blank < best.look.wrong + best.look.blank;
      if (isBetter) best = { scene, look };
    }
    this.#frames = Math.max(this.#frames, frame + 1);
    if (best !== undefined) this.#note(frame, wall, best);
  }

  /** Says what the film shows. */
  verdict(beeps: readonly BeepFact[]): FilmVerdict {
    const seconds = [...this.#tileSeconds.values()];
    const right = seconds.filter((second) => second.wrong === 0 && second.right > 0);
    return {
      tileSeconds: seconds.length,
      rightTileSeconds: right.length,
      wrongFrames: this.#sums.wrong,
      blankFrames: this.#sums.blank,
      coveredFrames: this.#sums.covered,
      readFrames: this.#sums.read,
      modes: [...this.#modes],
      scenes: this.#scenes.size,
      people: this.#people.map((person) => this.#verdictOf(person, beeps)),
      faults: this.#faults,
    };
  }

  #lookAs(scene: MixScene, at: { luma: Luma; wall: number; readings: Map<string, PictureReading> }): Look {
    const { luma, wall, readings } = at;
    let [wrong, blank, covered] = [0, 0, 0];
    const tiles: TileReading[] = [];
    for (const [index, tile] of scene.tiles.entries()) {
      const person = this.#personIn(scene, tile);
      if (person === undefined || tile.inputId === undefined) continue;
      const rect = pictureRect(tile, ASPECT);
      if (!isReadable(rect, tile, scene.tiles.slice(index + 1))) {
        covered += 1;
        continue;
      }
      const key = `${rect.x},${rect.y},${rect.width}`;
      const seen = readings.get(key) ?? readPicture(luma, rect);
      readings.set(key, seen);
      if (seen.participantIndex === undefined && isComing(person, wall)) continue;
      if (seen.participantIndex === undefined) blank += 1;
      else if (seen.participantIndex !== person.index) wrong += 1;
      tiles.push({ inputId: tile.inputId, person, seen });
    }
    return { wrong, blank, covered, tiles };
  }

  #personIn(scene: MixScene, tile: Tile): ProofPerson | undefined {
    const input = scene.inputs.find(({ inputId }) => inputId === tile.inputId);
    return this.#people.find(({ name }) => name === input?.streamId);
  }

  #note(frame: number, wall: number, { scene, look }: { scene: MixScene; look: Look }): void {
    const second = Math.floor(frame / this.#truth.fps);
    this.#modes.add(scene.settings.layout.mode);
    this.#scenes.add(JSON.stringify(scene.tiles.map(({ inputId, rect }) => [inputId, rect])));
    this.#sums.wrong += look.wrong;
    this.#sums.blank += look.blank;
    this.#sums.covered += look.covered;
    this.#sums.read += look.tiles.length;
    for (const { inputId, person, seen } of look.tiles) {
      const key = `${second} ${inputId}`;
      const tile = this.#tileSeconds.get(key) ?? { right: 0, wrong: 0, blank: 0 };
      this.#tileSeconds.set(key, tile);
      const { participantIndex, counter } = seen;
      if (participantIndex === person.index) tile.right += 1;
      else if (participantIndex === undefined) tile.blank += 1;
      else tile.wrong += 1;
      if (participantIndex === person.index && counter !== undefined) this.#shown.get(person)?.push({ wall, counter });
      else this.#fault(frame, `${person.name} in ${scene.settings.layout.mode}: ${participantIndex ?? 'nobody'} seen`);
    }
  }

  #fault(frame: number, text: string): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(`${(frame / this.#truth.fps).toFixed(2)} s ${text}`);
  }

  #verdictOf(person: ProofPerson, beeps: readonly BeepFact[]): PersonVerdict {
    const voice = this.#voiceOf(person, beeps);
    const whole = new Set(this.#wholeSeconds());
    const due = [...whole].filter((at) => person.was('heard', at, { before: SOUND_EDGE_US, after: SOUND_EDGE_US }));
    const missed = due.filter((at) => !voice.has(at));
    const inLoss = missed.filter((at) => person.touches('lossy', at - CUT_US, at + CUT_US));
    const muted = [...voice.keys()].filter((at) => person.was('silent', at, { before: CUT_US, after: CUT_US }));
    for (const at of missed) if (!inLoss.includes(at)) this.#faultAt(at, `${person.name} is not heard`);
    for (const at of muted) this.#faultAt(at, `${person.name} is heard, muted`);
    const lags = this.#lagsOf(person);
    return {
      name: person.name,
      voiceSeconds: due.length,
      heard: due.length - missed.length,
      missedInLoss: inLoss.length,
      heardMuted: muted.length,
      cutBeeps: [...voice].filter(([at, { isCut }]) => whole.has(at) && isCut).length,
      offsetsMs: [...voice].flatMap(([at, { lateUs, isCut }]) =>
        whole.has(at) && !isCut ? this.#offsetAt(person, at, lateUs) : [],
      ),
      pictureLagMs: { median: quantile(lags, 0.5), p99: quantile(lags, 0.99) },
    };
  }

  #faultAt(wall: number, text: string): void {
    this.#fault(((this.#truth.time.filmOf(wall) ?? 0) * this.#truth.fps) / 1e6, text);
  }

  /** Whole seconds of wall time that are in the film, away from its cuts. */
  #wholeSeconds(): number[] {
    const { time, fps } = this.#truth;
    const seconds: number[] = [];
    const [from, to] = [time.wallOf(0), time.wallOf((this.#frames * 1e6) / fps)];
    for (let at = Math.ceil(from / 1e6) * 1e6; at < to; at += 1e6) {
      const isWhole = [at - CUT_US, at, at + CUT_US].every((moment) => time.filmOf(moment) !== undefined);
      if (isWhole && at + CUT_US < to) seconds.push(at);
    }
    return seconds;
  }

  /** By second of wall time: how late somebody's beep is in the film, µs, and whether it is in one piece. */
  #voiceOf(person: ProofPerson, beeps: readonly BeepFact[]): Map<number, Voice> {
    const voice = new Map<number, Voice>();
    for (const { startUs, durationUs, frequencyHz, isExact } of beeps) {
      if (!isExact || participantOfBeepHz(frequencyHz) !== person.index) continue;
      const wall = this.#truth.time.wallOf(startUs);
      const at = Math.round(wall / 1e6) * 1e6;
      if (Math.abs(wall - at) >= BEEP_NEAR_US) continue;
      const first = voice.get(at);
      const isCut = first !== undefined || durationUs < WHOLE_BEEP_US;
      voice.set(at, { lateUs: first?.lateUs ?? wall - at, isCut });
    }
    return voice;
  }

  /** How much later the beep of a second is than its flash in the film, ms; nothing where that is not shown. */
  #offsetAt(person: ProofPerson, at: number, beepLateUs: number): number[] {
    const first = person.counterAt(at);
    if (first === undefined) return [];
    const near = (this.#shown.get(person) ?? []).filter(({ wall }) => Math.abs(wall - at) < BEEP_NEAR_US);
    const flash = near.find(({ counter }) => counter >= first && counter < first + FLASH_FRAMES);
    const takenAt = flash === undefined ? undefined : person.takenAt(flash.counter, flash.wall);
    return flash === undefined || takenAt === undefined ? [] : [(beepLateUs - (flash.wall - takenAt)) / 1000];
  }

  #lagsOf(person: ProofPerson): number[] {
    return (this.#shown.get(person) ?? []).flatMap(({ wall, counter }) => {
      const takenAt = person.takenAt(counter, wall);
      const isFree = person.was('seen', wall, { before: FIRST_PICTURE_US, after: CUT_US });
      return takenAt === undefined || !isFree ? [] : [(wall - takenAt) / 1000];
    });
  }
}

/** Whether the strip of a picture is on the canvas whole: not cropped away, not under another tile. */
function isReadable(picture: Rect, tile: Tile, above: readonly Tile[]): boolean {
  const strip = {
    x: picture.x + picture.width / 10,
    y: picture.y + (picture.height * 5) / 12,
    width: (picture.width * 8) / 10,
    height: picture.height / 6,
  };
  const isIn = strip.x >= tile.rect.x && strip.x + strip.width <= tile.rect.x + tile.rect.width;
  return isIn && !above.some(({ rect }) => overlaps(rect, strip));
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether somebody's first picture may not be there yet. */
function isComing(person: ProofPerson, wall: number): boolean {
  const life = person.lifeAt(wall);
  return life === undefined || wall < life.joinedAt + FIRST_PICTURE_US;
}
