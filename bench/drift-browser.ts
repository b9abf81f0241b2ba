// How far sound and picture of a real browser move against each other in ten minutes: Chromium publishes the
// measuring signal of the console's page, the server records it, the analyser watches the whole film.

import { join } from 'node:path';
import { analyseFile } from '@roomtape/testkit';
import { launchBrowser } from '../tests/browser/chromium.ts';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from './benchmark.ts';
import { untilOver } from './capture/capture-step.ts';
import { quantile, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const driftBrowserBenchmark: Benchmark = {
  name: 'drift-browser',
  summary: 'A/V drift and offsets of what Chromium publishes, over ten minutes',
  isSlow: true,
  run,
};

const ROOM = 'drift-browser';
const SECONDS = 600;
const SECONDS_QUICK = 30;
const MEDIA_WAIT_MS = 30_000;
const DRIFT_GOAL_MS = 5;
const P99_GOAL_MS = 40;
const OFFSET_GOAL_MS = 20;

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const server = await BenchServer.start();
  const browser = await launchBrowser();
  try {
    const page = await browser.openPage(`${server.url}/#/room/${ROOM}?name=Ada&auto=1&source=flash-beep&codec=h264`);
    // The tile names the codec once media flows.
    await page.locator('.tile-quality').waitFor({ timeout: MEDIA_WAIT_MS });
    const { recordingId } = await server.client.recordings.start({ roomId: ROOM });
    say(`Chromium publishes H.264 and Opus for ${seconds} s`);
    await sleep(seconds * 1_000);
    await server.client.recordings.stop(recordingId);
    await untilOver(server, recordingId);
    const [file] = (await server.client.recordings.get(recordingId)).files;
    if (file === undefined) throw new Error('no file');
    return report(call, join(server.dataDirectory, 'recordings', recordingId, 'files', file.name));
  } finally {
    await browser.close();
    await server.stop();
  }
}

function report(call: BenchmarkCall, path: string): boolean {
  const analysis = analyseFile(path);
  const offsets = analysis.seconds.flatMap(({ offsetMs }) => (offsetMs === undefined ? [] : [offsetMs]));
  const distances = offsets.map(Math.abs);
  const figures = {
    seconds: analysis.seconds.length,
    missingSeconds: analysis.missingSeconds,
    driftMsPer10Min: rounded(analysis.offset?.driftMsPer10Min ?? Number.NaN, 2),
    driftErrorMsPer10Min: rounded(analysis.offset?.driftErrorMsPer10Min ?? Number.NaN, 2),
    offsetMs: {
      p50: rounded(quantile(offsets, 0.5), 2),
      p99: rounded(quantile(distances, 0.99), 2),
      max: rounded(Math.max(...distances), 2),
    },
    decodeErrors: (analysis.video?.decodeErrors ?? 0) + (analysis.audio?.decodeErrors ?? 0),
    faults: analysis.faults.map(({ code, message }) => `${code}: ${message}`),
  };
  const { seconds, missingSeconds, driftMsPer10Min, offsetMs, decodeErrors, faults } = figures;
  printTable(
    ['seconds', 'missing', 'drift ms/10 min', 'offset median', 'p99', 'max', 'decode errors', 'faults'],
    [[seconds, missingSeconds, driftMsPer10Min, offsetMs.p50, offsetMs.p99, offsetMs.max, decodeErrors, faults.length]],
  );
  for (const fault of faults.slice(0, 10)) say(fault);
  const goals = [
    {
      text: `drift ${driftMsPer10Min} ms in 10 minutes (goal at most ${DRIFT_GOAL_MS})`,
      isMet: Math.abs(driftMsPer10Min) <= DRIFT_GOAL_MS,
    },
    {
      text: `median offset ${offsetMs.p50} ms (goal at most ${OFFSET_GOAL_MS})`,
      isMet: Math.abs(offsetMs.p50) <= OFFSET_GOAL_MS,
    },
    {
      text: `99th percentile of |offset| ${offsetMs.p99} ms (goal at most ${P99_GOAL_MS})`,
      isMet: offsetMs.p99 <= P99_GOAL_MS,
    },
  ];
  const areMet = printGoals(goals);
  writeResult(call.resultName, { ...figures, goals });
  return areMet;
}
