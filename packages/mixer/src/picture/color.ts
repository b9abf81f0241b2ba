// RGB to the film's YUV: ITU-R BT.601, video range, as WebRTC senders use it and as the encoder declares it.

/** A colour of the film, 16 to 235 and 16 to 240. */
export type Yuv = { readonly y: number; readonly u: number; readonly v: number };

/** Luma of a colour, not rounded. */
export function lumaOf(r: number, g: number, b: number): number {
  return 16 + 0.256788 * r + 0.504129 * g + 0.097906 * b;
}

/** Blue difference of a colour, not rounded. */
export function blueOf(r: number, g: number, b: number): number {
  return 128 - 0.148223 * r - 0.290993 * g + 0.439216 * b;
}

/** Red difference of a colour, not rounded. */
export function redOf(r: number, g: number, b: number): number {
  return 128 + 0.439216 * r - 0.367788 * g - 0.071427 * b;
}

/** Reads `#rrggbb`; black when it is not one. */
export function yuvOf(color: string): Yuv {
  const [r, g, b] = rgbOf(color);
  return { y: Math.round(lumaOf(r, g, b)), u: Math.round(blueOf(r, g, b)), v: Math.round(redOf(r, g, b)) };
}

/** Reads `#rrggbb` as three bytes; black when it is not one. */
export function rgbOf(color: string): [number, number, number] {
  const value = /^#[0-9a-fA-F]{6}$/.test(color) ? Number.parseInt(color.slice(1), 16) : 0;
  return [value >> 16, (value >> 8) & 255, value & 255];
}
