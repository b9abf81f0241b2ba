// What the body of an audio or video tag holds, classic and enhanced FLV alike.

/** Video codecs that a body can name. `other` codecs are known by nothing but their number or FourCC. */
export type FlvVideoCodec = 'h264' | 'h265' | 'av1' | 'vp8' | 'vp9';
/** Audio codecs that a body can name. */
export type FlvAudioCodec = 'aac' | 'opus';

/**
 * `config`: the decoder configuration (avcC, hvcC, av1C, vpcC; AudioSpecificConfig, OpusHead). `frame`: coded data.
 * `end`: no more frames will follow. `metadata`: AMF0, colour information for instance.
 */
export type FlvPacketKind = 'config' | 'frame' | 'end' | 'metadata';

type PacketFacts = {
  readonly kind: FlvPacketKind;
  /** Number of the track within the stream; 0 unless the tag holds several. */
  readonly trackId: number;
  /** To be added to the tag's time, ns below 1 ms (E-RTMP v2, TimestampOffsetNano). */
  readonly offsetNs: number;
  /** A view into the body. */
  readonly data: Uint8Array;
};

/** One video packet of a body. */
export type FlvVideoPacket = PacketFacts & {
  readonly media: 'video';
  readonly codec: FlvVideoCodec;
  readonly isKeyframe: boolean;
  /** Presentation minus decoding time, ms. */
  readonly compositionTimeMs: number;
};

/** One audio packet of a body. */
export type FlvAudioPacket = PacketFacts & {
  readonly media: 'audio';
  readonly codec: FlvAudioCodec;
};
