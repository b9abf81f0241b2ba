// The life of one published stream: connecting, live, interrupted (may come back), ended (left by choice, may
// still go on in its tape), gone. Knows nothing of HTTP, tokens or recordings.

import type { StreamKind } from '@roomtape/api';
import type { CancelTimer, MediaKind, UnixUs } from '@roomtape/media';
import type { PublishedTrack, StreamKey } from '@roomtape/webrtc';

/** States of a publication; `ended` is not listed in the room any more. */
export type PublicationState = 'connecting' | 'live' | 'interrupted' | 'ended';

/** One publication of a stream by a user, across reconnections. */
export type Publication = StreamKey & {
  readonly userId: string;
  readonly streamKind: StreamKind;
  readonly publishedAt: UnixUs;
  readonly state: PublicationState;
  /** Absent while nobody is connected. */
  readonly sessionId: string | undefined;
  readonly tracks: readonly PublishedTrack[];
  readonly muted: ReadonlySet<MediaKind>;
  /** Whether media ever arrived. */
  readonly wasLive: boolean;
  /** Whether the room was told of it and not yet that it left. */
  readonly isListed: boolean;
};

/** What happened to a publication. `gone` is final: a later publication of the same id is another one. */
export type PublicationChange = {
  readonly kind: 'claimed' | 'live' | 'resumed' | 'changed' | 'interrupted' | 'ended' | 'gone';
  readonly publication: Publication;
  readonly reason: string;
};

/** A publication with what only its keeper may touch. */
export type KeptPublication = { publication: Publication; cancelDeadline: CancelTimer | undefined };
