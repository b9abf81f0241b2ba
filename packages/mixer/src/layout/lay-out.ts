// The layout as one pure function: layout, inputs and canvas in, tiles out. No state, no clock, no randomness, so a
// film can be made again with the same or another layout.

import type { MixSettings, MixTileStyle } from '@roomtape/api';
import { ARRANGEMENTS } from './arrangements.ts';
import { type Placement, sceneOf } from './scene.ts';
import type { Layout, MixInput, Size, Tile, TileLabel } from './tile.ts';

/** Places the inputs on the canvas: tiles sorted by layer, lowest first; equal layers never overlap. */
export function layOut(layout: Layout, inputs: readonly MixInput[], canvas: Size): Tile[] {
  const scene = sceneOf(layout, inputs, canvas);
  return ARRANGEMENTS[layout.mode](scene)
    .map((placement) => tileOf(layout, placement))
    .sort((a, b) => a.layer - b.layer);
}

/** The layout of a mix with the overlays that stand in its tiles. */
export function layoutOf(settings: MixSettings): Layout {
  const { labels, muteIcon } = settings.overlays;
  return { ...settings.layout, ...(labels && { labels }), ...(muteIcon && { muteIcon }) };
}

/** Writes tiles as text, one line each, for plans and golden tests. */
export function printTiles(tiles: readonly Tile[]): string {
  return tiles
    .map(({ inputId, rect, layer, fit }) => {
      const where = `${rect.x},${rect.y} ${rect.width}x${rect.height}`;
      return `${inputId ?? '-'} ${where}${layer === 0 ? '' : ` layer ${layer}`} ${fit}`;
    })
    .join('\n');
}

function tileOf(layout: Layout, placement: Placement): Tile {
  const { input, rect } = placement;
  const style = { ...layout.style, ...placement.style };
  const background = placement.background ?? layout.emptyBackground;
  const label = input && labelOf(layout, input);
  return {
    inputId: input?.inputId,
    rect,
    layer: placement.layer,
    fit: placement.fit,
    cornerRadius: Math.min(style.cornerRadius ?? 0, Math.floor(Math.min(rect.width, rect.height) / 2)),
    ...(style.border && style.border.width > 0 && { border: style.border }),
    ...(background && { background }),
    ...(label && { label }),
    ...(input?.isMuted === true && layout.muteIcon && { muteIcon: layout.muteIcon }),
    ...placeholderOf(style, input),
    blurPadding: style.blurPadding ?? false,
  };
}

/** Who has no camera shows initials: there is no last frame to show. */
function placeholderOf(
  style: MixTileStyle,
  input: MixInput | undefined,
): Pick<Tile, 'placeholder' | 'placeholderBackground'> {
  const { placeholderColor: color, placeholderImage: image } = style;
  const placeholder =
    input?.hasVideo === false && input.kind === 'camera' ? 'avatar' : (style.placeholder ?? 'last-frame');
  if (placeholder === 'image' && image !== undefined)
    return { placeholder, placeholderBackground: { image, imageFit: 'fill', ...(color && { color }) } };
  return { placeholder, ...(color && { placeholderBackground: { color } }) };
}

function labelOf(layout: Layout, input: MixInput): TileLabel | undefined {
  if (layout.labels === undefined) return undefined;
  const template = layout.labels.byStream?.[input.streamId] ?? layout.labels.text ?? '{userName}';
  const text = template.replaceAll(/\{(userName|userId|streamId)\}/g, (_, field: 'userName' | 'userId' | 'streamId') =>
    field === 'userName' && input.userName === '' ? input.userId : input[field],
  );
  return text.trim() === '' ? undefined : { text, style: layout.labels };
}
