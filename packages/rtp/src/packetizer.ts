// The packetizer port: whole encoded frames in, RTP payloads out, none larger than asked. Headers, sequence numbers
// and pacing are the sender's.

import type { EncodedFrame } from '@roomtape/media';

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
