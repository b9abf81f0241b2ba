// All published streams of the server and the rules of who may publish what: one publisher per stream id, the
// same user replaces or continues, another user has to wait until the id is free.

import type { StreamKind } from '@roomtape/api';
import { type Clock, type MediaKind, RoomtapeError } from '@roomtape/media';
import type { PublishedTrack, StreamKey } from '@roomtape/webrtc';
import type { KeptPublication, Publication, PublicationChange } from './publication.ts';

/** How the keeper of publications is made. */
export type PublicationsOptions = {
  readonly clock: Clock;
  /** How long a publisher that went may come back and go on, ms. */
  readonly republishWaitMs: number;
};

/** A stream of a user. `streamKind` absent: a camera. */
export type UserStream = StreamKey & { readonly userId: string; readonly streamKind?: StreamKind | undefined };

/** Who wants to publish what, by which session. */
export type Claim = UserStream & { readonly sessionId: string };

/** Keeps all publications. Listeners run in the order they were added, within the call that changes. */
export class Publications {
  readonly #options: PublicationsOptions;
  readonly #byKey = new Map<string, KeptPublication>();
  readonly #bySession = new Map<string, string>();
  readonly #listeners: ((change: PublicationChange) => void)[] = [];

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** Hears every change from now on. */
  onChange(listener: (change: PublicationChange) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes a stream id for a session that is about to open. Returns the session it replaces, if any.
   * Throws STREAM_TAKEN when another user has it.
   */
  claim(claim: Claim): { readonly replaces: string | undefined } {
    const key = keyOf(claim);
    const kept = this.#byKey.get(key);
    if (kept !== undefined && kept.publication.userId !== claim.userId) {
      if (kept.publication.state !== 'ended') throw streamTaken(claim);
      this.#drop(key, 'taken over by another user');
    }
    const existing = this.#byKey.get(key);
    const replaces = existing?.publication.sessionId;
    if (replaces !== undefined) this.#bySession.delete(replaces);
    this.#bySession.set(claim.sessionId, key);
    const next: KeptPublication = existing ?? { publication: this.#fresh(claim), cancelDeadline: undefined };
    next.cancelDeadline?.();
    next.cancelDeadline = undefined;
    this.#byKey.set(key, next);
    const state = existing?.publication.state === 'live' ? 'live' : 'connecting';
    const { sessionId, streamKind = 'camera' } = claim;
    next.publication = { ...next.publication, sessionId, streamKind, state };
    this.#tell('claimed', next.publication, '');
    return { replaces };
  }

  /** The session's media flows: the stream is live, for the first time or again. */
  connected(sessionId: string): void {
    const kept = this.#ofSession(sessionId);
    if (kept === undefined) return;
    const resumed = kept.publication.isListed;
    kept.publication = { ...kept.publication, state: 'live', wasLive: true, isListed: true };
    this.#tell(resumed ? 'resumed' : 'live', kept.publication, '');
  }

  /** The session is over. By choice the stream leaves the room at once; else it is awaited as interrupted. */
  closed(sessionId: string, end: { readonly byChoice: boolean; readonly reason: string }): void {
    const kept = this.#ofSession(sessionId);
    const key = this.#bySession.get(sessionId);
    this.#bySession.delete(sessionId);
    if (kept === undefined || key === undefined) return;
    if (!kept.publication.wasLive) {
      this.#drop(key, end.reason);
      return;
    }
    const state = end.byChoice ? 'ended' : 'interrupted';
    kept.publication = { ...kept.publication, state, sessionId: undefined };
    this.#await(key, kept);
    this.#tell(state, kept.publication, end.reason);
    if (end.byChoice) kept.publication = { ...kept.publication, isListed: false };
  }

  /** The stream's tracks are known or changed. */
  tracksChanged(stream: StreamKey, tracks: readonly PublishedTrack[]): void {
    const kept = this.#byKey.get(keyOf(stream));
    if (kept === undefined) return;
    kept.publication = { ...kept.publication, tracks };
    this.#tell('changed', kept.publication, '');
  }

  /** The publisher says it sends no media of one kind, or does again. Throws when the stream is not the user's. */
  setMuted(claim: StreamKey & { readonly userId: string }, kind: MediaKind, isMuted: boolean): void {
    const kept = this.#byKey.get(keyOf(claim));
    if (kept === undefined || kept.publication.state === 'ended') throw streamNotFound(claim);
    if (kept.publication.userId !== claim.userId) throw notTheirs(claim);
    const muted = new Set(kept.publication.muted);
    if (isMuted) muted.add(kind);
    else muted.delete(kind);
    kept.publication = { ...kept.publication, muted };
    this.#tell('changed', kept.publication, '');
  }

  /** After a restart: a stream that is still being recorded is awaited as if it had just been interrupted. */
  restore(stream: UserStream): void {
    const key = keyOf(stream);
    if (this.#byKey.has(key)) return;
    const publication: Publication = { ...this.#fresh(stream), state: 'interrupted', wasLive: true, isListed: true };
    const kept: KeptPublication = { publication, cancelDeadline: undefined };
    this.#byKey.set(key, kept);
    this.#await(key, kept);
    this.#tell('interrupted', publication, 'server restarted');
  }

  /** The publication of a stream id, also when it left by choice and may still return. */
  find(stream: StreamKey): Publication | undefined {
    return this.#byKey.get(keyOf(stream))?.publication;
  }

  /** What a room shows: everything but streams that left by choice or never had media. */
  listed(roomId: string): Publication[] {
    return this.all().filter((p) => p.roomId === roomId && p.isListed && p.state !== 'ended');
  }

  /** Every publication, listed or not. */
  all(): Publication[] {
    return [...this.#byKey.values()].map((kept) => kept.publication);
  }

  #await(key: string, kept: KeptPublication): void {
    kept.cancelDeadline?.();
    kept.cancelDeadline = this.#options.clock.after(this.#options.republishWaitMs, () => {
      this.#drop(key, 'did not come back');
    });
  }

  #drop(key: string, reason: string): void {
    const kept = this.#byKey.get(key);
    if (kept === undefined) return;
    kept.cancelDeadline?.();
    this.#byKey.delete(key);
    this.#tell('gone', kept.publication, reason);
  }

  #ofSession(sessionId: string): KeptPublication | undefined {
    const key = this.#bySession.get(sessionId);
    const kept = key === undefined ? undefined : this.#byKey.get(key);
    return kept?.publication.sessionId === sessionId ? kept : undefined;
  }

  #fresh(claim: UserStream): Publication {
    return {
      roomId: claim.roomId,
      streamId: claim.streamId,
      userId: claim.userId,
      streamKind: claim.streamKind ?? 'camera',
      publishedAt: this.#options.clock.now(),
      state: 'connecting',
      sessionId: undefined,
      tracks: [],
      muted: new Set(),
      wasLive: false,
      isListed: false,
    };
  }

  #tell(kind: PublicationChange['kind'], publication: Publication, reason: string): void {
    for (const listener of this.#listeners) listener({ kind, publication, reason });
  }
}

function keyOf(stream: StreamKey): string {
  return `${stream.roomId}/${stream.streamId}`;
}

function streamTaken({ roomId, streamId }: StreamKey): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { roomId, streamId } } as const;
  return new RoomtapeError('STREAM_TAKEN', 'another user publishes this stream', facts);
}

function streamNotFound({ roomId, streamId }: StreamKey): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { roomId, streamId } } as const;
  return new RoomtapeError('STREAM_NOT_FOUND', 'no such stream in this room', facts);
}

function notTheirs({ roomId, streamId }: StreamKey): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { roomId, streamId } } as const;
  return new RoomtapeError('FORBIDDEN', 'the stream is published by another user', facts);
}
