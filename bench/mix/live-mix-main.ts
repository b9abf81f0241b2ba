// A live mix in a process of its own: the runner of the mixer process and the recorder of the worker process, on tapes
// that are there already but whose time passes as if they were being written. Ends when the film's file is whole.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, createSystemClock, silentLog, unixUs } from '@roomtape/media';
import { AssetLoader, createMixRunner, type MixFacts } from '@roomtape/mixer';
import { createRecorder } from '@roomtape/recorder';

/** What is to be mixed where. */
export type LiveMixTask = { readonly facts: MixFacts; readonly folder: string };

/** A printed line: how much of the film there is, and how much there would be if nothing took time. */
export type LiveMixLine = { readonly mixedUs: number; readonly passedUs: number };

const { facts, folder } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LiveMixTask;
const machine = createSystemClock({ keepAlive: true });
const begunAt = machine.now();
const clock: Clock = { ...machine, now: () => unixUs(facts.startAt + machine.now() - begunAt) };
const [tapeDirectory, outputDirectory] = [join(folder, 'film'), join(folder, 'files')];
mkdirSync(outputDirectory);
const recorder = createRecorder({
  ...{ clock, log: silentLog },
  onEvent: (event) => {
    if (event.kind === 'progressed') return;
    if (event.kind !== 'finished') console.error(event);
    process.exit(event.kind === 'finished' ? 0 : 1);
  },
});
const runner = createMixRunner({
  ...{ clock, log: silentLog, pictures: new AssetLoader({ clock }) },
  onEvent: (event) => {
    if (event.kind === 'mix-failed') throw new Error(event.message);
    const line: LiveMixLine = { mixedUs: event.mixedUs, passedUs: clock.now() - facts.startAt };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    if (event.kind !== 'mixed') return;
    recorder.finish('file', { stopAt: unixUs(facts.startAt + event.mixedUs), sequence: event.lastSequence });
  },
});
runner.start({ jobId: 'film', tapeDirectory }, facts);
recorder.start({
  ...{ jobId: 'file', tapeDirectory, outputDirectory, fileName: 'film', startAt: facts.startAt, fragmentMs: 500 },
  ...{ container: 'mp4', media: 'audio-video', audioCodec: 'opus' },
});
