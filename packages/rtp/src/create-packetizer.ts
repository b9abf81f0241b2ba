// Chooses the packetizer of a codec.

import { assert, type CodecId } from '@roomtape/media';
import { createAv1Packetizer } from './av1-packetizer.ts';
import { createH264Packetizer } from './h264-packetizer.ts';
import { createH265Packetizer } from './h265-packetizer.ts';
import type { Packetizer, PacketizerOptions } from './packetizer.ts';
import { createVp8Packetizer } from './vp8-packetizer.ts';
import { createVp9Packetizer } from './vp9-packetizer.ts';

/** Makes a packetizer for a codec with an RTP payload format here. */
export function createPacketizer(codec: Exclude<CodecId, 'aac'>, options: PacketizerOptions): Packetizer {
  assert(options.payloadBytesMax >= 64, 'payloadBytesMax is at least 64');
  switch (codec) {
    case 'h264':
      return createH264Packetizer(options.payloadBytesMax);
    case 'h265':
      return createH265Packetizer(options.payloadBytesMax);
    case 'vp8':
      return createVp8Packetizer(options.payloadBytesMax);
    case 'vp9':
      return createVp9Packetizer(options.payloadBytesMax);
    case 'av1':
      return createAv1Packetizer(options.payloadBytesMax);
    case 'opus':
      // RFC 7587 §4.2: one packet is one payload, never split; the marker means a talk spurt, which is not known.
      return { packetize: ({ data }) => (data.length === 0 ? [] : [{ payload: data.slice(), marker: false }]) };
  }
}
