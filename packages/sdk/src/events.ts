// Every event of the client and when it fires. Data only.

import type { Participant, Stream } from '@roomtape/api';
import type { RoomtapeClientError } from './errors.ts';
import type { KeeperState } from './link-keeper.ts';
import type { StreamQuality } from './quality.ts';

/** Life of the client in a room: `reconnecting` heals by itself, `disconnected` does not. */
export type RoomState = 'disconnected' | 'connecting' | 'connected' | 'reconnecting';

/** The client's events, from name to payload. */
export type ClientEvents = {
  /**
   * The connection to the room changed. `reconnecting` comes with the error that caused it and is followed by
   * `connected` without any call; published and played streams have their own states and often go on meanwhile.
   * `disconnected` is final for this login: with an error when the server refused (an expired token, say),
   * without one after `logoutRoom`.
   */
  'room-state-changed': { readonly state: RoomState; readonly error: RoomtapeClientError | undefined };
  /**
   * Somebody joined or left, or the room was seen again after a reconnection. `participants` is everybody now,
   * oneself included. When a room is (re)joined it fires before the `stream-added` of its streams. Streams have
   * their own events: one that is `interrupted` may outlive its participant's absence.
   */
  'participants-changed': {
    readonly participants: readonly Participant[];
    readonly joined: readonly Participant[];
    readonly left: readonly Participant[];
  };
  /**
   * A stream appeared in the room: published now, or found there when joining. One's own streams are told too.
   * It is not played before `startPlayingStream`.
   */
  'stream-added': { readonly stream: Stream };
  /**
   * Something about a stream changed: its state (`interrupted` means it may come back within the server's grace
   * time), the codec or size of a track, a mute, or whether it is being recorded.
   */
  'stream-changed': { readonly stream: Stream };
  /**
   * A stream ended. If it was being played, its player has been stopped just before; its `MediaStream` is empty.
   */
  'stream-removed': { readonly stream: Stream; readonly reason: string };
  /**
   * A recording of this room changed its state. The recording itself is read over the REST API; a client that
   * may not record gets the event too, so that it can show that it is being recorded.
   */
  'recording-changed': { readonly recordingId: string; readonly state: string };
  /**
   * One's own stream changed its state: `requesting`, `connected`, `reconnecting` (comes back by itself under the
   * same stream id, so a recording of it goes on), `stopped` after `stopPublishingStream`, or `failed` with the
   * error that no new attempt can cure.
   */
  'publisher-state-changed': {
    readonly streamId: string;
    readonly state: KeeperState;
    readonly error: RoomtapeClientError | undefined;
  };
  /**
   * A played stream changed its state; the states mean the same as for a publisher. While `reconnecting` the last
   * picture stays; the `MediaStream` remains the same object.
   */
  'player-state-changed': {
    readonly streamId: string;
    readonly state: KeeperState;
    readonly error: RoomtapeClientError | undefined;
  };
  /**
   * The `MediaStream` of a played stream got another track: the first ones, or new ones after a reconnection.
   */
  'player-tracks-changed': { readonly streamId: string; readonly mediaStream: MediaStream };
  /**
   * Once a second for each published and each played stream that is connected: codec, size, frame rate, bitrate,
   * loss and round-trip time of the last second. The first one of a connection has no bitrates yet.
   */
  'stream-quality': StreamQuality;
  /**
   * Something went wrong that belongs to no call and changed no state, such as a message the server refused.
   */
  error: { readonly error: RoomtapeClientError };
};
