import type { Participant, Room, ServerMessage, Stream } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { RoomMirror } from './room-mirror.ts';

const AT = '2026-01-01T00:00:00Z';
const person = (userId: string): Participant => ({ userId, userName: userId, joinedAt: AT });
const stream = (streamId: string, change: Partial<Stream> = {}): Stream => ({
  roomId: 'r',
  streamId,
  userId: streamId,
  state: 'live',
  publishedAt: AT,
  tracks: [],
  recording: false,
  ...change,
});
const room = (people: string[], streams: Stream[]): ServerMessage => {
  const snapshot: Room = { roomId: 'r', createdAt: AT, participants: people.map(person), streams };
  return { sequence: 1, at: AT, type: 'joined', room: snapshot, heartbeatMs: 1000 };
};
const names = (mirror: RoomMirror, message: ServerMessage): string[] =>
  mirror
    .apply(message)
    .map((change) => ('stream' in change ? `${change.type} ${change.stream.streamId}` : change.type));

describe('RoomMirror', () => {
  it('tells of people before their streams', () => {
    const mirror = new RoomMirror();

    expect(names(mirror, room(['ada', 'bob'], [stream('ada')]))).toEqual(['participants-changed', 'stream-added ada']);
  });

  it('tells after a reconnection only what is different, what has gone first', () => {
    const mirror = new RoomMirror();
    mirror.apply(room(['ada', 'bob'], [stream('ada'), stream('bob')]));

    const changes = names(mirror, room(['bob', 'eve'], [stream('bob', { recording: true }), stream('eve')]));

    expect(changes).toEqual(['stream-removed ada', 'participants-changed', 'stream-changed bob', 'stream-added eve']);
    expect(mirror.participants.map(({ userId }) => userId)).toEqual(['bob', 'eve']);
  });

  it('is silent when nothing changed', () => {
    const mirror = new RoomMirror();
    mirror.apply(room(['ada'], [stream('ada')]));

    expect(names(mirror, room(['ada'], [stream('ada')]))).toEqual([]);
    expect(names(mirror, { sequence: 2, at: AT, type: 'stream-changed', stream: stream('ada') })).toEqual([]);
  });

  it('keeps the stream of somebody who is away until the server ends it', () => {
    const mirror = new RoomMirror();
    mirror.apply(room(['ada'], [stream('ada')]));

    mirror.apply({ sequence: 2, at: AT, type: 'participant-left', userId: 'ada', reason: 'timeout' });
    const ended = names(mirror, {
      sequence: 3,
      at: AT,
      type: 'stream-unpublished',
      streamId: 'ada',
      userId: 'ada',
      reason: 'timeout',
    });

    expect(ended).toEqual(['stream-removed ada']);
    expect(mirror.streams).toEqual([]);
  });

  it('takes no harm from endings of what it never knew', () => {
    const mirror = new RoomMirror();

    expect(names(mirror, { sequence: 1, at: AT, type: 'participant-left', userId: 'x', reason: '' })).toEqual([]);
    expect(mirror.clear()).toEqual([]);
  });
});
