// One line of text as a bitmap: names, free texts, the time. Too long a text ends with an ellipsis.

import type { MixLabels } from '@roomtape/api';
import { evenFloor } from '../layout/grid.ts';
import type { Bitmap } from './bitmap.ts';
import { type Context, type Easel, FONT_FAMILY } from './easel.ts';
import { evenCeil } from './placing.ts';

/** How text looks; what is absent is white on half-transparent black. */
export type TextStyle = Pick<
  MixLabels,
  'fontSize' | 'color' | 'opacity' | 'outlineColor' | 'backgroundColor' | 'backgroundOpacity'
>;

/** A line to draw: text, style with its size, and the most room it may take, px. */
export type TextLine = {
  readonly text: string;
  readonly style: TextStyle & { fontSize: number };
  readonly widthMax: number;
};

const BACKGROUND_OPACITY = 0.5;
const CHARACTERS_MAX = 300;

/** Draws a line; at most `widthMax` wide. */
export function drawTextLine(easel: Easel, line: TextLine): Bitmap {
  const { fontSize } = line.style;
  const padding = Math.round(fontSize * 0.35);
  const room = Math.max(2, evenFloor(line.widthMax));
  const measure = easel.surface({ width: 2, height: 2 }).context;
  measure.font = fontOf(fontSize);
  const text = shorten(measure, oneLine(line.text), room - 2 * padding);
  const width = Math.min(room, evenCeil(measure.measureText(text).width + 2 * padding));
  const height = evenCeil(fontSize * 1.4);
  const surface = easel.surface({ width, height });
  paint(surface.context, { ...line, text }, { width, height, padding });
  return surface.bitmap();
}

function paint(context: Context, line: TextLine, box: { width: number; height: number; padding: number }): void {
  const { fontSize, color = '#ffffff', opacity = 1, outlineColor, backgroundColor = '#000000' } = line.style;
  context.globalAlpha = opacity * (line.style.backgroundOpacity ?? BACKGROUND_OPACITY);
  context.fillStyle = backgroundColor;
  context.beginPath();
  context.roundRect(0, 0, box.width, box.height, fontSize / 4);
  context.fill();
  context.globalAlpha = opacity;
  context.font = fontOf(fontSize);
  context.textBaseline = 'alphabetic';
  const baseline = Math.round(box.height / 2 + fontSize * 0.36);
  if (outlineColor !== undefined) {
    context.strokeStyle = outlineColor;
    context.lineWidth = Math.max(2, fontSize / 8);
    context.lineJoin = 'round';
    context.strokeText(line.text, box.padding, baseline);
  }
  context.fillStyle = color;
  context.fillText(line.text, box.padding, baseline);
}

function fontOf(fontSize: number): string {
  return `${fontSize}px ${FONT_FAMILY}`;
}

/** Line breaks and controls become spaces; marks that turn the direction of the text around are left out. */
function oneLine(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '');
  return visible.trim().slice(0, CHARACTERS_MAX);
}

/** The longest beginning that fits, by halving: measuring each length of a long text would take too long. */
function shorten(context: Context, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const letters = [...text];
  let fits = 0;
  let tooLong = letters.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    const isFitting = context.measureText(`${letters.slice(0, middle).join('').trimEnd()}…`).width <= width;
    if (isFitting) fits = middle;
    else tooLong = middle;
  }
  return fits === 0 ? '' : `${letters.slice(0, fits).join('').trimEnd()}…`;
}
