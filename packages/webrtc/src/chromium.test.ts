import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, createSystemIds, isKeyframe, silentLog } from '@roomtape/media';
import { openTapeReader, type TapeEntry } from '@roomtape/tape';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tcpPassiveCandidate } from './ice-candidate.ts';
import type { MediaPlane } from './media-plane.ts';
import { createMediaPlane } from './media-plane-instance.ts';
import { createNativeTransportFactory, type NativeTransportFactory } from './native-transport.ts';
import { TcpGateway } from './tcp-gateway.ts';
import { createWhipPage } from './testing/whip-page.ts';

type Stats = {
  state: string;
  targetBps: number;
  availableBps: number;
  sent: number;
  decoded: number;
  width: number;
  lost: number;
  freezes: number;
  audioPackets: number;
};
type TestWindow = {
  publish(codec: string, rids?: string[] | null, keepSize?: boolean): Promise<void>;
  play(): Promise<void>;
  restart(): Promise<void>;
  stats(): Promise<Stats>;
};
const EXECUTABLE = '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  // Nobody sees the pages: fewer pixels to compose.
  '--force-device-scale-factor=0.5',
];

describe('Chromium', { timeout: 90_000 }, () => {
  const clock = createSystemClock();
  let browser: Browser;
  let transports: NativeTransportFactory;
  let gateway: TcpGateway | undefined;
  let plane: MediaPlane;
  let server: Server;
  let directory: string;
  let pages: Page[];

  beforeAll(async () => {
    expect(existsSync(EXECUTABLE), 'install chromium: apt-get install chromium').toBe(true);
    browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    pages = [];
    directory = mkdtempSync(join(tmpdir(), 'roomtape-chromium-'));
    transports = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    server.close();
    await plane.close();
    await gateway?.close();
    gateway = undefined;
    await transports.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const serve = async (extraCandidates: string[] = []): Promise<void> => {
    const ids = createSystemIds();
    plane = createMediaPlane({ transports, clock, ids, log: silentLog, onEvent: () => {}, extraCandidates });
    server = createWhipPage(plane).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await plane.startTape({ roomId: 'r', streamId: 's', userId: 'u', tapeId: 't', directory });
  };

  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    pages.push(page);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return page;
  };
  const act = <K extends keyof TestWindow>(page: Page, name: K, ...args: Parameters<TestWindow[K]>) =>
    page.evaluate(
      ([key, values]) => (globalThis as unknown as Record<string, (...a: unknown[]) => unknown>)[key]?.(...values),
      [name as string, args as unknown[]] as const,
    ) as ReturnType<TestWindow[K]>;

  const until = async (page: Page, isDone: (stats: Stats) => boolean): Promise<Stats> => {
    let stats = await act(page, 'stats');
    // Long, because a machine that is busy otherwise delays packets, which Chromium takes for a slow network.
    const deadline = clock.now() + 30_000_000;
    while (!isDone(stats) && clock.now() < deadline) {
      await page.waitForTimeout(200);
      stats = await act(page, 'stats');
    }
    return stats;
  };

  const taped = async (): Promise<TapeEntry[]> => {
    await plane.flushTape('t');
    const reader = openTapeReader(directory);
    const entries = [...reader].map((item) => item.entry);
    reader.close();
    return entries;
  };

  it.each(['h264', 'vp8', 'vp9', 'av1'] as const)('publishes %s that is taped, played and ramps up', async (codec) => {
    await serve();
    const publisher = await open();
    await act(publisher, 'publish', codec);
    const viewer = await open();
    await act(viewer, 'play');
    const seen = await until(viewer, (stats) => (stats.decoded ?? 0) >= 40 && (stats.audioPackets ?? 0) >= 50);
    const sent = await until(publisher, (stats) => (stats.availableBps ?? 0) > 500_000);
    if (process.env.ROOMTAPE_TEST_PRINT === '1') console.log(codec, JSON.stringify({ seen, sent }));
    expect(seen.decoded).toBeGreaterThanOrEqual(40);
    expect(seen.audioPackets).toBeGreaterThanOrEqual(50);
    // Chromium starts at 300 kbit/s; without working feedback its estimate falls.
    expect(sent.availableBps).toBeGreaterThan(500_000);
    const entries = await taped();
    const frames = entries.filter((entry) => entry.kind === 'frame');
    const video = entries.find((entry) => entry.kind === 'track-added' && entry.mediaKind === 'video');
    expect(video).toMatchObject({ codec });
    const first = frames.find((frame) => video?.kind === 'track-added' && frame.trackId === video.trackId);
    expect(first?.type).toBe('key');
    expect(isKeyframe(codec, first?.data ?? new Uint8Array())).toBe(true);
    expect(entries.filter((entry) => entry.kind === 'gap')).toEqual([]);
    expect(entries.find((entry) => entry.kind === 'config-changed' && (entry.width ?? 0) > 0)).toBeDefined();
  });

  it('sends the full picture from the first frame on, if it prefers size to frames at first', async () => {
    await serve();
    const publisher = await open();
    await act(publisher, 'publish', 'h264', null, true);
    await until(publisher, (stats) => (stats.sent ?? 0) > 20);
    const sizes = (await taped()).flatMap((entry) => (entry.kind === 'config-changed' ? (entry.width ?? []) : []));
    expect(sizes[0]).toBe(1280);
  });

  it('publishes simulcast: all layers arrive, the best is taped, a viewer chooses', async () => {
    await serve();
    const publisher = await open();
    await act(publisher, 'publish', 'vp8', ['q', 'h', 'f']);
    const viewer = await open();
    await act(viewer, 'play');
    await until(viewer, (stats) => (stats.decoded ?? 0) > 20);
    const { sessions } = plane.describe() as { sessions: { kind: string; sessionId: string }[] };
    const playing = sessions.find((session) => session.kind === 'play')?.sessionId ?? '';
    plane.selectLayer(playing, 'q');
    const low = await until(viewer, (stats) => stats.width === 320);
    expect(low.width).toBe(320);
    plane.selectLayer(playing, 'h');
    const middle = await until(viewer, (stats) => stats.width === 640);
    expect(middle.width).toBe(640);
    const before = middle.decoded;
    const later = await until(viewer, (stats) => stats.decoded > before + 20);
    expect(later.decoded).toBeGreaterThan(before + 20);
    const entries = await taped();
    expect(entries.filter((entry) => entry.kind === 'track-added').length).toBe(2);
  });

  it('goes on after an ICE restart', async () => {
    await serve();
    const publisher = await open();
    await act(publisher, 'publish', 'h264');
    await until(publisher, (stats) => (stats.sent ?? 0) > 20);
    await act(publisher, 'restart');
    const before = (await taped()).filter((entry) => entry.kind === 'frame').length;
    const stats = await until(publisher, ({ sent, state }) => (sent ?? 0) > 80 && state === 'connected');
    expect(stats.state).toBe('connected');
    const entries = await taped();
    expect(entries.filter((entry) => entry.kind === 'frame').length).toBeGreaterThan(before + 60);
    expect(entries.filter((entry) => entry.kind === 'track-added').length).toBe(2);
  });

  it('publishes over TCP where UDP does not get through', async () => {
    gateway = await TcpGateway.listen({
      address: '127.0.0.1',
      port: 0,
      udpAddress: '127.0.0.1',
      udpPort: transports.port,
      clock,
      log: silentLog,
    });
    const withoutUdp: NativeTransportFactory = transports;
    const { accept } = withoutUdp;
    withoutUdp.accept = async (remote, handlers) => {
      const transport = await accept.call(transports, { ...remote, candidates: [] }, handlers);
      Object.assign(transport, { local: { ...transport.local, candidates: [] } });
      return transport;
    };
    await serve([tcpPassiveCandidate('127.0.0.1', gateway.port, 0)]);
    const publisher = await open();
    await act(publisher, 'publish', 'vp8');
    const stats = await until(publisher, ({ sent }) => (sent ?? 0) > 40);
    expect(stats.sent).toBeGreaterThan(40);
    expect(gateway.describe()).toMatchObject({ connections: 1 });
    expect((await taped()).filter((entry) => entry.kind === 'frame').length).toBeGreaterThan(40);
  });
});
