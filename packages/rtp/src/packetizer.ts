// The packetizer port: whole encoded frames in, RTP payloads out, none larger than asked. Headers, sequence numbers
// and pacing are the sender's.

import { assert, type CodecId, type EncodedFrame } from '@roomtape/media';
import { createAv1Packetizer } from './av1-packetizer.ts';
import { createH264Packetizer } from './h264-packetizer.ts';
import { createH265Packetizer } from './h265-packetizer.ts';
import { createVp8Packetizer } from './vp8-packetizer.ts';
import { createVp9Packetizer } from './vp9-packetizer.ts';

/** A frame as a packetizer takes it; `data` is in the form of `EncodedFrame.data`. */
export type PacketizerFrame = Pick<EncodedFrame, 'type' | 'pts' | 'data'>;

/** One RTP payload; the marker is set on the last one of a frame. */
export type PacketizedPayload = { readonly payload: Uint8Array; readonly marker: boolean };

/** Turns frames into RTP payloads; keeps the counters its payload format carries. */
export interface Packetizer {
  /** Returns the payloads of one frame, in order; empty when the frame holds nothing to send. */
  packetize(frame: PacketizerFrame): PacketizedPayload[];
}

/** Options of a packetizer. */
export type PacketizerOptions = {
  /** Largest payload, RTP header and extensions not counted; at least 64. About 1200 for the internet. */
  readonly payloadBytesMax: number;
};

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
