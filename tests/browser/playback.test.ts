// Files of a recording that no <video> reads by itself: FLV and HLS play in the list of recordings all the same, by
// libraries that load when such a file is opened, within a policy that allows nothing from elsewhere.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureConsole } from '../../scripts/build-console.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { readVideo, untilPlayed } from './picture.ts';
import { serveFolder } from './static-site.ts';

const FILES = [
  { container: 'flv', name: 'film.flv' },
  { container: 'hls', name: 'film.m3u8' },
] as const;

let browser: TestBrowser;
let site: Awaited<ReturnType<typeof serveFolder>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomtape-playback-'));
  for (const { name } of FILES) makeFilm(join(folder, name));
  site = await serveFolder(await ensureConsole());
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});

it('plays FLV and HLS with the right length, and loads their players only then', async () => {
  const page = await browser.openPage('about:blank');
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(basename(new URL(request.url()).pathname)));
  await answerForServer(page);
  await page.goto(`${site.url}/#/recordings`);
  await page.getByText('film.flv').waitFor();
  expect(loaded.filter((name) => /^(hls|mpegts)/.test(name))).toEqual([]);

  for (const { name } of FILES) {
    await page.getByRole('button', { name: `Play ${name}` }).click();
    await untilPlayed(page.locator('.player video'), 1);
    const { duration, width } = await readVideo(page.locator('.player video'));
    expect([Math.round(duration), width]).toEqual([3, 320]);
    await page.getByRole('button', { name: `Close ${name}` }).click();
  }

  expect(loaded.filter((name) => /^(hls|mpegts)/.test(name))).toHaveLength(2);
  expect(browser.complaints).toEqual([]);
});

/** Three seconds of picture and tone, as a foreign program writes them. */
function makeFilm(path: string): void {
  const sources = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25',
    '-f',
    'lavfi',
    '-i',
    'sine=440:sample_rate=48000',
  ];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-c:a', 'aac'];
  const hls = path.endsWith('.m3u8') ? ['-hls_time', '1', '-hls_list_size', '0'] : [];
  execFileSync('ffmpeg', ['-v', 'error', ...sources, '-t', '3', ...codecs, ...hls, path]);
}

/** Stands in for the server: one recording with these files. */
async function answerForServer(page: Page): Promise<void> {
  const at = '2026-01-01T00:00:00Z';
  const files = FILES.map(({ container, name }) => ({
    ...{ fileId: name, streamId: name, userId: name, name, state: 'finished', container, url: `/films/${name}` },
    ...{ videoCodec: 'h264', audioCodec: 'aac', bytes: 1, durationMs: 3000, startedAt: at, missingMs: {} },
  }));
  const recording = { recordingId: 'rec', roomId: 'cinema', mode: 'single', media: 'audio-video', state: 'finished' };
  const recordings = [{ ...recording, createdAt: at, updatedAt: at, problems: [], files }];
  const session = { apiToken: 'token', expiresAt: '2999-01-01T00:00:00Z' };
  await page.route('**/v1/console/session', (route) => route.fulfill({ status: 201, json: session }));
  await page.route('**/v1/recordings?*', (route) => route.fulfill({ json: { recordings } }));
  await page.route('**/films/*', (route) => {
    const body = readFileSync(join(folder, basename(new URL(route.request().url()).pathname)));
    return route.fulfill({ body });
  });
}
