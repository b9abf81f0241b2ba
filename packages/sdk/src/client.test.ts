import type { Stream } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { createRoomtape, type RoomtapeClient } from './client.ts';
import {
  created,
  FakeEnvironment,
  type FakePeerConnection,
  type FakeWebSocket,
  fakeMediaStream,
  fakeTrack,
  settle,
} from './testing/fake-environment.ts';

const AT = '2026-01-01T00:00:00Z';
const REMOTE: Stream = {
  roomId: 'demo',
  streamId: 'bob-camera',
  userId: 'bob',
  state: 'live',
  publishedAt: AT,
  tracks: [{ kind: 'audio', codec: 'opus', muted: false }],
  recording: false,
};
const PEOPLE = ['ada', 'bob'].map((userId) => ({ userId, userName: userId, joinedAt: AT }));
const JOINED = {
  type: 'joined',
  heartbeatMs: 10_000,
  room: { roomId: 'demo', createdAt: AT, participants: PEOPLE, streams: [REMOTE] },
};

async function login(server = 'https://rec.test') {
  const environment = new FakeEnvironment();
  environment.answer = (request) =>
    request.method === 'POST' ? created('/session/1') : new Response(null, { status: 204 });
  const client = createRoomtape({ server, environment });
  const events: string[] = [];
  follow(client, events);
  const done = client.loginRoom('demo', { token: 't', userId: 'ada', userName: 'Ada' });
  await settle();
  const socket = environment.sockets[0] as FakeWebSocket;
  socket.open();
  socket.say(JOINED);
  await done;
  const latest = (): FakePeerConnection => environment.connections.at(-1) as FakePeerConnection;
  return { client, environment, events, socket, latest };
}

function follow(client: RoomtapeClient, events: string[]): void {
  client.on('room-state-changed', ({ state }) => events.push(`room ${state}`));
  client.on('participants-changed', ({ participants }) => events.push(`participants ${participants.length}`));
  client.on('stream-added', ({ stream }) => events.push(`added ${stream.streamId}`));
  client.on('stream-removed', ({ stream }) => events.push(`removed ${stream.streamId}`));
  client.on('publisher-state-changed', ({ state }) => events.push(`publisher ${state}`));
  client.on('player-state-changed', ({ state }) => events.push(`player ${state}`));
}

async function publish(room: Awaited<ReturnType<typeof login>>, source: 'camera' | 'screen' = 'camera') {
  const [audio, video] = [fakeTrack('audio'), fakeTrack('video')];
  const stream = {
    source,
    mediaStream: fakeMediaStream(audio, video),
    audioTrack: audio,
    videoTrack: video,
  } as const;
  const publishing = room.client.startPublishingStream('ada-camera', { stream });
  await settle();
  room.latest().become('connected');
  await publishing;
  return { audio, video, stream };
}

