// The browser recorder beside MediaRecorder: offset, drift, length, lost pictures, CPU, crashes, stops, raw sound. The
// sources are `page/known-source.js`; none of their times come from the recorder.

import { type Benchmark, type BenchmarkCall, type Goal, printGoals, say } from '../benchmark.ts';
import { writeResult } from '../result-file.ts';
import { cpuPart } from './cpu-part.ts';
import { createCrashPart } from './crash-part.ts';
import { createDriftPart } from './drift-part.ts';
import type { LocalPart, LocalPlan, PartResult } from './local-part.ts';
import { longPart } from './long-part.ts';
import { lossPart } from './loss-part.ts';
import { rawPart } from './raw-part.ts';
import { openLocalStage } from './stage.ts';
import { syncPart } from './sync-part.ts';

/** The benchmark. */
export const localBenchmark: Benchmark = {
  name: 'local',
  summary: 'the recorder in the browser beside MediaRecorder: offset, drift, loss, CPU, crashes, raw sound',
  isSlow: true,
  run,
};

const POINTS = 50;
const POINTS_QUICK = 2;

async function run(call: BenchmarkCall): Promise<boolean> {
  const stage = await openLocalStage();
  const plan: LocalPlan = {
    ...{ stage, isQuick: call.isQuick, isLong: call.isLong === true },
    points: call.points ?? (call.isQuick ? POINTS_QUICK : POINTS),
  };
  const results: Record<string, unknown> = {};
  const goals: Goal[] = [];
  const play = async (part: LocalPart): Promise<void> => {
    const isLeftOut = call.parts === undefined ? part.isLong === true && !plan.isLong : !call.parts.includes(part.name);
    if (isLeftOut) return;
    const result = await playPart(part, plan);
    results[part.name] = result.figures;
    goals.push(...result.goals);
  };
  try {
    for (const part of [syncPart, lossPart, cpuPart, rawPart]) await play(part);
    // Kills fit into the ten minutes of the drift run: clocks do not care for load, and its stops are kept quiet.
    const drift = createDriftPart();
    const crash = createCrashPart(drift.untilQuiet);
    if (plan.isQuick) for (const part of [drift, crash]) await play(part);
    else await Promise.all([play(drift), play(crash)]);
    await play(longPart);
  } finally {
    await stage.close();
  }
  say('');
  const areMet = printGoals(goals);
  // Parts chosen by name have a file of their own: they do not stand for the whole.
  const name = [call.resultName, ...(call.parts ?? [])].join('-');
  writeResult(name, { ...results, goals });
  return areMet;
}

/** A part that fails is a missed goal with its reason, and the others still run. */
async function playPart(part: LocalPart, plan: LocalPlan): Promise<PartResult> {
  const beganMs = performance.now();
  console.log(`\n  ${part.name}`);
  try {
    const result = await part.run(plan);
    say(`(${Math.round((performance.now() - beganMs) / 1000)} s)`);
    return result;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`${part.name} failed: ${error instanceof Error ? error.stack : reason}`);
    return {
      figures: { failed: reason },
      goals: [{ text: `${part.name} could be measured: ${reason}`, isMet: false }],
    };
  }
}
