// The plan of a mix: which picture stands where from which frame on. A pure function of the facts and of what the
// tapes say, so that the live film and one made later are the same.

import type { MixSettings } from '@roomtape/api';
import { assert, type UnixUs } from '@roomtape/media';
import { layOut, layoutOf, printTiles } from '../layout/lay-out.ts';
import type { MixInput, Tile } from '../layout/tile.ts';
import type { MixFacts, MixStream } from '../mix-job.ts';
import { FilmTime } from './film-time.ts';
import type { StreamState, StreamStory } from './stream-story.ts';

/** What the tapes say, by input. */
export type Stories = ReadonlyMap<string, Pick<StreamStory, 'at' | 'changes'>>;

/** The room at one moment, and until when nothing changes. */
export type MixScene = {
  readonly settings: MixSettings;
  readonly inputs: readonly MixInput[];
  /** Inputs whose camera is off or gone: their placeholder shows. */
  readonly dark: ReadonlySet<string>;
  readonly tiles: readonly Tile[];
  /** Wall time of the next known change; Infinity when there is none. */
  readonly untilAt: number;
};

/** A stretch of frames with one scene; `toFrame` is the first one of the next. */
export type MixSpan = { readonly fromFrame: number; readonly toFrame: number; readonly scene: MixScene };

/** A whole film; `frames` is Infinity while nothing ends it. */
export type MixPlan = { readonly fps: number; readonly frames: number; readonly spans: readonly MixSpan[] };

/** The scene at a wall time. `speaker` is the input that speaks, where somebody does. */
export function sceneAt(
  facts: MixFacts,
  stories: Stories,
  moment: { at: number; speaker?: string | undefined },
): MixScene {
  const { at, speaker } = moment;
  const settings = settingsAt(facts, at);
  const present = facts.streams.flatMap((stream): { input: MixInput; isDark: boolean }[] => {
    const state = stories.get(stream.inputId)?.at(at);
    if (state === undefined || stream.joinedAt > at || isReplaced(stream, facts, { at, stories })) return [];
    return [{ input: inputOf(stream, state, { at, speaker }), isDark: state.isDark || hasLeft(stream, at) }];
  });
  const inputs = present.map(({ input }) => input);
  const { width, height } = firstSettings(facts).canvas;
  return {
    settings,
    inputs,
    dark: new Set(present.filter(({ isDark }) => isDark).map(({ input }) => input.inputId)),
    tiles: layOut(layoutOf(settings), inputs, { width, height }),
    untilAt: nextChange(facts, stories, at),
  };
}

/** The plan of everything that is known; without an active speaker, who is only known from the sound. */
export function planMix(facts: MixFacts, stories: Stories): MixPlan {
  const time = new FilmTime(facts);
  const { fps } = firstSettings(facts).canvas;
  const frames = framesIn(time.knownUs, fps);
  const spans: MixSpan[] = [];
  for (let frame = 0; frame < frames; ) {
    const scene = sceneAt(facts, stories, { at: time.wallOf((frame * 1e6) / fps) });
    const toFrame = frameAfter(time, fps, { frame, untilAt: scene.untilAt, frames });
    const last = spans.at(-1);
    if (last !== undefined && looksSame(last.scene, scene)) spans[spans.length - 1] = { ...last, toFrame };
    else spans.push({ fromFrame: frame, toFrame, scene });
    frame = toFrame;
  }
  return { fps, frames, spans };
}

/** Frames of a film of a length: one at 0, then one each frame time before the end. */
export function framesIn(filmUs: number, fps: number): number {
  return Math.ceil((filmUs * fps) / 1e6 - 1e-6);
}

/** What size, rate and sound the film has throughout: those it was begun with. */
export function firstSettings(facts: MixFacts): MixSettings {
  const first = facts.settings[0];
  assert(first !== undefined, 'a mix has settings from its start');
  return first.settings;
}

