// Measures one media process on this machine: CPU and memory of receiving onto tapes, and of forwarding, with the
// generator in a process of its own. `node packages/webrtc/bench/throughput.ts [publishers] [viewers] [seconds]`.

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, createSystemIds, silentLog, ticks } from '@roomtape/media';
import { createPacketizer, rewriteRtpHeader, writeRtpPacket } from '@roomtape/rtp';
import { createMediaPlane, createNativeTransportFactory, type MediaPlane } from '@roomtape/webrtc';
import { readTransportDescription } from '../src/synthetic-sdp.ts';
import { h264Frame, TestPublisher } from '../src/testing/test-publisher.ts';

type ToServer =
  | { kind: 'open'; session: 'publish' | 'play'; id: string; stream: string; offerSdp: string }
  | { kind: 'tape' }
  | { kind: 'mark' }
  | { kind: 'end' };
type FromServer =
  | { kind: 'answer'; id: string; answerSdp: string }
  | { kind: 'ready' }
  | { kind: 'figures'; cpuUs: number; rssMb: number; received: number; forwarded: number; gaps: number; lagMs: number };

const role = process.argv[2] === 'server' ? 'server' : 'generator';
if (role === 'server') await serve();
else await generate(process.argv.slice(2).map(Number));

async function serve(): Promise<void> {
  const clock = createSystemClock({ keepAlive: true });
  const directory = mkdtempSync(join(tmpdir(), 'roomtape-bench-'));
  const transports = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const plane = createMediaPlane({ transports, clock, ids: createSystemIds(), log: silentLog, onEvent: () => {} });
  const streams = new Set<string>();
  const reply = (message: FromServer): void => void process.send?.(message);
  process.on('message', async (message: ToServer) => {
    if (message.kind === 'open') {
      const { id, stream, session, offerSdp } = message;
      streams.add(stream);
      const request = { roomId: 'r', streamId: stream, userId: 'u', sessionId: id, kind: session, offerSdp };
      reply({ kind: 'answer', id, answerSdp: (await plane.openSession(request)).answerSdp });
    } else if (message.kind === 'tape') {
      for (const stream of streams) {
        const tape = { roomId: 'r', streamId: stream, userId: 'u', tapeId: stream, directory: join(directory, stream) };
        await plane.startTape(tape);
      }
      reply({ kind: 'ready' });
    } else if (message.kind === 'mark') {
      reply({ kind: 'figures', ...figuresOf(plane), lagMs: Number(transports.describe().worstLagMs) });
    } else {
      await plane.close();
      await transports.close();
      rmSync(directory, { recursive: true, force: true });
      process.exit(0);
    }
  });
  reply({ kind: 'ready' });
}

function figuresOf(plane: MediaPlane): {
  cpuUs: number;
  rssMb: number;
  received: number;
  forwarded: number;
  gaps: number;
} {
  const { user, system } = process.cpuUsage();
  const { sessions, streams } = plane.describe() as {
    sessions: { received?: number }[];
    streams: { forwarded: number; tapes: { tracks: { jitter: { lost: number } }[] }[] }[];
  };
  return {
    cpuUs: user + system,
    rssMb: process.memoryUsage().rss / 2 ** 20,
    received: sessions.reduce((sum, session) => sum + (session.received ?? 0), 0),
    forwarded: streams.reduce((sum, stream) => sum + stream.forwarded, 0),
    gaps: streams.flatMap((s) => s.tapes.flatMap((t) => t.tracks)).reduce((sum, track) => sum + track.jitter.lost, 0),
  };
}

