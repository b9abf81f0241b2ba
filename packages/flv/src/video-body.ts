// Bodies of video tags: classic H.264 (FLV 10.1, E.4.3), the widely sent H.265 as codec 12, and the enhanced ones by
// FourCC (Enhanced RTMP v2). Frames are as MP4 carries them; see `length-prefixed.ts`.

import { readUint24, writeUint24 } from '@roomtape/media';
import { EX_PACKET, type ExPart, readExParts, writeFourCc } from './enhanced-header.ts';
import type { FlvPacketKind, FlvVideoCodec, FlvVideoPacket } from './packet.ts';

/** A video packet to be written. */
export type FlvVideoToWrite = {
  readonly codec: FlvVideoCodec;
  readonly kind: 'config' | 'frame' | 'end';
  readonly isKeyframe: boolean;
  /** Presentation minus decoding time, ms; only H.264 and H.265 have one. */
  readonly compositionTimeMs?: number;
  readonly data: Uint8Array;
};

const FOUR_CC: Readonly<Record<FlvVideoCodec, string>> = {
  h264: 'avc1',
  h265: 'hvc1',
  av1: 'av01',
  vp8: 'vp08',
  vp9: 'vp09',
};
const CODEC_OF_FOUR_CC: ReadonlyMap<string, FlvVideoCodec> = new Map(
  (Object.keys(FOUR_CC) as FlvVideoCodec[]).map((codec) => [FOUR_CC[codec], codec]),
);
const CLASSIC_AVC = 7;
/** Never standard, but what many servers and encoders sent before enhanced FLV. */
const CLASSIC_HEVC = 12;
const FRAME_KEY = 1;
const FRAME_COMMAND = 5;

/**
 * Reads the body of a video tag. Empty for damage, commands and codecs that nobody here records. Several packets only
 * where the tag holds several tracks. The data are views into `body`.
 */
export function readVideoBody(body: Uint8Array): readonly FlvVideoPacket[] {
  const first = body[0] ?? 0;
  const frameType = (first >>> 4) & 7;
  if (first < 0x80) return readClassic(body, frameType);
  const isMetadata = (first & 0x0f) === EX_PACKET.metadata;
  if (frameType === FRAME_COMMAND && !isMetadata) return [];
  return readExParts(body, 'video').flatMap((part) => fromPart(part, frameType === FRAME_KEY) ?? []);
}

/** Writes the body of a video tag: classic for H.264, enhanced for all others. */
export function writeVideoBody(packet: FlvVideoToWrite): Uint8Array {
  return packet.codec === 'h264' ? writeClassic(packet) : writeEnhanced(packet);
}

function readClassic(body: Uint8Array, frameType: number): readonly FlvVideoPacket[] {
  const codecId = (body[0] ?? 0) & 0x0f;
  const kind = (['config', 'frame', 'end'] as const)[body[1] ?? 255];
  const isKnown = codecId === CLASSIC_AVC || codecId === CLASSIC_HEVC;
  if (!isKnown || kind === undefined || frameType === FRAME_COMMAND || body.length < 5) return [];
  return [
    {
      media: 'video',
      codec: codecId === CLASSIC_AVC ? 'h264' : 'h265',
      kind,
      isKeyframe: frameType === FRAME_KEY,
      compositionTimeMs: kind === 'frame' ? readInt24(body, 2) : 0,
      trackId: 0,
      offsetNs: 0,
      data: body.subarray(5),
    },
  ];
}

function fromPart(part: ExPart, isKeyframe: boolean): FlvVideoPacket | undefined {
  const codec = CODEC_OF_FOUR_CC.get(part.fourCc);
  const kind = kindOf(part.packetType);
  if (codec === undefined || kind === undefined) return undefined;
  const hasComposition = part.packetType === EX_PACKET.codedFrames && (codec === 'h264' || codec === 'h265');
  if (hasComposition && part.data.length < 3) return undefined;
  return {
    media: 'video',
    codec,
    kind,
    isKeyframe,
    compositionTimeMs: hasComposition ? readInt24(part.data, 0) : 0,
    trackId: part.trackId,
    offsetNs: part.offsetNs,
    data: hasComposition ? part.data.subarray(3) : part.data,
  };
}

function kindOf(packetType: number): FlvPacketKind | undefined {
  if (packetType === EX_PACKET.sequenceStart) return 'config';
  if (packetType === EX_PACKET.codedFrames || packetType === EX_PACKET.codedFramesX) return 'frame';
  if (packetType === EX_PACKET.sequenceEnd) return 'end';
  return packetType === EX_PACKET.metadata ? 'metadata' : undefined;
}

function writeClassic(packet: FlvVideoToWrite): Uint8Array {
  const body = new Uint8Array(5 + packet.data.length);
  body[0] = ((packet.isKeyframe ? 1 : 2) << 4) | CLASSIC_AVC;
  body[1] = packet.kind === 'config' ? 0 : packet.kind === 'frame' ? 1 : 2;
  writeUint24(body, 2, packet.compositionTimeMs ?? 0);
  body.set(packet.data, 5);
  return body;
}

function writeEnhanced(packet: FlvVideoToWrite): Uint8Array {
  const hasComposition = packet.codec === 'h265' && packet.kind === 'frame' && (packet.compositionTimeMs ?? 0) !== 0;
  const body = new Uint8Array((hasComposition ? 8 : 5) + packet.data.length);
  body[0] = 0x80 | ((packet.isKeyframe ? 1 : 2) << 4) | exTypeOf(packet, hasComposition);
  writeFourCc(body, 1, FOUR_CC[packet.codec]);
  if (hasComposition) writeUint24(body, 5, packet.compositionTimeMs ?? 0);
  body.set(packet.data, hasComposition ? 8 : 5);
  return body;
}

function exTypeOf(packet: FlvVideoToWrite, hasComposition: boolean): number {
  if (packet.kind === 'config') return EX_PACKET.sequenceStart;
  if (packet.kind === 'end') return EX_PACKET.sequenceEnd;
  // Without a composition time H.265 has a form of its own; AV1, VP8 and VP9 never say one.
  return packet.codec === 'h265' && !hasComposition ? EX_PACKET.codedFramesX : EX_PACKET.codedFrames;
}

function readInt24(data: Uint8Array, at: number): number {
  return (readUint24(data, at) << 8) >> 8;
}
