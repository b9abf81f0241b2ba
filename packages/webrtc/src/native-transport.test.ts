import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, createSeededIds, createSystemClock, silentLog } from '@roomtape/media';
import { openTapeReader } from '@roomtape/tape';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MediaEvent, MediaPlane } from './media-plane.ts';
import { createMediaPlane } from './media-plane-instance.ts';
import { createNativeTransportFactory, type NativeTransportFactory } from './native-transport.ts';
import { readTransportDescription } from './synthetic-sdp.ts';
import { TestPublisher } from './testing/test-publisher.ts';

describe('the native transport', () => {
  const clock: Clock = createSystemClock();
  const ids = createSeededIds(11);
  let server: NativeTransportFactory;
  let client: NativeTransportFactory;
  let plane: MediaPlane;
  let directory: string;
  let events: MediaEvent[];

  beforeEach(async () => {
    events = [];
    directory = mkdtempSync(join(tmpdir(), 'roomtape-native-'));
    server = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
    client = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
    plane = createMediaPlane({
      transports: server,
      clock,
      ids,
      log: silentLog,
      onEvent: (event) => events.push(event),
    });
  });

  afterEach(async () => {
    await plane.close();
    await client.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const publish = async (streamId: string) => {
    const link: { send: (packet: Uint8Array) => void } = { send: () => {} };
    const publisher = new TestPublisher({ clock, ids, send: (packet) => link.send(packet) });
    const states: string[] = [];
    const transport = await client.offer({
      onPacket: (packet) => publisher.receive(packet),
      onState: (state) => states.push(state),
    });
    link.send = (packet) => transport.send(packet);
    const offerSdp = publisher.offer(transport.local);
    const sessionId = `session-${streamId}`;
    const answer = await plane.openSession({
      roomId: 'r',
      streamId,
      userId: 'u',
      sessionId,
      kind: 'publish',
      offerSdp,
    });
    const remote = readTransportDescription(answer.answerSdp);
    if (remote === undefined) throw new Error('the answer has no transport');
    transport.setRemote(remote);
    await vi.waitFor(() => expect(states).toContain('connected'), { timeout: 5000, interval: 5 });
    return { publisher, transport, sessionId };
  };

  it('carries publishers over one UDP port onto tapes', async () => {
    const streams = ['a', 'b', 'c'];
    const clients = await Promise.all(streams.map(publish));
    for (const streamId of streams) {
      await plane.startTape({
        roomId: 'r',
        streamId,
        userId: 'u',
        tapeId: streamId,
        directory: join(directory, streamId),
      });
    }
    for (const { publisher } of clients) publisher.start();
    await vi.waitFor(() => expect(Math.min(...clients.map((c) => c.publisher.frames.length))).toBeGreaterThan(45), {
      timeout: 10_000,
      interval: 50,
    });
    for (const { publisher } of clients) publisher.stop();
    for (const streamId of streams) {
      await plane.flushTape(streamId);
      const reader = openTapeReader(join(directory, streamId));
      const entries = [...reader].map((item) => item.entry);
      reader.close();
      expect(entries.filter((entry) => entry.kind === 'frame').length).toBeGreaterThan(90);
      expect(entries.filter((entry) => entry.kind === 'gap')).toEqual([]);
      expect(entries.map((entry) => entry.kind)).toContain('clock-anchor');
    }
    expect(server.describe()).toMatchObject({ transports: 3, port: server.port });
  });

  it('lets go of the transport when a session is closed', async () => {
    const { sessionId } = await publish('a');
    plane.closeSession(sessionId, 'deleted');
    expect(server.describe()).toMatchObject({ transports: 0 });
    expect(events.at(-1)).toMatchObject({ kind: 'session-closed', sessionId, reason: 'deleted' });
  });

  it('refuses parameters the library refuses, and survives', async () => {
    const remote = {
      iceUfrag: 'abcd',
      icePwd: 'x',
      fingerprint: 'sha-256 zz',
      setup: 'actpass',
      candidates: [],
    } as const;
    const handlers = { onPacket: () => {}, onState: () => {} };
    await expect(server.accept(remote, handlers)).rejects.toMatchObject({ code: 'INVALID_SDP' });
    expect(server.describe()).toMatchObject({ transports: 0 });
  });

  it('says that a port in use cannot be bound', async () => {
    const again = createNativeTransportFactory({ address: '127.0.0.1', port: server.port, clock, log: silentLog });
    await expect(again).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
  });

  it('refuses to load in a worker thread, where the library would abort the process', async () => {
    const url = new URL('./native-transport.ts', import.meta.url).href;
    const source = `
      const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(url)})
        .then((m) => m.createNativeTransportFactory({ address: '127.0.0.1', port: 0 }))
        .then(() => parentPort.postMessage('loaded'), (error) => parentPort.postMessage(String(error)));`;
    const worker = new Worker(source, { eval: true, execArgv: [] });
    const message = await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    expect(message).toContain('main thread');
  });
});
