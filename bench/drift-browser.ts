// What a real browser's films are like after ten minutes, in every codec it has: Chromium publishes the measuring
// signal of the console's page four times at once, the server records, the analyser watches each whole film.

import { join } from 'node:path';
import { type Analysis, analyseFile } from '@roomtape/testkit';
import type { Page } from 'playwright-core';
import { launchBrowser, type TestBrowser } from '../tests/browser/chromium.ts';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from './benchmark.ts';
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
/** Of the page's signal. */
const FRAMES_PER_SECOND = 30;
/** Pictures between two readings of the browser's counters, which are not taken at one moment. */
const COUNTER_DOUBT = 3;
/** Runs in the page before its own script: keeps what the statistics are asked of. */
const KEEP_CONNECTIONS = `
  window.keptConnections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.keptConnections.push(this); }
  };`;

const READ_COUNTERS = `(async () => {
  const counted = { encoded: 0, due: 0 };
  for (const connection of window.keptConnections)
    for (const report of (await connection.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.kind === 'video') counted.encoded += report.framesEncoded ?? 0;
    }
  counted.due = Math.round((performance.now() / 1000) * ${FRAMES_PER_SECOND});
  return counted;
})()`;

/** Pictures that were due since the page was opened, were it so fast, and those the browser encoded. */
type Encoded = { readonly due: number; readonly encoded: number };
type Publisher = { readonly codec: Codec; readonly roomId: string; readonly page: Page };
type Film = Publisher & { readonly recordingId: string; readonly before: Encoded };
/** A film that was watched, and how many of its pictures the browser says were due and not encoded. */
type Watched = { readonly analysis: Analysis; readonly notEncoded: number };

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const server = await BenchServer.start();
  const browser = await launchBrowser();
  try {
    const publishers: Publisher[] = [];
    for (const codec of CODECS) publishers.push(await openPublisher(server, browser, codec));
    await sleep(WARM_UP_MS);
    const films: Film[] = [];
    for (const publisher of publishers) {
      const { recordingId } = await server.client.recordings.start({ roomId: publisher.roomId });
      films.push({ ...publisher, recordingId, before: await encodedBy(publisher.page) });
    }
    say(`Chromium publishes ${CODECS.join(', ')} and Opus at once for ${seconds} s`);
    await sleep(seconds * 1_000);
    const notEncoded: number[] = [];
    for (const { recordingId, page, before } of films) {
      await server.client.recordings.stop(recordingId);
      const after = await encodedBy(page);
      notEncoded.push(after.due - before.due - (after.encoded - before.encoded));
    }
    await browser.closePages();
    const watched: Watched[] = [];
    for (const [i, film] of films.entries()) watched.push(await watch(server, film, notEncoded[i] ?? 0));
    return report(call, watched);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function openPublisher(server: BenchServer, browser: TestBrowser, codec: Codec): Promise<Publisher> {
  const roomId = `drift-${codec}`;
  const wishes = new URLSearchParams({ name: 'Ada', auto: '1', source: 'flash-beep', codec });
  const page = await browser.openPage(`${server.url}/#/room/${roomId}?${wishes}`, KEEP_CONNECTIONS);
  // The tile names the codec once media flows.
  await page.locator('.tile-quality').waitFor({ timeout: MEDIA_WAIT_MS });
  return { codec, roomId, page };
}

/** What the statistics of the page's connections say (W3C webrtc-stats: `framesEncoded`). */
function encodedBy(page: Page): Promise<Encoded> {
  return page.evaluate(READ_COUNTERS);
}

async function watch(server: BenchServer, { codec, recordingId }: Film, notEncoded: number): Promise<Watched> {
  await untilOver(server, recordingId);
  const [file] = (await server.client.recordings.get(recordingId)).files;
  if (file === undefined) throw new Error(`no file of ${codec}`);
  const path = join(server.dataDirectory, 'recordings', recordingId, 'files', file.name);
  const expectation = { video: 'required', audio: 'required', offsetMsMax: OFFSET_GOAL_MS } as const;
  const missing = { missingFramesMax: notEncoded + COUNTER_DOUBT };
  const allowed = { ...expectation, ...SOURCE_ALLOWANCE, ...missing, durationMs: file.durationMs };
  return { analysis: await analyseFile(path, allowed), notEncoded };
}

function figuresOf(codec: Codec, { analysis, notEncoded }: Watched) {
  const offsets = analysis.seconds.flatMap(({ offsetMs }) => (offsetMs === undefined ? [] : [offsetMs]));
  const distances = offsets.map(Math.abs);
  return {
    codec: analysis.video?.codec ?? codec,
    seconds: analysis.seconds.length,
    missingSeconds: analysis.missingSeconds,
    driftMsPer10Min: rounded(analysis.offset?.driftMsPer10Min ?? Number.NaN, 2),
    driftErrorMsPer10Min: rounded(analysis.offset?.driftErrorMsPer10Min ?? Number.NaN, 2),
    offsetMs: {
      p50: rounded(quantile(offsets, 0.5), 2),
      p99: rounded(quantile(distances, 0.99), 2),
      max: rounded(Math.max(...distances), 2),
    },
    missingPictures: analysis.video?.counter.missing ?? 0,
    notEncoded,
    decodeErrors: (analysis.video?.decodeErrors ?? 0) + (analysis.audio?.decodeErrors ?? 0),
    faults: analysis.faults.map(({ code, message }) => `${code}: ${message}`),
  };
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
      'faults',
    ],
    figures.map(
      ({ codec, seconds, missingSeconds, driftMsPer10Min, offsetMs, missingPictures, notEncoded, faults }) => [
        ...[codec, seconds, missingSeconds, driftMsPer10Min, offsetMs.p50, offsetMs.p99, offsetMs.max],
        ...[missingPictures, notEncoded, faults.length],
      ],
    ),
  );
  for (const { codec, faults } of figures) for (const fault of faults.slice(0, 10)) say(`${codec}: ${fault}`);
  const goals: Goal[] = figures.flatMap(({ codec, driftMsPer10Min, offsetMs, faults }) => [
    { text: `${codec}: ${faults.length} faults for the analyser (goal none)`, isMet: faults.length === 0 },
    {
      text: `${codec}: drift ${driftMsPer10Min} ms in 10 minutes (goal at most ${DRIFT_GOAL_MS})`,
      isMet: Math.abs(driftMsPer10Min) <= DRIFT_GOAL_MS,
    },
    {
      text: `${codec}: worst offset of a second ${offsetMs.max} ms (goal at most ${OFFSET_GOAL_MS})`,
      isMet: offsetMs.max <= OFFSET_GOAL_MS,
    },
  ]);
  const areMet = printGoals(goals);
  writeResult(call.resultName, { figures, goals, allowance: SOURCE_ALLOWANCE });
  return areMet;
}
