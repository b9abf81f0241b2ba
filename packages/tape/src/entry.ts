// What a stream's tape can say: a closed union of facts about what arrived. Opinions (alignment, cuts,
// fills) are never written here; they are computed from these by `timeline`.

import type { CodecId, EncodedFrame, MediaKind, Ticks, TrackId, UnixUs } from '@roomtape/media';

/** Why media is missing between two points. */
export type GapReason =
  /** Packets were lost on the way and never recovered. */
  | 'network-loss'
  /** The publisher's connection was gone; the same stream came back. */
  | 'reconnect'
  /** Our process ended without closing the tape. */
  | 'process-restart'
  /** The tape's disk was full or failed. */
  | 'disk-full'
  /** The writer's queue reached its limit. */
  | 'overload'
  /** The sender's clock jumped further than the network can explain. */
  | 'clock-jump'
  /** Frames arrived damaged or cannot be decoded without one that is missing. */
  | 'undecodable';

/** Media engines known by their offers: `libwebrtc` is that of Chromium and Safari. */
export type SenderEngine = 'libwebrtc';

/** First entry of every tape. */
export type TapeOpened = {
  readonly kind: 'tape-opened';
  readonly at: UnixUs;
  readonly tapeId: string;
  readonly roomId: string;
  readonly streamId: string;
  readonly userId: string;
};
/** A track begins. */
export type TrackAdded = {
  readonly kind: 'track-added';
  readonly at: UnixUs;
  readonly trackId: TrackId;
  readonly mediaKind: MediaKind;
  readonly codec: CodecId;
  readonly clockRate: number;
  readonly channels?: number;
  /** What sent it, where its offer tells: engines differ in what they report about time. */
  readonly senderEngine?: SenderEngine;
  /**
   * A simulcast layer kept besides the track without a `rid`, which holds the best layer as it changes (RFC 8852).
   * Whoever wants one picture passes these tracks over.
   */
  readonly rid?: string;
};
/** The decoder configuration is known or changed; comes before the first frame it applies to. */
export type ConfigChanged = {
  readonly kind: 'config-changed';
  readonly at: UnixUs;
  readonly trackId: TrackId;
  /** RFC 6381 string, such as `avc1.42e01f`, `vp09.00.10.08`, `opus`. */
  readonly codecString: string;
  readonly width?: number;
  readonly height?: number;
  /** Parameter sets in Annex B (H.264, H.265), sequence header OBU (AV1), AudioSpecificConfig (AAC). */
  readonly config?: Uint8Array;
};
/** One encoded frame. */
export type FrameEntry = { readonly kind: 'frame' } & EncodedFrame;
/** A sender report: the sender says that `ticks` on this track is `senderAt` on its wall clock. */
export type ClockAnchor = {
  readonly kind: 'clock-anchor';
  readonly trackId: TrackId;
  readonly ticks: Ticks;
  /** The sender's NTP clock, as Unix µs; untrusted, comparable only between tracks of one sender. */
  readonly senderAt: UnixUs;
  /** Our clock when the report arrived. */
  readonly arrivedAt: UnixUs;
  /** Absent: an RTCP sender report. `capture-time`: the packets themselves tell when they were captured. */
  readonly source?: 'capture-time';
};
/** Media is missing. */
export type Gap = {
  readonly kind: 'gap';
  readonly reason: GapReason;
  /** Absent when every track of the tape is concerned. */
  readonly trackId?: TrackId;
  readonly fromAt: UnixUs;
  readonly toAt: UnixUs;
  /** Source clock of the last frame before and the first frame after, where known. */
  readonly fromTicks?: Ticks;
  readonly toTicks?: Ticks;
  readonly packetsLost?: number;
  readonly framesDropped?: number;
};
/** The sender says it sends no media of this track, or sends it again. */
export type MuteChanged = { readonly kind: 'muted' | 'unmuted'; readonly at: UnixUs; readonly trackId: TrackId };
/** Taping was paused or resumed on purpose: nothing between the two was kept. */
export type PauseChanged = { readonly kind: 'paused' | 'resumed'; readonly at: UnixUs };
/**
 * Why tracks end whose publisher left or was sent away, other than by a broken connection: nobody is waited for. Who
 * publishes again goes on with new tracks.
 */
export const LEFT_REASONS = {
  byClient: 'closed by the client',
  byServer: 'ended by the server API',
  withRoom: 'room deleted',
} as const;
/** A track ends; its number is never used again. */
export type TrackEnded = {
  readonly kind: 'track-ended';
  readonly at: UnixUs;
  readonly trackId: TrackId;
  readonly reason: string;
};
/** Last entry of a tape that was closed in order. */
export type TapeSealed = { readonly kind: 'tape-sealed'; readonly at: UnixUs; readonly reason: string };

/** Everything a stream's tape can say. */
export type TapeEntry =
  | TapeOpened
  | TrackAdded
  | ConfigChanged
  | FrameEntry
  | ClockAnchor
  | Gap
  | MuteChanged
  | PauseChanged
  | TrackEnded
  | TapeSealed;

/** An entry as read back: with its place in the tape. Sequences start at 0 and rise by 1 per entry. */
export type SequencedEntry = { readonly sequence: number; readonly entry: TapeEntry };
