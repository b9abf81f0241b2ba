import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, unixUs } from '@roomtape/media';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Projection } from './projection.ts';
import { beeps, flashes } from './testing/flash-beep.ts';
import { EPOCH, Script, wall } from './testing/script.ts';

const EXECUTABLE = '/usr/bin/chromium';
const S = 1_000_000;
const SECONDS = 5;
const root = mkdtempSync(join(tmpdir(), 'roomtape-recorder-chromium-'));
let browser: Browser;
let server: Server;

beforeAll(async () => {
  expect(existsSync(EXECUTABLE), 'install chromium: apt-get install chromium').toBe(true);
  const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'];
  browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args });
  server = createServer((request, response) => {
    const name = request.url ?? '/';
    const path = join(root, name);
    // Chromium asks for an icon too.
    if (name !== '/' && !existsSync(path)) return void response.writeHead(404).end();
    response.setHeader('content-type', name === '/' ? 'text/html' : 'video/mp4');
    response.end(name === '/' ? '<video id="video"></video>' : readFileSync(path));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(root, { recursive: true, force: true });
});

/** What Chromium shows and plays of a file: media times in ms. Audio is placed by the element's own clock. */
type Played = { sizes: string[]; flashesMs: number[]; beepsMs: number[] };

async function play(name: string): Promise<Played> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const played = (await page.evaluate(PLAYER.replace('FILE', `/${name}`))) as Played;
  await page.close();
  return played;
}

// Text, because it runs in the page: pictures are timed by their media time, sound by a worklet behind the element.
const PLAYER = `(async () => {
  const video = document.getElementById('video');
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  video.src = 'FILE';
  await new Promise((done, fail) => {
    video.onloadedmetadata = done;
    video.onerror = () => fail(new Error(video.error.message));
  });
  const worklet = \`registerProcessor('onsets', class extends AudioWorkletProcessor {
    process(inputs) {
      const plane = inputs[0][0] ?? [];
      for (let i = 0; i < plane.length; i += 1) {
        if (Math.abs(plane[i]) < 0.2) continue;
        const at = currentTime + i / sampleRate;
        if (at > (this.quietUntil ?? -1)) this.port.postMessage(at);
        this.quietUntil = at + 0.05;
      }
      return true;
    }
  })\`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'onsets');
  context.createMediaElementSource(video).connect(node).connect(context.destination);
  const [sizes, flashes, beeps, clocks] = [new Set(), [], [], []];
  node.port.onmessage = (event) => beeps.push(event.data);
  const canvas = document.createElement('canvas');
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  let wasBright = false;
  const onFrame = (now, facts) => {
    sizes.add(facts.width + 'x' + facts.height);
    paint.drawImage(video, 0, 0, 8, 4);
    const bright = paint.getImageData(2, 1, 1, 1).data[0] > 128;
    if (bright && !wasBright) flashes.push(facts.mediaTime * 1000);
    wasBright = bright;
    clocks.push(context.currentTime - video.currentTime);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  await video.play();
  await new Promise((done) => { video.onended = done; });
  const origin = clocks.sort((a, b) => a - b)[clocks.length >> 1];
  return { sizes: [...sizes], flashesMs: flashes, beepsMs: beeps.map((at) => (at - origin) * 1000) };
})()`;

/** A file as it was while recording, and finished; the picture changes its size at second 3. */
async function makeFiles(audioCodec: 'aac' | 'opus'): Promise<string[]> {
  const small = flashes({ seconds: SECONDS, width: 320, height: 192 }).filter((packet) => packet.ptsUs < 3 * S);
  const large = flashes({ seconds: SECONDS, width: 640, height: 384 }).filter((packet) => packet.ptsUs >= 3 * S);
  const tapeDirectory = join(root, `${audioCodec}-tape`);
  // There is one already when the test is tried again.
  rmSync(tapeDirectory, { recursive: true, force: true });
  await new Script()
    .track({ trackId: 1, codec: 'h264', packets: [...small, ...large] })
    .track({ trackId: 2, codec: 'opus', packets: beeps({ seconds: SECONDS }) })
    .write(tapeDirectory);
  const projection = new Projection(
    {
      jobId: audioCodec,
      tapeDirectory,
      outputDirectory: root,
      fileName: audioCodec,
      container: 'mp4',
      media: 'audio-video',
      audioCodec,
      startAt: unixUs(EPOCH),
      fragmentMs: 500,
    },
    silentLog,
  );
  while (projection.step(unixUs(EPOCH)) === 'more');
  copyFileSync(join(root, `${audioCodec}.mp4`), join(root, `${audioCodec}-growing.mp4`));
  projection.finish({ stopAt: wall(100 * S) });
  while (projection.step(unixUs(EPOCH)) !== 'finished');
  return [`${audioCodec}-growing.mp4`, `${audioCodec}.mp4`];
}

describe('Chromium', { concurrent: true }, () => {
  it.each(['aac', 'opus'] as const)(
    'plays H.264 with %s in sync and across a change of size, while it is recorded and after',
    async (audioCodec) => {
      for (const name of await makeFiles(audioCodec)) {
        const { sizes, flashesMs, beepsMs } = await play(name);
        expect(sizes, name).toEqual(['320x192', '640x384']);
        // The first second is left out: the browser may still be starting its clocks.
        for (const second of [1, 2, 3, 4]) {
          const flash = flashesMs.find((ms) => Math.abs(ms - second * 1000) < 200) ?? Number.NaN;
          const beep = beepsMs.find((ms) => Math.abs(ms - second * 1000) < 200) ?? Number.NaN;
          // One picture: a loaded machine may not show the very first white one.
          expect(Math.abs(flash - second * 1000), name).toBeLessThan(70);
          expect(Math.abs(beep - second * 1000), name).toBeLessThan(20);
        }
      }
    },
    60_000,
  );
});
