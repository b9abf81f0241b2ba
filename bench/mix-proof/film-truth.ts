// What a mixed film has to show: computed from its recording's journal and tapes by the pure functions of plan and
// layout, never by the mixer, and compared with what the proof's room remembers of itself.

import type { MixSettings } from '@roomtape/api';
import {
  FilmTime,
  type MixFacts,
  type MixScene,
  type MixStream,
  type Rect,
  StreamStory,
  sceneAt,
} from '@roomtape/mixer';
import { openTapeReader } from '@roomtape/tape';
import { filmFacts, findRecording } from '../../apps/server/src/commands/recording-film.ts';
import { filmOf } from '../../apps/server/src/recordings/recording-model.ts';
import { tapeDirectory } from '../../apps/server/src/recordings/recording-paths.ts';
import type { Act, ProofRoom } from './proof-room.ts';

/** A recording of a mix, read from its data directory. */
export type FilmTruth = {
  readonly facts: MixFacts;
  readonly time: FilmTime;
  readonly fps: number;
  /** What the streams' tapes say of them, by input. */
  readonly stories: ReadonlyMap<string, StreamStory>;
  /** Directory of the film's own tape. */
  readonly filmTape: string;
  /** Every scene a frame at a wall time may show: one, or those on both sides of a change nearby. */
  scenesAt(wall: number): readonly MixScene[];
};

/** A frame this near to a change may show what was before or what is after, µs. */
const CHANGE_US = 34_000;
/** The journal's times lie between a request and its answer, or near: a stream counts with its first packet, µs. */
const AGREE_US = 1_500_000;

type Done = Pick<Act, 'fromAt' | 'toAt'>;

/** Reads what there is to know; `settings` is the look of a film that is made again. Throws when there is no film. */
export async function readTruth(
  recordingId: string,
  dataDirectory: string,
  settings?: MixSettings,
): Promise<FilmTruth> {
  const recording = await findRecording(recordingId, dataDirectory);
  const film = recording === undefined ? undefined : filmOf(recording.model);
  const facts = recording === undefined ? undefined : filmFacts(recording, settings);
  if (facts === undefined || film === undefined) throw new Error(`${recordingId} has no film`);
  const stories = new Map(facts.streams.map((stream) => [stream.inputId, storyOf(stream)]));
  const { fps } = facts.settings[0]?.settings.canvas ?? { fps: 30 };
  const scenes = new Map<string, readonly MixScene[]>();
  return {
    ...{ facts, stories, fps, time: new FilmTime(facts), filmTape: tapeDirectory(dataDirectory, film.tapeId) },
    scenesAt: (wall) => {
      const moments = [wall - CHANGE_US, wall, wall + CHANGE_US].map((at) => lastChange(facts, stories, at));
      const key = moments.join();
      const known = scenes.get(key);
      if (known !== undefined) return known;
      const made = [...new Set(moments)].flatMap((at) => scenesOf(facts, stories, at));
      scenes.set(key, made);
      return made;
    },
  };
}

/** Where the picture of a shape stands in a tile; beyond the tile where it is cropped. */
export function pictureRect(tile: { readonly rect: Rect; readonly fit: 'fill' | 'fit' }, aspect: number): Rect {
  const { x, y, width, height } = tile.rect;
  const isByWidth = width / height > aspect === (tile.fit === 'fill');
  const shown = isByWidth ? { width, height: width / aspect } : { width: height * aspect, height };
  return { x: x + (width - shown.width) / 2, y: y + (height - shown.height) / 2, ...shown };
}

