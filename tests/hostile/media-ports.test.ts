// Garbage on the UDP and TCP ports of a live server, from strangers and in the name of a connected client, while
// somebody publishes and is recorded. Nobody else may notice.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Recording } from '@roomtape/api';
import { createUdpRelay, throughRelay, type UdpRelay } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { Mutator } from './mutation.ts';
import { FILM_EXPECTED, sendingFilm } from './prepared-film.ts';
import { pidsOf, residentMb, udpQueueOf } from './process-facts.ts';

const PACKETS = 100_000;
const BATCH = 100;
/** The kernel keeps about 200 kB per socket; more than this waiting means the server is behind. */
const WAITING_BYTES_MAX = 60_000;
/** What a media process may grow by while it also serves and records a publisher. */
const GROWTH_MB_MAX = 48;
const STRANGERS = 8;
const CONNECTIONS = 1000;
/** Connections of one address the gateway keeps. */
const CONNECTIONS_PER_ADDRESS_MAX = 50;
/** What a gateway's connection may be silent for, and how often that is looked at. */
const IDLE_MS_MAX = 30_000 + 7_500;

let stage: Stage;
let relay: UdpRelay;
let strangers: UdpSocket[];
let crawler: Socket;
let pids: Record<string, number>;
const datagrams: Uint8Array[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  stage = await Stage.open();
  pids = await pidsOf(stage.server);
  crawler = crawl();
  const { clock, ids, server } = stage;
  const onToServer = (datagram: Uint8Array): number => datagrams.push(datagram);
  relay = await createUdpRelay({ clock, ids, serverPort: server.mediaPort, onToServer });
  strangers = await Promise.all(Array.from({ length: STRANGERS }, bound));
}, 60_000);

afterAll(async () => {
  for (const socket of [...sockets, crawler]) socket?.destroy();
  for (const stranger of strangers ?? []) stranger.close();
  await relay?.close();
  await stage?.close();
}, 60_000);

describe('the media port', { timeout: 120_000 }, () => {
  it(`takes ${PACKETS} mutated packets without a crash, growth or a lost picture`, async () => {
    const editAnswer = (sdp: string): string => throughRelay(sdp, relay);
    await stage.publish({ roomId: 'udp', userId: 'ann', client: { ...sendingFilm(), editAnswer } });
    const { recordingId } = await stage.client.recordings.start({ roomId: 'udp' });
    await stage.untilRecorded(recordingId, 3);
    const samples = datagrams.splice(0);
    expect(kindsOf(samples)).toEqual({ stun: true, dtls: true, srtp: true });

    const before = { rss: residentMb(pids, 'media'), dropped: udpQueueOf(stage.server.mediaPort).dropped };
    await flood(new Mutator(samples, 1));
    const growthMb = residentMb(pids, 'media') - before.rss;
    const dropped = udpQueueOf(stage.server.mediaPort).dropped - before.dropped;
    console.log(`${PACKETS} datagrams: media grew by ${growthMb.toFixed(1)} MB; the kernel dropped ${dropped}`);

    // What was replayed must not take effect later either, such as a connection moved to a stranger's address.
    await stage.untilRecorded(recordingId, recordedSeconds(await stage.client.recordings.get(recordingId)) + 4);
    const recording = await stage.finish(recordingId);
    expect(recording.problems).toEqual([]);
    for (const file of recording.files) await stage.expectGood(file, FILM_EXPECTED);
    expect(recording.files).toHaveLength(1);
    expect(await pidsOf(stage.server)).toEqual(pids);
    expect(growthMb).toBeLessThan(GROWTH_MB_MAX);
    expect(dropped).toBeLessThan(PACKETS / 100);
  });
});

