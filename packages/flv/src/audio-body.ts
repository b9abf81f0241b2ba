// Bodies of audio tags: classic AAC (FLV 10.1, E.4.2) and the enhanced ones by FourCC (Enhanced RTMP v2).

import { EX_PACKET, type ExPart, readExParts, writeFourCc } from './enhanced-header.ts';
import type { FlvAudioCodec, FlvAudioPacket } from './packet.ts';

/** An audio packet to be written. */
export type FlvAudioToWrite = {
  readonly codec: FlvAudioCodec;
  readonly kind: 'config' | 'frame' | 'end';
  readonly data: Uint8Array;
};

const CODEC_OF_FOUR_CC: ReadonlyMap<string, FlvAudioCodec> = new Map([
  ['mp4a', 'aac'],
  ['Opus', 'opus'],
]);
const FORMAT_EX = 9;
const FORMAT_AAC = 10;
/** AAC; 44 kHz, 16 bit, stereo: always so for AAC (E.4.2.1), whose configuration says the truth. */
const AAC_HEAD = 0xaf;

/**
 * Reads the body of an audio tag. Empty for damage and codecs that nobody here records. Several packets only where the
 * tag holds several tracks. The data are views into `body`.
 */
export function readAudioBody(body: Uint8Array): readonly FlvAudioPacket[] {
  const format = (body[0] ?? 0) >>> 4;
  if (format === FORMAT_EX) return readExParts(body, 'audio').flatMap((part) => fromPart(part) ?? []);
  const kind = (['config', 'frame'] as const)[body[1] ?? 255];
  if (format !== FORMAT_AAC || kind === undefined) return [];
  return [{ media: 'audio', codec: 'aac', kind, trackId: 0, offsetNs: 0, data: body.subarray(2) }];
}

/** Writes the body of an audio tag: classic for AAC, enhanced for Opus; the end is always said the enhanced way. */
export function writeAudioBody(packet: FlvAudioToWrite): Uint8Array {
  if (packet.codec === 'aac' && packet.kind !== 'end') {
    const body = new Uint8Array(2 + packet.data.length);
    body[0] = AAC_HEAD;
    body[1] = packet.kind === 'config' ? 0 : 1;
    body.set(packet.data, 2);
    return body;
  }
  const body = new Uint8Array(5 + packet.data.length);
  const type = { config: EX_PACKET.sequenceStart, frame: EX_PACKET.codedFrames, end: EX_PACKET.sequenceEnd };
  body[0] = (FORMAT_EX << 4) | type[packet.kind];
  writeFourCc(body, 1, packet.codec === 'aac' ? 'mp4a' : 'Opus');
  body.set(packet.data, 5);
  return body;
}

function fromPart(part: ExPart): FlvAudioPacket | undefined {
  const codec = CODEC_OF_FOUR_CC.get(part.fourCc);
  const kind = (['config', 'frame', 'end'] as const)[part.packetType];
  if (codec === undefined || kind === undefined) return undefined;
  const { trackId, offsetNs, data } = part;
  return { media: 'audio', codec, kind, trackId, offsetNs, data };
}
