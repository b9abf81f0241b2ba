// The media plane as its owner (the media process, and through it `control`) sees it: sessions in, tapes and
// forwarded packets out. No HTTP, no rooms' rules, no tokens: those were checked before a call comes here.

import type { MediaKind, UnixUs } from '@roomtape/media';

/** Names one stream: unique within the server at any one time. */
export type StreamKey = { readonly roomId: string; readonly streamId: string };

/** A growing tape that is played as a stream, and what it has or will have; it need not exist yet. */
export type TapeSource = { readonly directory: string; readonly kinds: readonly MediaKind[] };

/** A WHIP (publish) or WHEP (play) session to be opened. */
export type SessionRequest = StreamKey & {
  readonly sessionId: string;
  readonly kind: 'publish' | 'play';
  readonly userId: string;
  readonly offerSdp: string;
  /** With `play`: what is played is this tape, and nobody publishes the stream. */
  readonly tape?: TapeSource;
};

/** The answer to an offer. `etag` names the ICE session (RFC 9725 §4.3.1). */
export type SessionAnswer = { readonly answerSdp: string; readonly etag: string };

/** A trickled SDP fragment or an ICE restart (RFC 9725 §4.3, RFC 8840). */
export type SessionPatch = {
  readonly sessionId: string;
  readonly ifMatch: string | undefined;
  readonly fragment: string;
};

/** What a patch led to: nothing to say (204), or new ICE parameters (200 with a fragment). */
export type SessionPatched =
  | { readonly kind: 'trickled' }
  | { readonly kind: 'restarted'; readonly fragment: string; readonly etag: string };

/** Where a stream is taped. The directory exists or can be made; an existing tape there is continued. */
export type TapeRequest = StreamKey & { readonly tapeId: string; readonly directory: string; readonly userId: string };

/** How far a tape reached when it was flushed: everything up to `sequence` is readable by others. */
export type TapePosition = { readonly tapeId: string; readonly sequence: number; readonly at: UnixUs };

/** One track of a published stream as it is now. */
export type PublishedTrack = {
  readonly kind: MediaKind;
  readonly codec: string;
  readonly width?: number;
  readonly height?: number;
};

/** Facts the media plane tells its owner, in the order they happened. */
export type MediaEvent =
  | (StreamKey & { readonly kind: 'session-connected'; readonly sessionId: string; readonly at: UnixUs })
  | (StreamKey & {
      readonly kind: 'session-closed';
      readonly sessionId: string;
      readonly reason: string;
      readonly at: UnixUs;
    })
  | (StreamKey & { readonly kind: 'tracks-changed'; readonly tracks: readonly PublishedTrack[] })
  /** The first keyframe (or audio frame of an audio-only stream) is in the tape's writer. */
  | (StreamKey & { readonly kind: 'tape-started'; readonly tapeId: string; readonly at: UnixUs })
  /** The tape's disk failed or is full; capture goes on, a gap is being counted. */
  | (StreamKey & { readonly kind: 'tape-stalled'; readonly tapeId: string; readonly code: string; readonly at: UnixUs })
  | (StreamKey & { readonly kind: 'tape-recovered'; readonly tapeId: string; readonly at: UnixUs });

/** The media plane of one process. Every rejection is a `RoomtapeError` with a code of the public catalogue. */
export interface MediaPlane {
  openSession(request: SessionRequest): Promise<SessionAnswer>;
  patchSession(patch: SessionPatch): Promise<SessionPatched>;
  /** Idempotent: closing an unknown session does nothing. */
  closeSession(sessionId: string, reason: string): void;
  /**
   * Tapes a stream, now and across its republications, until `stopTape`. Asks the publisher for a keyframe
   * at once. The stream need not be published yet.
   */
  startTape(request: TapeRequest): Promise<void>;
  /** Stops keeping media while paused; the tape says from when to when. */
  setTapePaused(tapeId: string, paused: boolean): void;
  /** Keeps every simulcast layer in a track of its own besides the best one, for mixes, or no more. */
  setTapeLayers(tapeId: string, isWanted: boolean): void;
  /** Puts everything taped so far where readers can see it. */
  flushTape(tapeId: string): Promise<TapePosition>;
  /** Seals the tape: it ends with `tape-sealed` and never grows again. */
  stopTape(tapeId: string, reason: string): Promise<TapePosition>;
  /** The publisher said it stopped or resumed sending one kind of media. */
  setMuted(stream: StreamKey, kind: MediaKind, muted: boolean): void;
  /** Chooses the simulcast layer a viewer gets: a rid, or `auto`. */
  selectLayer(sessionId: string, rid: string): void;
  requestKeyframe(stream: StreamKey): void;
  /** Plain data for the debug endpoint and tests: sessions, tracks, packet counters, tapes. */
  describe(): Record<string, unknown>;
  close(): Promise<void>;
}
