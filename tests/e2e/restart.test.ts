// SIGKILL of each process and of all at a point chosen at random (`npm run bench kill` has 50 of each): what was on the
// tape is in the file, the file could be read as it lay, the recording goes on and finishes with no command from anybody.

import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Recording } from '@roomtape/api';
import { type UnixUs, usToMsFloor } from '@roomtape/media';
import { analyseFile, analysisText, type SpanExpectation, type WhipClient } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/chromium.ts';
import { openRoomPage, untilStreamOf } from './room-page.ts';
import { complaintsOf, entriesOf, Stage } from './stage.ts';

/** What a file may not show yet (ROOMTAPE_FRAGMENT_MS), and a picture. */
const UNSHOWN_MS_MAX = 500 + 40;
/** What the server promises (ROOMTAPE_TAPE_FLUSH_MS), and how late a timer may be on a busy machine. */
const LOSS_MS_MAX = 250 + 250;
const WAIT = { timeout: 40_000, interval: 100 };
type Victim = 'media-0' | 'worker-0' | 'control' | 'all';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.close(), 30_000);

describe('after SIGKILL', { timeout: 120_000 }, () => {
  it.each<Victim>(['media-0', 'worker-0', 'control', 'all'])('of %s nothing that was taped is lost', async (victim) => {
    const roomId = `kill-${victim}`;
    const ada = await stage.publish({ roomId, userId: 'ada' });
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 2 + (stage.ids.uint32() % 1000) / 1000);
    const lossMs = await killOnce(victim, recordingId, ada);
    const last = (await stage.client.recordings.get(recordingId)).files[0]?.durationMs ?? 0;
    await stage.untilRecorded(recordingId, last / 1000 + 2);
    const recording = await stage.finish(recordingId);
    await ada.close();

    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    const { analysis } = await stage.check(file, { ...lenient(), spans: brokenSpans(recordingId) });
    const reasons = stage.gapReasons(recordingId);
    const strips = stage.accounts(recordingId).flatMap(({ tracks }) => tracks.map((track) => track.seconds));
    console.log(
      `${victim}: taped to ${lossMs.toFixed(0)} ms before the kill, ` +
        `${recording.files.length} file of ${(analysis.durationMs / 1000).toFixed(1)} s, ` +
        `${analysis.video?.counter.missing} pictures missing, gaps ${reasons.join(' ')}; ${strips.join(' ')}`,
    );
    expect(recording.files.length).toBe(1);
    expect(analysis.faults, analysisText(analysis)).toEqual([]);
    expect(lossMs).toBeLessThanOrEqual(LOSS_MS_MAX);
    expect(stage.accounts(recordingId).map(({ totals }) => totals.missingMs)).toEqual([0]);
    if (victim === 'worker-0') expect(reasons).toEqual([]);
  });

  it('of all, a recording that was being stopped finishes by itself', async () => {
    const roomId = 'kill-stopped';
    const ada = await stage.publish({ roomId, userId: 'ada' });
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 2);

    await stage.client.recordings.stop(recordingId);
    await stage.server.kill('all');
    ada.drop();
    await stage.server.start();

    const recording = await stage.untilFinished(recordingId);
    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    await stage.expectGood(file);
    expect(file.durationMs).toBeGreaterThanOrEqual(2000);
  });

  it('of all, the page comes back by itself and its recording goes on in the same file', async () => {
    const roomId = 'kill-page';
    const browser = await launchBrowser();
    const page = await openRoomPage(stage, browser, { roomId, name: 'Ada', source: 'flash-beep' });
    const streamId = await untilStreamOf(stage, roomId, 'Ada');
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 2);

    await stage.server.kill('all');
    const killedAt = stage.clock.now();
    await stage.server.start();
    await stage.untilStream(roomId, streamId);
    console.log(`the page was back ${usToMsFloor(stage.clock.now() - killedAt)} ms after the kill`);
    const before = (await stage.client.recordings.get(recordingId)).files[0]?.durationMs ?? 0;
    await stage.untilRecorded(recordingId, before / 1000 + 3);
    const recording = await stage.finish(recordingId);
    await page.close();
    await browser.close();

    expect(recording.files.length).toBe(1);
    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    const { analysis } = await stage.check(file);
    expect([analysis.video?.decodeErrors, analysis.audio?.decodeErrors]).toEqual([0, 0]);
    expect(stage.gapReasons(recordingId)).toContain('process-restart');
  });
});

/** Kills, looks at the file as it lies, brings everything back; returns how long before the kill the tape ends, ms. */
async function killOnce(victim: Victim, recordingId: string, publisher: WhipClient): Promise<number> {
  const recording = await stage.client.recordings.get(recordingId);
  const pid = (await stage.server.children()).find(({ name }) => name === victim)?.pid;
  const killedAt = stage.clock.now();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  else await stage.server.kill(victim === 'all' ? 'all' : 'control');
  await expectReadable(recording);
  const lossMs = victim === 'worker-0' ? 0 : usToMsFloor(killedAt - lastTapedBefore(recordingId, killedAt));
  if (pid === undefined) await stage.server.start();
  else await expect.poll(async () => (await stage.client.health()).status, WAIT).toBe('ok');
  if (victim !== 'worker-0') await comeBack(publisher);
  return lossMs;
}

async function expectReadable(recording: Recording): Promise<void> {
  const { recordingId, files } = recording;
  for (const { name, durationMs } of files) {
    const path = join(stage.server.dataDirectory, 'recordings', recordingId, 'files', name);
    if (!existsSync(path)) continue;
    const copy = `${path}.as-it-lay.mp4`;
    copyFileSync(path, copy);
    expect(await complaintsOf(copy)).toBe('');
    const analysis = analyseFile(copy, lenient());
    expect(analysis.durationMs, 'what was told is in the file').toBeGreaterThanOrEqual(durationMs - UNSHOWN_MS_MAX);
  }
}

/** As a client does that sees its connection gone. */
async function comeBack(publisher: WhipClient): Promise<void> {
  publisher.drop();
  const connect = (): Promise<string> =>
    publisher.connect().then(
      () => 'connected',
      (error: unknown) => String(error),
    );
  await expect.poll(connect, WAIT).toBe('connected');
}

function lastTapedBefore(recordingId: string, at: UnixUs): number {
  let last = 0;
  for (const entry of stage.tapes(recordingId).flatMap((directory) => [...entriesOf(directory)])) {
    if (entry.kind === 'frame' && entry.arrivedAt <= at) last = Math.max(last, entry.arrivedAt);
  }
  return last;
}

/** Beats that a broken connection may have cost, whole or in part. */
function brokenSpans(recordingId: string): SpanExpectation[] {
  return stage.gaps(recordingId).map(({ fromS, toS }) => {
    return { fromS: fromS - 1.2, toS: toS + 1.2, flash: 'optional', beep: 'optional' };
  });
}

/** Where connections broke, time is placed by arrival and beats may be incomplete; elsewhere everything counts. */
function lenient(): Parameters<typeof analyseFile>[1] {
  return {
    ...{ cutsMax: 4, cadenceMsMax: 400, missingFramesMax: 900, repeatedFramesMax: 4, endSkewMsMax: 600 },
    // A beep that a break cut off may measure as another participant's tone.
    ...{ participantIndex: 0, otherBeeps: 'optional' },
  };
}
