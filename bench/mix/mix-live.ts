// Two live mixes at once on this machine, each in a process of its own as a server has them: does one of them fall
// behind the time that passes?

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MixFacts } from '@roomtape/mixer';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { median, writeResult } from '../result-file.ts';
import type { LiveMixLine, LiveMixTask } from './live-mix-main.ts';
import { prepareNine } from './mix.ts';

/** The benchmark. */
export const mixLiveBenchmark: Benchmark = {
  name: 'mix-live',
  summary: 'two live mixes at once: how far they are behind what happens',
  isSlow: false,
  run,
};

const AT_ONCE = 2;
const SECONDS = 60;
const SECONDS_QUICK = 12;
/** Not measured: decoders, encoder and the program itself begin. */
const SETTLE_US = 5_000_000;
/** Further behind than usual by this, for a moment, shows that the machine is full. */
const LAG_MS_MAX = 500;

/** How far a film was behind what happened, ms: usually, and at most once it had begun; how often it said so. */
type Figures = { readonly usualMs: number; readonly mostMs: number; readonly said: number };

async function run(call: BenchmarkCall): Promise<boolean> {
  const seconds = call.isQuick ? SECONDS_QUICK : SECONDS;
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-bench-mix-live-'));
  try {
    const facts = await prepareNine(folder, seconds);
    say(`${AT_ONCE} live mixes at once, each of 9×360p30 → 720p30 with names, mark, corners; ${seconds} s`);
    const films = Array.from({ length: AT_ONCE }, () => mixLive(facts, mkdtempSync(join(folder, 'live-'))));
    return report(call, await Promise.all(films));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function mixLive(facts: MixFacts, folder: string): Promise<Figures> {
  const task: LiveMixTask = { facts, folder };
  const path = join(folder, 'task.json');
  writeFileSync(path, JSON.stringify(task));
  const main = join(import.meta.dirname, 'live-mix-main.ts');
  const child = spawn(process.execPath, [main, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a live mix ended with ${code}`))));
  });
  const behindMs: number[] = [];
  try {
    for await (const text of createInterface(child.stdout)) {
      const { mixedUs, passedUs } = JSON.parse(text) as LiveMixLine;
      // What is due after the end is made at once.
      const isUnderWay = passedUs > SETTLE_US && facts.startAt + passedUs < (facts.stopAt ?? Number.POSITIVE_INFINITY);
      if (isUnderWay) behindMs.push((passedUs - mixedUs) / 1000);
    }
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
  return { usualMs: median(behindMs), mostMs: Math.max(...behindMs), said: behindMs.length };
}

function report(call: BenchmarkCall, films: readonly Figures[]): boolean {
  const rows = films.map(({ usualMs, mostMs, said }) => [rounded(usualMs), rounded(mostMs), said]);
  printTable(['behind, ms', 'at most', 'times it said so'], rows);
  const goals = films.map(({ usualMs, mostMs }, index) => ({
    text: `film ${index + 1}: never more than ${rounded(mostMs - usualMs)} ms further behind than usual (goal ${LAG_MS_MAX})`,
    isMet: mostMs - usualMs <= LAG_MS_MAX,
  }));
  writeResult(call.resultName, { films, goals });
  return printGoals(goals);
}
