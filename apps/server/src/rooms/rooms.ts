// Rooms: who is in them, what is published, and who listens to their events. State lives in memory: a room is
// what is going on now; what must survive a restart is in recordings.

import type { Participant, Room, ServerMessage, Stream } from '@roomtape/api';
import { type Clock, RoomtapeError, toRfc3339, type UnixUs } from '@roomtape/media';
import type { Publication, PublicationChange } from './publication.ts';
import type { Publications } from './publications.ts';

/** A message of a room before a connection numbers it. */
export type RoomEvent = ServerMessage extends infer M
  ? M extends ServerMessage
    ? Omit<M, 'sequence' | 'at'>
    : never
  : never;

/** Hears a room's events. */
export type RoomListener = (event: RoomEvent) => void;

/** How rooms are kept. */
export type RoomsOptions = {
  readonly clock: Clock;
  readonly publications: Publications;
  readonly roomsMax: number;
  /** Whether a stream is being recorded now. */
  readonly isRecorded: (publication: Publication) => boolean;
};

type Kept = {
  readonly roomId: string;
  readonly createdAt: UnixUs;
  /** Made by the API: stays when empty. */
  isLasting: boolean;
  readonly participants: Map<string, { readonly participant: Participant; connections: number }>;
  readonly listeners: Set<RoomListener>;
};

