// Checks a mix request for what a schema cannot say, and fills its defaults. Pure: whether a stream exists or a picture
// can be fetched is found out later, and is no reason to refuse a recording.

import { Value } from 'typebox/value';
import type { ErrorCode } from './errors.ts';
import { MixRequest, type MixSettings } from './mix.ts';
import { type MixCell, type MixLayout, TILES_MAX } from './mix-layout.ts';

/** Why a mix request cannot be fulfilled: a row of the error catalogue with the field it is about. */
export type MixProblem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** What the server's configuration decides about mixes. */
export type MixLimits = { readonly tilesMax: number };

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type CanvasSize = { readonly width: number; readonly height: number };

/** Tells a problem from settings. */
export function isMixProblem(result: MixSettings | MixProblem): result is MixProblem {
  return 'code' in result;
}

/** Reads a mix request: settings with every default, or the first problem found. Never throws, whatever comes in. */
export function parseMixRequest(body: unknown, limits: MixLimits = { tilesMax: TILES_MAX }): MixSettings | MixProblem {
  const tooMany = checkCellCount(body, limits);
  if (tooMany !== undefined) return tooMany;
  const [error] = Value.Check(MixRequest, body) ? [] : Value.Errors(MixRequest, body);
  if (error !== undefined) return invalid(error.instancePath.slice(1).replaceAll('/', '.'), error.message);
  const settings = withDefaults(body as MixRequest, limits);
  return checkSettings(settings, limits) ?? settings;
}

/**
 * Applies a change to running settings: a part that is given replaces that part, fields of the canvas one by one. The
 * size and frame rate of a film cannot change while it is made.
 */
export function changeMix(
  current: MixSettings,
  body: unknown,
  limits: MixLimits = { tilesMax: TILES_MAX },
): MixSettings | MixProblem {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return invalid('', 'must be object');
  const change = body as Record<string, unknown>;
  const canvas =
    typeof change.canvas === 'object' && change.canvas !== null
      ? { ...canvasOf(current, change.canvas), ...change.canvas }
      : change.canvas;
  const next = parseMixRequest({ ...current, ...change, ...('canvas' in change && { canvas }) }, limits);
  if (isMixProblem(next)) return next;
  for (const field of ['width', 'height', 'fps'] as const)
    if (next.canvas[field] !== current.canvas[field])
      return invalid(`canvas.${field}`, 'must stay as it is while the mix runs');
  return next;
}

/** Ids of streams the settings name that are not there: accepted, and waited for. */
export function waitingStreams(settings: MixSettings, present: ReadonlySet<string>): string[] {
  const { layout, audio } = settings;
  const named = [
    layout.bigStreamId,
    ...(layout.cells ?? []).map((cell) => cell.streamId),
    ...Object.keys(audio.volumes),
  ];
  return [...new Set(named)].filter((id): id is string => id !== undefined && id !== '' && !present.has(id));
}

function withDefaults(request: MixRequest, limits: MixLimits): MixSettings {
  const { canvas, audio } = request;
  const channels = audio?.channels ?? 1;
  return {
    layout: { mode: 'tile', ...request.layout, tilesMax: request.layout?.tilesMax ?? limits.tilesMax },
    canvas: { ...canvas, width: canvas?.width ?? 1280, height: canvas?.height ?? 720, fps: canvas?.fps ?? 30 },
    audio: {
      channels,
      bitrate: audio?.bitrate ?? channels * 64_000,
      volumes: audio?.volumes ?? {},
      soundWave: audio?.soundWave ?? false,
    },
    overlays: request.overlays ?? {},
  };
}

/** A given bitrate takes the place of a quality, and the other way round. */
function canvasOf(current: MixSettings, change: object): MixSettings['canvas'] {
  const { bitrate, quality, ...others } = current.canvas;
  if ('bitrate' in change || 'quality' in change) return others;
  return { ...others, ...(bitrate !== undefined && { bitrate }), ...(quality !== undefined && { quality }) };
}

function checkSettings(settings: MixSettings, limits: MixLimits): MixProblem | undefined {
  const { canvas, layout, overlays } = settings;
  for (const field of ['width', 'height'] as const)
    if (canvas[field] % 2 !== 0) return odd(`canvas.${field}`, canvas[field]);
  if (canvas.bitrate !== undefined && canvas.quality !== undefined)
    return invalid('canvas.quality', 'must be absent when bitrate is given');
  if ((layout.tilesMax ?? 0) > limits.tilesMax) return tooManyTiles(layout.tilesMax ?? 0, limits);
  return (
    checkLayout(layout, canvas) ??
    firstProblem(overlays.watermarks ?? [], (box, i) => checkBox(box, `overlays.watermarks.${i}`, canvas)) ??
    firstProblem(overlays.texts ?? [], (text, i) => checkCorner(text, `overlays.texts.${i}`, canvas)) ??
    checkZone(overlays.timestamp?.zone)
  );
}

