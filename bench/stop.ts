// How long after Stop the final file is there, for a short recording through the whole server and for one of an
// hour through the tape writer and a real worker process.

import { createSystemClock } from '@roomtape/media';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from './benchmark.ts';
import { HD_LOOP } from './load/encoded-loop.ts';
import { LoadGenerator } from './load/generator.ts';
import { median, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';
import { measureLongStop } from './stop-long.ts';

/** The benchmark. */
export const stopBenchmark: Benchmark = {
  name: 'stop',
  summary: 'Stop to the finished, downloadable file: 10 s through the server, 1 h through tape and worker',
  isSlow: false,
  run,
};

const ROOM = 'stop';
const GOAL_MS = 1_000;
const POLL_MS = 5;
const clock = createSystemClock({ keepAlive: true });

type ShortStop = {
  readonly finishedMs: number;
  readonly downloadedMs: number;
  readonly bytes: number;
  readonly durationMs: number;
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const repeats = call.isQuick ? 2 : 5;
  const seconds = call.isQuick ? 4 : 10;
  const minutes = call.isQuick ? 2 : 60;
  const short = await measureShortStops(repeats, seconds);
  say(`feeding a tape of ${minutes} minutes to a worker, then stopping`);
  const long = await measureLongStop(minutes);
  const finishedMs = rounded(median(short.map((stop) => stop.finishedMs)));
  const downloadedMs = rounded(median(short.map((stop) => stop.downloadedMs)));
  printTable(
    ['recording', 'stops', 'finished ms (median)', 'worst', 'whole file read ms', 'file MiB'],
    [
      [
        `${seconds} s, server`,
        repeats,
        finishedMs,
        rounded(Math.max(...short.map((stop) => stop.finishedMs))),
        downloadedMs,
        mib(short[0]?.bytes ?? 0),
      ],
      [`${minutes} min, tape and worker`, 1, rounded(long.finishedMs), rounded(long.finishedMs), '-', mib(long.bytes)],
    ],
  );
  console.log('');
  const goals: Goal[] = [
    {
      text: `${seconds} s recording: finished ${finishedMs} ms, read whole ${downloadedMs} ms after Stop (goal at most ${GOAL_MS})`,
      isMet: downloadedMs <= GOAL_MS,
    },
    {
      text: `${minutes} min recording: finished ${rounded(long.finishedMs)} ms after Stop (goal at most ${GOAL_MS})`,
      isMet: long.finishedMs <= GOAL_MS,
    },
  ];
  const areMet = printGoals(goals);
  writeResult(call.resultName, { short: { seconds, stops: short }, long: { minutes, ...long }, goals });
  return areMet;
}

async function measureShortStops(repeats: number, seconds: number): Promise<ShortStop[]> {
  const server = await BenchServer.start();
  const generator = await LoadGenerator.start(HD_LOOP);
  try {
    await generator.tell({
      kind: 'publish',
      server: server.url,
      token: server.apiKey,
      roomId: ROOM,
      prefix: 's',
      count: 1,
    });
    say(`${repeats} recordings of ${seconds} s through the server`);
    const stops: ShortStop[] = [];
    for (let i = 0; i < repeats; i++) stops.push(await measureShortStop(server, seconds));
    return stops;
  } finally {
    await generator.close();
    await server.stop();
  }
}

async function measureShortStop(server: BenchServer, seconds: number): Promise<ShortStop> {
  const { recordingId } = await server.client.recordings.start({ roomId: ROOM });
  await sleep(seconds * 1_000);
  const stoppedAt = clock.now();
  let recording = await server.client.recordings.stop(recordingId);
  while (recording.state !== 'finished') {
    if (recording.state === 'failed') throw new Error('the recording failed');
    await sleep(POLL_MS);
    recording = await server.client.recordings.get(recordingId);
  }
  const finishedMs = (clock.now() - stoppedAt) / 1000;
  const file = recording.files[0];
  if (file === undefined) throw new Error('the recording has no file');
  const response = await fetch(`${server.url}${file.url}`);
  const { byteLength } = await response.arrayBuffer();
  const downloadedMs = (clock.now() - stoppedAt) / 1000;
  if (byteLength !== file.bytes) throw new Error(`the file has ${byteLength} bytes, not ${file.bytes}`);
  return {
    finishedMs: rounded(finishedMs, 1),
    downloadedMs: rounded(downloadedMs, 1),
    bytes: byteLength,
    durationMs: file.durationMs,
  };
}

function mib(bytes: number): number {
  return rounded(bytes / 2 ** 20, 1);
}