async function generate([publishers = 100, viewers = 0, seconds = 10]: number[]): Promise<void> {
  const clock = createSystemClock({ keepAlive: true });
  const client = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const child = fork(new URL(import.meta.url).pathname, ['server']);
  const waiting = new Map<string, (message: FromServer) => void>();
  const next = (key: string): Promise<FromServer> => new Promise((resolve) => waiting.set(key, resolve));
  child.on('message', (message: FromServer) =>
    waiting.get(message.kind === 'answer' ? message.id : message.kind)?.(message),
  );
  const ask = (message: ToServer, key: string): Promise<FromServer> => {
    const answered = next(key);
    child.send(message);
    return answered;
  };
  await next('ready');
  const ids = createSystemIds();
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  let seen = 0;
  const connectMs: number[] = [];
  const open = async (session: 'publish' | 'play', id: string, stream: string) => {
    const startedAt = clock.now();
    let connected = (): void => {};
    const up = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const transport = await client.offer({
      onPacket: () => {
        seen += 1;
      },
      onState: (state) => state === 'connected' && connected(),
    });
    const shape = new TestPublisher({ clock, ids, send: () => {} });
    const offerSdp = shape.offer(transport.local, session === 'publish' ? 'sendonly' : 'recvonly');
    const answer = await ask({ kind: 'open', session, id, stream, offerSdp }, id);
    const remote = answer.kind === 'answer' ? readTransportDescription(answer.answerSdp) : undefined;
    if (remote !== undefined) transport.setRemote(remote);
    await up;
    connectMs.push((clock.now() - startedAt) / 1000);
    return transport;
  };
  const before = (await ask({ kind: 'mark' }, 'figures')) as Extract<FromServer, { kind: 'figures' }>;
  const senders: ((nowMs: number) => void)[] = [];
  for (let i = 0; i < publishers; i += 1) senders.push(createSender(await open('publish', `p${i}`, `s${i}`), i));
  clock.every(5, () => {
    const now = clock.now() / 1000;
    for (const sender of senders) sender(now);
  });
  await sleep(500);
  if (viewers === 0) await ask({ kind: 'tape' }, 'ready');
  for (let i = 0; i < viewers; i += 1) await open('play', `v${i}`, `s${i % publishers}`);
  await sleep(3000);
  const from = (await ask({ kind: 'mark' }, 'figures')) as Extract<FromServer, { kind: 'figures' }>;
  await sleep(seconds * 1000);
  const to = (await ask({ kind: 'mark' }, 'figures')) as Extract<FromServer, { kind: 'figures' }>;
  const core = (to.cpuUs - from.cpuUs) / (seconds * 1e6);
  const perSecond = (to.received - from.received) / seconds;
  const forwardedPerSecond = (to.forwarded - from.forwarded) / seconds;
  connectMs.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      publishers,
      viewers,
      receivedPps: Math.round(perSecond),
      forwardedPps: Math.round(forwardedPerSecond),
      cores: Number(core.toFixed(3)),
      ppsPerCore: Math.round((viewers > 0 ? forwardedPerSecond : perSecond) / core),
      publishersPerCore: viewers === 0 ? Math.round(publishers / core) : undefined,
      rssMb: Math.round(to.rssMb),
      rssMbPerSession: Number(((to.rssMb - before.rssMb) / (publishers + viewers)).toFixed(2)),
      lostPackets: to.gaps,
      worstLagMs: to.lagMs,
      connectMsMedian: connectMs[connectMs.length >> 1],
      seenByViewers: seen,
    }),
  );
  child.send({ kind: 'end' } satisfies ToServer);
  await new Promise((resolve) => child.once('exit', resolve));
  process.exit(0);
}

type Transport = Awaited<ReturnType<Awaited<ReturnType<typeof createNativeTransportFactory>>['offer']>>;

/** 30 frames of 6250 bytes and 50 packets of Opus per second: 206 packets, 1.5 Mbit/s; a keyframe each 2 s. */
function createSender(transport: Transport, index: number): (nowMs: number) => void {
  const packetizer = createPacketizer('h264', { payloadBytesMax: 1200 });
  const frame = (key: boolean) =>
    packetizer
      .packetize({ type: key ? 'key' : 'delta', pts: ticks(0), data: h264Frame(key, 0, key ? 1500 : 6250) })
      .map(({ payload, marker }) => rtp(96, payload, marker));
  const keyframe = frame(true);
  const delta = frame(false);
  const opus = rtp(111, new Uint8Array(80).fill(0x78), false);
  const state = { video: 0, audio: 0, sequence: 0, nextVideo: 0, nextAudio: 0 };
  return (nowMs) => {
    if (state.nextVideo === 0) state.nextVideo = nowMs + ((index * 7) % 33);
    if (state.nextAudio === 0) state.nextAudio = nowMs + ((index * 3) % 20);
    while (state.nextVideo <= nowMs) {
      for (const packet of state.video % 60 === 0 ? keyframe : delta) {
        rewriteRtpHeader(packet, {
          sequence: state.sequence++ & 0xffff,
          timestamp: state.video * 3000,
          ssrc: index * 2 + 1,
        });
        transport.send(packet);
      }
      state.video += 1;
      state.nextVideo += 1000 / 30;
    }
    while (state.nextAudio <= nowMs) {
      rewriteRtpHeader(opus, { sequence: state.audio & 0xffff, timestamp: state.audio * 960, ssrc: index * 2 + 2 });
      transport.send(opus);
      state.audio += 1;
      state.nextAudio += 20;
    }
  };
}

function rtp(payloadType: number, payload: Uint8Array, marker: boolean): Uint8Array {
  return writeRtpPacket({ payloadType, sequence: 0, timestamp: 0, ssrc: 0, payload, marker });
}
