// Chromium publishes its own measuring signal in every codec it has; what is recorded is watched by the analyser,
// decoded by a foreign reader, and played by Chromium itself.
//
// The signal's own offset, before any encoder, is within 12 ms of 0 (tests/browser/flash-beep.test.ts); a
// single second may add 7 ms of waiting for a tick of the page.

import { type Analysis, analysisText, type Fault, offsetText } from '@roomtape/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { readVideo, untilPlayed } from '../browser/picture.ts';
import { openRoomPage, statsOf, untilStreamOf } from './room-page.ts';
import { Stage } from './stage.ts';

const SECONDS = 8;
const OFFSET_MS_MAX = 20;
const SOURCE_OFFSET_MS_MAX = 12;

let stage: Stage;
let browser: TestBrowser;

beforeAll(async () => {
  stage = await Stage.open();
  browser = await launchBrowser();
}, 90_000);

afterEach(() => browser.closePages());

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, 30_000);

describe('what Chromium publishes', { timeout: 90_000 }, () => {
  it.each([
    ['h264', 'mp4', 'h264', 'aac'],
    ['vp8', 'webm', 'vp8', 'opus'],
    ['vp9', 'mp4', 'vp9', 'aac'],
    ['av1', 'mp4', 'av1', 'aac'],
  ])('as %s is recorded whole, in step, and plays', async (codec, container, video, audio) => {
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
      cadenceMsMax: 200,
      endSkewMsMax: 300,
      driftMsPer10MinMax: Number.MAX_VALUE,
    });
    printFigures(codec, analysis, sent?.qualityLimitationReason);
    expect(unexplained(analysis), analysisText(analysis)).toEqual([]);
    expect([analysis.container, analysis.video?.codec, analysis.audio?.codec]).toEqual([container, video, audio]);
    expect(Math.abs(medianOffset(analysis))).toBeLessThanOrEqual(OFFSET_MS_MAX);
    expect(analysis.seconds.length).toBeGreaterThanOrEqual(SECONDS - 1);
    const [account] = stage.accounts(recordingId);
    expect([account?.totals.lostMs, account?.totals.gapMs]).toEqual([0, 0]);
    expect(account?.tracks.find((track) => track.mediaKind === 'audio')?.missingMs).toBe(0);

    const player = await browser.openPage('about:blank');
    await player.setContent(`<video src="${stage.server.url}${file.url}" autoplay muted></video>`);
    await untilPlayed(player.locator('video'), 2);
    const shown = await readVideo(player.locator('video'));
    expect(shown.readyState).toBeGreaterThanOrEqual(2);
    expect(`${shown.width}`).toBe(analysis.video?.sizes.at(0)?.split('x')[0]);
    expect(Math.abs(shown.duration * 1000 - analysis.durationMs)).toBeLessThan(50);
  });
});

/** Faults, but for flashes whose three pictures the browser did not encode. */
function unexplained({ faults, video }: Analysis): readonly Fault[] {
  const flashes = faults.filter(({ code }) => code === 'FLASH_MISSING').length;
  const isExplained = flashes * 3 <= (video?.counter.missing ?? 0);
  return isExplained ? faults.filter(({ code }) => code !== 'FLASH_MISSING') : faults;
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
