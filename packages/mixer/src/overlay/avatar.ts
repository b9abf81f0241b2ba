// What stands for somebody without a picture: initials on a colour that belongs to the user id, the same in every
// recording.

import type { Size } from '../layout/tile.ts';
import type { Bitmap } from './bitmap.ts';
import { type Easel, FONT_FAMILY } from './easel.ts';
import { evenCeil } from './placing.ts';

/** Whom an avatar stands for. */
export type AvatarOf = { readonly userId: string; readonly userName: string };

/** Colour of the tile behind an avatar. */
export function avatarBackdrop({ userId }: AvatarOf): string {
  return hexOf(hueOf(userId), { saturation: 0.18, lightness: 0.16 });
}

/** Draws the disc with initials that stands in the middle of a tile of a size. */
export function drawAvatar(easel: Easel, who: AvatarOf, size: Size): Bitmap {
  const side = evenCeil(Math.min(size.width, size.height) * 0.6);
  const surface = easel.surface({ width: side, height: side });
  const { context } = surface;
  context.fillStyle = hexOf(hueOf(who.userId), { saturation: 0.45, lightness: 0.42 });
  context.beginPath();
  context.arc(side / 2, side / 2, side / 2, 0, 2 * Math.PI);
  context.fill();
  const fontSize = Math.max(4, Math.round(side * 0.42));
  context.font = `${fontSize}px ${FONT_FAMILY}`;
  context.fillStyle = '#ffffff';
  context.textAlign = 'center';
  context.fillText(initialsOf(who), side / 2, side / 2 + fontSize * 0.36);
  return surface.bitmap();
}

/** First letters of the first and last word; one character of scripts that write words in one. */
export function initialsOf({ userName, userId }: AvatarOf): string {
  const words = (userName.trim() === '' ? userId : userName).match(/[\p{L}\p{N}][\p{M}\p{L}\p{N}]*/gu) ?? [];
  const [first = '?', last = ''] = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  const initials = [first, last].map((word) => /^.\p{M}*/u.exec(word)?.[0] ?? '');
  const isWordPerCharacter = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(first);
  return (isWordPerCharacter ? (initials[0] ?? '?') : initials.join('')).toUpperCase();
}

/** FNV-1a over the id, its bits spread (the finish of MurmurHash3) so that `user1` and `user2` differ, in degrees. */
function hueOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(userId)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 360;
}

/** HSL to `#rrggbb` (CSS Color 4, section 7). */
function hexOf(hue: number, { saturation, lightness }: { saturation: number; lightness: number }): string {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): string => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
