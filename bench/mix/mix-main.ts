// Makes one film in a process of its own and prints what that took: the whole process counts, its start included.

import { readFileSync } from 'node:fs';
import { createSystemClock, silentLog } from '@roomtape/media';
import { AssetLoader, createOverlayPainter, type MixFacts, openMixer } from '@roomtape/mixer';

/** What is to be mixed. */
export type MixTask = {
  readonly facts: MixFacts;
  readonly tapeDirectory: string;
  readonly threads: number;
  readonly isAudioOnly: boolean;
};

/** What it took. */
export type MixCost = {
  /** Of the whole process, from its first moment on. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly rssMib: number;
};

/** What it took, and how much of it was the program's start. */
export type OurMixCost = MixCost & { readonly startCpuSeconds: number };

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as MixTask;
const clock = createSystemClock({ keepAlive: true });
const begunAt = clock.now();
const startCpuSeconds = cpuSeconds();
const hasOverlays = !task.isAudioOnly && Object.keys(task.facts.settings[0]?.settings.overlays ?? {}).length > 0;
const painter = hasOverlays ? await createOverlayPainter({ pictures: new AssetLoader({ clock }) }) : undefined;
const mixer = await openMixer({
  job: { jobId: 'film', tapeDirectory: task.tapeDirectory },
  facts: task.facts,
  clock,
  log: silentLog,
  isComplete: true,
  threads: task.threads,
  isAudioOnly: task.isAudioOnly,
  ...(painter === undefined ? {} : { painter }),
});
while ((await mixer.step()) !== 'finished');
const cost: OurMixCost = {
  startCpuSeconds,
  cpuSeconds: cpuSeconds(),
  wallSeconds: (clock.now() - begunAt) / 1e6,
  rssMib: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(cost));

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
