// What mixing costs beside the ffmpeg command line, in the same run: CPU of the whole process, speed, memory.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMixProblem, type MixRequest, parseMixRequest } from '@roomtape/api';
import { unixUs } from '@roomtape/media';
import type { MixFacts } from '@roomtape/mixer';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { median, writeResult } from '../result-file.ts';
import { mixWithFfmpeg } from './ffmpeg-mix.ts';
import type { MixCost, MixTask, OurMixCost } from './mix-main.ts';
import { type ClipShape, FILM_START, makeClip, tapeOfClip } from './workload.ts';

/** The benchmark. */
export const mixBenchmark: Benchmark = {
  name: 'mix',
  summary: 'mixed films beside the ffmpeg command line: CPU, speed, memory',
  isSlow: false,
  run,
};

type Case = {
  readonly name: string;
  readonly inputs: number;
  /** What we read; with several layers on offer the one nearest the tile. */
  readonly ours: Omit<ClipShape, 'seconds'>;
  readonly theirs?: Omit<ClipShape, 'seconds'>;
  readonly columns: number;
  readonly rows: number;
  readonly request: MixRequest;
  readonly rate: readonly string[];
  readonly isOverlaid?: boolean;
  readonly isAudioOnly?: boolean;
  readonly ratioMax?: number;
  /** Least mixes of this kind a core carries. */
  readonly perCoreMin?: number;
  /** Least times real time on all cores. */
  readonly speedMin?: number;
  readonly isLong?: boolean;
  /** So cheap that a longer film is needed to see more than the program's start. */
  readonly isCheap?: boolean;
};

const P360 = { width: 640, height: 360, fps: 30 };
const QVGA = { width: 320, height: 240, fps: 15 };
const HD = { width: 1280, height: 720, fps: 30 };
const CRF = ['-crf', '23'];
const CORNERS = { style: { cornerRadius: 16 } };

/** Nine people with everything that is drawn around them. */
const NINE: Case = {
  ...{ name: '9×360p30 → 720p30, names, mark, corners', inputs: 9, columns: 3, rows: 3, rate: CRF },
  ...{ ours: P360, theirs: P360, isOverlaid: true, ratioMax: 1, speedMin: 2.5 },
  request: { canvas: HD, layout: { mode: 'tile', ...CORNERS }, overlays: { labels: {} } },
};
const CASES: readonly Case[] = [
  NINE,
  {
    ...{ name: '16×180p30 (layer) → 720p30, ffmpeg on 360p', inputs: 16, columns: 4, rows: 4, rate: CRF },
    ...{ ours: { width: 320, height: 180, fps: 30 }, theirs: P360, ratioMax: 0.8 },
    request: { canvas: HD, layout: { mode: 'tile' } },
  },
  {
    ...{ name: '9×360p30 → 1080p30', inputs: 9, columns: 3, rows: 3, rate: CRF },
    ...{ ours: P360, theirs: P360, ratioMax: 1.05, isLong: true },
    request: { canvas: { width: 1920, height: 1080, fps: 30 }, layout: { mode: 'tile' } },
  },
  {
    ...{ name: '2×320×240@15 → 640×480@15, 500 kbit/s', inputs: 2, columns: 2, rows: 1, rate: ['-b:v', '500k'] },
    ...{ ours: QVGA, theirs: QVGA, perCoreMin: 10, isCheap: true },
    request: { canvas: { width: 640, height: 480, fps: 15, bitrate: 500_000 }, layout: { mode: 'tile' } },
  },
  {
    ...{
      name: 'sound of 2',
      inputs: 2,
      columns: 2,
      rows: 1,
      rate: [],
      ours: QVGA,
      isAudioOnly: true,
      perCoreMin: 50,
      isCheap: true,
    },
    request: {},
  },
];

