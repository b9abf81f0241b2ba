// The depacketizer port: RTP payloads in, whole encoded frames out. Promises that every frame it gives is complete
// and, as far as the codec lets it know, decodable with the frames it gave before.

import type { EncodedFrame, Ticks, UnixUs } from '@roomtape/media';

/** One RTP packet as a depacketizer takes it, in order of `sequence`. */
export type DepacketizerPacket = {
  /** Without header, extensions and padding; empty for a packet of padding only. Lent until its frame is given. */
  readonly payload: Uint8Array;
  readonly marker: boolean;
  /** Unwrapped. A step of more than one says that the packets between are lost for good. */
  readonly sequence: number;
  /** Unwrapped. */
  readonly timestamp: Ticks;
  readonly arrivedAt: UnixUs;
};

/** A whole frame; `data` is a fresh copy in the form of `EncodedFrame.data`. */
export type DepacketizedFrame = Pick<EncodedFrame, 'type' | 'pts' | 'arrivedAt' | 'data'>;

/** Why a frame was dropped. */
export type FrameDropReason =
  /** A packet of the frame is lost. */
  | 'packet-loss'
  /** The frame is whole, but a frame it may refer to is not there. */
  | 'missing-reference'
  /** The payload breaks the codec's payload format. */
  | 'malformed'
  /** A payload structure that is legal but not negotiated, such as interleaved H.264. */
  | 'unsupported'
  /** More bytes or packets than a frame may have. */
  | 'too-large'
  /** A keyframe whose parameter sets never came. */
  | 'no-parameter-sets';

/** Counters since the depacketizer was made. Frames lost without a trace cannot be counted. */
export type DepacketizerStats = {
  readonly frames: number;
  readonly framesDropped: number;
  readonly framesDroppedBy: Readonly<Record<FrameDropReason, number>>;
};

/** Turns the RTP payloads of one SSRC into frames. */
export interface Depacketizer {
  /** Whether nothing more comes out until a keyframe arrives: true at the start and after damage. */
  readonly needsKeyframe: boolean;
  readonly stats: DepacketizerStats;
  /** Takes the next packet; returns the frames it completes, mostly none. Late and repeated packets are ignored. */
  push(packet: DepacketizerPacket): readonly DepacketizedFrame[];
  /** Ends the stream: a frame still open is dropped, because nothing says that it is whole. */
  flush(): void;
}

/** Options of a depacketizer. */
export type DepacketizerOptions = {
  /** Parameter sets known from signalling (`sprop-parameter-sets`), Annex B; H.264 and H.265 only. */
  readonly parameterSets?: Uint8Array;
  /** Most payload bytes of one frame. Default 8 MiB. */
  readonly frameBytesMax?: number;
};
