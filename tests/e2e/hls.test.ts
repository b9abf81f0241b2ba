// A stream recorded as HLS is played by hls.js in Chromium while it is recorded, and from beginning to end after.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { servePageFolder } from '../sdk/page-folder.ts';
import { Stage } from './stage.ts';

const HLS_FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', 'hls.js', 'dist');
const PAGE = '<!doctype html><script src="/hls.min.js"></script><video muted></video>';
const SECONDS = 7;
const SEGMENT_SECONDS = 2;
const WAIT_MS = 30_000;

let stage: Stage;
let browser: TestBrowser;
let site: Awaited<ReturnType<typeof servePageFolder>>;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.open(), launchBrowser()]);
  site = await servePageFolder(HLS_FOLDER, { '/': PAGE });
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await stage?.close();
}, 30_000);

describe('a recording as HLS', { timeout: 90_000 }, () => {
  it('plays in hls.js while it grows, and whole once it is finished', async () => {
    const ada = await stage.publish({ roomId: 'hls', userId: 'ada' });
    const request = { roomId: 'hls', format: 'hls', segmentSeconds: SEGMENT_SECONDS } as const;
    const { recordingId } = await stage.client.recordings.start(request);
    await stage.untilRecorded(recordingId, SECONDS - 2);
    const [growing] = (await stage.client.recordings.get(recordingId)).files;
    const page = await browser.openPage(site.url);
    await play(page, `${stage.server.url}${growing?.url}`);
    await page.waitForFunction('document.querySelector("video").currentTime > 1', undefined, { timeout: WAIT_MS });

    await stage.untilRecorded(recordingId, SECONDS);
    const { files } = await stage.finish(recordingId);
    await ada.close();
    const [file] = files;
    expect(file).toMatchObject({ container: 'hls', videoCodec: 'h264', audioCodec: 'aac', state: 'finished' });
    await play(page, `${stage.server.url}${file?.url}`);
    await page.waitForFunction('Number.isFinite(document.querySelector("video").duration)');
    const seconds = Number(await page.evaluate('document.querySelector("video").duration'));
    expect(Math.abs(seconds - (file?.durationMs ?? 0) / 1000)).toBeLessThan(0.1);
    await page.evaluate(`document.querySelector("video").currentTime = ${seconds - 1}`);
    await page.waitForFunction('document.querySelector("video").ended', undefined, { timeout: WAIT_MS });
    expect(await page.evaluate('globalThis.fatal')).toBeUndefined();
  });

  it('gives no part of a file to those who may not have it, and nothing that is no part', async () => {
    const recording = (await stage.client.recordings.list({ roomId: 'hls' })).recordings[0];
    const [file] = recording?.files ?? [];
    const playlist = await (await fetch(`${stage.server.url}${file?.url}`)).text();
    const segment = playlist.split('\n').find((line) => line.includes('.m4s')) ?? '';
    const at = (path: string) => fetch(`${stage.server.url}/v1/files/${path}`).then(({ status }) => status);

    expect(await at(segment)).toBe(200);
    expect(await at(segment.split('?')[0] ?? '')).toBe(401);
    const token = segment.slice(segment.indexOf('?'));
    expect(await at(`${file?.fileId}/journal.jsonl${token}`)).toBe(404);
    expect(await at(`${file?.fileId}/..%2F..%2Fjournal.jsonl${token}`)).toBe(400);
    expect(await at(`${file?.fileId}/${file?.name}${token}`)).toBe(404);
  });
});

async function play(page: Page, url: string): Promise<void> {
  await page.evaluate(`(() => {
    globalThis.hls?.destroy();
    globalThis.hls = new Hls({ startPosition: 0 });
    hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) globalThis.fatal = data.details; });
    hls.loadSource(${JSON.stringify(url)});
    hls.attachMedia(document.querySelector('video'));
    hls.on(Hls.Events.MANIFEST_PARSED, () => document.querySelector('video').play());
  })()`);
}