function checkLayout(layout: MixLayout, canvas: CanvasSize): MixProblem | undefined {
  const cells = layout.cells ?? [];
  if (layout.mode === 'custom' && cells.length === 0) return invalid('layout.cells', 'must be given for mode custom');
  if (layout.mode !== 'custom' && layout.cells !== undefined)
    return invalid('layout.cells', 'must be absent for every mode but custom');
  return (
    firstProblem(cells, (cell, i) => checkBox(cell, `layout.cells.${i}`, canvas)) ??
    checkTwins(cells) ??
    checkOverlaps(cells) ??
    checkStyles(layout)
  );
}

function checkBox(box: Box, field: string, canvas: CanvasSize): MixProblem | undefined {
  for (const side of ['x', 'y', 'width', 'height'] as const)
    if (box[side] % 2 !== 0) return odd(`${field}.${side}`, box[side]);
  const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= canvas.width && box.y + box.height <= canvas.height;
  if (box.width < 2 || box.height < 2) return invalid(field, 'must be at least 2 px wide and high');
  return isInside ? undefined : outside(field, canvas);
}

function checkCorner(corner: { x: number; y: number }, field: string, canvas: CanvasSize): MixProblem | undefined {
  return corner.x < canvas.width && corner.y < canvas.height ? undefined : outside(field, canvas);
}

function checkTwins(cells: readonly MixCell[]): MixProblem | undefined {
  const boards = cells.flatMap((cell, i) => (cell.kind === 'whiteboard' ? [i] : []));
  if (boards.length > 1)
    return { code: 'LAYOUT_TWO_WHITEBOARDS', message: 'a layout has one whiteboard cell', details: { cells: boards } };
  const ids = cells.map((cell) => cell.streamId ?? '');
  const twin = ids.findIndex((id, i) => id !== '' && ids.indexOf(id) !== i);
  return twin === -1 ? undefined : invalid(`layout.cells.${twin}.streamId`, 'must not be named by two cells');
}

function checkOverlaps(cells: readonly MixCell[]): MixProblem | undefined {
  for (const [i, a] of cells.entries())
    for (let j = i + 1; j < cells.length; j += 1) {
      const b = cells[j];
      if (b === undefined || (a.layer ?? 0) !== (b.layer ?? 0) || !isOverlapping(a, b)) continue;
      const message = `cells ${i} and ${j} overlap on layer ${a.layer ?? 0}`;
      return { code: 'LAYOUT_OVERLAP', message, details: { cells: [i, j], layer: a.layer ?? 0 } };
    }
  return undefined;
}

function checkStyles(layout: MixLayout): MixProblem | undefined {
  const styles = [
    { field: 'layout.style', style: layout.style ?? {} },
    ...(layout.cells ?? []).map((cell, i) => ({
      field: `layout.cells.${i}.style`,
      style: { ...layout.style, ...cell.style },
    })),
  ];
  const wrong = styles.find(({ style }) => style.placeholder === 'image' && style.placeholderImage === undefined);
  return wrong && invalid(`${wrong.field}.placeholderImage`, 'must be given for placeholder image');
}

function checkZone(zone: string | undefined): MixProblem | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone ?? 'UTC' });
    return undefined;
  } catch {
    return invalid('overlays.timestamp.zone', 'must be an IANA time zone');
  }
}

/** Before the schema, which would look at each of ten thousand cells. */
function checkCellCount(body: unknown, limits: MixLimits): MixProblem | undefined {
  const cells = (body as { layout?: { cells?: unknown } | null } | null | undefined)?.layout?.cells;
  return Array.isArray(cells) && cells.length > limits.tilesMax ? tooManyTiles(cells.length, limits) : undefined;
}

function isOverlapping(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function firstProblem<T>(
  items: readonly T[],
  check: (item: T, index: number) => MixProblem | undefined,
): MixProblem | undefined {
  for (const [i, item] of items.entries()) {
    const problem = check(item, i);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function invalid(field: string, problem: string): MixProblem {
  const message = `${field === '' ? 'the mix' : field} ${problem}`;
  return { code: 'INVALID_REQUEST', message, details: { problems: [{ field, problem }] } };
}

function odd(field: string, value: number): MixProblem {
  return { code: 'LAYOUT_ODD_SIZE', message: `${field} must be even, not ${value}`, details: { field, value } };
}

function outside(field: string, canvas: CanvasSize): MixProblem {
  const { width, height } = canvas;
  const message = `${field} is not inside the canvas of ${width}×${height}`;
  return { code: 'LAYOUT_OUTSIDE_CANVAS', message, details: { field, canvas: { width, height } } };
}

function tooManyTiles(tiles: number, { tilesMax }: MixLimits): MixProblem {
  const message = `${tiles} tiles are more than the limit of ${tilesMax}`;
  return { code: 'LAYOUT_TOO_MANY_TILES', message, details: { tiles, tilesMax } };
}
