// What a crash costs: SIGKILL of the renderer and of the browser in turn, at random moments of a recording.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededIds } from '@roomtape/media';
import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { median } from '../result-file.ts';
import { type CrashResult, type CrashVictim, type RecoveredFile, runCrashTrial } from './crash-trial.ts';
import type { LocalPart, LocalPlan, PartResult } from './local-part.ts';

const VICTIMS: readonly CrashVictim[] = ['renderer', 'browser'];
const AFTER_MS_MIN = 1_200;
const AFTER_MS_SPAN = 2_500;
const LOSS_GOAL_MS = 1_000;
const SEED = 3;

/** The part. `untilQuiet` holds the next kill back while something else must not be disturbed. */
export function createCrashPart(untilQuiet: () => Promise<void> = async () => undefined): LocalPart {
  return { name: 'crash', run: (plan) => run(plan, untilQuiet) };
}

async function run(plan: LocalPlan, untilQuiet: () => Promise<void>): Promise<PartResult> {
  say(`${plan.points} kills, renderer and browser in turn, while .mp4, .flv and .aac are recorded at once`);
  const ids = createSeededIds(SEED);
  const results: CrashResult[] = [];
  for (let point = 0; point < plan.points; point++) {
    await untilQuiet();
    const profile = await mkdtemp(join(tmpdir(), 'roomtape-crash-'));
    const victim = VICTIMS[point % VICTIMS.length] ?? 'renderer';
    const afterMs = AFTER_MS_MIN + (ids.uint32() % AFTER_MS_SPAN);
    try {
      results.push(await runCrashTrial({ stage: plan.stage, victim, afterMs, profile }));
    } catch (error) {
      results.push({ victim, afterMs, files: [{ name: 'all', isRecovered: false, problem: String(error) }] });
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return report(results);
}

function report(results: readonly CrashResult[]): PartResult {
  const names = [...new Set(results.flatMap(({ files }) => files.map(({ name }) => name)))];
  const rows = VICTIMS.flatMap((victim) =>
    names.map((name) => {
      const ofVictim = results.filter((result) => result.victim === victim);
      return rowOf(
        victim,
        name,
        ofVictim.flatMap(({ files }) => files.filter((file) => file.name === name)),
      );
    }),
  ).filter((row) => row[2] !== 0);
  printTable(
    ['killed', 'file', 'files', 'recovered', 'lost ms median', 'lost ms worst', 'recovery ms worst', 'decode errors'],
    rows,
  );
  const files = results.flatMap((result) => result.files);
  for (const { name, problem } of files.filter(({ isRecovered }) => !isRecovered).slice(0, 10))
    say(`${name}: ${problem}`);
  say('MediaRecorder: everything is lost, its chunks lie in the memory of the page');
  const worst = Math.max(...files.map(lossOf));
  const recovered = files.filter(({ isRecovered }) => isRecovered).length;
  const goals: Goal[] = [
    {
      text: `files recovered after a kill: ${recovered} of ${files.length} (goal all)`,
      isMet: recovered === files.length,
    },
    {
      text: `lost by a kill: at worst ${rounded(worst)} ms (goal at most ${LOSS_GOAL_MS})`,
      isMet: worst <= LOSS_GOAL_MS,
    },
  ];
  return { figures: { kills: results.length, worstLossMs: rounded(worst), results }, goals };
}

/** What is missing at the end, of picture or sound; the longer of the two. */
export function lossOf({ lostPictureMs, lostSoundMs }: RecoveredFile): number {
  return Math.max(lostPictureMs ?? Number.NEGATIVE_INFINITY, lostSoundMs ?? Number.NEGATIVE_INFINITY);
}

function rowOf(victim: CrashVictim, name: string, files: readonly RecoveredFile[]): (string | number)[] {
  const kept = files.filter(({ isRecovered }) => isRecovered);
  return [
    victim,
    name,
    files.length,
    kept.length,
    rounded(median(kept.map(lossOf))),
    rounded(Math.max(...kept.map(lossOf))),
    rounded(Math.max(...kept.map(({ recoverMs }) => recoverMs ?? 0))),
    kept.reduce((sum, { decodeErrors }) => sum + (decodeErrors ?? 0), 0),
  ];
}