describe('the TCP port', { timeout: 120_000 }, () => {
  it.each([
    ['noise', Uint8Array.from({ length: 4000 }, (_, index) => (index * 167) & 255)],
    ['HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    ['a frame longer than any packet', Uint8Array.of(255, 255, 0, 1, 0, 0)],
    ['an empty frame', Uint8Array.of(0, 0)],
    ['a frame that is not STUN', Uint8Array.of(0, 4, 128, 96, 0, 1)],
    ['a frame cut off by the end', Uint8Array.of(0, 100, 0, 1)],
  ])('hangs up on %s', async (_what, bytes) => {
    const socket = open('127.0.0.2');
    socket.end(bytes);
    await closed(socket);
    expect(socket.destroyed).toBe(true);
  });

  it(`keeps ${CONNECTIONS_PER_ADDRESS_MAX} of ${CONNECTIONS} connections of one address, and serves others`, async () => {
    const held = Array.from({ length: CONNECTIONS }, () => open('127.0.0.4'));
    const openOnes = (): number => held.filter((socket) => !socket.destroyed).length;
    await expect.poll(openOnes, { timeout: 30_000 }).toBe(CONNECTIONS_PER_ADDRESS_MAX);

    const other = open('127.0.0.5');
    other.write(frame(bindingRequest()));
    await stage.publish({ roomId: 'tcp', userId: 'bob' });

    expect(openOnes()).toBe(CONNECTIONS_PER_ADDRESS_MAX);
    expect(other.destroyed).toBe(false);
    for (const socket of [...held, other]) socket.destroy();
    await expect.poll(connections, { timeout: 30_000 }).toBeLessThanOrEqual(1);
  });

  it('hangs up on a client that sends a byte now and then', async () => {
    await closed(crawler, IDLE_MS_MAX + 10_000);

    expect(await pidsOf(stage.server)).toEqual(pids);
    expect(await connections()).toBe(0);
  });
});

/** Half from strangers, half in the name of the connected client, never faster than the server reads. */
async function flood(mutator: Mutator): Promise<void> {
  for (let sent = 0; sent < PACKETS; sent += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, (_, index) => send(mutator, index)));
    while (udpQueueOf(stage.server.mediaPort).waitingBytes > WAITING_BYTES_MAX) await pause(2);
  }
}

function send(mutator: Mutator, index: number): Promise<void> {
  // A tenth is real, sent again: replayed in the client's name or from where it never came from.
  const packet = mutator.below(10) === 0 ? mutator.sample() : mutator.next();
  const stranger = strangers[index % (2 * STRANGERS)];
  if (stranger === undefined) return relay.inject(packet);
  return new Promise((resolve) => stranger.send(packet, stage.server.mediaPort, '127.0.0.1', () => resolve()));
}

function recordedSeconds({ files }: Recording): number {
  return (files[0]?.durationMs ?? 0) / 1000;
}

/** RFC 7983: who a datagram is for shows in its first byte. */
function kindsOf(packets: readonly Uint8Array[]): Record<'stun' | 'dtls' | 'srtp', boolean> {
  const has = (from: number, to: number): boolean => packets.some(([first = -1]) => first >= from && first <= to);
  return { stun: has(0, 3), dtls: has(20, 63), srtp: has(128, 191) };
}

async function bound(): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function open(localAddress: string): Socket {
  const socket = connect({ port: stage.server.mediaPort, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
  socket.resume();
  sockets.add(socket);
  return socket;
}

/** A frame of 100 bytes, one byte a second: never finished. */
function crawl(): Socket {
  const socket = open('127.0.0.3');
  socket.write(Uint8Array.of(0, 100));
  const timer = setInterval(() => socket.write(Uint8Array.of(1)), 1000);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

async function closed(socket: Socket, timeout = 10_000): Promise<void> {
  await expect.poll(() => socket.destroyed, { timeout, interval: 20 }).toBe(true);
}

async function connections(): Promise<number> {
  const headers = { authorization: `Bearer ${stage.server.apiKey}` };
  const response = await fetch(`${stage.server.url}/v1/debug`, { headers });
  const text = JSON.stringify(await response.json());
  return Number(/"connections":(\d+)/.exec(text)?.[1] ?? Number.NaN);
}

/** RFC 8489 §5, without attributes. */
function bindingRequest(): Uint8Array {
  return Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
}

function frame(packet: Uint8Array): Uint8Array {
  return Uint8Array.of(packet.length >> 8, packet.length & 255, ...packet);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
