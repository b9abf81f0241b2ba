// What a real browser's films are like after ten minutes, in every codec it has: Chromium publishes the measuring
// signal of the console's page four times at once, the server records, the analyser watches each whole film.

import { join } from 'node:path';
import { type Analysis, analyseFile, type Fault } from '@roomtape/testkit';
import type { Page } from 'playwright-core';
import { launchBrowser, type TestBrowser } from '../tests/browser/chromium.ts';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from './benchmark.ts';
import { type Standstill, type Testimony, testify, WITNESS_SCRIPT } from './browser-witness.ts';
import { untilOver } from './capture/capture-step.ts';
import { quantile, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const driftBrowserBenchmark: Benchmark = {
  name: 'drift-browser',
  summary: 'ten minutes of Chromium in H.264, VP8, VP9 and AV1: faults, drift and offsets of each film',
  isSlow: true,
  run,
};

const CODECS = ['h264', 'vp8', 'vp9', 'av1'] as const;
type Codec = (typeof CODECS)[number];
const SECONDS = 600;
const SECONDS_QUICK = 20;
const MEDIA_WAIT_MS = 30_000;
/** Four pages that begin are a crowd; what is measured is what comes after. */
const WARM_UP_MS = 10_000;
const DRIFT_GOAL_MS = 5;
const OFFSET_GOAL_MS = 20;
/**
 * What the browser does to the signal, and no recorder can mend: pictures that were due and that it says it did not
 * encode are allowed to be missing (the page leaves late ones out, VP8 and VP9 drop some where a flash costs too many
 * bits), and asked for a keyframe it may encode the picture it has once more.
 */
const SOURCE_ALLOWANCE = { repeatedFramesMax: 2, cadenceMsMax: 12, endSkewMsMax: 300 };
/** Pictures between two readings of the browser's counters, which are not taken at one moment. */
const COUNTER_DOUBT = 3;
/**
 * Seconds after the browser itself stood still are judged apart: how far they are off is how long it stood still, until
 * its own signal and the recorder have found the new place. Half a second is what the page's word is exact to.
 */
const STANDSTILL_MS = { before: 1_000, after: 3_000 };
/** More than one second in twenty-five of them, and the run proves nothing. */
const STANDSTILLS_GOAL = 0.04;
const NOTHING_SAID: Testified = { notEncoded: 0, standstills: [] };
type Publisher = { readonly codec: Codec; readonly roomId: string; readonly page: Page };
type Film = Publisher & { readonly recordingId: string; readonly before: Testimony };
/** What its browser says of a film: pictures that were due and not encoded; when its sound stood still, film ms. */
type Testified = { readonly notEncoded: number; readonly standstills: readonly Standstill[] };
type Watched = Testified & { readonly analysis: Analysis };

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.minutes !== undefined ? call.minutes * 60 : call.isQuick ? SECONDS_QUICK : SECONDS;
  const server = await BenchServer.start();
  const browser = await launchBrowser();
  try {
    const publishers: Publisher[] = [];
    for (const codec of CODECS) publishers.push(await openPublisher(server, browser, codec));
    await sleep(WARM_UP_MS);
    const films: Film[] = [];
    for (const publisher of publishers) {
      const { recordingId } = await server.client.recordings.start({ roomId: publisher.roomId });
      films.push({ ...publisher, recordingId, before: await testify(publisher.page) });
    }
    say(`Chromium publishes ${CODECS.join(', ')} and Opus at once for ${seconds} s`);
    await sleep(seconds * 1_000);
    const testified: Testified[] = [];
    for (const { recordingId, page, before } of films) {
      await server.client.recordings.stop(recordingId);
      testified.push(between(before, await testify(page)));
    }
    await browser.closePages();
    const watched: Watched[] = [];
    for (const [i, film] of films.entries()) watched.push(await watch(server, film, testified[i] ?? NOTHING_SAID));
    return report(call, watched);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function openPublisher(server: BenchServer, browser: TestBrowser, codec: Codec): Promise<Publisher> {
  const roomId = `drift-${codec}`;
  const wishes = new URLSearchParams({ name: 'Ada', auto: '1', source: 'flash-beep', codec });
  const page = await browser.openPage(`${server.url}/#/room/${roomId}?${wishes}`, WITNESS_SCRIPT);
  // The tile names the codec once media flows.
  await page.locator('.tile-quality').waitFor({ timeout: MEDIA_WAIT_MS });
  return { codec, roomId, page };
}

function between(before: Testimony, after: Testimony): Testified {
  const notEncoded = after.due - before.due - (after.encoded - before.encoded);
  const inFilm = after.standstills.map(({ atMs, lengthMs }) => ({ atMs: atMs - before.atMs, lengthMs }));
  return { notEncoded, standstills: inFilm.filter(({ atMs }) => atMs > -STANDSTILL_MS.after) };
}

async function watch(server: BenchServer, film: Film, testified: Testified): Promise<Watched> {
  const { codec, recordingId } = film;
  await untilOver(server, recordingId);
  const [file] = (await server.client.recordings.get(recordingId)).files;
  if (file === undefined) throw new Error(`no file of ${codec}`);
  const path = join(server.dataDirectory, 'recordings', recordingId, 'files', file.name);
  const expectation = { video: 'required', audio: 'required', offsetMsMax: OFFSET_GOAL_MS } as const;
  const missing = { missingFramesMax: testified.notEncoded + COUNTER_DOUBT };
  const allowed = { ...expectation, ...SOURCE_ALLOWANCE, ...missing, durationMs: file.durationMs };
  return { analysis: await analyseFile(path, allowed), ...testified };
}

/** Whether the browser had just stood still: its own signal is out of step until it has found its place again. */
function isAtStandstill(atMs: number, { standstills }: Testified): boolean {
  return standstills.some((one) => atMs > one.atMs - STANDSTILL_MS.before && atMs < one.atMs + STANDSTILL_MS.after);
}

function figuresOf(codec: Codec, watched: Watched) {
  const { analysis, notEncoded, standstills } = watched;
  const measured = analysis.seconds.flatMap(({ atMs, offsetMs }) =>
    offsetMs === undefined ? [] : [{ atMs, offsetMs }],
  );
  const offsets = measured.map(({ offsetMs }) => offsetMs);
  const atStandstills = measured.filter(({ atMs }) => isAtStandstill(atMs, watched));
  const steady = measured.filter((second) => !atStandstills.includes(second));
  const isExplained = ({ code, atMs }: Fault): boolean =>
    (code === 'OFFSET' || code === 'CADENCE') && atMs !== undefined && isAtStandstill(atMs, watched);
  return {
    codec: analysis.video?.codec ?? codec,
    seconds: analysis.seconds.length,
    missingSeconds: analysis.missingSeconds,
    driftMsPer10Min: rounded(analysis.offset?.driftMsPer10Min ?? Number.NaN, 2),
    driftErrorMsPer10Min: rounded(analysis.offset?.driftErrorMsPer10Min ?? Number.NaN, 2),
    offsetMs: {
      p50: rounded(quantile(offsets, 0.5), 2),
      p99: rounded(quantile(offsets.map(Math.abs), 0.99), 2),
      max: worstOf(steady),
    },
    /** Of every second, ms: where a run has a hill. */
    offsets: measured.map(({ offsetMs }) => Math.round(offsetMs)).join(' '),
    standstills: standstills.map(({ atMs, lengthMs }) => ({ atS: rounded(atMs / 1000, 1), ms: rounded(lengthMs, 1) })),
    atStandstills: { seconds: atStandstills.length, maxMs: worstOf(atStandstills) },
    missingPictures: analysis.video?.counter.missing ?? 0,
    notEncoded,
    decodeErrors: (analysis.video?.decodeErrors ?? 0) + (analysis.audio?.decodeErrors ?? 0),
    faults: analysis.faults.filter((fault) => !isExplained(fault)).map(({ code, message }) => `${code}: ${message}`),
  };
}

function worstOf(seconds: readonly { readonly offsetMs: number }[]): number {
  return rounded(Math.max(0, ...seconds.map(({ offsetMs }) => Math.abs(offsetMs))), 2);
}

function report(call: BenchmarkCall, watched: readonly Watched[]): boolean {
  const figures = CODECS.flatMap((codec, index) => {
    const film = watched[index];
    return film === undefined ? [] : [figuresOf(codec, film)];
  });
  printTable(
    [
      'codec',
      'seconds',
      'missing',
      'drift ms/10 min',
      'offset median',
      'p99',
      'max',
      'pictures missing',
      'not encoded',
      'seconds at a standstill',
      'worst there',
      'faults',
    ],
    figures.map(({ codec, seconds, missingSeconds, driftMsPer10Min, offsetMs, atStandstills, ...rest }) => [
      ...[codec, seconds, missingSeconds, driftMsPer10Min, offsetMs.p50, offsetMs.p99, offsetMs.max],
      ...[rest.missingPictures, rest.notEncoded, atStandstills.seconds, atStandstills.maxMs, rest.faults.length],
    ]),
  );
  for (const { codec, standstills } of figures)
    for (const { atS, ms } of standstills) say(`${codec}: the browser's sound stood still for ${ms} ms at ${atS} s`);
  for (const { codec, faults } of figures) for (const fault of faults.slice(0, 10)) say(`${codec}: ${fault}`);
  const goals: Goal[] = figures.flatMap(({ codec, seconds, driftMsPer10Min, offsetMs, atStandstills, faults }) => [
    {
      text: `${codec}: ${atStandstills.seconds} seconds at a standstill of the browser (goal at most 4 %)`,
      isMet: atStandstills.seconds <= seconds * STANDSTILLS_GOAL,
    },
    { text: `${codec}: ${faults.length} faults for the analyser (goal none)`, isMet: faults.length === 0 },
    {
      text: `${codec}: drift ${driftMsPer10Min} ms in 10 minutes (goal at most ${DRIFT_GOAL_MS})`,
      isMet: Math.abs(driftMsPer10Min) <= DRIFT_GOAL_MS,
    },
    {
      text: `${codec}: worst offset of a second, but for standstills of the browser, ${offsetMs.max} ms (goal at most ${OFFSET_GOAL_MS})`,
      isMet: offsetMs.max <= OFFSET_GOAL_MS,
    },
  ]);
  const areMet = printGoals(goals);
  writeResult(call.resultName, { figures, goals, allowance: SOURCE_ALLOWANCE });
  return areMet;
}
