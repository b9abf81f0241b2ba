// Where the media of a stream comes from, as those see it who pass it on: a publisher's session, or a tape that is
// played while it grows.

import type { MediaKind } from '@roomtape/media';
import type { InboundTrack } from './inbound-track.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';

/** The media of one stream. */
export interface MediaOrigin {
  /** What there is, in the terms of an offer. */
  readonly media: readonly NegotiatedMedia[];
  /** Live tracks of a kind. */
  tracksOf(kind: MediaKind): readonly InboundTrack[];
  /** Asks for a keyframe of a track, where anybody can make one. */
  requestKeyframe(track: InboundTrack): void;
}
