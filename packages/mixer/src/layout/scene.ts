// What every arrangement is given, and what it answers: inputs put on seats, without styles.

import type { Background, MixLayout, MixTileStyle } from '@roomtape/api';
import type { MixInput, Rect, Size } from './tile.ts';

/** One layout call, prepared: `inputs` are those to be shown, in order of joining. */
export type Scene = { readonly layout: MixLayout; readonly inputs: readonly MixInput[]; readonly canvas: Size };

/** An input on its rectangle; `input` undefined: a rectangle nobody is in. */
export type Placement = {
  readonly input: MixInput | undefined;
  readonly rect: Rect;
  readonly layer: number;
  readonly fit: 'fill' | 'fit';
  readonly background?: Background | undefined;
  readonly style?: MixTileStyle | undefined;
};

/** The inputs a layout shows, in order of joining: those that left only if their tiles are kept. */
export function sceneOf(layout: MixLayout, inputs: readonly MixInput[], canvas: Size): Scene {
  const shown = inputs
    .filter((input) => input.hasLeft !== true || (layout.fillBlank === true && !isBack(input, inputs)))
    .filter((input) => input.hasVideo || input.kind !== 'camera' || layout.audioOnly !== 'none')
    .sort((a, b) => a.joinedOrder - b.joinedOrder || (a.inputId < b.inputId ? -1 : 1));
  return { layout, inputs: shown, canvas };
}

/** Tells whether the stream of an input that left was published again, as another input. */
function isBack(input: MixInput, inputs: readonly MixInput[]): boolean {
  const ofStream = inputs.filter((other) => other.streamId === input.streamId);
  return ofStream.some((other) => other.hasLeft !== true) || ofStream.at(-1) !== input;
}

/** At most `count` inputs in their order; those that left give way first. */
export function firstInputs(inputs: readonly MixInput[], count: number): MixInput[] {
  if (inputs.length <= count) return [...inputs];
  const present = inputs.filter((input) => input.hasLeft !== true).slice(0, count);
  const left = inputs.filter((input) => input.hasLeft === true).slice(0, count - present.length);
  const kept = new Set([...present, ...left]);
  return inputs.filter((input) => kept.has(input));
}

/** How many tiles a layout may show: settings that were checked say it; nothing of the schemas is loaded to mix. */
export function tilesMaxOf(layout: MixLayout): number {
  return layout.tilesMax ?? Number.POSITIVE_INFINITY;
}

/** The whiteboard before everybody else, otherwise the order as it is. */
export function boardFirst(inputs: readonly MixInput[]): MixInput[] {
  return [
    ...inputs.filter((input) => input.kind === 'whiteboard'),
    ...inputs.filter((input) => input.kind !== 'whiteboard'),
  ];
}

/** The big one and the others. `big` undefined: the stream the layout names is not here, so its tile stays empty. */
export type Cast = { readonly big: MixInput | undefined; readonly small: readonly MixInput[] };

/** Takes the named stream for the big tile, else `otherwise`; the others follow in order, as many as may be shown. */
export function castOf(scene: Scene, otherwise: MixInput | undefined): Cast {
  const { bigStreamId } = scene.layout;
  const big = bigStreamId === undefined ? otherwise : scene.inputs.find((input) => input.streamId === bigStreamId);
  const others = scene.inputs.filter((input) => input !== big);
  return { big, small: firstInputs(others, tilesMaxOf(scene.layout) - 1) };
}
