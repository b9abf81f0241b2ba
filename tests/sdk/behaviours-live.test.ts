// The rows of `behaviours.test.ts` that need a room: recording while one is live, a short clip of it, a publication
// that stops in the middle, and a logout that nobody prepared.

import { createClient } from '@roomtape/sdk-server';
import { analyseFile, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceTruth } from '../../bench/local/film-measure.ts';
import type { MeasuredBrowser } from '../../bench/local/measured-browser.ts';
import { type LocalStage, openLocalStage } from '../../bench/local/stage.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { SCENE } from './behaviour-pages.ts';
import { isStarved, judgedFaults } from './judged-faults.ts';

const ROOM = 'behaviours';
/** A machine busy with other tests may leave out some; a stutter leaves out many in one place. */
const PICTURES_MISSING_MAX = 30;
const STUTTER_MS = 400;

type LiveOutcome = {
  readonly truth: SourceTruth;
  readonly clip: readonly string[];
  /** States of the second recording before anybody called stop for it. */
  readonly beforeStop: readonly string[];
  readonly live: readonly string[];
  readonly recordedMs: number;
  readonly stoppedPublishingAfterMs: number;
  readonly isStillPreviewed: boolean;
};

let server: ServerProcess;
let stage: LocalStage;
let browser: MeasuredBrowser;
let outcome: LiveOutcome;

beforeAll(async () => {
  [server, stage] = await Promise.all([startServerProcess(), openLocalStage()]);
  browser = await stage.launch();
  const client = createClient({ server: server.url, apiKey: server.apiKey });
  const { token } = await client.rooms.createToken(ROOM, { userId: 'ada' });
  const { run } = await stage.openPage(browser);
  const argument = { url: stage.receiver.url, server: server.url, room: ROOM, token };
  outcome = await run<LiveOutcome>(SCENE.replace(`'http://127.0.0.1:9'`, 'argument.server') + LIVE, argument);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
  await server?.stop();
}, 30_000);

describe('local recording while live', () => {
  it('1 a short clip in the middle of a publication is a whole film', () => {
    const { faults, durationMs } = judge('clip.mp4');

    expect(faults).toEqual([]);
    expect(durationMs).toBeGreaterThan(1_500);
    expect(outcome.clip).toEqual(['recording', 'success']);
  });

  it('4 logoutRoom stops the recording and finishes it; its file waits for the page', () => {
    expect(outcome.beforeStop).toEqual(['recording', 'success']);
    expect(outcome.live).toEqual(['recording', 'success']);
    expect(Math.abs(judge('live.mp4').durationMs - outcome.recordedMs)).toBeLessThan(300);
    expect(outcome.isStillPreviewed).toBe(true);
  });

  it('8 stopPublishingStream changes nothing in the file: no stutter, no end', () => {
    const { faults, durationMs } = judge('live.mp4');
    const frames = readRecording(stage.receiver.pathOf('live.mp4')).video?.frames ?? [];
    const gaps = frames.slice(1).map((frame, index) => (frame.ptsUs - (frames[index]?.ptsUs ?? 0)) / 1000);

    expect(faults).toEqual([]);
    expect(durationMs).toBeGreaterThan(outcome.stoppedPublishingAfterMs + 1_000);
    if (!isStarved(outcome.truth)) expect(Math.max(...gaps)).toBeLessThan(STUTTER_MS);
  });
});

function judge(name: string): { faults: unknown[]; durationMs: number } {
  const analysis = analyseFile(stage.receiver.pathOf(name), {
    ...{ video: 'required', audio: 'required', participantIndex: 0 },
    ...{ missingFramesMax: PICTURES_MISSING_MAX, cadenceMsMax: 40, offsetMsMax: 30 },
  });
  return { faults: judgedFaults(analysis, outcome.truth), durationMs: analysis.durationMs };
}

const LIVE = `
  const { room, token } = argument;
  const source = await openSource({ width: 640, height: 360 });
  await engine.loginRoom(room, { token, userId: 'ada', userName: 'Ada' });
  await preview(source.stream);
  await engine.startPublishingStream('ada-main');
  await send('clip.mp4', await recordFor(2000, { filePath: 'clip.mp4' }));
  await engine.startRecordingCapturedData({ filePath: 'live.mp4' });
  const startedAtMs = told.at(-1).atMs;
  await pause(1500);
  const stoppedPublishingAfterMs = performance.now() - startedAtMs;
  await engine.stopPublishingStream();
  await pause(2500);
  const recordedMs = performance.now() - startedAtMs;
  await engine.logoutRoom();
  const beforeStop = statesOf('live.mp4');
  const video = (await preview(source.stream)).getVideoTracks()[0];
  await send('live.mp4', await engine.stopRecordingCapturedData());
  const isStillPreviewed = video.readyState === 'live';
  const truth = await source.truth();
  await source.close();
  return { truth, clip: statesOf('clip.mp4'), live: statesOf('live.mp4'), beforeStop, recordedMs, stoppedPublishingAfterMs, isStillPreviewed };
`;
