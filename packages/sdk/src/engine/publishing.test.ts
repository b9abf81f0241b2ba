// Channels as they go out: which tracks a connection sends when devices change under it, and who keeps devices open.

import { describe, expect, it } from 'vitest';
import {
  created,
  FakeDevices,
  FakeEnvironment,
  type FakePeerConnection,
  type FakeWebSocket,
  refused,
  settle,
} from '../testing/fake-environment.ts';
import { createEngine } from './engine.ts';

const JOINED = {
  type: 'joined',
  heartbeatMs: 10_000,
  room: { roomId: 'demo', createdAt: '2026-01-01T00:00:00Z', participants: [], streams: [] },
};

async function join() {
  const environment = new FakeEnvironment();
  const devices = new FakeDevices();
  environment.mediaDevices = devices as unknown as MediaDevices;
  environment.answer = (request) =>
    request.method === 'POST' ? created('/session/1') : new Response(null, { status: 204 });
  const engine = createEngine({ server: 'https://rec.test', environment });
  const login = engine.loginRoom('demo', { token: 't', userId: 'ada', userName: 'Ada' });
  await settle();
  const socket = environment.sockets[0] as FakeWebSocket;
  socket.open();
  socket.say(JOINED);
  await login;
  const latest = (): FakePeerConnection => environment.connections.at(-1) as FakePeerConnection;
  const publish = async (): Promise<void> => {
    const publishing = engine.startPublishingStream('ada-main');
    await settle();
    latest().become('connected');
    await publishing;
  };
  return { engine, environment, devices, socket, latest, publish };
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
const sent = (connection: FakePeerConnection) => connection.getSenders().map(({ track }) => track);

describe('publishing a channel', () => {
  it('opens the camera if nothing is captured, and closes it when nobody uses it any more', async () => {
    const { engine, devices, latest, publish } = await join();
    await publish();
    const tracks = sent(latest());
    expect(devices.asked).toHaveLength(1);

    await engine.stopPublishingStream();

    expect(tracks.map((track) => track?.readyState)).toEqual(['ended', 'ended']);
  });

  it('leaves a preview open', async () => {
    const { engine, latest, publish } = await join();
    await engine.startPreview();
    await publish();
    const [track] = sent(latest());

    await engine.stopPublishingStream();

    expect(track?.readyState).toBe('live');
  });

  it('sends another device over the same connection', async () => {
    const { engine, environment, latest, publish } = await join();
    const shown = await engine.startPreview();
    await publish();
    const before = sent(latest());

    await engine.useCamera('c2');
    await settle();

    expect(environment.connections).toHaveLength(1);
    expect(sent(latest())).toEqual(shown.getTracks());
    expect(sent(latest())[1]).not.toBe(before[1]);
  });

  it('sends a kind that comes later over a new connection of the same stream, which is not ended between', async () => {
    const { engine, environment, latest, publish } = await join();
    await engine.startPreview({ source: { kind: 'camera', camera: false } });
    await publish();
    expect(sent(latest())).toHaveLength(1);

    await engine.startPreview({ source: 'camera' });
    await settle();

    expect(environment.connections).toHaveLength(2);
    expect(sent(latest())).toHaveLength(2);
    expect(environment.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it('tells the room of mutes, and follows a limit of bits', async () => {
    const { engine, latest, publish, socket } = await join();
    await publish();

    engine.muteMicrophone(true);
    await engine.setVideoConfig({ bitrateBps: 300_000 });

    expect(socket.sent).toContainEqual({ type: 'set-muted', streamId: 'ada-main', kind: 'audio', muted: true });
    expect(latest().getSenders()[1]?.parameters).toMatchObject({ encodings: [{ maxBitrate: 300_000 }] });
  });

  it('refuses a second publication of a channel or an id, and one outside of a room', async () => {
    const { engine, publish } = await join();
    await publish();

    expect(await codeOf(engine.startPublishingStream('other'))).toBe('ALREADY_PUBLISHING');
    expect(await codeOf(engine.startPublishingStream('ada-main', { channel: 'aux' }))).toBe('ALREADY_PUBLISHING');
    await engine.logoutRoom();
    expect(await codeOf(engine.startPublishingStream('other'))).toBe('NOT_LOGGED_IN');
  });

  it('gives the devices back when the server refuses, and can be tried again', async () => {
    const { engine, environment, devices, publish } = await join();
    const answer = environment.answer;
    environment.answer = () => refused(409, 'STREAM_TAKEN');
    const tracks: MediaStreamTrack[] = [];
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };

    expect(await codeOf(engine.startPublishingStream('ada-main'))).toBe('STREAM_TAKEN');
    expect(tracks.map((track) => track.readyState)).toEqual(['ended', 'ended']);
    environment.answer = answer;
    await publish();
    expect(tracks).toHaveLength(4);
  });

  it('ends at once when it is stopped while the user is asked for the camera', async () => {
    const { engine, devices, environment } = await join();
    devices.isOpen = false;
    const publishing = codeOf(engine.startPublishingStream('ada-main'));
    await settle();

    await engine.stopPublishingStream();
    devices.waiting[0]?.give();

    expect(await publishing).toBe('CANCELLED');
    expect(environment.connections).toHaveLength(0);
  });

  it('does not wait for the user for ever', async () => {
    const { engine, devices, environment } = await join();
    devices.isOpen = false;
    const publishing = codeOf(engine.startPublishingStream('ada-main'));
    const preview = codeOf(engine.startPreview({ channel: 'aux' }));
    await environment.advance(120_000);

    expect(await Promise.all([publishing, preview])).toEqual(['TIMEOUT', 'TIMEOUT']);
    const shown = engine.startPreview({ channel: 'aux', source: { kind: 'camera', camera: false } });
    for (const device of devices.waiting) device.give();
    expect((await shown).getTracks().map(({ kind }) => kind)).toEqual(['audio']);
  });

  it('ends everything when the engine is destroyed', async () => {
    const { engine, latest, publish, socket } = await join();
    await publish();
    const tracks = sent(latest());
    const pending = codeOf(engine.startPlayingStream('bob'));

    await engine.destroy();

    expect(await pending).toBe('ENGINE_DESTROYED');
    expect(tracks.map((track) => track?.readyState)).toEqual(['ended', 'ended']);
    expect(socket.isClosed).toBe(true);
    expect(await codeOf(engine.startPreview())).toBe('ENGINE_DESTROYED');
  });
});
