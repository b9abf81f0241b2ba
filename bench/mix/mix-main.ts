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
export type MixCost = { readonly cpuSeconds: number; readonly wallSeconds: number; readonly rssMib: number };

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as MixTask;
const clock = createSystemClock({ keepAlive: true });
const begunAt = clock.now();
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
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cost: MixCost = {
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  wallSeconds: (clock.now() - begunAt) / 1e6,
  rssMib: maxRSS / 1024,
};
process.stdout.write(JSON.stringify(cost));
