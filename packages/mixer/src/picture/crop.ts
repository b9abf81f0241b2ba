// How a picture of one shape goes into a rectangle of another: what is cut off, or where the bars are.

import type { Rect, Size } from '../layout/tile.ts';

/** The middle of a picture that has a rectangle's shape, even; what is beyond is cut off. */
export function cropToFill(picture: Size, into: Size): Rect {
  const isWider = picture.width * into.height > into.width * picture.height;
  const width = isWider ? even((picture.height * into.width) / into.height, picture.width) : floor2(picture.width);
  const height = isWider ? floor2(picture.height) : even((picture.width * into.height) / into.width, picture.height);
  return { x: floor2((picture.width - width) / 2), y: floor2((picture.height - height) / 2), width, height };
}

/** Where a whole picture stands in a rectangle, even, in its middle. */
export function fitInside(picture: Size, into: Rect): Rect {
  const isWider = picture.width * into.height > into.width * picture.height;
  const width = isWider ? into.width : even((into.height * picture.width) / picture.height, into.width);
  const height = isWider ? even((into.width * picture.height) / picture.width, into.height) : into.height;
  return {
    x: into.x + floor2((into.width - width) / 2),
    y: into.y + floor2((into.height - height) / 2),
    width,
    height,
  };
}

/** All of a picture that has even sides. */
export function wholeOf(picture: Size): Rect {
  return { x: 0, y: 0, width: floor2(picture.width), height: floor2(picture.height) };
}

function even(value: number, max: number): number {
  return Math.max(2, Math.min(floor2(max), Math.round(value / 2) * 2));
}

function floor2(value: number): number {
  return Math.floor(value / 2) * 2;
}
