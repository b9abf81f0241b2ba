// What tests look for in a film besides its flashes and beeps: tones that sound all the time, and bars beside a
// picture of another shape.

import { openMediaFile } from '@roomtape/ffmpeg';

/** Columns between which a picture stands; what is left and right of them are bars. */
export type Between = { readonly left: number; readonly right: number };

/** What the bars of a film are like where it has any. */
export type BarFacts = {
  /** Pictures whose sides are dark while their middle is not. */
  readonly portraitPictures: number;
  /** Of the mean of any bar, from black (16) and from no colour (128). */
  readonly worstLumaOffBlack: number;
  readonly worstChromaOffGrey: number;
};

const BLACK = 16;
const GREY = 128;
/** The darkest picture of the test source is about 60. */
const DARK_LUMA_MAX = 40;
/** Bars are looked at up to this near the picture's edge. */
const EDGE = 4;

/** Looks at the left and right sides of every picture of a film. */
export function readBars(path: string, between: Between): BarFacts {
  const file = openMediaFile(path);
  let [portraitPictures, worstLumaOffBlack, worstChromaOffGrey] = [0, 0, 0];
  try {
    for (const item of file.media()) {
      if (item.kind !== 'picture') continue;
      const { y, u, v, width, height } = item.picture;
      const sides = (plane: Uint8Array, scale: number): number[] => {
        const size = { width: width / scale, height: height / scale };
        const left = { from: 0, to: (between.left - EDGE) / scale };
        const right = { from: (between.right + EDGE) / scale, to: size.width };
        return [left, right].map(({ from, to }) => meanOf(plane, size, { from, to }));
      };
      const luma = sides(y, 1);
      const middle = meanOf(y, { width, height }, { from: between.left + EDGE, to: between.right - EDGE });
      if (Math.min(...luma) > DARK_LUMA_MAX || middle < DARK_LUMA_MAX) continue;
      portraitPictures++;
      const chroma = [...sides(u, 2), ...sides(v, 2)];
      worstLumaOffBlack = Math.max(worstLumaOffBlack, ...luma.map((mean) => Math.abs(mean - BLACK)));
      worstChromaOffGrey = Math.max(worstChromaOffGrey, ...chroma.map((mean) => Math.abs(mean - GREY)));
    }
  } finally {
    file.close();
  }
  return { portraitPictures, worstLumaOffBlack, worstChromaOffGrey };
}

/** Median amplitude of each tone over all tenths of a second of a film; full scale is 1. */
export function toneLevels(path: string, hertz: readonly number[]): Map<number, number> {
  const file = openMediaFile(path);
  const levels = new Map<number, number[]>(hertz.map((tone) => [tone, []]));
  let waiting: number[] = [];
  try {
    for (const item of file.media()) {
      if (item.kind !== 'samples') continue;
      waiting.push(...(item.samples[0] ?? []));
      const block = Math.round(item.sampleRate / 10);
      for (; waiting.length >= block; waiting = waiting.slice(block)) {
        for (const [tone, found] of levels) found.push(amplitudeOf(waiting.slice(0, block), tone / item.sampleRate));
      }
    }
  } finally {
    file.close();
  }
  return new Map([...levels].map(([tone, found]) => [tone, found.sort((a, b) => a - b)[found.length >> 1] ?? 0]));
}

function amplitudeOf(samples: readonly number[], turnsPerSample: number): number {
  let [real, imaginary] = [0, 0];
  for (const [index, sample] of samples.entries()) {
    const angle = 2 * Math.PI * turnsPerSample * index;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (Math.hypot(real, imaginary) * 2) / samples.length;
}

function meanOf(
  plane: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < height; row += 3) {
    for (let column = Math.round(from); column < Math.round(to); column += 3) {
      sum += plane[row * width + column] ?? 0;
      count++;
    }
  }
  return sum / count;
}
