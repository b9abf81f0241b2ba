// One elementary stream of a publication, as the tape knows it.

import type { CodecId, MediaKind } from './codec.ts';

/** Number of a track within its tape: 1, 2, 3 … in the order added; never reused. */
export type TrackId = number;

/** One elementary stream. A republication (new connection) adds new tracks; it never reuses one. */
export type Track = {
  readonly trackId: TrackId;
  readonly kind: MediaKind;
  readonly codec: CodecId;
  /** Ticks per second of every PTS and DTS of this track: 90000 for video, 48000 for Opus (RFC 7587 §4.1). */
  readonly clockRate: number;
  /** Channels for audio; absent for video. */
  readonly channels?: number;
};
