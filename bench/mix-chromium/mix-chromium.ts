// The peer most recording services use: a page in Chromium that draws everybody on a canvas and records it, beside our
// live mix of the same clips at the same pace, in the same run. CPU and memory of all processes of each.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMixProblem, parseMixRequest } from '@roomtape/api';
import { openMediaFile } from '@roomtape/ffmpeg';
import { createSystemClock, unixUs } from '@roomtape/media';
import type { MixFacts } from '@roomtape/mixer';
import { servePageFolder } from '../../tests/sdk/page-folder.ts';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { openFilmReceiver } from '../local/film-receiver.ts';
import { launchMeasuredBrowser } from '../local/measured-browser.ts';
import { proportionalMib } from '../local/memory-curve.ts';
import { FILM_START, makeClip, tapeOfClip } from '../mix/workload.ts';
import { readUsage } from '../process-usage.ts';
import { median, writeResult } from '../result-file.ts';
import { sleep } from '../server-process.ts';

/** The benchmark. */
export const mixChromiumBenchmark: Benchmark = {
  name: 'mix-chromium',
  summary: 'nine streams in one film: our live mix beside a canvas and MediaRecorder in Chromium',
  isSlow: true,
  run,
};

const PEOPLE = 9;
const COLUMNS = 3;
const CLIP = { width: 640, height: 360, fps: 30 };
const CANVAS = { width: 1280, height: 720, fps: 30 };
const BITRATE_BPS = 2_500_000;
const AUDIO_BITRATE_BPS = 64_000;
const MIME_TYPE = 'video/mp4;codecs=avc1.42E01F,opus';
/** Not measured: everything begins. */
const SETTLE_MS = 5_000;
const SECONDS = 30;
const SECONDS_QUICK = 8;
const TURNS = 2;
const SAMPLE_MS = 1_000;
const CPU_RATIO_MAX = 0.85;
const MEMORY_RATIO_MAX = 0.35;
const clock = createSystemClock({ keepAlive: true });

