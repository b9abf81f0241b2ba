// The room as the server last told it, and what changed by each message. Pure: messages in, changes out.
// A snapshot's changes come in an order that shows nobody's stream before its participant.

import type { Participant, Room, ServerMessage, Stream } from '@roomtape/api';

/** One change of the room. */
export type RoomChange =
  | {
      readonly type: 'participants-changed';
      readonly joined: readonly Participant[];
      readonly left: readonly Participant[];
    }
  | { readonly type: 'stream-added'; readonly stream: Stream }
  | { readonly type: 'stream-changed'; readonly stream: Stream }
  | { readonly type: 'stream-removed'; readonly stream: Stream; readonly reason: string };

/** Mirrors one room. */
export class RoomMirror {
  readonly #participants = new Map<string, Participant>();
  readonly #streams = new Map<string, Stream>();

  /** Everybody in the room, in the order they joined. */
  get participants(): readonly Participant[] {
    return [...this.#participants.values()];
  }

  /** Everything published, in the order it began. */
  get streams(): readonly Stream[] {
    return [...this.#streams.values()];
  }

  /** Takes one message in; returns what it changed. */
  apply(message: ServerMessage): RoomChange[] {
    switch (message.type) {
      case 'joined':
        return this.#applySnapshot(message.room);
      case 'participant-joined':
        return this.#joined(message.participant);
      case 'participant-left':
        return this.#left(message.userId);
      case 'stream-published':
      case 'stream-changed':
        return this.#streamIs(message.stream);
      case 'stream-unpublished':
        return this.#streamGone(message.streamId, message.reason);
      default:
        return [];
    }
  }

  /** Forgets everything; returns what is no longer there. */
  clear(): RoomChange[] {
    return this.#applySnapshot({ roomId: '', createdAt: '', participants: [], streams: [] });
  }

  #applySnapshot(room: Room): RoomChange[] {
    const present = new Set(room.streams.map((stream) => stream.streamId));
    const gone = [...this.#streams.keys()].filter((streamId) => !present.has(streamId));
    const removed = gone.flatMap((streamId) => this.#streamGone(streamId, 'resynchronised'));
    return [
      ...removed,
      ...this.#replaceParticipants(room.participants),
      ...room.streams.flatMap((stream) => this.#streamIs(stream)),
    ];
  }

  #replaceParticipants(now: readonly Participant[]): RoomChange[] {
    const present = new Set(now.map((participant) => participant.userId));
    const left = this.participants.filter((participant) => !present.has(participant.userId));
    const joined = now.filter((participant) => !this.#participants.has(participant.userId));
    this.#participants.clear();
    for (const participant of now) this.#participants.set(participant.userId, participant);
    return joined.length + left.length === 0 ? [] : [{ type: 'participants-changed', joined, left }];
  }

  #joined(participant: Participant): RoomChange[] {
    const known = this.#participants.has(participant.userId);
    this.#participants.set(participant.userId, participant);
    return known ? [] : [{ type: 'participants-changed', joined: [participant], left: [] }];
  }

  #left(userId: string): RoomChange[] {
    const participant = this.#participants.get(userId);
    if (participant === undefined) return [];
    // Their streams stay until the server says otherwise: they may be on their way back.
    this.#participants.delete(userId);
    return [{ type: 'participants-changed', joined: [], left: [participant] }];
  }

  #streamIs(stream: Stream): RoomChange[] {
    const before = this.#streams.get(stream.streamId);
    this.#streams.set(stream.streamId, stream);
    if (before === undefined) return [{ type: 'stream-added', stream }];
    return JSON.stringify(before) === JSON.stringify(stream) ? [] : [{ type: 'stream-changed', stream }];
  }

  #streamGone(streamId: string, reason: string): RoomChange[] {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return [];
    this.#streams.delete(streamId);
    return [{ type: 'stream-removed', stream, reason }];
  }
}
