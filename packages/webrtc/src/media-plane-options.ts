// What a media plane is made of, and its limits.

import type { Clock, Ids, Log } from '@roomtape/media';
import type { MediaEvent } from './media-plane.ts';
import type { ConnectionLimits } from './session-connection.ts';
import type { TapeOptions } from './stream-tapes.ts';
import type { RtcTransportFactory } from './transport.ts';

/** Limits of a media plane. */
export type MediaPlaneLimits = ConnectionLimits & {
  readonly sessionsMax: number;
  readonly viewersPerStreamMax: number;
  readonly tapesMax: number;
  /** A publisher that was sending and of whom not even a report comes for this long has vanished. */
  readonly silenceTimeoutMs: number;
  /** The same for one that sends nothing on purpose: not yet, all muted, or it said goodbye for its tracks. */
  readonly idleTimeoutMs: number;
  /** How long viewers of an ended stream wait for its publisher to come back. */
  readonly viewerPatienceMs: number;
};

/** What a media plane is made of. */
export type MediaPlaneOptions = {
  /** Owned by the caller, who closes it after the plane. */
  readonly transports: RtcTransportFactory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Called in order, from the event loop; must not throw. */
  readonly onEvent: (event: MediaEvent) => void;
  readonly limits?: Partial<MediaPlaneLimits>;
  readonly tapeOptions?: TapeOptions;
  /** `candidate:` values added to every answer: those of a TCP gateway. */
  readonly extraCandidates?: readonly string[];
};

/** The limits where nothing else is said. */
export const MEDIA_PLANE_LIMITS: MediaPlaneLimits = {
  connectTimeoutMs: 15_000,
  disconnectTimeoutMs: 15_000,
  sessionsMax: 2000,
  viewersPerStreamMax: 500,
  tapesMax: 1000,
  silenceTimeoutMs: 7000,
  idleTimeoutMs: 60_000,
  viewerPatienceMs: 30_000,
  sourcesMax: 256,
};