/** Keeps all rooms. A room comes to exist by the API, by joining, or by publishing. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Kept>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    options.publications.onChange((change) => this.#onPublication(change));
  }

  /** Makes a room that stays when empty, or makes an existing one stay. */
  create(roomId: string): { readonly room: Room; readonly isNew: boolean } {
    const isNew = !this.#rooms.has(roomId);
    const kept = this.#ensure(roomId);
    kept.isLasting = true;
    return { room: this.#view(kept), isNew };
  }

  /** Makes a room if there is none; it goes when nobody is in it. */
  ensure(roomId: string): void {
    this.#ensure(roomId);
  }

  /** A room as it is now. Throws ROOM_NOT_FOUND. */
  get(roomId: string): Room {
    return this.#view(this.#find(roomId));
  }

  /** All rooms, in order of creation. */
  list(): Room[] {
    return [...this.#rooms.values()].map((kept) => this.#view(kept));
  }

  /** What a participant calls itself; `undefined` when nobody of that id is in the room. */
  nameOf(roomId: string, userId: string): string | undefined {
    return this.#rooms.get(roomId)?.participants.get(userId)?.participant.userName;
  }

  /** Whether the room exists. */
  has(roomId: string): boolean {
    return this.#rooms.has(roomId);
  }

  /** Forgets a room and tells everybody in it that it is over. Throws ROOM_NOT_FOUND. */
  delete(roomId: string): void {
    const kept = this.#find(roomId);
    this.#rooms.delete(roomId);
    for (const { participant } of kept.participants.values()) {
      this.#publish(kept, { type: 'participant-left', userId: participant.userId, reason: 'room deleted' });
    }
  }

  /** Lets a participant in; `leave` undoes it once. The same user may be connected several times. */
  join(roomId: string, user: { userId: string; userName: string }, listener: RoomListener): (reason: string) => void {
    const kept = this.#ensure(roomId);
    const present = kept.participants.get(user.userId);
    if (present === undefined) {
      const participant = { ...user, joinedAt: toRfc3339(this.#options.clock.now()) };
      kept.participants.set(user.userId, { participant, connections: 1 });
      this.#publish(kept, { type: 'participant-joined', participant });
    } else present.connections += 1;
    kept.listeners.add(listener);
    let left = false;
    return (reason) => {
      if (left) return;
      left = true;
      kept.listeners.delete(listener);
      this.#leave(kept, user.userId, reason);
    };
  }

  /** Hears a room without being in it; the room is made if there is none. Returns how to stop. */
  watch(roomId: string, listener: RoomListener): () => void {
    const kept = this.#ensure(roomId);
    kept.listeners.add(listener);
    return () => {
      kept.listeners.delete(listener);
      this.#removeIfEmpty(kept);
    };
  }

  /** Tells everybody in a room; does nothing when there is no such room. */
  tell(roomId: string, event: RoomEvent): void {
    const kept = this.#rooms.get(roomId);
    if (kept !== undefined) this.#publish(kept, event);
  }

  /** A publication as the API shows it. */
  streamView(publication: Publication): Stream {
    return {
      roomId: publication.roomId,
      streamId: publication.streamId,
      userId: publication.userId,
      kind: publication.streamKind,
      state: publication.state === 'ended' ? 'interrupted' : publication.state,
      publishedAt: toRfc3339(publication.publishedAt),
      tracks: publication.tracks.map((track) => ({ ...track, muted: publication.muted.has(track.kind) })),
      recording: this.#options.isRecorded(publication),
    };
  }

  /** Tells a room that a stream's recording began or ended. */
  streamChanged(publication: Publication): void {
    if (!publication.isListed || publication.state === 'ended') return;
    this.tell(publication.roomId, { type: 'stream-changed', stream: this.streamView(publication) });
  }

  #leave(kept: Kept, userId: string, reason: string): void {
    const present = kept.participants.get(userId);
    if (present === undefined) return;
    present.connections -= 1;
    if (present.connections > 0) return;
    kept.participants.delete(userId);
    this.#publish(kept, { type: 'participant-left', userId, reason });
    this.#removeIfEmpty(kept);
  }

  #onPublication({ kind, publication, reason }: PublicationChange): void {
    const { roomId, streamId, userId, isListed } = publication;
    if (kind === 'gone') {
      if (isListed) this.tell(roomId, { type: 'stream-unpublished', streamId, userId, reason });
      const kept = this.#rooms.get(roomId);
      if (kept !== undefined) this.#removeIfEmpty(kept);
      return;
    }
    this.ensure(roomId);
    if (!isListed) return;
    if (kind === 'ended') this.tell(roomId, { type: 'stream-unpublished', streamId, userId, reason });
    else if (kind === 'live') this.tell(roomId, { type: 'stream-published', stream: this.streamView(publication) });
    else this.streamChanged(publication);
  }

  #removeIfEmpty(kept: Kept): void {
    if (kept.isLasting || kept.participants.size > 0 || kept.listeners.size > 0) return;
    if (this.#options.publications.all().some((p) => p.roomId === kept.roomId)) return;
    if (this.#rooms.get(kept.roomId) === kept) this.#rooms.delete(kept.roomId);
  }

  #ensure(roomId: string): Kept {
    const existing = this.#rooms.get(roomId);
    if (existing !== undefined) return existing;
    if (this.#rooms.size >= this.#options.roomsMax) throw limitReached(this.#options.roomsMax);
    const kept: Kept = {
      roomId,
      createdAt: this.#options.clock.now(),
      isLasting: false,
      participants: new Map(),
      listeners: new Set(),
    };
    this.#rooms.set(roomId, kept);
    return kept;
  }

  #find(roomId: string): Kept {
    const kept = this.#rooms.get(roomId);
    if (kept !== undefined) return kept;
    const facts = { blame: 'caller', retryable: false, details: { roomId } } as const;
    throw new RoomtapeError('ROOM_NOT_FOUND', 'no such room', facts);
  }

  #publish(kept: Kept, event: RoomEvent): void {
    for (const listener of [...kept.listeners]) listener(event);
  }

  #view(kept: Kept): Room {
    return {
      roomId: kept.roomId,
      createdAt: toRfc3339(kept.createdAt),
      participants: [...kept.participants.values()].map((present) => present.participant),
      streams: this.#options.publications.listed(kept.roomId).map((publication) => this.streamView(publication)),
    };
  }
}

function limitReached(roomsMax: number): RoomtapeError {
  const facts = { blame: 'system', retryable: true, details: { limit: 'ROOMTAPE_ROOMS_MAX', roomsMax } } as const;
  return new RoomtapeError('LIMIT_REACHED', 'too many rooms', facts);
}
