// A recording outlives its page: the renderer is killed while three containers are recorded, and every file comes
// back with all but its last moments. `npm run bench local` does it many times, and to the whole browser too.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCrashTrial } from '../../bench/local/crash-trial.ts';
import type { MeasuredBrowser } from '../../bench/local/measured-browser.ts';
import { type LocalStage, openLocalStage } from '../../bench/local/stage.ts';

const LOSS_MAX_MS = 1000;

let stage: LocalStage;
let browser: MeasuredBrowser;
let profile = '';

beforeAll(async () => {
  stage = await openLocalStage();
  profile = await mkdtemp(join(tmpdir(), 'roomtape-crash-'));
  browser = await stage.launch({ profile });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}, 30_000);

describe('after the renderer was killed', () => {
  it.each([1_500, 2_150, 2_700])('%i ms into the recording every file is recovered', async (afterMs) => {
    const { files } = await runCrashTrial({ stage, victim: 'renderer', afterMs, profile, browser });

    const losses = files.map(({ name, isRecovered, problem, lostPictureMs, lostSoundMs, decodeErrors }) => ({
      ...{ name, isRecovered, problem, decodeErrors },
      isLittle: [lostPictureMs, lostSoundMs].every((lostMs) => lostMs === undefined || lostMs <= LOSS_MAX_MS),
    }));
    console.log(
      files
        .map((file) => `${file.name} lost ${file.lostPictureMs?.toFixed(0)}/${file.lostSoundMs?.toFixed(0)} ms`)
        .join(', '),
    );
    const whole = { isRecovered: true, problem: undefined, decodeErrors: 0, isLittle: true };
    expect(losses).toEqual(['killed.mp4', 'killed.flv', 'killed.aac'].map((name) => ({ name, ...whole })));
  });
});
