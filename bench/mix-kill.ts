// SIGKILL of the mixer at random points of a live mix: is every frame in the film once? Two publishers count their
// pictures; the finished film is decoded and every tile's counter read.

import { join } from 'node:path';
import { createSystemClock, createSystemIds, silentLog, US_PER_SECOND } from '@roomtape/media';
import { createSyntheticSource, readPicture, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory } from '@roomtape/webrtc';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from './benchmark.ts';
import { untilOver } from './capture/capture-step.ts';
import { readFilm } from './mix-proof/film-reader.ts';
import { quantile, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const mixKillBenchmark: Benchmark = {
  name: 'mix-kill',
  summary: 'SIGKILL of the mixer at random points: every frame in the film once',
  isSlow: true,
  run,
};

const ROOM = 'mix-kill';
const POINTS = 50;
const POINTS_QUICK = 3;
const TILE = { width: 320, height: 180 };
const FPS = 30;
const SECONDS_BEFORE_MS = 2_000;
/** A mixer lives for a random part of this, once it is up. */
const LIFE_MS_MAX = 2_000;
const UP_TIMEOUT_MS = 20_000;
const CATCH_UP_MS = 5_000;
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

type Figures = {
  readonly kills: number;
  readonly pictures: number;
  readonly missingFrames: number;
  readonly doubledFrames: number;
  /** Pictures in which a tile's counter went back. */
  readonly backwards: number;
  /** Most pictures of a publisher left out or shown again between two frames. */
  readonly stepMax: number;
  readonly backMs: { readonly p50: number; readonly max: number };
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const points = call.points ?? (call.isQuick ? POINTS_QUICK : POINTS);
  const server = await BenchServer.start();
  const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const publishers = ['ada', 'bob'].map((name, index) => publisherOf(server, factory, { name, index }));
  try {
    for (const publisher of publishers) await publisher.connect();
    const canvas = { width: 2 * TILE.width, height: TILE.height, fps: FPS };
    const cells = ['ada', 'bob'].map((streamId, index) => ({ x: index * TILE.width, y: 0, ...TILE, streamId }));
    const layout = { mode: 'custom' as const, cells };
    const { recordingId } = await server.client.recordings.start({ roomId: ROOM, mode: 'mix', canvas, layout });
    await sleep(SECONDS_BEFORE_MS);
    const backMs: number[] = [];
    for (let point = 0; point < points; point += 1) {
      backMs.push(await killOnce(server));
      if ((point + 1) % 10 === 0) say(`${point + 1} kills`);
      await sleep(ids.uint32() % LIFE_MS_MAX);
    }
    await sleep(CATCH_UP_MS);
    await server.client.recordings.stop(recordingId);
    await untilOver(server, recordingId);
    const [file, another] = (await server.client.recordings.get(recordingId)).files;
    if (file === undefined || another !== undefined) throw new Error('one film is expected');
    const path = join(server.dataDirectory, 'recordings', recordingId, 'files', file.name);
    return report(call, { ...countFrames(path), kills: points, backMs: spread(backMs) });
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.close()));
    await factory.close();
    await server.stop();
  }
}

function publisherOf(
  server: BenchServer,
  factory: Awaited<ReturnType<typeof createNativeTransportFactory>>,
  { name, index }: { name: string; index: number },
): WhipClient {
  return new WhipClient({
    ...{ url: `${server.url}/whip/${ROOM}/${name}`, token: server.apiKey, factory, clock, ids },
    ...{ videoCodec: 'h264', hasAudio: true },
    createSource: (startAt) =>
      createSyntheticSource({
        ...{ name, participantIndex: index + 1, ...TILE, fps: FPS, videoBitrateBps: 300_000 },
        signalStartUs: startAt % US_PER_SECOND,
      }),
  });
}

/** Kills the mixer and waits for the next one; returns how long that took, ms. */
async function killOnce(server: BenchServer): Promise<number> {
  const pid = (await server.pids())['mixer-0'];
  if (pid === undefined) throw new Error('no mixer runs');
  process.kill(pid, 'SIGKILL');
  const killedAt = clock.now();
  for (;;) {
    const { 'mixer-0': next } = await server.pids();
    const ms = (clock.now() - killedAt) / 1000;
    if (next !== undefined && next !== pid) return ms;
    if (ms > UP_TIMEOUT_MS) throw new Error('the mixer did not come back');
    await sleep(20);
  }
}

/** Looks at every frame of a film: its time, and the counters in both tiles. */
function countFrames(path: string): Omit<Figures, 'kills' | 'backMs'> {
  const last: (number | undefined)[] = [undefined, undefined];
  let [backwards, stepMax] = [0, 0];
  const { pictures, missing, doubled } = readFilm(path, FPS, (_, luma) => {
    for (const [tile, before] of last.entries()) {
      const { counter } = readPicture(luma, { x: tile * TILE.width, y: 0, ...TILE });
      last[tile] = counter ?? before;
      if (counter === undefined || before === undefined) continue;
      if (counter < before) backwards += 1;
      stepMax = Math.max(stepMax, counter - before);
    }
  });
  return { pictures, missingFrames: missing, doubledFrames: doubled, backwards, stepMax };
}

function spread(values: readonly number[]): Figures['backMs'] {
  return { p50: rounded(quantile(values, 0.5), 0), max: rounded(Math.max(...values), 0) };
}

function report(call: BenchmarkCall, figures: Figures): boolean {
  const { kills, pictures, missingFrames, doubledFrames, backwards, stepMax, backMs } = figures;
  printTable(
    ['kills', 'pictures', 'missing', 'doubled', 'backwards', 'largest step', 'mixer back ms', 'at most'],
    [[kills, pictures, missingFrames, doubledFrames, backwards, stepMax, backMs.p50, backMs.max]],
  );
  const goals = [
    { text: `${kills} kills of the mixer: ${missingFrames} frames missing (goal 0)`, isMet: missingFrames === 0 },
    {
      text: `${doubledFrames} frames doubled, ${backwards} counters back (goal 0)`,
      isMet: doubledFrames + backwards === 0,
    },
  ];
  const areMet = printGoals(goals);
  writeResult(call.resultName, { ...figures, goals });
  return areMet;
}
