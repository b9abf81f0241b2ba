import type { ServerMessage } from '@roomtape/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let t: TestServer;
beforeAll(async () => {
  t = await startTestServer();
});
afterAll(() => t.close());

type Client = { socket: WebSocket; messages: ServerMessage[]; closed: Promise<{ code: number; reason: string }> };

function connect(path: string): Client {
  const socket = new WebSocket(`${t.url.replace('http', 'ws')}${path}`);
  const messages: ServerMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  return { socket, messages, closed };
}

async function join(roomId: string, userId: string, grants?: string[]): Promise<Client> {
  const client = connect(`/v1/rooms/${roomId}/events?token=${await t.token(roomId, userId, grants)}`);
  await eventually(() => expect(client.messages[0]?.type).toBe('joined'));
  return client;
}

const types = (client: Client) => client.messages.map((message) => message.type);

describe('room events', () => {
  it('tell who comes and goes, numbered from 1', async () => {
    const ann = await join('meet', 'ann');
    const bob = connect('/v1/rooms/meet/events');
    bob.socket.on('open', async () => {
      bob.socket.send(JSON.stringify({ type: 'join', token: await t.token('meet', 'bob'), userName: 'Bob' }));
    });
    await eventually(() => expect(types(ann)).toContain('participant-joined'));
    bob.socket.send('{"type":"leave"}');
    await eventually(() => expect(types(ann)).toContain('participant-left'));

    expect(ann.messages.map((message) => message.sequence)).toEqual([1, 2, 3]);
    expect(ann.messages[1]).toMatchObject({ participant: { userId: 'bob', userName: 'Bob' } });
    expect(bob.messages[0]).toMatchObject({ type: 'joined', heartbeatMs: 10_000, room: { participants: [{}, {}] } });
    expect(await bob.closed).toMatchObject({ code: 1000 });
    ann.socket.close();
  });

  it('tell what is published, muted, recorded and ended', async () => {
    const ann = await join('r', 'ann');
    const bob = await join('r', 'bob');
    const { body } = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'single' });
    const published = await t.publish('r', 'cam', await t.token('r', 'ann'));
    const location = published.headers.get('location') ?? '';
    t.media[0]?.connect(location.split('/').at(-1) ?? '');
    await eventually(() =>
      expect(types(bob)).toEqual(expect.arrayContaining(['stream-published', 'recording-changed'])),
    );
    const mute = { type: 'set-muted', streamId: 'cam', kind: 'video', muted: true };
    bob.socket.send(JSON.stringify(mute));
    await eventually(() => expect(bob.messages.at(-1)).toMatchObject({ type: 'error', code: 'FORBIDDEN' }));
    ann.socket.send(JSON.stringify(mute));
    await eventually(() =>
      expect(bob.messages.at(-1)).toMatchObject({ type: 'stream-changed', stream: { tracks: [{ muted: true }] } }),
    );
    expect(bob.messages.at(-1)).toMatchObject({ stream: { recording: true } });
    expect(t.media[0]?.calls).toContain('muted video true');
    await fetch(`${t.url}${location}`, { method: 'DELETE', headers: { authorization: `Bearer ${t.apiKey}` } });
    await eventually(() => expect(bob.messages.at(-1)).toMatchObject({ type: 'stream-unpublished', streamId: 'cam' }));

    expect(bob.messages.find((message) => message.type === 'recording-changed')).toMatchObject({
      recordingId: body.recordingId,
    });
    ann.socket.close();
    bob.socket.close();
  });

  it.each([
    ['a wrong token', '/v1/rooms/r/events?token=wrong', 'UNAUTHENTICATED'],
    ['a bad room id', '/v1/rooms/a.b/events?token=wrong', 'INVALID_ID'],
  ])('are refused with %s', async (_what, path, code) => {
    const client = connect(path);

    expect(await client.closed).toEqual({ code: 4001, reason: code });
    expect(client.messages[0]).toMatchObject({ type: 'error', code });
  });

  it('are refused with a token of another room or without the grant', async () => {
    const other = connect(`/v1/rooms/r/events?token=${await t.token('other', 'ann')}`);
    const playOnly = connect(`/v1/rooms/r/events?token=${await t.token('r', 'ann', ['play'])}`);

    expect([await other.closed, await playOnly.closed]).toMatchObject([
      { reason: 'FORBIDDEN' },
      { reason: 'FORBIDDEN' },
    ]);
  });

  it('answer nonsense with an error and stay open', async () => {
    const ann = await join('r', 'ann');
    for (const text of [
      '{',
      '[]',
      '{"type":"dance"}',
      '{"type":"set-muted","streamId":"../x","kind":"audio","muted":true}',
    ]) {
      ann.socket.send(text);
    }
    ann.socket.send('{"type":"heartbeat"}');
    await eventually(() => expect(types(ann).at(-1)).toBe('heartbeat'));

    expect(types(ann)).toEqual(['joined', 'error', 'error', 'error', 'error', 'heartbeat']);
    ann.socket.close();
  });

  it('need a join first, and close on floods and giants', async () => {
    const silent = connect('/v1/rooms/r/events');
    silent.socket.on('open', () => silent.socket.send('{"type":"heartbeat"}'));
    await eventually(() => expect(silent.messages[0]).toMatchObject({ type: 'error', code: 'UNAUTHENTICATED' }));
    for (let i = 0; i < 200; i += 1) silent.socket.send('{"type":"heartbeat"}');
    expect(await silent.closed).toMatchObject({ code: 4004 });

    const giant = connect('/v1/rooms/r/events');
    giant.socket.on('open', () => giant.socket.send('x'.repeat(20_000)));
    expect(await giant.closed).toMatchObject({ code: 1009 });
  });

  it('let the API key watch without being there', async () => {
    const watcher = connect(`/v1/rooms/watched/events?token=${t.apiKey}`);
    await eventually(() => expect(watcher.messages[0]).toMatchObject({ type: 'joined', room: { participants: [] } }));
    const ann = await join('watched', 'ann');
    await eventually(() => expect(types(watcher)).toContain('participant-joined'));
    ann.socket.close();
    watcher.socket.close();
  });
});
