// CPU of all of Chromium's processes, in points of one core: preview alone, and what recording adds to it.

import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { median } from '../result-file.ts';
import { sleep } from '../server-process.ts';
import type { LocalPart, LocalPlan, PartResult } from './local-part.ts';
import type { MeasuredBrowser } from './measured-browser.ts';

const SECONDS = 8;
const SECONDS_QUICK = 4;
const SETTLE_MS = 2_500;
const OVER_GOAL_POINTS = 3;

type Mode = 'preview' | 'media-recorder' | 'ours';
/** There and back, so that a machine that grows warmer or busier favours none. */
const ORDER: readonly Mode[] = ['preview', 'media-recorder', 'ours', 'ours', 'media-recorder', 'preview'];
const ORDER_QUICK: readonly Mode[] = ['preview', 'media-recorder', 'ours'];

/** The part. */
export const cpuPart: LocalPart = { name: 'cpu', run };

async function run(plan: LocalPlan): Promise<PartResult> {
  const seconds = plan.isQuick ? SECONDS_QUICK : SECONDS;
  say(`1280x720 at 30 with sound, generator, shown in a <video>; ${seconds} s each`);
  const browser = await plan.stage.launch();
  const points: Record<Mode, number[]> = { preview: [], 'media-recorder': [], ours: [] };
  try {
    const { run: runInPage } = await plan.stage.openPage(browser);
    await runInPage(OPEN);
    for (const mode of plan.isQuick ? ORDER_QUICK : ORDER) {
      await runInPage(BEGIN, mode);
      await sleep(SETTLE_MS);
      points[mode].push(await measure(browser, seconds));
      await runInPage(END);
    }
  } finally {
    await browser.close();
  }
  return report(points);
}

async function measure(browser: MeasuredBrowser, seconds: number): Promise<number> {
  const [before, beganMs] = [await browser.usage(), performance.now()];
  await sleep(seconds * 1_000);
  const after = await browser.usage();
  return ((after.cpuSeconds - before.cpuSeconds) * 100_000) / (performance.now() - beganMs);
}

function report(points: Record<Mode, number[]>): PartResult {
  const mean = (mode: Mode): number => points[mode].reduce((sum, value) => sum + value, 0) / points[mode].length;
  const base = mean('preview');
  const [theirs, ours] = [mean('media-recorder') - base, mean('ours') - base];
  const row = (mode: Mode): (string | number)[] => [
    mode,
    rounded(mean(mode), 1),
    rounded(mean(mode) - base, 1),
    points[mode].map((value) => rounded(value, 1)).join(' '),
  ];
  printTable(['', '% of a core', 'over preview', 'single runs'], [row('preview'), row('media-recorder'), row('ours')]);
  const goal: Goal = {
    text: `recording costs ${rounded(ours, 1)} points, MediaRecorder MP4 ${rounded(theirs, 1)} (goal at most ${OVER_GOAL_POINTS} more)`,
    isMet: ours - theirs <= OVER_GOAL_POINTS,
  };
  return {
    figures: {
      points,
      previewPoints: rounded(base, 1),
      mediaRecorderPoints: rounded(theirs, 1),
      oursPoints: rounded(ours, 1),
      medianPreview: rounded(median(points.preview), 1),
    },
    goals: [goal],
  };
}

const OPEN = `
  const source = await knownSource.openGenerator({ width: 1280, height: 720 });
  await engineRecorder.preview(source.stream);
  globalThis.cpu = { source, number: 0 };
`;
const BEGIN = `
  const { source } = cpu;
  cpu.recorder =
    argument === 'ours' ? await engineRecorder.record({ filePath: 'cpu-' + cpu.number++ + '.mp4' })
    : argument === 'media-recorder' ? recordWithMediaRecorder(source.stream)
    : undefined;
  await cpu.recorder?.started;
`;
const END = 'await cpu.recorder?.stop(); cpu.recorder = undefined;';
