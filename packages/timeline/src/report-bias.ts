// By how much sender reports of sound are known to be wrong, engine by engine: opinions about facts on the tape.

import type { TrackAdded } from '@roomtape/tape';

/** libwebrtc reads microphones in blocks of this length, and stamps a block when it is complete, µs. */
export const LIBWEBRTC_CAPTURE_BLOCK_US = 10_000;
/** The decoded sound of libwebrtc's Opus encoder comes 312 samples of 48 kHz late (RFC 7845 §4.2: pre-skip), µs. */
export const LIBWEBRTC_OPUS_DELAY_US = 6_500;
/** Until a packet was seen: what libwebrtc and most others send, µs. */
export const USUAL_PACKET_US = 20_000;

/** How a track's times are off, beside a packet's own length and queueing, µs. */
export type ReportBias = {
  /** Sender reports are late by this; capture times told in the packets are not. */
  readonly reportUs: number;
  /** The decoded sound is late by this against the RTP timestamps, whatever told their times. */
  readonly decoderUs: number;
};

/**
 * What is known of a track's sender reports; `undefined` where they are believed. libwebrtc does not know when sound
 * was captured: its reports pair the first sample of a packet with the moment the packet was handed over. It also
 * leaves the encoder's delay in the RTP timestamps, where other senders subtract it.
 */
export function reportBias(added: TrackAdded): ReportBias | undefined {
  if (added.senderEngine !== 'libwebrtc' || added.mediaKind !== 'audio') return undefined;
  return {
    reportUs: LIBWEBRTC_CAPTURE_BLOCK_US,
    decoderUs: added.codec === 'opus' ? LIBWEBRTC_OPUS_DELAY_US : 0,
  };
}
