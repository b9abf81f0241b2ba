// Pictures lost in a minute at 720p30, on a machine that does nothing else and beside a worker that keeps a core busy.

import { type Goal, printTable, say } from '../benchmark.ts';
import { type BesideFigures, recordBeside } from './beside.ts';
import { FILM_COLUMNS, filmRow, type LocalPart, type LocalPlan, type PartResult } from './local-part.ts';

const SECONDS = 60;
const SECONDS_LOADED = 20;
const SECONDS_QUICK = 5;

/** The part. */
export const lossPart: LocalPart = { name: 'loss', run };

async function run(plan: LocalPlan): Promise<PartResult> {
  say('1280x720 at 30, generator; both recorders at the same time, first alone, then beside a busy worker');
  const idle = await runOne(plan, false);
  const loaded = await runOne(plan, true);
  const rows = (label: string, { ours, mediaRecorder }: BesideFigures): (string | number)[][] => [
    filmRow(`${label}, ours`, ours),
    filmRow(`${label}, MediaRecorder`, mediaRecorder),
  ];
  printTable(FILM_COLUMNS, [...rows('idle', idle), ...rows('loaded', loaded)]);
  return { figures: { idle, loaded }, goals: goalsOf(idle, loaded) };
}

async function runOne(plan: LocalPlan, isLoaded: boolean): Promise<BesideFigures> {
  const seconds = plan.isQuick ? SECONDS_QUICK : isLoaded ? SECONDS_LOADED : SECONDS;
  const browser = await plan.stage.launch();
  try {
    const page = await plan.stage.openPage(browser);
    const size = { width: 1280, height: 720 };
    return await recordBeside({ stage: plan.stage, page, source: 'generator', seconds, isLoaded, ...size });
  } finally {
    await browser.close();
  }
}

function goalsOf(idle: BesideFigures, loaded: BesideFigures): Goal[] {
  const { framesLost, framesGiven } = idle.ours;
  const [mine, his] = [loaded.ours.framesLost, loaded.mediaRecorder.framesLost];
  return [
    { text: `pictures lost, idle: ${framesLost} of ${framesGiven} (goal 0)`, isMet: framesLost === 0 },
    {
      text: `pictures lost beside a busy worker: ${mine} (stated beside MediaRecorder's ${his})`,
      isMet: mine <= his,
    },
  ];
}
