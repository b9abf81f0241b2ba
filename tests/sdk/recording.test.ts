// What happens to a local recording while it runs: tracks that change, come late, stand still or never come, storage
// that fills up. All but the last play at the same time in one page.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beepHzOf, type RecordingFacts, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureFilm, type SourceTruth } from '../../bench/local/film-measure.ts';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { openPartSite, type PartSite } from './part-site.ts';
import { openRecorderPage, type RecorderOutcome } from './recorder-page.ts';
import * as scenes from './recorder-scenes.ts';

/** A busy machine is late with whole pictures; sound and picture stay together. */
const OFFSET_MS_MAX = 25;
const DURATION_ERROR_MS_MAX = 60;
const BROWSER_RECORDER_ERROR_MS_MAX = 250;

let site: PartSite;
let browser: TestBrowser;
let folder: string;
const outcomes = new Map<string, scenes.SceneOutcome>();

beforeAll(async () => {
  [site, browser] = await Promise.all([openPartSite('recording'), launchBrowser()]);
  folder = await mkdtemp(join(tmpdir(), 'roomtape-recording-'));
  const { page, run } = await openRecorderPage(site, browser);
  const play = async (name: string, body: string): Promise<void> => {
    outcomes.set(name, await run<scenes.SceneOutcome>(body));
  };
  const bare = await openRecorderPage(site, browser, scenes.WITHOUT_ENCODER);
  await Promise.all([
    ...Object.entries(scenes.TOGETHER).map(([name, body]) => play(name, body)),
    bare.run<scenes.SceneOutcome>(scenes.FALLBACK).then((outcome) => outcomes.set('fallback', outcome)),
  ]);
  const session = await page.context().newCDPSession(page);
  const usedBytes = await run<number>('return (await navigator.storage.estimate()).usage');
  const quotaSize = usedBytes + scenes.FREE_BYTES;
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize });
  await play('full', scenes.FULL);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

function outcomeOf(name: string): scenes.SceneOutcome {
  const outcome = outcomes.get(name);
  if (outcome === undefined) throw new Error(`${name} did not play`);
  return outcome;
}

async function filmOf(name: string, suffix = 'mp4'): Promise<RecordingFacts> {
  const path = join(folder, `${name}.${suffix}`);
  await writeFile(path, Buffer.from(outcomeOf(name).film, 'base64'));
  return readRecording(path);
}

const statesOf = ({ told }: RecorderOutcome): string[] =>
  told.map(({ state, code }) => `${state} ${code ?? ''}`.trim());

/** The part of a film that shows one source, compared with what that source knows. */
function offsetMsOf(facts: RecordingFacts, truth: SourceTruth, participantIndex: number): number {
  const { video, audio } = facts;
  if (video === undefined || audio === undefined) throw new Error('Both tracks are needed');
  const frames = video.frames.filter((frame) => frame.participantIndex === participantIndex);
  const beeps = audio.beeps.filter(({ frequencyHz }) => Math.abs(frequencyHz - beepHzOf(participantIndex)) < 50);
  const part = { ...facts, video: { ...video, frames }, audio: { ...audio, beeps } };
  return measureFilm(part, truth, { startedAtMs: 0, stoppedAtMs: 0 }).offsetMs;
}

describe('a recording whose tracks change', () => {
  it('goes on with other tracks in their place, in step before and after', async () => {
    const { truths = [], ...outcome } = outcomeOf('replaced');
    const facts = await filmOf('replaced');

    expect(statesOf(outcome)).toEqual(['recording', 'success']);
    for (const [index, truth] of truths.entries()) {
      expect(Math.abs(offsetMsOf(facts, truth, index))).toBeLessThan(OFFSET_MS_MAX);
    }
    const shown = facts.video?.frames.map(({ participantIndex }) => participantIndex) ?? [];
    expect(shown.filter((index, i) => index !== shown[i - 1])).toEqual([0, 1]);
    expect(facts.audio?.holes).toEqual([]);
  });

  it('is silent until sound comes, then in step with the picture', async () => {
    const { truths = [], recordedMs, silentMs = 0 } = outcomeOf('later');
    const facts = await filmOf('later', 'flv');

    expect(facts.audio?.span.fromUs).toBeLessThan(60_000);
    expect(facts.audio?.beeps[0]?.startUs).toBeGreaterThan((silentMs - 100) * 1000);
    expect(Math.abs(offsetMsOf(facts, truths[0] as SourceTruth, 0))).toBeLessThan(OFFSET_MS_MAX);
    expect(Math.abs(facts.durationUs / 1000 - recordedMs)).toBeLessThan(DURATION_ERROR_MS_MAX);
  });

  it('says which track ended when nothing takes its place, and does not when something does', () => {
    expect(outcomeOf('ended').told.filter(({ code }) => code !== undefined)).toEqual([
      { state: 'recording', code: 'RECORD_TRACK_ENDED', track: 'audio' },
    ]);
  });
});

