// Absolute A/V offset and length of what is recorded, by three sources that prove different things:
// `canvas` what a page author draws and plays, `generator` times of our own choosing, `devices` a camera and a
// microphone, where only what recorders add to Chromium's own capture times can be seen.

import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { type BesideFigures, recordBeside, type SourceKind } from './beside.ts';
import { writeDeviceFilms } from './device-films.ts';
import { stopGoal } from './drift-part.ts';
import { FILM_COLUMNS, filmRow, type LocalPart, type LocalPlan, type PartResult } from './local-part.ts';
import type { MeasuredBrowserOptions } from './measured-browser.ts';

const SECONDS = 12;
const SECONDS_QUICK = 5;
/** The film of the made-up camera is this much longer than a run: the browser starts it when it likes. */
const FILM_MARGIN_SECONDS = 8;
const OFFSET_GOAL_MS = 10;
const DURATION_GOAL_MS = 20;
const WHAT_IT_PROVES: Readonly<Record<SourceKind, string>> = {
  generator: 'times chosen by us, pictures and sound delivered as by a perfect device',
  canvas: 'canvas drawn and WebAudio scheduled at known times; includes what Chromium adds in capturing them',
  devices: 'made-up camera and microphone beside a raw tap; shows what is added to Chromium’s own capture times',
};

/** The part. */
export const syncPart: LocalPart = { name: 'sync', run };

async function run(plan: LocalPlan): Promise<PartResult> {
  const runs: BesideFigures[] = [];
  for (const source of ['generator', 'canvas', 'devices'] as const) {
    say(`${source}: ${WHAT_IT_PROVES[source]}`);
    runs.push(await runOne(plan, source));
  }
  printTable(
    FILM_COLUMNS,
    runs.flatMap(({ source, ours, mediaRecorder }) => [
      filmRow(`${source}, ours`, ours),
      filmRow(`${source}, MediaRecorder`, mediaRecorder),
    ]),
  );
  for (const { source, sourceFacts } of runs) say(`${source}: ${factsText(sourceFacts)}`);
  const [first] = runs;
  const stops = first === undefined ? [] : [stopGoal({ seconds: first.seconds, readyMs: first.readyMs.ours })];
  return { figures: { runs }, goals: [...runs.flatMap(goalsOf), ...stops] };
}

async function runOne(plan: LocalPlan, source: SourceKind): Promise<BesideFigures> {
  const seconds = plan.isQuick ? SECONDS_QUICK : SECONDS;
  const films = source === 'devices' ? await writeDeviceFilms(seconds + FILM_MARGIN_SECONDS) : undefined;
  const options: MeasuredBrowserOptions = films === undefined ? {} : { devices: films };
  const browser = await plan.stage.launch(options);
  try {
    const page = await plan.stage.openPage(browser);
    const size = source === 'devices' ? { width: 320, height: 180 } : { width: 1280, height: 720 };
    return await recordBeside({ stage: plan.stage, page, source, seconds, ...size });
  } finally {
    await browser.close();
    await films?.remove();
  }
}

function goalsOf({ source, ours }: BesideFigures): Goal[] {
  return [
    {
      text: `A/V offset by ${source}: ${ours.offsetMs} ms (goal at most ${OFFSET_GOAL_MS})`,
      isMet: Math.abs(ours.offsetMs) <= OFFSET_GOAL_MS,
    },
    {
      text: `length by ${source}: ${ours.durationErrorMs} ms off (goal at most ${DURATION_GOAL_MS})`,
      isMet: Math.abs(ours.durationErrorMs) <= DURATION_GOAL_MS,
    },
  ];
}

function factsText(facts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(facts).map(([name, value]) => `${name} ${rounded(value, 1)}`);
  return texts.length === 0 ? 'no facts of the source' : `the source says ${texts.join(', ')}`;
}
