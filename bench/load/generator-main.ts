// The load generator's process: publishes a loop by WHIP many times over, and sends it to UDP ports. Forked by
// `generator.ts`, told what to do over IPC.

import { createSocket } from 'node:dgram';
import { createSystemClock, createSystemIds, RoomtapeError, silentLog } from '@roomtape/media';
import { type AnsweredMedia, openTransport } from '@roomtape/testkit';
import { createNativeTransportFactory, type RtcTransport } from '@roomtape/webrtc';
import { loadLoop } from './encoded-loop.ts';
import type { GeneratorAnswer, GeneratorCounts, GeneratorOrder } from './generator-messages.ts';
import { LoopSender, type SentCounts, type SentTrack } from './loop-sender.ts';
import { type PacketLoop, packetizeLoop } from './packet-loop.ts';

const TICK_MS = 5;
/** Streams begin spread over this, so that their keyframes do not meet. */
const STAGGER_US = 2_000_000;
const ATTEMPTS_MAX = 20;
const RETRY_MS = 500;
const HOST = '127.0.0.1';

const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();
const factory = await createNativeTransportFactory({ address: HOST, port: 0, clock, log: silentLog });
const socket = createSocket('udp4');
const senders = new Set<LoopSender>();
const clearSenders = new Set<LoopSender>();
const transports: RtcTransport[] = [];
const past: SentCounts = { packets: 0, bytes: 0, retransmitted: 0, unsent: 0 };
let loop: PacketLoop | undefined;
let tickedAt = clock.now();
let worstLagUs = 0;
let received = 0;

clock.every(TICK_MS, () => {
  const now = clock.now();
  worstLagUs = Math.max(worstLagUs, now - tickedAt - TICK_MS * 1000);
  tickedAt = now;
  for (const sender of senders) sender.poll(now);
});

process.on('disconnect', () => process.exit(0));
process.on('message', (order: GeneratorOrder) => {
  obey(order).then(
    () => answer({ counts: counts() }),
    (error: unknown) => answer({ error: String((error as Error).stack ?? error) }),
  );
});
answer({ counts: counts() });

function answer(message: GeneratorAnswer): void {
  process.send?.(message);
}

async function obey(order: GeneratorOrder): Promise<void> {
  if (order.kind === 'prepare') loop = packetizeLoop(loadLoop(order.loop));
  else if (order.kind === 'publish') for (let i = 0; i < order.count; i++) await persistently(() => publish(order, i));
  else if (order.kind === 'play') for (let i = 0; i < order.count; i++) await persistently(() => play(order));
  else if (order.kind === 'send-udp')
    for (const [i, ports] of order.ports.entries()) sendUdp(ports, i, order.ports.length);
  else if (order.kind === 'stop-udp') for (const sender of clearSenders) retire(sender);
  else if (order.kind === 'stop') stop();
}

function counts(): GeneratorCounts {
  const total = { ...past };
  for (const sender of senders) addCounts(total, sender.counts);
  const worstLagMs = Math.round(worstLagUs / 1000);
  worstLagUs = 0;
  return { streams: senders.size, ...total, received, worstLagMs };
}

function stop(): void {
  for (const transport of transports.splice(0)) transport.close();
  for (const sender of senders) retire(sender);
}

function retire(sender: LoopSender): void {
  addCounts(past, sender.counts);
  senders.delete(sender);
  clearSenders.delete(sender);
}

function addCounts(total: SentCounts, counts: SentCounts): void {
  for (const key of ['packets', 'bytes', 'retransmitted', 'unsent'] as const) total[key] += counts[key];
}

async function publish(order: Extract<GeneratorOrder, { kind: 'publish' }>, index: number): Promise<void> {
  if (loop === undefined) throw new Error('prepare comes first');
  const ssrcs = {
    audio: { media: ids.uint32(), rtx: ids.uint32() },
    video: { media: ids.uint32(), rtx: ids.uint32() },
  };
  let sender: LoopSender | undefined;
  const url = `${order.server}/whip/${order.roomId}/${order.prefix}${index}`;
  const { transport, answer } = await openTransport(
    { url, token: order.token, factory, clock, hasAudio: true },
    {
      offer: { direction: 'sendonly', videoCodecs: ['h264'], ssrcs },
      onPacket: (packet) => sender?.handlePacket(packet),
    },
  );
  transports.push(transport);
  sender = new LoopSender({
    loop,
    tracks: answer.media.map((media) => trackOf(media, ssrcs[media.kind])),
    send: (packet) => transport.send(packet),
    startAt: clock.now() + ((index * 0.618) % 1) * STAGGER_US,
  });
  senders.add(sender);
}

async function play(order: Extract<GeneratorOrder, { kind: 'play' }>): Promise<void> {
  const url = `${order.server}/whep/${order.roomId}/${order.prefix}${order.index}`;
  const { transport } = await openTransport(
    { url, token: order.token, factory, clock, hasAudio: true },
    {
      offer: { direction: 'recvonly', videoCodecs: ['h264'] },
      onPacket: () => {
        received++;
      },
    },
  );
  transports.push(transport);
}

/** A machine that is busy refuses connections for a while. */
async function persistently(action: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !(error instanceof RoomtapeError && error.retryable)) throw error;
      await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
    }
  }
}

function trackOf(media: AnsweredMedia, ssrcs: { media: number; rtx: number }): SentTrack {
  const { kind, payloadType, rtxPayloadType, midExtensionId, transportSequenceId, mid } = media;
  return {
    kind,
    payloadType,
    ssrc: ssrcs.media,
    ...(rtxPayloadType === undefined ? {} : { rtx: { ssrc: ssrcs.rtx, payloadType: rtxPayloadType } }),
    ...(midExtensionId === undefined ? {} : { mid: { extensionId: midExtensionId, value: mid } }),
    ...(transportSequenceId === undefined ? {} : { transportSequenceId }),
  };
}

function sendUdp(ports: { video: number; audio: number }, index: number, count: number): void {
  if (loop === undefined) throw new Error('prepare comes first');
  const sender = new LoopSender({
    loop,
    tracks: [
      { kind: 'video', payloadType: 96, ssrc: ids.uint32() },
      { kind: 'audio', payloadType: 111, ssrc: ids.uint32() },
    ],
    send: (packet, kind) => {
      // RTCP has a port of its own without rtcp-mux (RFC 3550 §11).
      const isReport = (packet[1] ?? 0) >= 200 && (packet[1] ?? 0) <= 206;
      socket.send(packet, ports[kind] + (isReport ? 1 : 0), HOST);
      return true;
    },
    keepsBytes: true,
    startAt: clock.now() + (index / count) * STAGGER_US,
  });
  senders.add(sender);
  clearSenders.add(sender);
}
