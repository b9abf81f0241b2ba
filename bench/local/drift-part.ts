// Drift over ten minutes between two clocks that are really two (the page's and that of the sound hardware), the stop
// after five and ten minutes, and memory meanwhile.

import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { type BesideFigures, recordBeside } from './beside.ts';
import type { FilmFigures } from './film-measure.ts';
import { FILM_COLUMNS, filmRow, type LocalPart, type LocalPlan, type PartResult } from './local-part.ts';
import { curveText, growthMibPerMinute, type MemorySample, sampleMemory } from './memory-curve.ts';

const SECONDS = 600;
const EARLY_SECONDS = 300;
const SECONDS_QUICK = 10;
const EARLY_SECONDS_QUICK = 5;
const SAMPLE_SECONDS = 15;
const SAMPLE_SECONDS_QUICK = 4;
const DRIFT_GOAL_MS = 5;
/** What a stop may take per second recorded: 1 s for 5 minutes. */
const STOP_MS_PER_SECOND = 1000 / 300;
const STOP_MS_MIN = 1000;
/** Around a stop whose time counts. */
const QUIET_BEFORE_MS = 12_000;
const QUIET_AFTER_MS = 8_000;

/** When the drift part wants nothing else to run: told to whoever runs beside it. */
export type QuietTimes = { untilQuiet(): Promise<void> };

/** The part, and the moments in which others may begin something. */
export function createDriftPart(): LocalPart & QuietTimes {
  let beganAtMs: number | undefined;
  let isOver = false;
  return {
    name: 'drift',
    run: async (plan) => {
      const figures = run(plan, () => {
        beganAtMs = performance.now();
      });
      return figures.finally(() => {
        isOver = true;
      });
    },
    untilQuiet: async () => {
      for (;;) {
        const sinceMs = beganAtMs === undefined ? 0 : performance.now() - beganAtMs;
        const isNear = [EARLY_SECONDS, SECONDS].some((seconds) => {
          const toStopMs = seconds * 1000 - sinceMs;
          return toStopMs < QUIET_BEFORE_MS && toStopMs > -QUIET_AFTER_MS;
        });
        if (isOver || !isNear) return;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}

async function run(plan: LocalPlan, onBegin: () => void): Promise<PartResult> {
  const [seconds, earlyStopSeconds] = plan.isQuick ? [SECONDS_QUICK, EARLY_SECONDS_QUICK] : [SECONDS, EARLY_SECONDS];
  say(`640x360 at 30, canvas and WebAudio, ${seconds} s; a second recording stops after ${earlyStopSeconds} s`);
  const browser = await plan.stage.launch();
  try {
    const page = await plan.stage.openPage(browser);
    onBegin();
    const size = { width: 640, height: 360 };
    const recording = recordBeside({ stage: plan.stage, page, source: 'canvas', seconds, earlyStopSeconds, ...size });
    const memory = sampleMemory(browser, plan.isQuick ? SAMPLE_SECONDS_QUICK : SAMPLE_SECONDS, recording);
    return report(await recording, await memory, earlyStopSeconds);
  } finally {
    await browser.close();
  }
}

function report(figures: BesideFigures, memory: readonly MemorySample[], earlySeconds: number): PartResult {
  const { ours, mediaRecorder, readyMs, seconds } = figures;
  printTable(FILM_COLUMNS, [filmRow('ours', ours), filmRow('MediaRecorder', mediaRecorder)]);
  const stops = [
    { seconds: earlySeconds, readyMs: readyMs.early ?? Number.NaN },
    { seconds, readyMs: readyMs.ours },
  ];
  say(`stop → file: ${stops.map((stop) => `${rounded(stop.readyMs)} ms after ${stop.seconds} s`).join(', ')};`);
  say(`MediaRecorder: ${rounded(readyMs.mediaRecorder)} ms after ${seconds} s, its file without index or length`);
  const growth = growthMibPerMinute(memory);
  say(`memory MiB, renderers/all (MediaRecorder's chunks are in the latter): ${curveText(memory)}`);
  if (growth !== undefined) say(`renderers grow by ${growth} MiB a minute`);
  return {
    figures: { ...figures, stops, memory, growthMibPerMinute: growth },
    goals: [...driftGoals(ours), ...stops.map(stopGoal)],
  };
}

function driftGoals({ driftMsPer10Min: driftMs, driftErrorMsPer10Min: errorMs }: FilmFigures): Goal[] {
  if (driftMs === undefined) return [];
  return [
    {
      text: `drift: ${driftMs} ± ${errorMs} ms in 10 minutes (goal at most ${DRIFT_GOAL_MS})`,
      isMet: Math.abs(driftMs) <= DRIFT_GOAL_MS,
    },
  ];
}

/** The goal of a stop after so many seconds. */
export function stopGoal({ seconds, readyMs }: { readonly seconds: number; readonly readyMs: number }): Goal {
  const goalMs = Math.max(STOP_MS_MIN, rounded(seconds * STOP_MS_PER_SECOND));
  return {
    text: `stop → file after ${seconds} s: ${rounded(readyMs)} ms (goal at most ${goalMs})`,
    isMet: readyMs <= goalMs,
  };
}
