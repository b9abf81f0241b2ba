// What a real browser's films are like after ten minutes, in every codec it has: Chromium publishes the measuring
// signal of the console's page four times at once, the server records, the analyser watches each whole film.

import { join } from 'node:path';
import { type Analysis, analyseFile } from '@roomtape/testkit';
import { launchBrowser } from '../tests/browser/chromium.ts';
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
const DRIFT_GOAL_MS = 5;
const OFFSET_GOAL_MS = 20;
/**
 * What the page does to its own signal, and no recorder can mend: it may draw a picture too late for the browser to
 * encode, and asked for a keyframe the browser may encode the picture it has once more.
 */
const SOURCE_ALLOWANCE = { missingFramesMax: 60, repeatedFramesMax: 2, cadenceMsMax: 12, endSkewMsMax: 300 };

type Film = { readonly codec: Codec; readonly recordingId: string };

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const server = await BenchServer.start();
  const browser = await launchBrowser();
  try {
    const films: Film[] = [];
    for (const codec of CODECS) {
      const roomId = `drift-${codec}`;
      const wishes = new URLSearchParams({ name: 'Ada', auto: '1', source: 'flash-beep', codec });
      const page = await browser.openPage(`${server.url}/#/room/${roomId}?${wishes}`);
      // The tile names the codec once media flows.
      await page.locator('.tile-quality').waitFor({ timeout: MEDIA_WAIT_MS });
      const { recordingId } = await server.client.recordings.start({ roomId });
      films.push({ codec, recordingId });
    }
    say(`Chromium publishes ${CODECS.join(', ')} and Opus at once for ${seconds} s`);
    await sleep(seconds * 1_000);
    const analyses: Analysis[] = [];
    for (const { recordingId } of films) await server.client.recordings.stop(recordingId);
    for (const film of films) analyses.push(await watch(server, film));
    return report(call, analyses);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function watch(server: BenchServer, { codec, recordingId }: Film): Promise<Analysis> {
  await untilOver(server, recordingId);
  const [file] = (await server.client.recordings.get(recordingId)).files;
  if (file === undefined) throw new Error(`no file of ${codec}`);
  const path = join(server.dataDirectory, 'recordings', recordingId, 'files', file.name);
  const expectation = { video: 'required', audio: 'required', offsetMsMax: OFFSET_GOAL_MS } as const;
  return analyseFile(path, { ...expectation, ...SOURCE_ALLOWANCE, durationMs: file.durationMs });
}

function figuresOf(codec: Codec, analysis: Analysis) {
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
    notDrawn: analysis.video?.counter.missing ?? 0,
    decodeErrors: (analysis.video?.decodeErrors ?? 0) + (analysis.audio?.decodeErrors ?? 0),
    faults: analysis.faults.map(({ code, message }) => `${code}: ${message}`),
  };
}

function report(call: BenchmarkCall, analyses: readonly Analysis[]): boolean {
  const figures = CODECS.flatMap((codec, index) => {
    const analysis = analyses[index];
    return analysis === undefined ? [] : [figuresOf(codec, analysis)];
  });
  printTable(
    ['codec', 'seconds', 'missing', 'drift ms/10 min', 'offset median', 'p99', 'max', 'not drawn', 'faults'],
    figures.map(({ codec, seconds, missingSeconds, driftMsPer10Min, offsetMs, notDrawn, faults }) => [
      ...[codec, seconds, missingSeconds, driftMsPer10Min, offsetMs.p50, offsetMs.p99, offsetMs.max],
      ...[notDrawn, faults.length],
    ]),
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
