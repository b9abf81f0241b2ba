// WHIP and WHEP sessions as the server's rules see them: who may open one was checked before; here the stream is
// claimed, recordings are told, the media process answers, and what happens to a session reaches the room.

import { type Clock, type Ids, type Log, RoomtapeError } from '@roomtape/media';
import type {
  MediaEvent,
  SessionAnswer,
  SessionPatch,
  SessionPatched,
  SessionRequest,
  StreamKey,
  TapeSource,
} from '@roomtape/webrtc';
import type { Publications, UserStream } from './publications.ts';
import type { Rooms } from './rooms.ts';

/** What sessions need of the media processes. */
export interface SessionPlane {
  openSession(request: SessionRequest): Promise<SessionAnswer>;
  patchSession(patch: SessionPatch): Promise<SessionPatched>;
  closeSession(sessionId: string, reason: string): void;
  setMuted(stream: StreamKey, kind: 'audio' | 'video', muted: boolean): void;
  requestKeyframe(stream: StreamKey): void;
}

/** How sessions are made. */
export type MediaSessionsOptions = {
  readonly plane: SessionPlane;
  readonly publications: Publications;
  readonly rooms: Rooms;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  /** The tape of a film that is being made and is named like this stream. */
  readonly filmOf: (stream: StreamKey) => TapeSource | undefined;
  /** Lets recordings take the stream's tape in hand before its first packet. */
  readonly beforePublish: (stream: UserStream) => Promise<void>;
};

/** How long the viewers of a film that is over may still see its end, ms; their media process ends them sooner. */
const FILM_END_MS = 5000;

/** A session that is open. */
export type MediaSession = StreamKey & {
  readonly sessionId: string;
  readonly kind: 'publish' | 'play';
  readonly userId: string;
};

/** Opens, patches and closes sessions. */
export class MediaSessions {
  readonly #options: MediaSessionsOptions;
  readonly #open = new Map<string, MediaSession>();

  constructor(options: MediaSessionsOptions) {
    this.#options = options;
  }

  /** Opens a WHIP session. Throws STREAM_TAKEN, LIMIT_REACHED, or what the media process refuses with. */
  async publish(stream: UserStream, offerSdp: string): Promise<SessionAnswer & MediaSession> {
    const { plane, publications, rooms, ids, log, filmOf } = this.#options;
    if (filmOf(stream) !== undefined) throw streamTaken(stream);
    rooms.ensure(stream.roomId);
    const session: MediaSession = { ...stream, sessionId: ids.next('ses'), kind: 'publish' };
    const { replaces } = publications.claim(session);
    if (replaces !== undefined) this.#end(replaces, 'replaced by the same user');
    this.#open.set(session.sessionId, session);
    try {
      await this.#options.beforePublish(stream).catch((error: unknown) => log.error({ error }, 'tape not prepared'));
      return { ...session, ...(await plane.openSession({ ...session, offerSdp })) };
    } catch (error) {
      this.#open.delete(session.sessionId);
      publications.closed(session.sessionId, { byChoice: false, reason: 'refused' });
      throw error;
    }
  }

  /** Opens a WHEP session. Throws ROOM_NOT_FOUND, STREAM_NOT_FOUND, or what the media process refuses with. */
  async play(stream: StreamKey & { userId: string }, offerSdp: string): Promise<SessionAnswer & MediaSession> {
    const { plane, publications, rooms, ids, filmOf } = this.#options;
    const tape = filmOf(stream);
    if (tape === undefined) {
      rooms.get(stream.roomId);
      if (!publications.listed(stream.roomId).some((p) => p.streamId === stream.streamId)) throw streamNotFound(stream);
    }
    const session: MediaSession = { ...stream, sessionId: ids.next('ses'), kind: 'play' };
    this.#open.set(session.sessionId, session);
    try {
      const answer = await plane.openSession({ ...session, offerSdp, ...(tape === undefined ? {} : { tape }) });
      if (tape === undefined) plane.requestKeyframe(stream);
      return { ...session, ...answer };
    } catch (error) {
      this.#open.delete(session.sessionId);
      throw error;
    }
  }

  /** An open session. Throws SESSION_NOT_FOUND. */
  get(sessionId: string): MediaSession {
    const session = this.#open.get(sessionId);
    if (session !== undefined) return session;
    const facts = { blame: 'caller', retryable: false, details: { sessionId } } as const;
    throw new RoomtapeError('SESSION_NOT_FOUND', 'no such session', facts);
  }

  /** Trickle or ICE restart. */
  patch(patch: SessionPatch): Promise<SessionPatched> {
    this.get(patch.sessionId);
    return this.#options.plane.patchSession(patch);
  }

  /** The client ended its session by choice. */
  close(sessionId: string, reason: string): void {
    this.get(sessionId);
    this.#end(sessionId, reason);
  }

  /** Ends whatever is open of a stream, its viewers included. Throws STREAM_NOT_FOUND when nobody publishes it. */
  closeStream(stream: StreamKey, reason: string): void {
    const publication = this.#options.publications.find(stream);
    if (publication === undefined || publication.state === 'ended') throw streamNotFound(stream);
    this.#endAll(stream, reason);
  }

  /** A film is over: those who wait for it although it has no end of its own, as one that never began, wait no more. */
  filmEnded(film: StreamKey): void {
    this.#options.clock.after(FILM_END_MS, () => this.#endAll(film, 'stream-ended'));
  }

  /** Ends every session of a room. */
  closeRoom(roomId: string, reason: string): void {
    for (const session of [...this.#open.values()]) if (session.roomId === roomId) this.#end(session.sessionId, reason);
  }

  /** The publisher says what it sends. Throws STREAM_NOT_FOUND or FORBIDDEN. */
  setMuted(claim: StreamKey & { userId: string }, kind: 'audio' | 'video', muted: boolean): void {
    this.#options.publications.setMuted(claim, kind, muted);
    this.#options.plane.setMuted(claim, kind, muted);
  }

  /** Hears the media processes. */
  onMedia(event: MediaEvent): void {
    const { publications } = this.#options;
    if (event.kind === 'session-connected') publications.connected(event.sessionId);
    else if (event.kind === 'tracks-changed') publications.tracksChanged(event, event.tracks);
    else if (event.kind === 'session-closed') {
      this.#open.delete(event.sessionId);
      publications.closed(event.sessionId, { byChoice: false, reason: event.reason });
    }
  }

  /** How many sessions of each kind are open. */
  counts(): { readonly publish: number; readonly play: number } {
    const sessions = [...this.#open.values()];
    const publish = sessions.filter((session) => session.kind === 'publish').length;
    return { publish, play: sessions.length - publish };
  }

  #endAll({ roomId, streamId }: StreamKey, reason: string): void {
    for (const session of [...this.#open.values()]) {
      if (session.roomId === roomId && session.streamId === streamId) this.#end(session.sessionId, reason);
    }
  }

  #end(sessionId: string, reason: string): void {
    this.#open.delete(sessionId);
    this.#options.plane.closeSession(sessionId, reason);
    this.#options.publications.closed(sessionId, { byChoice: true, reason });
  }
}

function streamNotFound({ roomId, streamId }: StreamKey): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { roomId, streamId } } as const;
  return new RoomtapeError('STREAM_NOT_FOUND', 'no such stream in this room', facts);
}

function streamTaken({ roomId, streamId }: StreamKey): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { roomId, streamId } } as const;
  return new RoomtapeError('STREAM_TAKEN', 'a film that is being made has this id', facts);
}
