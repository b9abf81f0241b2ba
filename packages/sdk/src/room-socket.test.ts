import { describe, expect, it } from 'vitest';
import { RoomSocket } from './room-socket.ts';
import { FakeEnvironment, type FakeWebSocket, settle } from './testing/fake-environment.ts';

const ROOM = { roomId: 'r', createdAt: '2026-01-01T00:00:00Z', participants: [], streams: [] };
const JOINED = { type: 'joined', room: ROOM, heartbeatMs: 1000 };

function connect() {
  const environment = new FakeEnvironment();
  const seen: string[] = [];
  const socket = new RoomSocket({
    environment,
    url: 'ws://rec.test/v1/rooms/r/events',
    describeJoin: async () => ({ type: 'join', token: 't', userName: 'Ada' }),
    onMessage: (message) => seen.push(message.type),
    onState: (state, error) => seen.push(error === undefined ? `=${state}` : `=${state}: ${error.code}`),
  });
  const latest = (): FakeWebSocket => environment.sockets.at(-1) as FakeWebSocket;
  return { environment, socket, seen, latest };
}

async function join() {
  const room = connect();
  const opened = room.socket.open();
  await settle();
  room.latest().open();
  room.latest().say(JOINED);
  await opened;
  return room;
}

describe('RoomSocket', () => {
  it('joins with the token as its first message', async () => {
    const { latest, seen } = await join();

    expect(latest().sent).toEqual([{ type: 'join', token: 't', userName: 'Ada' }]);
    expect(seen).toEqual(['=connected', 'joined']);
  });

  it('beats twice per period and stays while the server answers', async () => {
    const { environment, latest, seen } = await join();

    for (let second = 0; second < 10; second++) {
      await environment.advance(1000);
      latest().say({ type: 'heartbeat' });
    }

    expect(latest().sent.filter((message) => (message as { type: string }).type === 'heartbeat')).toHaveLength(20);
    expect(environment.sockets).toHaveLength(1);
    expect(seen.filter((entry) => entry.startsWith('='))).toEqual(['=connected']);
  });

  it('takes a silent server for lost and joins again', async () => {
    const { environment, latest, seen } = await join();

    await environment.advance(3000 + 500);
    latest().open();
    latest().say(JOINED);

    expect(environment.sockets.map((socket) => socket.isClosed)).toEqual([true, false]);
    expect(seen).toEqual(['=connected', 'joined', '=reconnecting: TIMEOUT', '=connected', 'joined']);
  });

  it('joins again when a message is missing, because a new picture of the room is whole', async () => {
    const { environment, latest, seen } = await join();

    latest().say({ type: 'heartbeat', sequence: 7 });
    await environment.advance(500);

    expect(environment.sockets).toHaveLength(2);
    expect(seen).toEqual(['=connected', 'joined', '=reconnecting: NETWORK']);
  });

  it('waits longer after each failed attempt', async () => {
    const { environment, latest } = await join();
    const openedAtMs: number[] = [];

    for (let attempt = 0; attempt < 4; attempt++) {
      const before = environment.sockets.length;
      latest().drop();
      while (environment.sockets.length === before) await environment.advance(100);
      openedAtMs.push(environment.nowMs());
    }

    expect(openedAtMs).toEqual([500, 1500, 3500, 7500]);
  });

  it('does not try again when the token is refused', async () => {
    const { environment, socket, seen, latest } = connect();
    const opened = socket.open().catch((thrown: unknown) => thrown);
    await settle();
    latest().open();

    latest().say({ type: 'error', code: 'UNAUTHENTICATED', message: 'The token has expired' });
    await environment.advance(60_000);

    expect(await opened).toMatchObject({ code: 'UNAUTHENTICATED', message: 'The token has expired', retryable: false });
    expect(environment.sockets).toHaveLength(1);
    expect(seen).toEqual(['=closed: UNAUTHENTICATED']);
  });

  it('rejects the first join of a server that cannot be reached', async () => {
    const { socket, latest } = connect();
    const opened = socket.open().catch((thrown: unknown) => thrown);
    await settle();

    latest().drop();

    expect(await opened).toMatchObject({ code: 'NETWORK' });
  });

  it('says goodbye and stays silent afterwards', async () => {
    const { environment, socket, seen, latest } = await join();

    socket.close();
    await environment.advance(60_000);

    expect(latest().sent.at(-1)).toEqual({ type: 'leave' });
    expect(seen.at(-1)).toBe('=closed');
    expect(environment.sockets).toHaveLength(1);
  });

  it('ignores what is not a message', async () => {
    const { latest, seen } = await join();

    for (const data of ['{', 'null', '7', '{"type":1}', new ArrayBuffer(4)]) latest().onmessage?.({ data });

    expect(seen).toEqual(['=connected', 'joined']);
  });
});
