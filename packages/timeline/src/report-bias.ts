// By how much times of sound are known to be wrong, engine by engine: opinions about facts on the tape.

import type { TrackAdded } from '@roomtape/tape';

/** The decoded sound of libwebrtc's Opus encoder comes 312 samples of 48 kHz late (RFC 7845 §4.2: pre-skip), µs. */
export const LIBWEBRTC_OPUS_DELAY_US = 6_500;
/** Until a packet was seen: what libwebrtc and most others send, µs. */
export const USUAL_PACKET_US = 20_000;

/** How the times of a track are wrong. */
export type ReportBias = {
  /** The decoded sound is late by this against the RTP timestamps, whatever told their times, µs. */
  readonly decoderUs: number;
};

/**
 * What is known of a track whose sender reports are late by a packet and queueing; `undefined` where reports are
 * believed. libwebrtc does not know when sound was captured: its reports pair the first sample of a packet with the
 * moment the whole packet was handed over. It also leaves the encoder's delay in the RTP timestamps, where other
 * senders subtract it. Measured: `docs/adr/2026-11-22-audio-reports-of-browsers.md`.
 */
export function reportBias(added: TrackAdded): ReportBias | undefined {
  if (added.senderEngine !== 'libwebrtc' || added.mediaKind !== 'audio') return undefined;
  return { decoderUs: added.codec === 'opus' ? LIBWEBRTC_OPUS_DELAY_US : 0 };
}
