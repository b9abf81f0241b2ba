import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import type { PublicationChange } from './publication.ts';
import { Publications } from './publications.ts';
import { type RoomEvent, Rooms } from './rooms.ts';

function setUp() {
  const clock = createFakeClock();
  const publications = new Publications({ clock, republishWaitMs: 30_000 });
  const rooms = new Rooms({ clock, publications, roomsMax: 3, isRecorded: () => false });
  const changes: string[] = [];
  publications.onChange((change: PublicationChange) => changes.push(change.kind));
  const events: RoomEvent[] = [];
  const leave = rooms.join('r', { userId: 'watcher', userName: '' }, (event) => events.push(event));
  const claim = (userId: string, sessionId: string) =>
    publications.claim({ roomId: 'r', streamId: 's', userId, sessionId });
  return { clock, publications, rooms, changes, events, leave, claim, types: () => events.map((e) => e.type) };
}

describe('publications', () => {
  it('go from connecting to live and are told to the room only then', () => {
    const t = setUp();

    t.claim('ann', 'one');
    expect(t.rooms.get('r').streams).toEqual([]);
    t.publications.connected('one');

    expect(t.rooms.get('r').streams).toMatchObject([{ streamId: 's', userId: 'ann', state: 'live' }]);
    expect(t.types()).toEqual(['stream-published']);
  });

  it('refuse a second publisher of the id by another user and let the same user replace', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');

    expect(() => t.claim('bob', 'two')).toThrowError(expect.objectContaining({ code: 'STREAM_TAKEN' }));
    expect(t.claim('ann', 'three')).toEqual({ replaces: 'one' });
    t.publications.closed('one', { byChoice: false, reason: 'replaced' });

    expect(t.rooms.get('r').streams).toMatchObject([{ state: 'live' }]);
  });

  it('are awaited after an interruption and go on as the same stream', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');
    t.publications.closed('one', { byChoice: false, reason: 'lost' });
    expect(t.rooms.get('r').streams).toMatchObject([{ state: 'interrupted' }]);

    t.clock.advance(29_999);
    expect(() => t.claim('bob', 'x')).toThrowError(expect.objectContaining({ code: 'STREAM_TAKEN' }));
    t.claim('ann', 'two');
    t.publications.connected('two');
    t.clock.advance(60_000);

    expect(t.types()).toEqual(['stream-published', 'stream-changed', 'stream-changed', 'stream-changed']);
    expect(t.changes).toEqual(['claimed', 'live', 'interrupted', 'claimed', 'resumed']);
  });

  it('are gone when nobody comes back in time', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');
    t.publications.closed('one', { byChoice: false, reason: 'lost' });

    t.clock.advance(30_000);

    expect(t.types().at(-1)).toBe('stream-unpublished');
    expect(t.publications.find({ roomId: 'r', streamId: 's' })).toBeUndefined();
    expect(t.claim('bob', 'two')).toEqual({ replaces: undefined });
  });

  it('leave the room at once when they end by choice, and may still go on for the same user', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');
    t.publications.closed('one', { byChoice: true, reason: 'stopped' });
    expect(t.rooms.get('r').streams).toEqual([]);

    t.claim('ann', 'two');
    t.publications.connected('two');

    expect(t.types()).toEqual(['stream-published', 'stream-unpublished', 'stream-published']);
    expect(t.changes).not.toContain('gone');
  });

  it('free the id for another user when they ended by choice', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');
    t.publications.closed('one', { byChoice: true, reason: 'stopped' });

    t.claim('bob', 'two');

    expect(t.changes).toEqual(['claimed', 'live', 'ended', 'gone', 'claimed']);
    expect(t.types()).toEqual(['stream-published', 'stream-unpublished']);
  });

  it('leave no trace when they never had media', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.closed('one', { byChoice: false, reason: 'ICE failed' });

    expect(t.types()).toEqual([]);
    expect(t.publications.all()).toEqual([]);
  });

  it('can only be muted by their publisher', () => {
    const t = setUp();
    t.claim('ann', 'one');
    t.publications.connected('one');
    t.publications.tracksChanged({ roomId: 'r', streamId: 's' }, [{ kind: 'audio', codec: 'opus' }]);

    t.publications.setMuted({ roomId: 'r', streamId: 's', userId: 'ann' }, 'audio', true);
    expect(t.rooms.get('r').streams).toMatchObject([{ tracks: [{ kind: 'audio', muted: true }] }]);
    expect(() => t.publications.setMuted({ roomId: 'r', streamId: 's', userId: 'bob' }, 'audio', false)).toThrowError(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    );
  });

  it('are awaited after a restart as if just interrupted', () => {
    const t = setUp();
    t.publications.restore({ roomId: 'r', streamId: 's', userId: 'ann' });
    expect(t.rooms.get('r').streams).toMatchObject([{ state: 'interrupted' }]);

    t.clock.advance(30_000);

    expect(t.changes).toEqual(['interrupted', 'gone']);
  });
});

describe('rooms', () => {
  it('stay while somebody is there or the API made them', () => {
    const t = setUp();
    t.rooms.create('lasting');
    t.leave('left');

    expect(t.rooms.list().map((room) => room.roomId)).toEqual(['lasting']);
    expect(() => t.rooms.get('r')).toThrowError(expect.objectContaining({ code: 'ROOM_NOT_FOUND' }));
  });

  it('count a user with two connections once', () => {
    const t = setUp();
    const leaveOne = t.rooms.join('r', { userId: 'ann', userName: 'Ann' }, () => {});
    const leaveTwo = t.rooms.join('r', { userId: 'ann', userName: 'Ann' }, () => {});
    leaveOne('left');
    leaveOne('left');
    expect(t.rooms.get('r').participants.map((p) => p.userId)).toEqual(['watcher', 'ann']);

    leaveTwo('left');

    expect(t.types()).toEqual(['participant-joined', 'participant-left']);
  });

  it('are limited in number', () => {
    const t = setUp();
    t.rooms.create('a');
    t.rooms.create('b');

    expect(() => t.rooms.create('c')).toThrowError(expect.objectContaining({ code: 'LIMIT_REACHED' }));
  });
});