/** Writes a plan as text: a line for every span, then who stands where. */
export function printPlan(plan: MixPlan): string {
  const lines = [`${plan.frames} frames, ${plan.fps} a second`];
  for (const { fromFrame, toFrame, scene } of plan.spans) {
    const voices = scene.inputs.filter((input) => input.hasAudio && input.hasLeft !== true && !input.isMuted);
    const { volumes } = scene.settings.audio;
    const heard = voices.map(({ inputId, streamId }) => `${inputId}${volumeText(volumes[streamId])}`).join(' ');
    lines.push(`${fromFrame}–${toFrame} ${scene.settings.layout.mode}, heard: ${heard === '' ? 'nobody' : heard}`);
    const tiles = printTiles(scene.tiles);
    if (tiles !== '') lines.push(...tiles.split('\n').map((line) => `  ${line}${darkText(line, scene)}`));
  }
  return lines.join('\n');
}

function volumeText(volume: number | undefined): string {
  return volume === undefined || volume === 100 ? '' : ` ${volume} %`;
}

function darkText(line: string, scene: MixScene): string {
  return scene.dark.has(line.slice(0, line.indexOf(' '))) ? ', dark' : '';
}

function frameAfter(time: FilmTime, fps: number, at: { frame: number; untilAt: number; frames: number }): number {
  const { frame, untilAt, frames } = at;
  if (untilAt === Number.POSITIVE_INFINITY) return frames;
  // In a pause a change shows from the first frame after it.
  let low = frame + 1;
  let high = Math.min(frames, frame + 1 + Math.ceil(((untilAt - time.wallOf((frame * 1e6) / fps)) * fps) / 1e6));
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time.wallOf((middle * 1e6) / fps) >= untilAt) high = middle;
    else low = middle + 1;
  }
  return low;
}

function settingsAt(facts: MixFacts, at: number): MixSettings {
  return facts.settings.findLast((change) => change.at <= at)?.settings ?? firstSettings(facts);
}

function hasLeft(stream: MixStream, at: number): boolean {
  return stream.leftAt !== undefined && stream.leftAt <= at;
}

/** Whether a stream left and the same one is there again, or left again later: its place is the newer one's. */
function isReplaced(stream: MixStream, facts: MixFacts, moment: { at: number; stories: Stories }): boolean {
  const { at, stories } = moment;
  if (!hasLeft(stream, at)) return false;
  return facts.streams.some(
    (other) =>
      other.streamId === stream.streamId &&
      other.joinedAt > stream.joinedAt &&
      other.joinedAt <= at &&
      stories.get(other.inputId)?.at(at) !== undefined,
  );
}

function inputOf(stream: MixStream, state: StreamState, moment: { at: number; speaker: string | undefined }): MixInput {
  const { inputId, streamId, userId, userName, joinedOrder, kind } = stream;
  const { hasVideo, hasAudio, isMuted, size } = state;
  return {
    ...{ inputId, streamId, userId, userName, joinedOrder, kind, hasVideo, hasAudio, isMuted },
    ...(size === undefined ? {} : { size }),
    ...(hasLeft(stream, moment.at) || state.hasLeft ? { hasLeft: true } : {}),
    ...(moment.speaker === inputId ? { isActiveSpeaker: true } : {}),
  };
}

function nextChange(facts: MixFacts, stories: Stories, at: number): number {
  let next = Number.POSITIVE_INFINITY;
  const consider = (point: UnixUs | undefined): void => {
    if (point !== undefined && point > at && point < next) next = point;
  };
  for (const change of facts.settings) consider(change.at);
  for (const stream of facts.streams) {
    consider(stream.joinedAt);
    consider(stream.leftAt);
    for (const change of stories.get(stream.inputId)?.changes ?? []) consider(change.at);
  }
  return next;
}

function looksSame(a: MixScene, b: MixScene): boolean {
  const look = ({ settings, inputs, dark, tiles }: MixScene): string =>
    JSON.stringify([settings, inputs, [...dark], tiles]);
  return look(a) === look(b);
}
