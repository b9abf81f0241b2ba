// The machine-readable strip of a test picture, as the analyser reads it: two rows of 16 black or white blocks that
// carry the frame counter (20 bits), the participant (4 bits) and a CRC-8.

/** What a strip says. */
export type StripValue = { readonly counter: number; readonly participantIndex: number };

const COLUMNS = 16;
const BITS = 32;
const COUNTER_MASK = 0xfffff;

/** Where a strip is drawn. */
export type StripSurface = {
  readonly width: number;
  readonly height: number;
  fill(color: 'black' | 'white', area: { x: number; y: number; width: number; height: number }): void;
};

/** Draws the strip across the middle of a surface. */
export function drawStrip(surface: StripSurface, value: StripValue): void {
  const { width, height } = surface;
  const left = Math.round(width / 10);
  const top = Math.round((height * 5) / 12);
  const stripWidth = Math.round((width * 9) / 10) - left;
  const stripHeight = Math.round((height * 7) / 12) - top;
  const word = stripWord(value);
  for (let bit = 0; bit < BITS; bit++) {
    const column = bit % COLUMNS;
    const row = Math.floor(bit / COLUMNS);
    const x = left + Math.floor((column * stripWidth) / COLUMNS);
    const y = top + Math.floor((row * stripHeight) / 2);
    const right = left + Math.floor(((column + 1) * stripWidth) / COLUMNS);
    const bottom = top + Math.floor(((row + 1) * stripHeight) / 2);
    surface.fill((word >>> bit) & 1 ? 'white' : 'black', { x, y, width: right - x, height: bottom - y });
  }
}

/** The 32 bits of a strip, lowest first in the picture. */
function stripWord(value: StripValue): number {
  const facts = (value.counter & COUNTER_MASK) | ((value.participantIndex & 15) << 20);
  return (facts | (checkOf(facts) << 24)) >>> 0;
}

/** CRC-8 with polynomial 0x07 from 0xff, so that neither an all-black nor an all-white strip is valid. */
function checkOf(facts: number): number {
  let crc = 0xff;
  for (const shift of [16, 8, 0]) {
    crc ^= (facts >>> shift) & 255;
    for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 255 : (crc << 1) & 255;
  }
  return crc;
}
