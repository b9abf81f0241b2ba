// Publishers that nobody here wrote: their offers, trickling, DTLS roles and clocks are their own.

import { openWhipPush, type WhipPush, type WhipPushOptions } from '@roomtape/ffmpeg';
import { h264ParameterSets } from '@roomtape/media';
import { analysisText, createSyntheticSource, offsetText } from '@roomtape/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { until } from '../until.ts';
import { type ForeignPage, serveForeignPage } from './foreign-page.ts';
import { type CheckedFile, Stage } from './stage.ts';

const SECONDS = 6;
/** A block of sound is made when it is over. */
const READ_AHEAD_US = 60_000;

let stage: Stage;
let browser: TestBrowser;
let site: ForeignPage;

beforeAll(async () => {
  [stage, browser, site] = await Promise.all([Stage.open(), launchBrowser(), serveForeignPage()]);
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await stage?.close();
}, 30_000);

describe('a WHIP client that nobody here wrote', { timeout: 90_000, concurrent: true }, () => {
  it('publishes from Chromium with @eyevinn/whip-web-client', async () => {
    const roomId = 'eyevinn';
    const token = await stage.token(roomId, 'ada');
    const page = await browser.openPage(site.url);
    await page.waitForFunction(() => 'WHIPClient' in globalThis);
    await ingest(page, `${stage.server.url}/whip/${roomId}/camera`, token);
    await stage.untilStream(roomId, 'camera');
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, SECONDS);
    const recording = await stage.finish(recordingId);
    await page.evaluate(() => (globalThis as unknown as { client: { destroy(): Promise<void> } }).client.destroy());
    await until('the stream is gone', async () => (await stage.client.rooms.get(roomId)).streams.length === 0);
    await page.close();

    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    // The browser's own made-up devices: a beeping pacman, not our signal.
    const { analysis } = await stage.check(file, { video: 'required', audio: 'required' });
    printFigures('@eyevinn/whip-web-client', analysis);
    expect([analysis.video?.decodeErrors, analysis.audio?.decodeErrors]).toEqual([0, 0]);
    expect(analysis.durationMs).toBeGreaterThanOrEqual(SECONDS * 1000);
    expect(stage.accounts(recordingId).map(({ totals }) => totals.lostMs)).toEqual([0]);
  });

  it("publishes with FFmpeg's muxer, which is the DTLS server", () => publishWithFfmpeg(false));
});

// By itself: on a busy machine its first flight comes before our check, and it does not send it again.
describe("FFmpeg's muxer as the DTLS client", { timeout: 90_000 }, () => {
  it('publishes', () => publishWithFfmpeg(true));
});

async function publishWithFfmpeg(isDtlsClient: boolean): Promise<void> {
  const roomId = `ffmpeg-${isDtlsClient ? 'active' : 'passive'}`;
  const token = await stage.token(roomId, 'ffmpeg');
  const source = createSyntheticSource({
    name: 'ffmpeg',
    participantIndex: 5,
    width: 320,
    height: 180,
    videoBitrateBps: 300_000,
    gopSeconds: 1,
  });
  const first = source.read(0).filter(({ kind }) => kind === 'video');
  const config = h264ParameterSets(first[0]?.data ?? new Uint8Array());
  const push = await openPatiently({
    ...{ url: `${stage.server.url}/whip/${roomId}/camera`, token, isDtlsClient },
    tracks: [
      { codec: 'h264', width: 320, height: 180, ...(config === undefined ? {} : { config }) },
      { codec: 'opus', channels: 2 },
    ],
  });
  let sending = Promise.resolve();
  const openedAt = stage.clock.now();
  const queue = [...first];
  const stop = stage.clock.every(5, () => {
    // As from a file: each packet leaves at its own time, which is all that FFmpeg tells of sound and picture.
    const nowUs = stage.clock.now() - openedAt;
    queue.push(...source.read(nowUs + READ_AHEAD_US));
    const due = queue.findIndex(({ ptsUs }) => ptsUs > nowUs);
    for (const { kind, ptsUs, type, data } of queue.splice(0, due === -1 ? queue.length : due)) {
      const times = { ptsUs: Math.max(0, ptsUs), dtsUs: Math.max(0, ptsUs), durationUs: 0 };
      const packet = { track: kind === 'video' ? 0 : 1, ...times, key: type === 'key', data };
      sending = sending.then(() => push.write(packet));
    }
  });
  await stage.untilStream(roomId, 'camera');
  const { recordingId } = await stage.client.recordings.start({ roomId });
  await stage.untilRecorded(recordingId, SECONDS);
  const recording = await stage.finish(recordingId);
  stop();
  await sending;
  await push.close();
  source.close();

  const [file] = recording.files;
  if (file === undefined) throw new Error('no file');
  const { analysis } = await stage.check(file, { video: 'required', audio: 'required', participantIndex: 5 });
  printFigures(`ffmpeg ${isDtlsClient ? 'active' : 'passive'}`, analysis);
  expect(analysis.faults, analysisText(analysis)).toEqual([]);
  expect(stage.accounts(recordingId).map(({ totals }) => totals.missingMs)).toEqual([0]);
}

/** As its users do who let it start again: in the active role it does not repeat a lost first flight. */
async function openPatiently(options: WhipPushOptions): Promise<WhipPush> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openWhipPush(options);
    } catch (error) {
      console.log(`attempt ${attempt}: ${String(error)}`);
      if (attempt === 4) throw error;
    }
  }
}

function ingest(page: Page, endpoint: string, token: string): Promise<void> {
  return page.evaluate(
    async ([url, authkey]) => {
      type Devices = { getUserMedia(wish: object): Promise<object> };
      type Client = { ingest(stream: object): Promise<void> };
      const scope = globalThis as unknown as {
        WHIPClient: new (options: object) => Client;
        navigator: { mediaDevices: Devices };
        client: Client;
      };
      const stream = await scope.navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      scope.client = new scope.WHIPClient({ endpoint: url, opts: { authkey, iceServers: [] } });
      await scope.client.ingest(stream);
    },
    [endpoint, token] as const,
  );
}

function printFigures(name: string, analysis: CheckedFile['analysis']): void {
  const { video, audio, durationMs } = analysis;
  console.log(
    `${name}: ${(durationMs / 1000).toFixed(2)} s, ${video?.codec} ${video?.sizes.join(' → ')}, ` +
      `${video?.counter.frames} pictures, ${audio?.codec} × ${audio?.channels}, offset ${offsetText(analysis)}`,
  );
}
