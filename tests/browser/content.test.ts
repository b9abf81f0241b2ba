// A real browser publishes the measuring signal; what the server recorded is decoded and judged second by second.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@roomtape/sdk-server';
import { type Analysis, analyseFile, type Expectation, offsetText } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { until } from '../until.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';

const RECORDED_MS = 6_000;
const TEST_TIMEOUT_MS = 60_000;
/** Bound of the middle second of a file. What browsers report, and what is made of it, is measured in the ADR of 2026-11-22. */
const MEDIAN_OFFSET_MS_MAX = 20;
/** Single seconds: a busy browser shows the flash or plays the beep itself too late. */
const OFFSET_MS_MAX = 80;
/**
 * A browser on a busy machine skips and doubles pictures and shows them when it gets round to it: that is the source,
 * not the recording. Every second must be there, in order and decodable.
 */
const BROWSER_SOURCE: Partial<Expectation> = {
  video: 'required',
  audio: 'required',
  spans: [{ fromS: RECORDED_MS / 1000, toS: 3600, flash: 'optional', beep: 'optional' }],
  offsetMsMax: OFFSET_MS_MAX,
  missingFramesMax: 90,
  repeatedFramesMax: 30,
  cadenceMsMax: 250,
  driftMsPer10MinMax: Number.POSITIVE_INFINITY,
  // Pictures a busy encoder holds back come a little short of the sound.
  endSkewMsMax: 150,
};

/** Older browsers cannot be asked for capture times. */
const WITHOUT_CAPTURE_TIMES = 'delete RTCRtpTransceiver.prototype.setHeaderExtensionsToNegotiate';

let server: ServerProcess;
let browser: TestBrowser;
let folder: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(), launchBrowser()]);
  folder = await mkdtemp(join(tmpdir(), 'roomtape-content-'));
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('recording of a browser', { timeout: TEST_TIMEOUT_MS, concurrent: true }, () => {
  // With capture times all codecs are watched in tests/e2e/chromium-codecs.test.ts.
  it.each(['h264', 'vp8'])('keeps %s in sync where only sender reports tell the time', async (codec) => {
    const analysis = await recordSignal(codec);

    // How long a flash is shown is up to the browser.
    expect(analysis.faults.filter(({ code }) => code !== 'FLASH_LENGTH')).toEqual([]);
    expect(Math.abs(medianOffsetMs(analysis))).toBeLessThanOrEqual(MEDIAN_OFFSET_MS_MAX);
  });
});

async function recordSignal(codec: string): Promise<Analysis> {
  const client = createClient({ server: server.url, apiKey: server.apiKey });
  const roomId = `content-${codec}`;
  const page = await browser.openPage(
    `${server.url}/#/room/${roomId}?name=Ada&auto=1&source=flash-beep&codec=${codec}`,
    WITHOUT_CAPTURE_TIMES,
  );
  // The tile names the codec once media flows.
  await page.locator('.tile-quality').waitFor();
  const { recordingId } = await client.recordings.start({ roomId });
  const read = () => client.recordings.get(recordingId);
  await until('enough is recorded', async () => ((await read()).files[0]?.durationMs ?? 0) > RECORDED_MS);
  await client.recordings.stop(recordingId);
  await page.close();
  await until('the recording is finished', async () => (await read()).state === 'finished');
  const [file] = (await read()).files;
  expect(file).toBeDefined();
  const path = join(folder, `${codec}-${file?.name}`);
  await writeFile(path, await (await client.files.download(file?.fileId ?? '')).bytes());
  const analysis = analyseFile(path, BROWSER_SOURCE);
  const { startMs: pictureAtMs = 0, durationMs: pictureMs = 0 } = analysis.video ?? {};
  const { startMs: soundAtMs = 0, durationMs: soundMs = 0 } = analysis.audio ?? {};
  const skewMs = pictureAtMs + pictureMs - soundAtMs - soundMs;
  console.log(
    `${roomId}: offset median ${medianOffsetMs(analysis).toFixed(1)} ms, ${offsetText(analysis)}; picture from ` +
      `${pictureAtMs.toFixed(0)} ms, sound from ${soundAtMs.toFixed(0)} ms, ends ${skewMs.toFixed(0)} ms apart, file ` +
      `${analysis.durationMs.toFixed(0)} ms`,
  );
  return analysis;
}

function medianOffsetMs(analysis: Analysis): number {
  const offsets = analysis.seconds.flatMap((second) => second.offsetMs ?? []).sort((a, b) => a - b);
  return offsets[Math.floor(offsets.length / 2)] ?? Number.NaN;
}
