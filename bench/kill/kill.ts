// SIGKILL of each process of the server at many random points while it records: what is lost, whether every
// file is readable, and whether recordings finish by themselves. Slow: about ten seconds a point.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededIds } from '@roomtape/media';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { HD_LOOP, type LoopSpec, loadLoop } from '../load/encoded-loop.ts';
import { median, quantile, writeResult } from '../result-file.ts';
import { BenchServer } from '../server-process.ts';
import { Publishers } from './publishers.ts';
import { runTrial, type TrialResult, type Victim } from './trial.ts';

/** The benchmark. */
export const killBenchmark: Benchmark = {
  name: 'kill',
  summary: 'SIGKILL of media, worker, control and all at random points: what is lost, what is readable',
  isSlow: true,
  run,
};

const VICTIMS: readonly Victim[] = ['media', 'worker', 'control', 'all'];
/** Two servers at a time, each killed in its own way: most of a point is waiting. */
const LANES: readonly (readonly Victim[])[] = [
  ['media', 'control'],
  ['worker', 'all'],
];
/** Turns that may fail to be played before a lane is given up. */
const VOIDS_MAX = 10;
const POINTS = 50;
const POINTS_QUICK = 2;
const ROOM = 'kill';
const STREAMS = ['alice', 'bob'] as const;
/** As large a stream as the figures are stated for, but of fewer pixels: each file is decoded several times. */
const LOOP: LoopSpec = { ...HD_LOOP, width: 640, height: 360 };
/** From the first recorded media to the kill. */
const PHASE_MS_MIN = 300;
const PHASE_MS_MAX = 3_300;

/** What loss is compared with. The intervals are the server's defaults. */
const INTERVALS = { tapeFlushMs: 250, frameMs: 33.4, fragmentMs: 500, pollMs: 200, writeMs: 100 } as const;
const TAPE_GOAL_MS = INTERVALS.tapeFlushMs + INTERVALS.frameMs + INTERVALS.writeMs;
const FILE_GOAL_MS = TAPE_GOAL_MS + INTERVALS.fragmentMs + INTERVALS.pollMs;

async function run(call: BenchmarkCall): Promise<boolean> {
  const points = call.points ?? (call.isQuick ? POINTS_QUICK : POINTS);
  say(`${points} points each for ${VICTIMS.join(', ')}; two publishers of 1.5 Mbit/s H.264 and Opus`);
  const results: TrialResult[] = [];
  const stages = await Promise.all(LANES.map(openStage));
  // Both end together: to remove what one has recorded would hold up the disk and the publishers of the other.
  const lanes = await Promise.allSettled(
    stages.map((stage, index) => runLane({ stage, index, lane: LANES[index] ?? [], points, results })),
  );
  for (const stage of stages) await closeStage(stage);
  const figures = VICTIMS.map((victim) =>
    summarise(
      victim,
      results.filter((result) => result.victim === victim),
    ),
  );
  printFigures(figures);
  const goals = figures.flatMap(goalsOf);
  const areMet = printGoals(goals);
  writeResult(call.resultName, {
    intervals: INTERVALS,
    tapeGoalMs: TAPE_GOAL_MS,
    fileGoalMs: FILE_GOAL_MS,
    figures,
    goals,
    points: results,
  });
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return areMet;
}

/** A server with its publishers, and a folder for what kills leave of it. */
type KillStage = { readonly server: BenchServer; readonly publishers: Publishers; readonly folder: string };

async function openStage(): Promise<KillStage> {
  const server = await BenchServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-bench-kill-'));
  const options = { server: server.url, token: server.apiKey, roomId: ROOM, streams: STREAMS, loop: loadLoop(LOOP) };
  return { server, folder, publishers: await Publishers.connect(options) };
}

