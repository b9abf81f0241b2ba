// How far sound and picture move against each other in ten minutes: a publisher whose clocks agree, and one whose
// camera runs 50 ppm fast, recorded at the same time and watched by the analyser.

import { join } from 'node:path';
import { createSystemClock, createSystemIds, silentLog, US_PER_SECOND } from '@roomtape/media';
import { type Analysis, analyseFile, createSyntheticSource, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory } from '@roomtape/webrtc';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from './benchmark.ts';
import { untilOver } from './capture/capture-step.ts';
import { quantile, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const driftBenchmark: Benchmark = {
  name: 'drift',
  summary: 'A/V drift over ten minutes, with true clocks and with a camera 50 ppm fast',
  isSlow: true,
  run,
};

const ROOM = 'drift';
const SECONDS = 600;
const SECONDS_QUICK = 60;
const DRIFT_GOAL_MS = 5;
const OFFSET_GOAL_MS = 20;
const PUBLISHERS = [
  { streamId: 'true', participantIndex: 0, videoClockPpm: 0 },
  { streamId: 'fast', participantIndex: 1, videoClockPpm: 50 },
] as const;
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

type Row = {
  readonly videoClockPpm: number;
  readonly seconds: number;
  readonly missingSeconds: number;
  readonly driftMsPer10Min: number;
  readonly offsetMs: { readonly mean: number; readonly min: number; readonly p50: number; readonly max: number };
  readonly faults: readonly string[];
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const server = await BenchServer.start();
  const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const clients = PUBLISHERS.map(
    ({ streamId, participantIndex, videoClockPpm }) =>
      new WhipClient({
        ...{ url: `${server.url}/whip/${ROOM}/${streamId}`, token: server.apiKey, factory, clock, ids },
        ...{ videoCodec: 'h264', hasAudio: true, videoClockPpm },
        createSource: (startAt) =>
          createSyntheticSource({
            ...{ name: streamId, participantIndex, width: 320, height: 180, videoBitrateBps: 300_000 },
            signalStartUs: startAt % US_PER_SECOND,
          }),
      }),
  );
  try {
    for (const client of clients) await client.connect();
    await sleep(1_000);
    const { recordingId } = await server.client.recordings.start({ roomId: ROOM });
    say(`two publishers, ${seconds} s`);
    await sleep(seconds * 1_000);
    await server.client.recordings.stop(recordingId);
    await Promise.all(clients.map((client) => client.close()));
    await untilOver(server, recordingId);
    const { files } = await server.client.recordings.get(recordingId);
    const folder = join(server.dataDirectory, 'recordings', recordingId, 'files');
    const rows = PUBLISHERS.map(({ streamId, videoClockPpm, participantIndex }) => {
      const file = files.find((candidate) => candidate.streamId === streamId);
      if (file === undefined) throw new Error(`no file of ${streamId}`);
      return rowOf(videoClockPpm, analyseFile(join(folder, file.name), { participantIndex }));
    });
    return report(call, rows);
  } finally {
    await factory.close();
    await server.stop();
  }
}

function rowOf(videoClockPpm: number, analysis: Analysis): Row {
  const offsets = analysis.seconds.flatMap(({ offsetMs }) => (offsetMs === undefined ? [] : [offsetMs]));
  return {
    videoClockPpm,
    seconds: analysis.seconds.length,
    missingSeconds: analysis.missingSeconds,
    driftMsPer10Min: rounded(analysis.offset?.driftMsPer10Min ?? Number.NaN, 2),
    offsetMs: {
      mean: rounded(analysis.offset?.meanMs ?? Number.NaN, 2),
      min: rounded(Math.min(...offsets), 2),
      p50: rounded(quantile(offsets, 0.5), 2),
      max: rounded(Math.max(...offsets), 2),
    },
    faults: analysis.faults.map(({ code, message }) => `${code}: ${message}`),
  };
}

function report(call: BenchmarkCall, rows: readonly Row[]): boolean {
  printTable(
    ['camera ppm', 'seconds', 'missing', 'drift ms/10 min', 'offset mean', 'min', 'max', 'faults'],
    rows.map(({ videoClockPpm, seconds, missingSeconds, driftMsPer10Min, offsetMs, faults }) => {
      const { mean, min, max } = offsetMs;
      return [videoClockPpm, seconds, missingSeconds, driftMsPer10Min, mean, min, max, faults.length];
    }),
  );
  console.log('');
  const goals = rows.flatMap(({ videoClockPpm, driftMsPer10Min, offsetMs }) => {
    const furthest = Math.max(Math.abs(offsetMs.min), Math.abs(offsetMs.max));
    return [
      {
        text: `camera ${videoClockPpm} ppm: drift ${driftMsPer10Min} ms in 10 minutes (goal at most ${DRIFT_GOAL_MS})`,
        isMet: Math.abs(driftMsPer10Min) <= DRIFT_GOAL_MS,
      },
      {
        text: `camera ${videoClockPpm} ppm: offset at most ${furthest} ms (goal at most ${OFFSET_GOAL_MS})`,
        isMet: furthest <= OFFSET_GOAL_MS,
      },
    ];
  });
  const areMet = printGoals(goals);
  writeResult(call.resultName, { publishers: rows, goals });
  return areMet;
}
