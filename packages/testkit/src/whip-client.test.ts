import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededIds, createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createMediaPlane, createNativeTransportFactory, type MediaPlane } from '@roomtape/webrtc';
import { afterEach, describe, expect, it } from 'vitest';
import { createPreEncodedSource, encodeLoop } from './pre-encoded-source.ts';
import type { PlayedFrame } from './rtp-player.ts';
import { createUdpRelay, throughRelay } from './udp-relay.ts';
import { WhepClient } from './whep-client.ts';
import { WhipClient } from './whip-client.ts';

const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();
const loop = encodeLoop({ name: 'loop', participantIndex: 0, width: 320, height: 180, isBusy: true }, 1);
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A media plane behind a `fetch` that speaks just enough WHIP and WHEP. */
async function startPlane() {
  const options = { address: '127.0.0.1', port: 0, clock, log: silentLog };
  const transports = await createNativeTransportFactory(options);
  const plane = createMediaPlane({ transports, clock, ids, log: silentLog, onEvent: () => undefined });
  const factory = await createNativeTransportFactory(options);
  const deleted: string[] = [];
  open.push(
    () => transports.close(),
    () => plane.close(),
    () => factory.close(),
  );
  const fetchPlane = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const [, kind, roomId = '', streamId = ''] = new URL(String(input)).pathname.split('/');
    if (init?.method === 'DELETE') {
      deleted.push(roomId);
      plane.closeSession(roomId, 'deleted');
      return new Response(null, { status: 200 });
    }
    const sessionId = ids.next('session');
    const answer = await plane.openSession({
      roomId,
      streamId,
      sessionId,
      kind: kind === 'whip' ? 'publish' : 'play',
      userId: 'tester',
      offerSdp: String(init?.body),
    });
    const headers = { location: `/session/${sessionId}`, etag: answer.etag };
    return new Response(answer.answerSdp, { status: 201, headers });
  };
  const common = { clock, ids, factory, token: 'token', fetch: fetchPlane as typeof fetch };
  return { plane, common, deleted, mediaPort: transports.port };
}

type Common = Awaited<ReturnType<typeof startPlane>>['common'];

async function publish(common: Common, options: Partial<ConstructorParameters<typeof WhipClient>[0]> = {}) {
  const client = new WhipClient({
    ...common,
    url: 'http://test/whip/room/stream',
    videoCodec: 'h264',
    hasAudio: true,
    createSource: () => createPreEncodedSource(loop),
    ...options,
  });
  await client.connect();
  open.push(() => client.close());
  return client;
}

async function play(common: Common) {
  const frames: PlayedFrame[] = [];
  const client = new WhepClient({ ...common, url: 'http://test/whep/room/stream', onFrame: (f) => frames.push(f) });
  await client.connect();
  open.push(() => client.close());
  return { client, frames };
}

describe('WHIP and WHEP clients', () => {
  it('carry sound and picture through a media plane', async () => {
    const { plane, common, deleted } = await startPlane();
    const publisher = await publish(common);

    const { client, frames } = await play(common);

    await expect.poll(() => client.counts.video?.frames ?? 0, { timeout: 8000 }).toBeGreaterThan(45);
    const kinds = new Set(frames.map((frame) => frame.media.codec));
    expect([...kinds].sort()).toEqual(['h264', 'opus']);
    expect(client.counts.video?.lost).toBe(0);
    expect(JSON.stringify(plane.describe())).toContain('room');
    await publisher.close();
    expect(deleted).toHaveLength(1);
  });

  it('tape what they publish, also across a dropped connection', async () => {
    const { plane, common } = await startPlane();
    const directory = join(mkdtempSync(join(tmpdir(), 'roomtape-whip-')), 'tape');
    open.push(() => rmSync(directory, { recursive: true, force: true }));
    const publisher = await publish(common);
    await plane.startTape({ roomId: 'room', streamId: 'stream', tapeId: 'tape', directory, userId: 'tester' });
    await expect.poll(() => publisher.counts?.videoFrames ?? 0, { timeout: 8000 }).toBeGreaterThan(20);
    const before = await plane.flushTape('tape');

    publisher.drop();
    plane.closeSession(sessionOf(plane), 'gone');
    await publisher.connect();
    await expect.poll(() => publisher.counts?.videoFrames ?? 0, { timeout: 8000 }).toBeGreaterThan(20);
    const after = await plane.stopTape('tape', 'test');

    expect(before.sequence).toBeGreaterThan(20);
    expect(after.sequence).toBeGreaterThan(before.sequence + 20);
    expect(existsSync(directory)).toBe(true);
  });

  it('repair a lossy network between them', async () => {
    const { common, mediaPort } = await startPlane();
    const faults = { lossRate: 0.05, delayMs: 5 };
    const relay = await createUdpRelay({
      clock,
      ids: createSeededIds(5),
      serverPort: mediaPort,
      toServer: faults,
      toClient: faults,
    });
    open.push(() => relay.close());
    const publisher = await publish(common, { editAnswer: (sdp) => throughRelay(sdp, relay) });
    const { client } = await play(common);

    await expect.poll(() => client.counts.video?.frames ?? 0, { timeout: 12_000 }).toBeGreaterThan(80);

    expect(relay.countsToServer.lost).toBeGreaterThan(5);
    expect(publisher.counts?.retransmitted).toBeGreaterThan(0);
    expect(client.counts.video?.lost).toBe(0);
  });

  it('tell what the server refused', async () => {
    const { common } = await startPlane();
    const body = JSON.stringify({ error: { code: 'STREAM_TAKEN', message: 'somebody publishes it' } });
    const refusing = (async () => new Response(body, { status: 409 })) as typeof fetch;

    await expect(publish({ ...common, fetch: refusing })).rejects.toThrow(/409: STREAM_TAKEN: somebody publishes it/);
  });
});

function sessionOf(plane: MediaPlane): string {
  return /session_[0-9a-z]+/.exec(JSON.stringify(plane.describe()))?.[0] ?? '';
}
