// The WebSocket of a room's events on the real server, spoken to by clients that do it wrong.

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { ServerMessage } from '@roomtape/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { pidsOf } from './process-facts.ts';

/** What a connection is closed with: RFC 6455 §7.4.1, and codes of our own from 4001. */
const CLOSED = { tooLarge: 1009, refused: 4001, joinTimeout: 4002, tooFast: 4004 } as const;
const EVENT_BYTES_MAX = 16 * 1024;
const WAIT = { timeout: 20_000, interval: 20 };

type Client = {
  readonly messages: ServerMessage[];
  readonly send: (data: string | Uint8Array<ArrayBuffer>) => void;
  readonly closeCode: () => number | undefined;
  readonly close: () => void;
};

let stage: Stage;
let pids: Record<string, number>;
let silent: Client;
let watcher: Client;

beforeAll(async () => {
  stage = await Stage.open({ ROOMTAPE_AUTH_FAILURES_PER_MINUTE: '10000' });
  pids = await pidsOf(stage.server);
  silent = await open('r');
  watcher = await join('r', 'watcher');
}, 60_000);

afterAll(async () => {
  watcher?.close();
  await stage?.close();
}, 60_000);

describe('the event socket', { timeout: 60_000 }, () => {
  it('answers what is no message with an error and stays open', async () => {
    const client = await join('r', 'ann');
    const nonsense = ['', 'null', '[]', '"x"', '{', '{"type":"dance"}', '{"type":"join"}', '{"type":"join","token":1}'];
    const muted = '{"type":"set-muted","streamId":"../x","kind":"audio","muted":true}';
    for (const text of [...nonsense, '\0', muted]) client.send(text);
    client.send(Uint8Array.of(0xff, 0xfe, 0));
    client.send('{"type":"heartbeat"}');

    await expect.poll(() => client.messages.at(-1)?.type, WAIT).toBe('heartbeat');
    const errors = client.messages.filter((message) => message.type === 'error');
    expect(errors).toHaveLength(nonsense.length + 3);
    expect(errors.every((error) => error.type === 'error' && error.code === 'INVALID_REQUEST')).toBe(true);
    client.close();
  });

  it('takes a second join for none, whoever it is for', async () => {
    const client = await join('r', 'bob');
    const other = await stage.token('r', 'mallory');
    client.send(JSON.stringify({ type: 'join', token: other, userName: 'mallory' }));
    client.send(JSON.stringify({ type: 'join', token: 'nonsense' }));
    client.send('{"type":"heartbeat"}');
    await expect.poll(() => client.messages.at(-1)?.type, WAIT).toBe('heartbeat');

    const { participants } = await stage.client.rooms.get('r');
    expect(participants.map(({ userId }) => userId)).not.toContain('mallory');
    expect(client.messages.filter(({ type }) => type === 'joined')).toHaveLength(1);
    client.close();
  });

  it('is refused with a token of another room, a wrong one, and none', async () => {
    const elsewhere = await stage.token('elsewhere', 'ann');
    for (const token of [elsewhere, 'wrong', '', `${elsewhere}x`, 'x'.repeat(4000)]) {
      const client = await open('r');
      client.send(JSON.stringify({ type: 'join', token }));
      await expect.poll(client.closeCode, WAIT).toBe(CLOSED.refused);
      expect(client.messages.map(({ type }) => type)).toEqual(['error']);
    }
  });

  it('does nothing for who has not joined', async () => {
    const client = await open('r');
    for (const type of ['heartbeat', 'leave']) client.send(JSON.stringify({ type }));
    await expect.poll(() => client.messages.length, WAIT).toBe(2);

    expect(client.messages).toMatchObject([{ code: 'UNAUTHENTICATED' }, { code: 'UNAUTHENTICATED' }]);
    client.close();
  });

  it('hangs up on giants and on floods', async () => {
    const [giant, flood, huge] = [await join('r', 'giant'), await join('r', 'flood'), await join('r', 'huge')];
    giant.send('x'.repeat(EVENT_BYTES_MAX + 1));
    huge.send('x'.repeat(10_000_000));
    for (let count = 0; count < 1000; count += 1) flood.send('{"type":"heartbeat"}');

    await expect.poll(giant.closeCode, WAIT).toBe(CLOSED.tooLarge);
    await expect.poll(flood.closeCode, WAIT).toBe(CLOSED.tooFast);
    await expect.poll(huge.closeCode, WAIT).toBeDefined();
  });

  it.each([
    ['frames of a kind that does not exist', Uint8Array.of(0x8f, 0x80, 0, 0, 0, 0)],
    ['frames without a mask', Uint8Array.of(0x81, 0x01, 0x78)],
    ['a length of 2^63', Uint8Array.of(0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0)],
    ['a control frame in pieces', Uint8Array.of(0x09, 0x80, 0, 0, 0, 0)],
    ['bytes that are no text', Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe)],
  ])('hangs up on %s', async (_what, bytes) => {
    expect(await afterUpgrade(bytes)).toBe('closed');
  });

  it('hangs up on who never joins, and those who behaved noticed nothing', async () => {
    await expect.poll(silent.closeCode, WAIT).toBe(CLOSED.joinTimeout);
    watcher.send('{"type":"heartbeat"}');
    await expect.poll(() => watcher.messages.at(-1)?.type, WAIT).toBe('heartbeat');

    expect(watcher.closeCode()).toBeUndefined();
    expect(await pidsOf(stage.server)).toEqual(pids);
    const { participants } = await stage.client.rooms.get('r');
    expect(participants.map(({ userId }) => userId)).toEqual(['watcher']);
  });
});

/** Connects without joining. */
async function open(roomId: string): Promise<Client> {
  const socket = new WebSocket(`${stage.server.url.replace(/^http/, 'ws')}/v1/rooms/${roomId}/events`);
  const messages: ServerMessage[] = [];
  let code: number | undefined;
  socket.onmessage = ({ data }) => messages.push(JSON.parse(String(data)) as ServerMessage);
  socket.onclose = (event) => {
    code = event.code;
  };
  socket.onerror = () => undefined;
  await once(socket, 'open');
  return { messages, send: (data) => socket.send(data), closeCode: () => code, close: () => socket.close() };
}

async function join(roomId: string, userId: string): Promise<Client> {
  const client = await open(roomId);
  client.send(JSON.stringify({ type: 'join', token: await stage.token(roomId, userId), userName: userId }));
  while (!client.messages.some(({ type }) => type === 'joined'))
    await new Promise((resolve) => setTimeout(resolve, 10));
  return client;
}

/** Upgrades by hand, sends bytes instead of frames, and tells what becomes of the connection. */
async function afterUpgrade(bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(stage.server.url);
  const socket = connectTcp({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(
    [
      'GET /v1/rooms/r/events HTTP/1.1',
      `Host: ${hostname}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n'),
  );
  const [answer] = (await once(socket, 'data')) as [Uint8Array];
  if (!new TextDecoder().decode(answer).includes(' 101 ')) return 'refused';
  socket.write(bytes);
  socket.resume();
  // Who does not answer the server's close is cut off by it; we do not wait that long and end our side.
  socket.on('data', () => socket.end());
  await once(socket, 'close');
  return 'closed';
}
