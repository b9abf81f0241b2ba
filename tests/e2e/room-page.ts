// The console page as a participant of a test: what it sends, through which network, and what its connections
// measure. The page is the real one; only its requests for media sessions may be led through a relay.

import { throughRelay, type UdpRelay, withoutCandidates } from '@roomtape/testkit';
import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import type { Stage } from './stage.ts';

/** Who opens the page. */
export type RoomPageOptions = {
  readonly roomId: string;
  readonly name: string;
  /** What is sent; nothing but the browser's devices when absent. */
  readonly source?: 'flash-beep' | 'test';
  readonly codec?: string;
  /** The only way to the server's media port. */
  readonly relay?: Pick<UdpRelay, 'port'>;
};

/** Figures of one kind of media on one connection of a page, by their names in the W3C statistics. */
export type MediaStats = {
  readonly type: 'inbound-rtp' | 'outbound-rtp';
  readonly kind: 'audio' | 'video';
  readonly framesSent?: number;
  readonly framesEncoded?: number;
  readonly framesPerSecond?: number;
  readonly qualityLimitationReason?: string;
  readonly framesReceived?: number;
  readonly framesDecoded?: number;
  readonly framesDropped?: number;
  readonly freezeCount?: number;
  readonly totalFreezesDuration?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly retransmittedPacketsSent?: number;
  readonly retransmittedPacketsReceived?: number;
  readonly nackCount?: number;
  readonly pliCount?: number;
  readonly concealedSamples?: number;
};

type Connections = { readonly list: readonly RTCPeerConnectionLike[] };
type RTCPeerConnectionLike = {
  readonly connectionState: string;
  getStats(): Promise<ReadonlyMap<string, { readonly type: string; readonly kind?: string }>>;
};

/** Opens the page in a room; it joins and publishes by itself. */
export async function openRoomPage(stage: Stage, browser: TestBrowser, options: RoomPageOptions): Promise<Page> {
  const { roomId, name, source, codec, relay } = options;
  const page = await browser.openPage('about:blank');
  await page.addInitScript(rememberConnections);
  if (relay !== undefined) await leadThroughRelay(page, relay);
  const wishes = new URLSearchParams({ name, auto: '1', ...(source ? { source } : {}), ...(codec ? { codec } : {}) });
  await page.goto(`${stage.server.url}/#/room/${roomId}?${wishes}`);
  return page;
}

/** Waits until the room has a live stream of somebody with that name, and returns its id. */
export async function untilStreamOf(stage: Stage, roomId: string, name: string): Promise<string> {
  const started = stage.clock.now();
  for (;;) {
    const room = await stage.client.rooms.get(roomId).catch(() => undefined);
    const stream = room?.streams.find((one) => one.state === 'live' && one.userId.startsWith(`${name}-`));
    if (stream !== undefined && stream.tracks.length === 2) return stream.streamId;
    if (stage.clock.now() - started > 30e6) throw new Error(`${name} does not publish into ${roomId}`);
    await new Promise<void>((resolve) => stage.clock.after(100, resolve));
  }
}

/** The figures of every connection of the page that is up. */
export function statsOf(page: Page): Promise<MediaStats[]> {
  return page.evaluate(async () => {
    const { list } = (globalThis as unknown as { testConnections: Connections }).testConnections;
    const found: unknown[] = [];
    for (const connection of list) {
      if (connection.connectionState !== 'connected') continue;
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp' || entry.type === 'outbound-rtp') found.push({ ...entry });
      }
    }
    return found as MediaStats[];
  });
}

/** Runs in the page before anything of its own. */
function rememberConnections(): void {
  type Constructor = new (...parameters: unknown[]) => RTCPeerConnectionLike;
  const scope = globalThis as unknown as { RTCPeerConnection: Constructor; testConnections: Connections };
  const list: RTCPeerConnectionLike[] = [];
  scope.testConnections = { list };
  scope.RTCPeerConnection = class extends scope.RTCPeerConnection {
    constructor(...parameters: unknown[]) {
      super(...parameters);
      list.push(this);
    }
  };
}

async function leadThroughRelay(page: Page, relay: Pick<UdpRelay, 'port'>): Promise<void> {
  await page.route(/\/wh[ie]p\//, async (route) => {
    const request = route.request();
    // The page's own addresses would be a way around the relay.
    if (request.method() === 'PATCH') return route.fulfill({ status: 204 });
    if (request.method() !== 'POST') return route.continue();
    const response = await route.fetch({ postData: withoutCandidates(request.postData() ?? '') });
    await route.fulfill({ response, body: throughRelay(await response.text(), relay) });
  });
}