describe('RoomtapeClient', () => {
  it('has told of everybody when loginRoom resolves', async () => {
    const { events, socket, client } = await login();

    expect(socket.url).toBe('wss://rec.test/v1/rooms/demo/events');
    expect(events).toEqual(['room connecting', 'room connected', 'participants 2', 'added bob-camera']);
    expect(client.streams).toEqual([REMOTE]);
  });

  it('refuses a second login and publishing without one', async () => {
    const { client } = await login();
    const outside = createRoomtape({ server: 'http://rec.test', environment: new FakeEnvironment() });

    await expect(client.loginRoom('x', { token: 't', userId: 'a', userName: 'A' })).rejects.toMatchObject({
      code: 'ALREADY_LOGGED_IN',
    });
    await expect(outside.startPlayingStream('x')).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
  });

  it('publishes sound and picture to the WHIP address of the stream', async () => {
    const room = await login();

    await publish(room);

    expect(room.environment.requests[0]).toMatchObject({
      method: 'POST',
      url: 'https://rec.test/whip/demo/ada-camera',
      headers: { Authorization: 'Bearer t' },
    });
    expect(room.latest().transceivers.map(({ init }) => init.direction)).toEqual(['sendonly', 'sendonly']);
    expect(room.events.slice(-2)).toEqual(['publisher requesting', 'publisher connected']);
  });

  it('says that a shared screen is one', async () => {
    const room = await login();
    await publish(room, 'screen');

    expect(room.environment.requests[0]?.url).toBe('https://rec.test/whip/demo/ada-camera?kind=screen');
  });

  it('keeps the picture whole until the browser knows the path, then lets it choose', async () => {
    const room = await login();
    await publish(room);
    const [sound, picture] = room.latest().getSenders();

    const first = picture?.parameters.degradationPreference;
    await room.environment.advance(1_000);

    expect([first, picture?.parameters.degradationPreference]).toEqual(['maintain-resolution', 'balanced']);
    expect(sound?.parameters.degradationPreference).toBeUndefined();
  });

  it('tells the room of mutes, now and again after each reconnection', async () => {
    const room = await login();
    const { audio, video } = await publish(room);

    room.client.muteMicrophone(true);
    room.client.enableCamera(false);
    room.socket.drop();
    await room.environment.advance(500);
    const again = room.environment.sockets[1] as FakeWebSocket;
    again.open();
    again.say(JOINED);

    expect([audio.enabled, video.enabled]).toEqual([false, false]);
    const told = again.sent.filter((message) => (message as { type: string }).type === 'set-muted');
    expect(told).toEqual([
      { type: 'set-muted', streamId: 'ada-camera', kind: 'audio', muted: true },
      { type: 'set-muted', streamId: 'ada-camera', kind: 'video', muted: true },
    ]);
  });

  it('keeps the same MediaStream when a played stream comes back with new tracks', async () => {
    const { client, environment, latest } = await login();
    const playing = client.startPlayingStream('bob-camera');
    await settle();
    latest().ontrack?.({ track: fakeTrack('video') });
    latest().become('connected');
    const mediaStream = await playing;
    const answer = environment.answer;
    environment.answer = (request) =>
      request.method === 'PATCH' ? new Response(null, { status: 404 }) : answer(request);

    latest().become('failed');
    await environment.advance(1000);
    const second = fakeTrack('video');
    latest().ontrack?.({ track: second });
    latest().become('connected');

    expect(environment.connections).toHaveLength(2);
    expect(mediaStream.getTracks()).toEqual([second]);
  });

  it('stops playing before it tells that a stream has gone', async () => {
    const { client, events, socket, latest } = await login();
    const playing = client.startPlayingStream('bob-camera');
    await settle();
    latest().become('connected');
    await playing;

    socket.say({ type: 'stream-unpublished', streamId: 'bob-camera', userId: 'bob', reason: 'stopped' });
    await settle();

    expect(events.slice(-2)).toEqual(['player stopped', 'removed bob-camera']);
    expect(latest().isClosed).toBe(true);
  });

  it('publishes again at once when the server says it lost the stream, without waiting for the browser', async () => {
    const room = await login();
    await publish(room);
    const answer = room.environment.answer;
    room.environment.answer = (request) =>
      request.method === 'PATCH' ? new Response(null, { status: 404 }) : answer(request);
    const mine = { ...REMOTE, streamId: 'ada-camera', userId: 'ada' };
    room.socket.say({ type: 'stream-published', stream: mine });

    room.socket.say({ type: 'stream-changed', stream: { ...mine, state: 'interrupted' } });
    await room.environment.advance(500);
    room.latest().become('connected');

    const methods = room.environment.requests.map(({ method }) => method);
    expect(methods).toEqual(['POST', 'PATCH', 'DELETE', 'POST']);
    expect(room.events.at(-1)).toBe('publisher connected');
  });

  it('ends everything with logoutRoom and can log in again', async () => {
    const room = await login();
    await publish(room);

    await room.client.logoutRoom();

    expect(room.events.slice(-4)).toEqual([
      'publisher stopped',
      'removed bob-camera',
      'participants 0',
      'room disconnected',
    ]);
    expect(room.environment.requests.at(-1)?.method).toBe('DELETE');
    expect(room.socket.sent.at(-1)).toEqual({ type: 'leave' });
    expect(room.client.roomState).toBe('disconnected');
  });
});