/** What one film took while it was made: seconds of CPU in a second, MiB. */
type Cost = {
  readonly cpu: number;
  readonly mib: number;
  readonly kbps: number;
  readonly seconds: number;
  readonly fps: number;
};
type Workload = {
  readonly folder: string;
  readonly clips: readonly string[];
  readonly facts: MixFacts;
  readonly seconds: number;
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-mix-chromium-'));
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const turns = call.isQuick ? 1 : (call.points ?? TURNS);
  try {
    say(
      `${PEOPLE} clips ${CLIP.width}x${CLIP.height}, canvas ${CANVAS.width}x${CANVAS.height}; ${seconds} s, ${turns} times each`,
    );
    const workload = await prepare(folder, seconds);
    const [ours, theirs]: [Cost[], Cost[]] = [[], []];
    for (let turn = 0; turn < turns; turn += 1) {
      theirs.push(await mixInChromium(workload));
      ours.push(await mixLive(workload, turn));
    }
    return report(call, middle(ours), middle(theirs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, seconds: number): Promise<Workload> {
  const length = seconds + (2 * SETTLE_MS) / 1000;
  const clips: string[] = [];
  const streams: MixFacts['streams'][number][] = [];
  for (let index = 0; index < PEOPLE; index += 1) {
    const clip = makeClip(folder, { ...CLIP, seconds: length }, index);
    execFileSync('ffmpeg', ['-v', 'error', '-i', clip, '-c', 'copy', join(folder, `${index}.mp4`)]);
    clips.push(`/${index}.mp4`);
    streams.push(await tapeOfClip(folder, clip, index));
  }
  const settings = parseMixRequest({
    canvas: { ...CANVAS, bitrate: BITRATE_BPS },
    layout: { mode: 'tile' },
    audio: { bitrate: AUDIO_BITRATE_BPS },
  });
  if (isMixProblem(settings)) throw new Error(settings.message);
  const stopAt = unixUs(FILM_START + length * 1e6);
  const facts = { startAt: FILM_START, stopAt, pauses: [], settings: [{ at: FILM_START, settings }], streams };
  return { folder, clips, facts, seconds };
}

async function mixInChromium({ folder, clips, seconds }: Workload): Promise<Cost> {
  const [site, receiver, browser] = await Promise.all([
    servePageFolder(folder, { '/': '<!doctype html><title>Composition</title>' }),
    openFilmReceiver(),
    launchMeasuredBrowser(),
  ]);
  try {
    const script = readFileSync(join(import.meta.dirname, 'page', 'composition.js'), 'utf8');
    const page = await browser.openPage(site.url, script);
    const plan = {
      clips,
      columns: COLUMNS,
      ...CANVAS,
      bitsPerSecond: BITRATE_BPS,
      audioBitsPerSecond: AUDIO_BITRATE_BPS,
    };
    await page.evaluate(`composition.open(${JSON.stringify({ ...plan, mimeType: MIME_TYPE })})`);
    await sleep(SETTLE_MS);
    const taken = await measure(() => browser.pids(), seconds);
    const seen = (await page.evaluate(`composition.finish('${receiver.url}/film.mp4')`)) as {
      shown: number;
      dropped: number;
    };
    const film = filmOf(receiver.pathOf('film.mp4'));
    say(
      `Chromium: film of ${rounded(film.seconds, 1)} s; ${seen.shown} pictures of the clips shown, ${seen.dropped} dropped`,
    );
    if (browser.complaints.length > 0) throw new Error(browser.complaints.join('; '));
    return { ...taken, ...film };
  } finally {
    await Promise.all([browser.close(), site.close(), receiver.close()]);
  }
}

async function mixLive({ folder, facts, seconds }: Workload, turn: number): Promise<Cost> {
  const place = mkdtempSync(join(folder, `turn-${turn}-`));
  const task = join(place, 'task.json');
  writeFileSync(task, JSON.stringify({ facts, folder: place }));
  const main = join(import.meta.dirname, '..', 'mix', 'live-mix-main.ts');
  const child = spawn(process.execPath, [main, task], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const ended = untilEnded(child);
    await sleep(SETTLE_MS);
    const taken = await measure(async () => [child.pid ?? 0], seconds);
    await ended;
    const film = filmOf(join(place, 'files', 'film.mp4'));
    say(`ours: film of ${rounded(film.seconds, 1)} s`);
    return { ...taken, ...film };
  } finally {
    child.kill('SIGKILL');
  }
}

function untilEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the live mix ended with ${code}`))));
  });
}

async function measure(pids: () => Promise<number[]>, seconds: number): Promise<Pick<Cost, 'cpu' | 'mib'>> {
  const begunAt = clock.now();
  const before = readUsage(await pids());
  const mib: number[] = [];
  while (clock.now() - begunAt < seconds * 1e6) {
    mib.push(proportionalMib(await pids()));
    await sleep(SAMPLE_MS);
  }
  const after = readUsage(await pids());
  return { cpu: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / (clock.now() - begunAt), mib: median(mib) };
}

function filmOf(path: string): Pick<Cost, 'kbps' | 'seconds' | 'fps'> {
  const file = openMediaFile(path);
  const video = file.tracks.find(({ kind }) => kind === 'video')?.index;
  let [pictures, endUs] = [0, 0];
  for (const { track, ptsUs } of file.packets()) {
    if (track === video) pictures += 1;
    endUs = Math.max(endUs, ptsUs);
  }
  file.close();
  const seconds = endUs / 1e6;
  return { seconds, fps: pictures / seconds, kbps: (statSync(path).size * 8) / 1000 / seconds };
}

function middle(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number): number => median(costs.map(pick));
  return {
    cpu: of((c) => c.cpu),
    mib: of((c) => c.mib),
    kbps: of((c) => c.kbps),
    seconds: of((c) => c.seconds),
    fps: of((c) => c.fps),
  };
}

function report(call: BenchmarkCall, ours: Cost, theirs: Cost): boolean {
  const row = (name: string, { cpu, mib, fps, kbps }: Cost): (string | number)[] => [
    name,
    rounded(cpu, 3),
    rounded(mib),
    rounded(fps, 1),
    rounded(kbps),
  ];
  printTable(['', 'CPU s/s', 'MiB (PSS)', 'pictures/s', 'kbit/s'], [row('ours', ours), row('Chromium', theirs)]);
  const [cpu, memory] = [ours.cpu / theirs.cpu, ours.mib / theirs.mib];
  const goals: Goal[] = [
    { text: `CPU ${rounded(cpu, 2)} of Chromium's (goal at most ${CPU_RATIO_MAX})`, isMet: cpu <= CPU_RATIO_MAX },
    {
      text: `memory ${rounded(memory, 2)} of Chromium's (goal at most ${MEMORY_RATIO_MAX})`,
      isMet: memory <= MEMORY_RATIO_MAX,
    },
  ];
  writeResult(call.resultName, { ours, theirs, mimeType: MIME_TYPE, goals });
  return printGoals(goals);
}
