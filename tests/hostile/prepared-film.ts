// The flash-and-beep participant encoded beforehand: what is missing from a recording was then lost by the server and
// not left out by an encoder on a busy machine. A minute long, so its counter does not repeat within a test.

import {
  createPreEncodedSource,
  type EncodedLoop,
  type Expectation,
  encodeLoop,
  type WhipClientOptions,
} from '@roomtape/testkit';

const FILM = { name: 'film', participantIndex: 0, width: 320, height: 180, fps: 15, gopSeconds: 1 };
const SECONDS = 60;

/** What its recordings differ in from the usual: a picture takes 67 ms. */
export const FILM_EXPECTED: Partial<Expectation> = { durationSkewMsMax: 67 };

let film: EncodedLoop | undefined;

/** Makes a client send the film. */
export function sendingFilm(): Pick<WhipClientOptions, 'createSource'> {
  film ??= encodeLoop(FILM, SECONDS);
  const loop = film;
  return { createSource: () => createPreEncodedSource(loop) };
}
