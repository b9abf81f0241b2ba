// From time of media to time on the wall, past the pauses between.

import { type UnixUs, unixUs } from '@roomtape/media';
import type { PauseSpan } from '../projection-job.ts';

/** The wall time so much media after another wall time, µs, when nothing was recorded in the pauses. */
export function wallAfter(fromAt: UnixUs, mediaUs: number, pauses: readonly PauseSpan[]): UnixUs {
  let wall = fromAt + Math.round(mediaUs);
  for (const pause of [...pauses].sort((a, b) => a.fromAt - b.fromAt)) {
    if (pause.toAt === undefined || pause.toAt <= fromAt) continue;
    if (pause.fromAt <= wall) wall += pause.toAt - Math.max(pause.fromAt, fromAt);
  }
  return unixUs(wall);
}