/** A cost with the film's size: two that differ much did not do the same. ffmpeg does not tell what its start took. */
type Made = MixCost & { readonly filmBytes: number; readonly startCpuSeconds?: number };
type Row = {
  readonly name: string;
  readonly ours: Made;
  readonly theirs: Made | undefined;
  /** Of the two, each time one after the other: a machine that is slower for a while is so for both. */
  readonly ratio: number | undefined;
  readonly seconds: number;
  readonly of: Case;
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-bench-mix-'));
  // So long that the start of a program, which counts, is one or two in a hundred.
  const seconds = call.isQuick ? 8 : 40;
  const repeats = call.isQuick ? 1 : 5;
  try {
    const rows: Row[] = [];
    for (const each of CASES) {
      if (call.isQuick && each.isLong === true) continue;
      rows.push(await measure(each, { folder, seconds: each.isCheap === true ? seconds * 5 : seconds, repeats }));
    }
    return report(call, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Setting = { readonly folder: string; readonly seconds: number; readonly repeats: number };

/** What a case is mixed of. */
type Prepared = { readonly place: string; readonly mark: string | undefined; readonly facts: MixFacts };

/** Tapes of nine people, and the facts of a film of them with names, mark and corners. */
export async function prepareNine(folder: string, seconds: number): Promise<MixFacts> {
  const { facts } = await prepare(NINE, { folder, seconds });
  return facts;
}

async function prepare(each: Case, { folder, seconds }: Pick<Setting, 'folder' | 'seconds'>): Promise<Prepared> {
  const place = mkdtempSync(join(folder, 'case-'));
  const mark = each.isOverlaid === true ? makeMark(folder) : undefined;
  const indexes = Array.from({ length: each.inputs }, (_, index) => index);
  const clip = (index: number): string => makeClip(folder, { ...each.ours, seconds }, index);
  const streams = await Promise.all(indexes.map((index) => tapeOfClip(place, clip(index), index)));
  return { place, mark, facts: factsOf(each, { streams, seconds, mark }) };
}

async function measure(each: Case, setting: Setting): Promise<Row> {
  const { folder, seconds, repeats } = setting;
  say(`${each.name}: ${seconds} s of film, ${repeats} times each`);
  const { place, mark, facts } = await prepare(each, setting);
  const indexes = Array.from({ length: each.inputs }, (_, index) => index);
  const clip = (shape: Omit<ClipShape, 'seconds'>, index: number): string =>
    makeClip(folder, { ...shape, seconds }, index);
  const { theirs } = each;
  const clips = theirs === undefined ? [] : indexes.map((index) => clip(theirs, index));
  const [our, their]: [Made[], Made[]] = [[], []];
  for (let turn = 0; turn < repeats; turn += 1) {
    const tapeDirectory = join(place, `film-${turn}`);
    our.push(
      mixOurs(join(place, 'task.json'), { facts, tapeDirectory, threads: 0, isAudioOnly: each.isAudioOnly === true }),
    );
    if (clips.length > 0) their.push(mixTheirs(each, { clips, place, mark }));
  }
  return {
    name: each.name,
    ours: middle(our),
    theirs: their.length === 0 ? undefined : middle(their),
    ratio:
      their.length === 0 ? undefined : median(our.map((one, turn) => one.cpuSeconds / (their[turn]?.cpuSeconds ?? 0))),
    seconds,
    of: each,
  };
}

function factsOf(
  each: Case,
  parts: { streams: MixFacts['streams']; seconds: number; mark: string | undefined },
): MixFacts {
  const { streams, seconds, mark } = parts;
  const image = mark === undefined ? '' : `data:image/png;base64,${readFileSync(mark).toString('base64')}`;
  const place = { x: 1104, y: 16, width: 160, height: 48 };
  const overlays = { ...each.request.overlays, ...(mark === undefined ? {} : { watermarks: [{ image, ...place }] }) };
  const settings = parseMixRequest({ ...each.request, overlays });
  if (isMixProblem(settings)) throw new Error(settings.message);
  const stopAt = unixUs(FILM_START + seconds * 1_000_000);
  return { startAt: FILM_START, stopAt, pauses: [], settings: [{ at: FILM_START, settings }], streams };
}

function mixOurs(path: string, task: MixTask): Made {
  writeFileSync(path, JSON.stringify(task));
  const main = join(import.meta.dirname, 'mix-main.ts');
  const cost = JSON.parse(execFileSync(process.execPath, [main, path], { encoding: 'utf8' })) as OurMixCost;
  return { ...cost, filmBytes: sizeOf(task.tapeDirectory) };
}

function mixTheirs(each: Case, parts: { clips: readonly string[]; place: string; mark: string | undefined }): Made {
  const { clips, place, mark } = parts;
  const { width = 1280, height = 720, fps = 30 } = each.request.canvas ?? {};
  const { columns, rows, rate } = each;
  const base = { clips, canvas: { width, height, fps }, columns, rows, rate, output: join(place, 'theirs.mkv') };
  const cost = mixWithFfmpeg(mark === undefined ? base : { ...base, overlay: { mark, font: findFont() } });
  return { ...cost, filmBytes: statSync(base.output).size };
}

function makeMark(folder: string): string {
  const path = join(folder, 'mark.png');
  const source = ['-f', 'lavfi', '-i', 'color=c=orange@0.6:s=160x48:d=1,format=rgba'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...source, '-frames:v', '1', path]);
  return path;
}

/** A font of the machine for ffmpeg's names. */
function findFont(): string {
  return execFileSync('fc-match', ['-f', '%{file}', 'sans'], { encoding: 'utf8' }).trim();
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function middle(costs: readonly Made[]): Made {
  const of = (pick: (cost: Made) => number): number => median(costs.map(pick));
  return {
    cpuSeconds: of((c) => c.cpuSeconds),
    wallSeconds: of((c) => c.wallSeconds),
    rssMib: of((c) => c.rssMib),
    filmBytes: of((c) => c.filmBytes),
    startCpuSeconds: of((c) => c.startCpuSeconds ?? 0),
  };
}

function report(call: BenchmarkCall, rows: readonly Row[]): boolean {
  const figures = rows.map(({ name, ours, theirs, ratio, seconds }) => ({
    name,
    cpuPerSecond: rounded(ours.cpuSeconds / seconds, 4),
    ffmpegCpuPerSecond: theirs === undefined ? '-' : rounded(theirs.cpuSeconds / seconds, 4),
    ratio: ratio === undefined ? '-' : rounded(ratio, 2),
    startCpuSeconds: rounded(ours.startCpuSeconds ?? 0, 2),
    mixesPerCore: rounded(seconds / ours.cpuSeconds, 1),
    timesRealTime: rounded(seconds / ours.wallSeconds, 1),
    rssMib: rounded(ours.rssMib),
    ffmpegRssMib: theirs === undefined ? '-' : rounded(theirs.rssMib),
    kbps: rounded((ours.filmBytes * 8) / 1000 / seconds),
    ffmpegKbps: theirs === undefined ? '-' : rounded((theirs.filmBytes * 8) / 1000 / seconds),
  }));
  printTable(
    [
      ...['film', 'CPU s/s', 'ffmpeg', 'ratio', 'start s', 'per core', '× real time'],
      ...['MiB', 'ffmpeg MiB', 'kbit/s', 'ffmpeg kbit/s'],
    ],
    figures.map((figure) => Object.values(figure)),
  );
  say('CPU counts the whole process on both sides; `start s` is how much of ours went before mixing began');
  const goals = rows.flatMap((row, index) => goalsOf(row, figures[index]?.ratio ?? '-'));
  writeResult(call.resultName, { figures, goals });
  return printGoals(goals);
}

function goalsOf({ name, ours, seconds, of }: Row, ratio: number | string): Goal[] {
  const goals: Goal[] = [];
  const perCore = seconds / ours.cpuSeconds;
  const speed = seconds / ours.wallSeconds;
  if (of.ratioMax !== undefined)
    goals.push({
      text: `${name}: CPU ${ratio} of ffmpeg's, at most ${of.ratioMax}`,
      isMet: Number(ratio) <= of.ratioMax,
    });
  if (of.perCoreMin !== undefined)
    goals.push({
      text: `${name}: ${rounded(perCore, 1)} a core, at least ${of.perCoreMin}`,
      isMet: perCore >= of.perCoreMin,
    });
  if (of.speedMin !== undefined)
    goals.push({
      text: `${name}: ${rounded(speed, 1)} × real time, at least ${of.speedMin}`,
      isMet: speed >= of.speedMin,
    });
  return goals;
}
