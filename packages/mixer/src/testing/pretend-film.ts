// A film's tape as a mixer that was killed leaves it. Not part of the product.

import { createSystemClock, silentLog } from '@roomtape/media';
import { FilmTape } from '../mix/film-tape.ts';
import { at } from './synthetic-room.ts';

/** Makes a film's tape that ends after some frames, of 30 a second; what they show does not matter. */
export async function pretendMixed(directory: string, frames: number): Promise<void> {
  const film = { directory, tapeId: 'film', startAt: at(0), fps: 30, channels: 2, hasVideo: true };
  const tape = await FilmTape.open({ ...film, clock: createSystemClock(), log: silentLog });
  for (let index = 0; index < (frames * 5) / 3; index += 1) tape.addSound(index, new Uint8Array([0xfc, 0xff, 0xfe]));
  for (let frame = 0; frame < frames; frame += 1) {
    tape.addPicture(frame, { data: new Uint8Array([1]), key: frame === 0, ptsUs: 0 } as never);
  }
  await tape.close();
}
