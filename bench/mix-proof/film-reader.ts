// Decodes a film from end to end: every picture to whoever looks, all beeps, and whether the times are those of a film
// in which each frame is there once.

import { openMediaFile } from '@roomtape/ffmpeg';
import { BeepDetector, type BeepFact, type readPicture } from '@roomtape/testkit';

/** The brightness of a decoded picture. */
export type Luma = Parameters<typeof readPicture>[0];

/** A film as its container and decoders give it. */
export type ReadFilm = {
  readonly pictures: number;
  /** Frames of the grid without a picture, and with more than one. */
  readonly missing: number;
  readonly doubled: number;
  /** Largest distance of a picture from the grid of its frame rate, µs. */
  readonly offGridUs: number;
  readonly beeps: readonly BeepFact[];
  /** Holes in the sound longer than a packet, µs in all. */
  readonly soundHolesUs: number;
  readonly errors: number;
};

const RATE = 48_000;
const PACKET_US = 20_000;

/** Reads a film of `fps`; `look` is told of each picture with its number. */
export function readFilm(path: string, fps: number, look: (frame: number, luma: Luma) => void): ReadFilm {
  const file = openMediaFile(path);
  const detector = new BeepDetector();
  let [pictures, missing, doubled, offGridUs, expected] = [0, 0, 0, 0, 0];
  let [soundUs, soundHolesUs] = [0, 0];
  for (const media of file.media()) {
    if (media.kind === 'samples') {
      const [samples = new Float32Array()] = media.samples;
      if (media.ptsUs - soundUs > PACKET_US) soundHolesUs += media.ptsUs - soundUs;
      soundUs = media.ptsUs + (samples.length * 1e6) / RATE;
      detector.push(samples, Math.round((media.ptsUs * RATE) / 1e6));
      continue;
    }
    const frame = Math.round((media.ptsUs * fps) / 1e6);
    offGridUs = Math.max(offGridUs, Math.abs(media.ptsUs - (frame * 1e6) / fps));
    if (frame > expected) missing += frame - expected;
    if (frame < expected) doubled += 1;
    expected = frame + 1;
    pictures += 1;
    const { y: data, width, height } = media.picture;
    look(frame, { data, stride: width, width, height });
  }
  const errors = file.errorCount();
  file.close();
  return { pictures, missing, doubled, offGridUs, beeps: detector.finish(), soundHolesUs, errors };
}
