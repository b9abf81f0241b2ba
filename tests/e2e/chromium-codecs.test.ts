// Chromium publishes its own measuring signal in every codec it has; what is recorded is watched by the analyser,
// decoded by a foreign reader, and played by Chromium itself.
//
// The signal's own offset, before any encoder, is within 12 ms of 0 (tests/browser/flash-beep.test.ts).

import { type Analysis, analysisText, type Fault, type FaultCode, offsetText } from '@roomtape/testkit';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { readVideo, untilPlayed } from '../browser/picture.ts';
import { openRoomPage, statsOf, untilStreamOf } from './room-page.ts';
import { Stage } from './stage.ts';

const SECONDS = 6;
const OFFSET_MS_MAX = 20;
const SOURCE_OFFSET_MS_MAX = 12;
/** A page that gets no CPU draws its flashes late itself: then the test only proves that nothing is far off. */
const STARVED_MS_MAX = 100;

let stage: Stage;
let browser: TestBrowser;

beforeAll(async () => {
  stage = await Stage.open();
  browser = await launchBrowser();
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, 30_000);

describe('what Chromium publishes, four codecs at once,', { timeout: 90_000, concurrent: true }, () => {
  it.each([
    ['h264', 'mp4', 'h264', 'aac'],
    ['vp8', 'webm', 'vp8', 'opus'],
    ['vp9', 'mp4', 'vp9', 'aac'],
    ['av1', 'mp4', 'av1', 'aac'],
  ])('as %s is recorded whole, in step, and plays', async (codec, container, videoCodec, audioCodec) => {
    const roomId = `codec-${codec}`;
    const page = await openRoomPage(stage, browser, { roomId, name: 'Ada', source: 'flash-beep', codec });
    await untilStreamOf(stage, roomId, 'Ada');
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, SECONDS);
    const recording = await stage.finish(recordingId);
    const sent = (await statsOf(page)).find((stats) => stats.kind === 'video' && stats.type === 'outbound-rtp');
    await page.close();

    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    const { analysis } = await stage.check(file, {
      video: 'required',
      audio: 'required',
      offsetMsMax: OFFSET_MS_MAX + SOURCE_OFFSET_MS_MAX,
      // What a page on a busy machine draws late and its browser does not encode, nobody can record.
      missingFramesMax: SECONDS * 30,
      // Asked for a keyframe, a browser may encode the picture that it has once more.
      repeatedFramesMax: 2,
      cadenceMsMax: 34,
      endSkewMsMax: 300,
      driftMsPer10MinMax: Number.MAX_VALUE,
    });
    printFigures(codec, analysis, sent?.qualityLimitationReason);
    expect(unexplained(analysis), analysisText(analysis)).toEqual([]);
    expect([analysis.container, analysis.video?.codec, analysis.audio?.codec]).toEqual([
      container,
      videoCodec,
      audioCodec,
    ]);
    expect(Math.abs(medianOffset(analysis))).toBeLessThanOrEqual(isStarved(analysis) ? STARVED_MS_MAX : OFFSET_MS_MAX);
    expect(analysis.seconds.length).toBeGreaterThanOrEqual(SECONDS - 1);
    const [account] = stage.accounts(recordingId);
    expect([account?.totals.lostMs, account?.totals.gapMs]).toEqual([0, 0]);
    expect(account?.tracks.find((track) => track.mediaKind === 'audio')?.missingMs).toBe(0);

    const video = await playFile(file.url);
    await untilPlayed(video, 2);
    const shown = await readVideo(video);
    expect(shown.readyState).toBeGreaterThanOrEqual(2);
    expect(`${shown.width}`).toBe(analysis.video?.sizes.at(0)?.split('x')[0]);
    expect(Math.abs(shown.duration * 1000 - analysis.durationMs)).toBeLessThan(50);
  });
});

/** Whether the browser could not encode one picture in ten. */
function isStarved({ video }: Analysis): boolean {
  return (video?.counter.missing ?? 0) > (SECONDS * 30) / 10;
}

/** What a page that is short of CPU does to its picture before it is encoded; lost sound makes a beep shorter or longer. */
const STRAIN: readonly FaultCode[] = ['FLASH_MISSING', 'FLASH_LENGTH', 'CADENCE', 'OFFSET', 'BEEP_LENGTH'];

/** Faults, but for those of a picture that the browser itself could not keep up with. */
function unexplained({ faults, video }: Analysis): readonly Fault[] {
  const isStrained = (video?.counter.missing ?? 0) > 0;
  return isStrained ? faults.filter(({ code }) => !STRAIN.includes(code)) : faults;
}

/** Plays a file in a page of the server, as the console does: its policy lets no other page. */
async function playFile(url: string): Promise<Locator> {
  const page = await browser.openPage(`${stage.server.url}/#/recordings`);
  await page.evaluate((source) => {
    type Video = { src: string; id: string; muted: boolean; autoplay: boolean };
    type Page = { createElement(name: 'video'): Video; body: { append(child: Video): void } };
    const scope = globalThis as unknown as { document: Page };
    const video = scope.document.createElement('video');
    Object.assign(video, { id: 'played', muted: true, autoplay: true, src: source });
    scope.document.body.append(video);
  }, url);
  return page.locator('#played');
}

function medianOffset(analysis: Analysis): number {
  const offsets = analysis.seconds.flatMap(({ offsetMs }) => (offsetMs === undefined ? [] : [offsetMs]));
  return offsets.toSorted((a, b) => a - b)[Math.floor(offsets.length / 2)] ?? Number.NaN;
}

function printFigures(codec: string, analysis: Analysis, limitation: string | undefined): void {
  const { video, audio, seconds, missingSeconds } = analysis;
  const errors = (video?.decodeErrors ?? 0) + (audio?.decodeErrors ?? 0);
  console.log(
    `${codec}: ${(analysis.durationMs / 1000).toFixed(2)} s, ${seconds.length} seconds, ${missingSeconds} missing, ` +
      `offset median ${medianOffset(analysis).toFixed(1)} ms, mean ${offsetText(analysis)}, ` +
      `${video?.counter.frames} pictures, ${video?.counter.missing} not encoded, ${errors} decode errors, ` +
      `${video?.sizes.join(' → ')}, limited by ${limitation ?? 'nothing'}`,
  );
}
