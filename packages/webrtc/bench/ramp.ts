// How fast a real Chromium that publishes reaches its full picture and bitrate on this machine: samples its own
// statistics. `node packages/webrtc/bench/ramp.ts [codec] [seconds] [keep-size]`; with
// `keep-size` it prefers size to frame rate until it knows the path, as the SDK can.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createMediaPlane, createNativeTransportFactory } from '@roomtape/webrtc';
import { chromium } from 'playwright-core';
import { createWhipPage } from '../src/testing/whip-page.ts';

const [codec = 'h264', seconds = '10', keepSize = ''] = process.argv.slice(2);
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const clock = createSystemClock({ keepAlive: true });
const directory = mkdtempSync(join(tmpdir(), 'roomtape-ramp-'));
const transports = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
const plane = createMediaPlane({ transports, clock, ids: createSystemIds(), log: silentLog, onEvent: () => {} });
const server = createWhipPage(plane).listen(0, '127.0.0.1');
await once(server, 'listening');
await plane.startTape({ roomId: 'r', streamId: 's', userId: 'u', tapeId: 't', directory });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ARGUMENTS });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

console.log(`${codec}, load ${loadavg()[0]?.toFixed(1)} ${keepSize}`);
const script = `(async () => {
  await publish(${JSON.stringify(codec)}, null, ${keepSize === 'keep-size'});
  window.startedAt = performance.now();
})()`;
await page.evaluate(script);
const sample = `(async () => {
  const facts = { ms: Math.round(performance.now() - startedAt) };
  for (const entry of (await pc.getStats()).values()) {
    if (entry.type === 'candidate-pair' && entry.nominated) {
      facts.availableKbps = Math.round((entry.availableOutgoingBitrate || 0) / 1000);
      facts.rttMs = Math.round(entry.currentRoundTripTime * 1000);
    }
    if (entry.type === 'outbound-rtp' && entry.kind === 'video') {
      Object.assign(facts, { size: entry.frameWidth + 'x' + entry.frameHeight, fps: entry.framesPerSecond,
        targetKbps: Math.round((entry.targetBitrate || 0) / 1000), reason: entry.qualityLimitationReason,
        bytes: entry.bytesSent, encodeMs: entry.totalEncodeTime * 1000 / entry.framesEncoded, keys: entry.keyFramesEncoded,
        pli: entry.pliCount, nack: entry.nackCount, changes: entry.qualityLimitationResolutionChanges,
        encoder: entry.encoderImplementation });
    }
    if (entry.type === 'media-source' && entry.kind === 'video') Object.assign(facts, { sourceFps: entry.framesPerSecond });
  }
  return facts;
})()`;
let fullAt: number | undefined;
for (let i = 0; i < Number(seconds) * 2; i += 1) {
  const facts = (await page.evaluate(sample)) as { ms: number; size: string };
  if (facts.size === '1280x720') fullAt ??= facts.ms;
  console.log(JSON.stringify(facts));
  await page.waitForTimeout(500);
}
console.log(JSON.stringify({ codec, fullPictureMs: fullAt ?? null, load: loadavg()[0], plane: transports.describe() }));
await browser.close();
server.close();
await plane.close();
await transports.close();
rmSync(directory, { recursive: true, force: true });
process.exit(0);
