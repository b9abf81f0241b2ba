// The same film made twice: mixes a recording's tapes again as the live mixer did, and compares the two films packet
// by packet. The encoder is deterministic and fed one picture after the other, so equal packets mean equal pictures.

import { createHash } from 'node:crypto';
import { createSystemClock, silentLog } from '@roomtape/media';
import { AssetLoader, createOverlayPainter, type MixFacts, openMixer } from '@roomtape/mixer';
import { openTapeReader } from '@roomtape/tape';

/** How alike two films are. */
export type TapeComparison = {
  readonly pictures: number;
  readonly samePictures: number;
  /** The first picture that differs or is missing in one. */
  readonly firstDifferent?: number;
  readonly packets: number;
  readonly samePackets: number;
};

/** As many as the live mixer has: an encoder with more makes other bits of the same pictures. */
const LIVE_THREADS = 1;
const VIDEO = 1;

/** Mixes a recording again into a tape; resolves with how long that took, seconds. */
export async function mixAgain(facts: MixFacts, tapeDirectory: string): Promise<number> {
  const clock = createSystemClock({ keepAlive: true });
  const begunAt = clock.now();
  const mixer = await openMixer({
    ...{ job: { jobId: 'again', tapeDirectory }, facts, clock, log: silentLog },
    ...{ isComplete: true, threads: LIVE_THREADS },
    painter: await createOverlayPainter({ pictures: new AssetLoader({ clock }) }),
  });
  while ((await mixer.step()) !== 'finished');
  return (clock.now() - begunAt) / 1e6;
}

/** Compares the tapes of two films. */
export function compareFilms(first: string, second: string): TapeComparison {
  const [a, b] = [readPrints(first), readPrints(second)];
  const pictures = alike(a.pictures, b.pictures);
  const packets = alike(a.packets, b.packets);
  return {
    pictures: pictures.all,
    samePictures: pictures.same,
    ...(pictures.firstDifferent === undefined ? {} : { firstDifferent: pictures.firstDifferent }),
    packets: packets.all,
    samePackets: packets.same,
  };
}

/** A number for the content of every picture and every packet of sound, in order. */
function readPrints(directory: string): { pictures: string[]; packets: string[] } {
  const prints: { pictures: string[]; packets: string[] } = { pictures: [], packets: [] };
  const reader = openTapeReader(directory);
  for (const { entry } of reader) {
    if (entry.kind !== 'frame') continue;
    const print = `${entry.pts} ${createHash('sha1').update(entry.data).digest('base64')}`;
    (entry.trackId === VIDEO ? prints.pictures : prints.packets).push(print);
  }
  reader.close();
  return prints;
}

function alike(a: readonly string[], b: readonly string[]): { all: number; same: number; firstDifferent?: number } {
  const all = Math.max(a.length, b.length);
  const different = Array.from({ length: all }, (_, index) => index).filter((index) => a[index] !== b[index]);
  const [firstDifferent] = different;
  return { all, same: all - different.length, ...(firstDifferent === undefined ? {} : { firstDifferent }) };
}
