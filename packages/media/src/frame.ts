// The atom of media: one encoded access unit.

import type { Ticks, UnixUs } from './time.ts';
import type { TrackId } from './track.ts';

/** Whether decoding can start here. Every audio frame is `key`. */
export type FrameType = 'key' | 'delta';

/**
 * One encoded access unit of one track, as the publisher encoded it: re-framed, never re-encoded.
 *
 * `data` by codec: H.264, H.265: Annex B with 4-byte start codes, parameter sets kept in-band, no AUD;
 * VP8, VP9: the frame (VP9: the superframe of one picture); AV1: one temporal unit of OBUs that all carry a
 * size field, without temporal delimiter; Opus: one packet (RFC 6716); AAC: one raw access unit, no ADTS.
 */
export type EncodedFrame = {
  readonly trackId: TrackId;
  readonly type: FrameType;
  /** Source clock, unwrapped; the first frame is usually not zero. */
  readonly pts: Ticks;
  /** Decode order on the same clock; equals `pts` where the source says nothing else (all of RTP). */
  readonly dts: Ticks;
  /** Our clock when the last packet of the frame arrived. */
  readonly arrivedAt: UnixUs;
  /** Owned by the frame: whoever receives it may keep it, nobody may change it. */
  readonly data: Uint8Array;
};
