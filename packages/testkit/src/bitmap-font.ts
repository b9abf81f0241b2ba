// A tiny 5 by 7 font for names and counters in synthetic pictures: capital letters, digits, a little
// punctuation. Lower case is drawn as upper case, anything else as a blank.

import type { LumaPlane } from './counter-strip.ts';

/** Where and how a text is drawn; `scale` is the size of one dot in pixels. */
export type TextPlacement = { readonly x: number; readonly y: number; readonly scale: number; readonly shade: number };

/** Width of a character with the gap after it, in dots. */
export const CHARACTER_WIDTH_DOTS = 6;
/** Height of a character, in dots. */
export const CHARACTER_HEIGHT_DOTS = 7;

/** Five columns per character, two hexadecimal digits each; bit 0 is the top dot. */
const COLUMNS_OF: Readonly<Record<string, string>> = {
  '0': '3e5149453e',
  '1': '00427f4000',
  '2': '7249494946',
  '3': '2141494d33',
  '4': '1814127f10',
  '5': '2745454539',
  '6': '3c4a494931',
  '7': '4121110907',
  '8': '3649494936',
  '9': '464949291e',
  A: '7c1211127c',
  B: '7f49494936',
  C: '3e41414122',
  D: '7f4141413e',
  E: '7f49494941',
  F: '7f09090901',
  G: '3e41415173',
  H: '7f0808087f',
  I: '00417f4100',
  J: '2040413f01',
  K: '7f08142241',
  L: '7f40404040',
  M: '7f021c027f',
  N: '7f0408107f',
  O: '3e4141413e',
  P: '7f09090906',
  Q: '3e4151215e',
  R: '7f09192946',
  S: '2649494932',
  T: '03017f0103',
  U: '3f4040403f',
  V: '1f2040201f',
  W: '3f4038403f',
  X: '6314081463',
  Y: '0304780403',
  Z: '6159494d43',
  '-': '0808080808',
  _: '4040404040',
  ':': '0000140000',
  '.': '0060600000',
  '/': '2010080402',
  '+': '08083e0808',
};

/** Draws one line of text into a luma plane; what does not fit is cut off. */
export function drawText(luma: LumaPlane, text: string, at: TextPlacement): void {
  for (let i = 0; i < text.length; i++) {
    const columns = COLUMNS_OF[(text[i] ?? ' ').toUpperCase()];
    if (columns === undefined) continue;
    for (let column = 0; column < 5; column++) {
      const dots = Number.parseInt(columns.slice(column * 2, column * 2 + 2), 16);
      const x = at.x + (i * CHARACTER_WIDTH_DOTS + column) * at.scale;
      for (let row = 0; row < CHARACTER_HEIGHT_DOTS; row++) {
        if ((dots >> row) & 1) fillDot(luma, { ...at, x, y: at.y + row * at.scale });
      }
    }
  }
}

function fillDot(luma: LumaPlane, at: TextPlacement): void {
  const right = Math.min(luma.width, at.x + at.scale);
  const bottom = Math.min(luma.height, at.y + at.scale);
  if (at.x >= right) return;
  for (let y = at.y; y < bottom; y++) luma.data.fill(at.shade, y * luma.stride + at.x, y * luma.stride + right);
}