/** Where the journal and the room's memory disagree about what happened, as text. */
export function disagreements(truth: FilmTruth, room: ProofRoom): string[] {
  const { facts } = truth;
  const wrong: string[] = [];
  const compare = (what: string, told: readonly (number | undefined)[], done: readonly Done[]): void => {
    if (told.length !== done.length) wrong.push(`${what}: ${told.length} in the journal, ${done.length} done`);
    for (const [index, { fromAt, toAt }] of done.entries()) {
      const at = told[index] ?? Number.POSITIVE_INFINITY;
      if (at < fromAt - AGREE_US || at > toAt + AGREE_US)
        wrong.push(`${what} ${index} is ${(at - toAt) / 1000} ms after its answer`);
    }
  };
  const acts = (what: string): Done[] => room.acts.filter((act) => act.what === what);
  const modes = facts.settings.slice(1).map(({ settings }) => settings.layout.mode);
  const asked = room.acts.filter(({ what }) => what === 'layout').map(({ detail }) => detail);
  if (modes.join() !== asked.join()) wrong.push(`layouts: ${modes.join()}`);
  compare(
    'layout',
    facts.settings.slice(1).map(({ at }) => at),
    acts('layout'),
  );
  compare(
    'pause',
    facts.pauses.map(({ fromAt }) => fromAt),
    acts('pause'),
  );
  compare(
    'resume',
    facts.pauses.map(({ toAt }) => toAt),
    acts('resume'),
  );
  for (const { name } of room.people) {
    const moves = movesOf(truth, name);
    const own = (what: string): Done[] => room.acts.filter((act) => act.what === what && act.detail === name);
    // Who was there before the film is there from its first frame.
    const sinceStart = (at: number): number => Math.max(at, facts.startAt);
    const joins = own('join').map(({ fromAt, toAt }) => ({ fromAt: sinceStart(fromAt), toAt: sinceStart(toAt) }));
    compare(`${name} joins`, moves.joinedAt.map(sinceStart), joins);
    compare(`${name} leaves`, moves.leftAt, own('leave'));
  }
  return wrong;
}

/** When a stream came and went, by the journal and what its tapes say of it. */
function movesOf({ facts, stories }: FilmTruth, streamId: string): { joinedAt: number[]; leftAt: number[] } {
  const moves: { joinedAt: number[]; leftAt: number[] } = { joinedAt: [], leftAt: [] };
  for (const { inputId, streamId: id, leftAt } of facts.streams) {
    if (id !== streamId) continue;
    let isHere = false;
    for (const { at, state } of stories.get(inputId)?.changes ?? []) {
      if (isHere === state.hasLeft) (isHere ? moves.leftAt : moves.joinedAt).push(at);
      isHere = !state.hasLeft;
    }
    if (isHere && leftAt !== undefined && leftAt !== facts.stopAt) moves.leftAt.push(leftAt);
  }
  return moves;
}

function storyOf(stream: MixStream): StreamStory {
  const story = new StreamStory();
  const last = stream.lastSequence ?? Number.POSITIVE_INFINITY;
  const reader = openTapeReader(stream.tapeDirectory);
  for (const { sequence, entry } of reader) if (sequence <= last) story.take(entry);
  reader.close();
  return story;
}

/** The last moment not after a wall time at which anything changed: scenes between two of them are the same. */
function lastChange(facts: MixFacts, stories: ReadonlyMap<string, StreamStory>, wall: number): number {
  let last = Number.NEGATIVE_INFINITY;
  const consider = (at: number | undefined): void => {
    if (at !== undefined && at <= wall && at > last) last = at;
  };
  for (const { at } of facts.settings) consider(at);
  for (const { joinedAt, leftAt } of facts.streams) for (const at of [joinedAt, leftAt]) consider(at);
  for (const story of stories.values()) for (const { at } of story.changes) consider(at);
  return Math.max(last, facts.startAt);
}

/** The scene, or with an active speaker one for each who may be that: who speaks is known from the sound alone. */
function scenesOf(facts: MixFacts, stories: ReadonlyMap<string, StreamStory>, at: number): MixScene[] {
  const scene = sceneAt(facts, stories, { at });
  if (scene.settings.layout.mode !== 'speaker') return [scene];
  return [scene, ...scene.inputs.map(({ inputId }) => sceneAt(facts, stories, { at, speaker: inputId }))];
}
