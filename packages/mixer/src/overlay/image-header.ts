// What a picture says it is, read from its first bytes before anything decodes it: its type and its size. Promises
// nothing about the rest of the file.

import { readUint16, readUint24, readUint32 } from '@roomtape/media';

/** Type and size of a raster picture, px. */
export type ImageHeader = {
  readonly type: 'png' | 'jpeg' | 'webp';
  readonly width: number;
  readonly height: number;
};

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Start-of-frame markers of JPEG: C0 to CF without DHT, JPG and DAC. */
const JPEG_NO_FRAME: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** Reads the header of a PNG, JPEG or WebP; undefined for everything else, and for damaged headers. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const header = pngHeader(bytes) ?? jpegHeader(bytes) ?? webpHeader(bytes);
  return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
}

/** Tells whether bytes are text that starts like XML; whether they are a picture is for the SVG reader to say. */
export function looksLikeSvg(bytes: Uint8Array): boolean {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const text = String.fromCharCode(...bytes.subarray(start, start + 256)).trimStart();
  return text.startsWith('<');
}

function pngHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < 24 || PNG_SIGNATURE.some((byte, i) => bytes[i] !== byte)) return undefined;
  if (tagAt(bytes, 12) !== 'IHDR') return undefined;
  return { type: 'png', width: readUint32(bytes, 16), height: readUint32(bytes, 20) };
}

function jpegHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  let at = 2;
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && !JPEG_NO_FRAME.has(marker))
      return { type: 'jpeg', width: readUint16(bytes, at + 7), height: readUint16(bytes, at + 5) };
    else at += 2 + Math.max(2, readUint16(bytes, at + 2));
  }
  return undefined;
}

function webpHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < 30 || tagAt(bytes, 0) !== 'RIFF' || tagAt(bytes, 8) !== 'WEBP') return undefined;
  const chunk = tagAt(bytes, 12);
  const little16 = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  if (chunk === 'VP8 ') return { type: 'webp', width: little16(26) & 0x3fff, height: little16(28) & 0x3fff };
  if (chunk === 'VP8L') {
    const bits = little16(21) + little16(23) * 0x10000;
    return { type: 'webp', width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk !== 'VP8X') return undefined;
  const reversed = Uint8Array.from(bytes.subarray(24, 30)).reverse();
  return { type: 'webp', width: readUint24(reversed, 3) + 1, height: readUint24(reversed, 0) + 1 };
}

function tagAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
