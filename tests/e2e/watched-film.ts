// The film of two participants side by side, as a viewer sees and hears it: who sits where, which pictures there are,
// and how far each beep is from its flash.

import { type DecodedPicture, openMediaFile } from '@roomtape/ffmpeg';
import {
  BeepDetector,
  type BeepFact,
  type PictureReading,
  type PictureRegion,
  participantOfBeepHz,
  readPicture,
} from '@roomtape/testkit';

/** The participants, as their pictures and beeps tell. */
export const ADA = 1;
/** The other one. */
export const BOB = 2;

const TILE = { width: 320, height: 180 };
const LEFT: PictureRegion = { x: 0, y: 0, ...TILE };
const RIGHT: PictureRegion = { x: TILE.width, y: 0, ...TILE };

/** A canvas for two. */
export const CANVAS = { width: 2 * TILE.width, height: TILE.height, fps: 30 };

/** A layout of two streams side by side. */
export const sideBySide = (left: string, right: string) => ({
  mode: 'custom' as const,
  cells: [
    { ...LEFT, streamId: left },
    { ...RIGHT, streamId: right },
  ],
});

/** A film that was watched. */
export type WatchedFilm = {
  /** Who sat left and right, in order, each arrangement once. */
  readonly seatings: string[];
  /** Every picture, with what its two tiles say. */
  readonly pictures: readonly WatchedPicture[];
  /** How much later each beep of somebody is than the flash in its tile, ms. */
  offsetsMs(who: number): number[];
  print(): string;
};

/** A picture of a film. */
export type WatchedPicture = { readonly ptsMs: number; readonly tiles: readonly PictureReading[] };

/** Decodes a film and looks at every picture of it. */
export function watchFilm(path: string): WatchedFilm {
  const file = openMediaFile(path);
  const detector = new BeepDetector();
  const flashes = new Map<number, number[]>([ADA, BOB].map((who) => [who, []]));
  const seatings: string[] = [];
  const pictures: WatchedPicture[] = [];
  const flashing = new Set<number>();
  for (const media of file.media()) {
    if (media.kind === 'samples') {
      detector.push(media.samples[0] ?? new Float32Array(), Math.round((media.ptsUs * 48) / 1000));
      continue;
    }
    const ptsMs = media.ptsUs / 1000;
    const tiles = [LEFT, RIGHT].map((rect) => readPicture(lumaOf(media), rect));
    pictures.push({ ptsMs, tiles });
    const seating = tiles.map(({ participantIndex }) => participantIndex ?? '-').join(' | ');
    if (!seating.includes('-') && seatings.at(-1) !== seating) seatings.push(seating);
    for (const { participantIndex: who, isFlash } of tiles) {
      if (who === undefined) continue;
      if (isFlash && !flashing.has(who)) flashes.get(who)?.push(ptsMs);
      if (isFlash) flashing.add(who);
      else flashing.delete(who);
    }
  }
  file.close();
  const beeps = detector.finish();
  const offsetsMs = (who: number): number[] => offsetsOf(flashes.get(who) ?? [], beeps, who);
  const words = (who: number): string =>
    `${who}: ${offsetsMs(who)
      .map((ms) => ms.toFixed(1))
      .join(' ')}`;
  const print = (): string => `${pictures.length} pictures; offsets ms ${words(ADA)}; ${words(BOB)}`;
  return { seatings, pictures, offsetsMs, print };
}

function offsetsOf(flashesMs: readonly number[], beeps: readonly BeepFact[], who: number): number[] {
  const own = beeps.filter(({ frequencyHz, isExact }) => isExact && participantOfBeepHz(frequencyHz) === who);
  return flashesMs.flatMap((flashMs) => {
    const near = own.map(({ startUs }) => startUs / 1000 - flashMs).filter((ms) => Math.abs(ms) < 300);
    return near.length === 1 ? near : [];
  });
}

function lumaOf({ picture }: DecodedPicture): Parameters<typeof readPicture>[0] {
  return { data: picture.y, stride: picture.width, width: picture.width, height: picture.height };
}