async function closeStage({ server, publishers, folder }: KillStage): Promise<void> {
  await publishers.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

type Lane = {
  readonly lane: readonly Victim[];
  readonly index: number;
  readonly stage: KillStage;
  readonly points: number;
  readonly results: TrialResult[];
};

/**
 * Kills a server's processes in turn: the same one again and again would only lengthen its restart delay. A turn
 * that could not be played (a machine so busy that nothing was recorded) is said and played again.
 */
async function runLane({ lane, index, stage, points, results }: Lane): Promise<void> {
  const { server, publishers, folder } = stage;
  const ids = createSeededIds(index + 1);
  const pending: Promise<unknown>[] = [];
  let voids = 0;
  for (let turn = 0; turn < points * lane.length; turn++) {
    const victim = lane[turn % lane.length] ?? 'all';
    const phaseMs = PHASE_MS_MIN + (ids.uint32() % (PHASE_MS_MAX - PHASE_MS_MIN));
    const trial = { server, publishers, roomId: ROOM, streams: STREAMS, victim, phaseMs };
    try {
      const { later } = await runTrial({ ...trial, folder: join(folder, String(turn)) });
      pending.push(later.then((result) => keep(results, result)));
    } catch (error) {
      say(`${victim}: not played, ${(error as Error).message}`);
      if (++voids > VOIDS_MAX) throw error;
      turn--;
      if (!(await server.isHealthy())) await server.start();
      await publishers.reconnect();
    }
  }
  await Promise.all(pending);
}

function keep(results: TrialResult[], result: TrialResult): void {
  results.push(result);
  say(lineOf(result, results.filter(({ victim }) => victim === result.victim).length));
}

function lineOf({ victim, phaseMs, streams, isFinished, backMs, notes }: TrialResult, point: number): string {
  const losses = streams.map(
    (s) => `tape ${rounded(s.tapeLossMs)} file ${s.fileLossMs === undefined ? '-' : rounded(s.fileLossMs)}`,
  );
  const bad = streams.flatMap((s) => [
    ...s.complaints,
    ...(s.framesLacking > 0 ? [`${s.framesLacking} taped frames lacking`] : []),
  ]);
  const state = isFinished ? 'finished' : 'NOT FINISHED';
  return [
    `${victim} ${point} at ${phaseMs} ms:`,
    losses.join(', '),
    `ms lost; ${state}, back in ${rounded(backMs)} ms`,
    ...notes,
    ...bad,
  ].join(' ');
}

type Spread = { readonly median: number; readonly p95: number; readonly max: number };

type VictimFigures = {
  readonly victim: Victim;
  readonly points: number;
  readonly tapeLossMs: Spread;
  readonly fileLossMs: Spread;
  /** Streams whose file did not exist yet when the kill came. */
  readonly filesNotBegun: number;
  /** Files as they lay that end in a fragment which was being written; read up to it. */
  readonly tornAsTheyLay: number;
  readonly unreadableAsTheyLay: number;
  readonly unreadableFinal: number;
  readonly unfinished: number;
  /** Frames on a tape at the kill that the finished file lacks, over all points. */
  readonly tapedFramesLacking: number;
  readonly backMs: Spread;
};

function summarise(victim: Victim, results: readonly TrialResult[]): VictimFigures {
  const streams = results.flatMap((result) => result.streams);
  const fileLosses = streams.flatMap(({ fileLossMs }) => fileLossMs ?? []);
  return {
    victim,
    points: results.length,
    tapeLossMs: spreadOf(streams.map(({ tapeLossMs }) => tapeLossMs)),
    fileLossMs: spreadOf(fileLosses),
    filesNotBegun: streams.length - fileLosses.length,
    tornAsTheyLay: streams.filter(({ fileAsItLay }) => fileAsItLay === 'torn').length,
    unreadableAsTheyLay: streams.filter(({ fileAsItLay }) => fileAsItLay === 'unreadable').length,
    unreadableFinal: streams.filter(({ isFinalReadable }) => !isFinalReadable).length,
    unfinished: results.filter(({ isFinished }) => !isFinished).length,
    tapedFramesLacking: streams.reduce((sum, { framesLacking }) => sum + framesLacking, 0),
    backMs: spreadOf(results.map(({ backMs }) => backMs)),
  };
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { median: 0, p95: 0, max: 0 };
  const spread = { median: median(values), p95: quantile(values, 0.95), max: Math.max(...values) };
  return { median: rounded(spread.median), p95: rounded(spread.p95), max: rounded(spread.max) };
}

function printFigures(figures: readonly VictimFigures[]): void {
  const spread = ({ median: middle, p95, max }: Spread): string => `${middle} / ${p95} / ${max}`;
  printTable(
    [
      'killed',
      'points',
      'tape loss ms',
      'file loss ms',
      'no file yet',
      'torn end',
      'unreadable',
      'bad at end',
      'unfinished',
      'frames lacking',
      'back ms',
    ],
    figures.map((f) => [
      ...[
        f.victim,
        f.points,
        spread(f.tapeLossMs),
        spread(f.fileLossMs),
        f.filesNotBegun,
        f.tornAsTheyLay,
        f.unreadableAsTheyLay,
      ],
      ...[f.unreadableFinal, f.unfinished, f.tapedFramesLacking, spread(f.backMs)],
    ]),
  );
  console.log('  (median / 95th percentile / largest)\n');
}

function goalsOf(f: VictimFigures): Goal[] {
  const tape = `${f.victim}: at most ${TAPE_GOAL_MS} ms lost on the tape (flush 250, frame 33, write 100)`;
  const file = `${f.victim}: at most ${FILE_GOAL_MS} ms lost in the file as it lay (the tape's, fragment 500, poll 200)`;
  const none = f.unreadableAsTheyLay + f.unreadableFinal + f.unfinished + f.tapedFramesLacking;
  return [
    { text: `${tape}: ${f.tapeLossMs.max}`, isMet: f.tapeLossMs.max <= TAPE_GOAL_MS },
    { text: `${file}: ${f.fileLossMs.max}`, isMet: f.fileLossMs.max <= FILE_GOAL_MS },
    { text: `${f.victim}: no unreadable file, no unfinished recording, no taped frame lacking`, isMet: none === 0 },
  ];
}
