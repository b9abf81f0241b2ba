// How long after the API call a recording begins: to the first keyframe on the tape, and to the first bytes of
// the file that a reader gets. One participant publishes live, encoded while it is sent.

import { createSeededIds, createSystemClock, createSystemIds, fromRfc3339, silentLog } from '@roomtape/media';
import { createSyntheticSource, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory } from '@roomtape/webrtc';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from './benchmark.ts';
import { untilOver } from './capture/capture-step.ts';
import { median, quantile, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const startBenchmark: Benchmark = {
  name: 'start',
  summary: 'POST /v1/recordings to the first keyframe on the tape, and to the first bytes of the file',
  isSlow: false,
  run,
};

const ROOM = 'start';
const REPEATS = 20;
const REPEATS_QUICK = 5;
const KEYFRAME_GOAL_MS = 300;
const POLL_MS = 5;
const GOP_SECONDS = 10;
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

type Sample = { readonly answerMs: number; readonly keyframeMs: number; readonly fileMs: number };

async function run(call: BenchmarkCall): Promise<boolean> {
  const repeats = call.points ?? (call.isQuick ? REPEATS_QUICK : REPEATS);
  const server = await BenchServer.start();
  const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const client = new WhipClient({
    ...{ url: `${server.url}/whip/${ROOM}/camera`, token: server.apiKey, factory, clock, ids },
    videoCodec: 'h264',
    hasAudio: true,
    createSource: () => createSyntheticSource({ name: 'Camera', participantIndex: 1, gopSeconds: GOP_SECONDS }),
  });
  try {
    await client.connect();
    await sleep(1_000);
    say(`${repeats} recordings of one 720p30 publisher whose own keyframes are ${GOP_SECONDS} s apart`);
    const samples: Sample[] = [];
    const phases = createSeededIds(1);
    for (let i = 0; i < repeats; i++) {
      await sleep(300 + (phases.uint32() % 1_000));
      samples.push(await sampleOnce(server));
    }
    return report(call, samples);
  } finally {
    await client.close();
    await factory.close();
    await server.stop();
  }
}

async function sampleOnce(server: BenchServer): Promise<Sample> {
  const calledAt = clock.now();
  const { recordingId } = await server.client.recordings.start({ roomId: ROOM });
  const answerMs = (clock.now() - calledAt) / 1000;
  for (;;) {
    const { firstKeyframeAt, files } = await server.client.recordings.get(recordingId);
    const file = files.find(({ bytes }) => bytes > 0);
    const keyframeAt = firstKeyframeAt === undefined ? undefined : fromRfc3339(firstKeyframeAt);
    if (file !== undefined && keyframeAt !== undefined && (await hasFirstBytes(server, file.url))) {
      const fileMs = (clock.now() - calledAt) / 1000;
      await server.client.recordings.stop(recordingId);
      await untilOver(server, recordingId);
      return { answerMs, keyframeMs: (keyframeAt - calledAt) / 1000, fileMs };
    }
    await sleep(POLL_MS);
  }
}

async function hasFirstBytes(server: BenchServer, path: string): Promise<boolean> {
  const response = await fetch(`${server.url}${path}`, { headers: { range: 'bytes=0-1023' } });
  const bytes = await response.arrayBuffer();
  return response.ok && bytes.byteLength > 0;
}

function report(call: BenchmarkCall, samples: readonly Sample[]): boolean {
  const spread = (values: readonly number[]): { median: number; p95: number; max: number } => ({
    median: rounded(median(values), 1),
    p95: rounded(quantile(values, 0.95), 1),
    max: rounded(Math.max(...values), 1),
  });
  const figures = {
    answerMs: spread(samples.map(({ answerMs }) => answerMs)),
    firstKeyframeMs: spread(samples.map(({ keyframeMs }) => keyframeMs)),
    firstFileBytesMs: spread(samples.map(({ fileMs }) => fileMs)),
  };
  printTable(
    ['from the call to', 'median ms', 'p95 ms', 'max ms'],
    Object.entries(figures).map(([name, { median: middle, p95, max }]) => [name, middle, p95, max]),
  );
  console.log('');
  const goals = [
    {
      text: `first keyframe on the tape: median ${figures.firstKeyframeMs.median} ms (goal at most ${KEYFRAME_GOAL_MS})`,
      isMet: figures.firstKeyframeMs.median <= KEYFRAME_GOAL_MS,
    },
  ];
  const areMet = printGoals(goals);
  writeResult(call.resultName, { ...figures, samples, goals });
  return areMet;
}