describe('a recording of a picture that stands still', () => {
  it('has as many pictures as keyframes, and the length it was recorded for', async () => {
    const { recordedMs } = outcomeOf('still');
    const { video, durationUs } = await filmOf('still');

    expect(Math.abs(durationUs / 1000 - recordedMs)).toBeLessThan(DURATION_ERROR_MS_MAX);
    expect(video?.frames.length).toBeGreaterThanOrEqual(recordedMs / 1000);
    expect(video).toMatchObject({ width: 640, height: 360, decodeErrorCount: 0 });
  });

  it('is black where none ever came, and starts all the same', async () => {
    const { recordedMs, startedAfterMs = 0 } = outcomeOf('never');
    const { video, audio, durationUs } = await filmOf('never');

    expect(startedAfterMs).toBeGreaterThan(1000);
    expect(video).toMatchObject({ width: 320, height: 240 });
    expect(audio?.sampleRate).toBe(48_000);
    expect(Math.abs(durationUs / 1000 - recordedMs)).toBeLessThan(DURATION_ERROR_MS_MAX);
  });
});

describe('a recording where pictures cannot be encoded', () => {
  it('is made by the browser itself, with its true length and all of both tracks', async () => {
    const { notes, recordedMs, ...outcome } = outcomeOf('fallback');
    const { video, audio, durationUs } = await filmOf('fallback');

    expect(statesOf(outcome)).toEqual(['recording', 'paused', 'recording', 'success']);
    expect(notes?.support).toMatchObject({ mp4: true, flv: false, aac: false, path: 'media-recorder' });
    // That recorder closes a pause up by pictures and by packets of sound.
    expect(Math.abs(durationUs / 1000 - recordedMs)).toBeLessThan(BROWSER_RECORDER_ERROR_MS_MAX);
    expect(Math.abs(Number(notes?.shownMs) - recordedMs)).toBeLessThan(BROWSER_RECORDER_ERROR_MS_MAX);
    expect(outcome.progress.at(-1)?.currentFileBytes).toBeGreaterThan(10_000);
    expect(video).toMatchObject({ codec: 'h264', width: 640, height: 360, decodeErrorCount: 0 });
    expect(audio?.beeps.length).toBeGreaterThanOrEqual(2);
  });

  it('says that it cannot follow another track, once, and that it is H.264; the file is there all the same', () => {
    expect(outcomeOf('fallback').notes?.replaced).toEqual({
      told: [
        { state: 'recording', code: 'RECORD_CODEC_FALLBACK' },
        { state: 'recording', code: 'RECORD_TRACK_NOT_FOLLOWED', track: 'video' },
        { state: 'success' },
      ],
      size: expect.any(Number),
    });
  });

  it('is refused for containers the browser does not write', () => {
    expect(outcomeOf('fallback').notes?.flv).toBe('NOT_SUPPORTED');
  });
});

describe('a recording that is asked for impossible things', () => {
  it('gives the same file however often and however early it is stopped', () => {
    expect(outcomeOf('hasty').notes).toEqual({
      stoppedBefore: 'RECORD_NOT_RUNNING',
      startedTwice: 'RECORD_ALREADY_RUNNING',
      isSameFile: true,
      startedAfter: 'RECORD_ALREADY_RUNNING',
      badConfig: 'INVALID_ARGUMENT',
      badConfigStop: 'INVALID_ARGUMENT',
    });
    expect(statesOf(outcomeOf('hasty'))).toEqual(['recording', 'success']);
  });

  it('says at once that the storage is full, and gives the film up to then', async () => {
    const { notes, ...outcome } = outcomeOf('full');
    const { video, audio, durationUs } = await filmOf('full');

    expect(statesOf(outcome)).toEqual(['recording', 'no-record RECORD_STORAGE_FULL']);
    expect(notes?.toldBeforeStop).toBe(true);
    expect(durationUs).toBeGreaterThan(200_000);
    expect(video?.decodeErrorCount).toBe(0);
    expect(audio?.decodeErrorCount).toBe(0);
  });
});
