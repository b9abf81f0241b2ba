// Half an hour at 720p30: whether memory stays flat, how long the stop takes, and whether the file has its length.

import { execFileSync } from 'node:child_process';
import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { stopGoal } from './drift-part.ts';
import type { LocalPart, LocalPlan, PartResult } from './local-part.ts';
import { curveText, growthMibPerMinute, sampleMemory } from './memory-curve.ts';

const SECONDS = 1_800;
const SECONDS_QUICK = 30;
/** What may come of fragmentation and caches; a recording that kept its packets would grow by 12 MiB a minute. */
const GROWTH_GOAL_MIB_PER_MINUTE = 1;
const DURATION_GOAL_MS = 20;

type PageAnswer = { readonly readyMs: number; readonly recordedMs: number; readonly bytes: number };

/** The part. */
export const longPart: LocalPart = { name: 'long', isLong: true, run };

async function run(plan: LocalPlan): Promise<PartResult> {
  const seconds = plan.isQuick ? SECONDS_QUICK : SECONDS;
  say(`1280x720 at 30, generator, ${seconds} s`);
  const browser = await plan.stage.launch();
  try {
    const { run: runInPage } = await plan.stage.openPage(browser);
    const recording = runInPage<PageAnswer>(BODY, { seconds, url: plan.stage.receiver.url });
    const memory = await sampleMemory(browser, plan.isQuick ? 5 : 30, recording);
    const answer = await recording;
    const film = probe(plan.stage.receiver.pathOf('long.mp4'));
    const [growth, errorMs] = [growthMibPerMinute(memory), rounded(film.durationMs - answer.recordedMs, 1)];
    const framesLost = Math.round((film.durationMs * 30) / 1000) - film.frames;
    printTable(
      ['seconds', 'MB', 'stop → file ms', 'length error ms', 'pictures', 'fewer than 30 a second', 'MiB a minute'],
      [
        [
          seconds,
          rounded(answer.bytes / 1e6),
          rounded(answer.readyMs),
          errorMs,
          film.frames,
          framesLost,
          growth ?? '-',
        ],
      ],
    );
    say(`memory MiB, renderers/all: ${curveText(memory)}`);
    const goals: Goal[] = [
      stopGoal({ seconds, readyMs: answer.readyMs }),
      ...growthGoals(growth),
      {
        text: `length after ${seconds} s: ${errorMs} ms off (goal at most ${DURATION_GOAL_MS})`,
        isMet: Math.abs(errorMs) <= DURATION_GOAL_MS,
      },
    ];
    return { figures: { seconds, ...answer, ...film, framesLost, memory, growthMibPerMinute: growth }, goals };
  } finally {
    await browser.close();
  }
}

function growthGoals(growth: number | undefined): Goal[] {
  if (growth === undefined) return [];
  const text = `memory grows by ${growth} MiB a minute (goal at most ${GROWTH_GOAL_MIB_PER_MINUTE})`;
  return [{ text, isMet: growth <= GROWTH_GOAL_MIB_PER_MINUTE }];
}

/** Counted, not decoded: half an hour of pictures would take minutes. */
function probe(path: string): { durationMs: number; frames: number } {
  const shown = 'stream=nb_read_packets:format=duration';
  const args = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', shown, '-of', 'json', path];
  const found = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: { nb_read_packets: string }[];
    format: { duration: string };
  };
  return { durationMs: Number(found.format.duration) * 1000, frames: Number(found.streams[0]?.nb_read_packets) };
}

const BODY = `
  const source = await knownSource.openGenerator({ width: 1280, height: 720 });
  await engineRecorder.preview(source.stream);
  await engineRecorder.pause(1500);
  const recording = await engineRecorder.record({ filePath: 'long.mp4' });
  await engineRecorder.pause(argument.seconds * 1000);
  const { file, readyMs, startedAtMs, stoppedAtMs } = await recording.stop();
  await sendFilm(argument.url, 'long.mp4', file);
  return { readyMs, recordedMs: stoppedAtMs - startedAtMs, bytes: file.size };
`;
