// One kill: record all three containers at once, SIGKILL the renderer or the browser, come back, recover every file,
// and compare its last picture and sound with the moment of the signal. The picture never flashes: an encoder may
// begin a picture group at a flash, which would make losses look smaller than they are.

import { type RecordingFacts, readRecording } from '@roomtape/testkit';
import { median } from '../result-file.ts';
import { sleep } from '../server-process.ts';
import type { MeasuredBrowser } from './measured-browser.ts';
import type { LocalStage } from './stage.ts';

/** What is killed. */
export type CrashVictim = 'renderer' | 'browser';

/** How a kill is made. */
export type CrashOptions = {
  readonly stage: LocalStage;
  readonly victim: CrashVictim;
  /** From the moment all recordings were running. */
  readonly afterMs: number;
  /** A profile of its own, which outlives the browser. */
  readonly profile: string;
  /** A running browser of that profile, which stays open; only for kills of the renderer. */
  readonly browser?: MeasuredBrowser;
};

/** One recovered file; losses in ms, `undefined` for a kind it does not have. */
export type RecoveredFile = {
  readonly name: string;
  readonly isRecovered: boolean;
  readonly problem?: string;
  readonly lostPictureMs?: number;
  readonly lostSoundMs?: number;
  readonly lateStartMs?: number;
  readonly recoverMs?: number;
  readonly decodeErrors?: number;
};

/** What one kill did. */
export type CrashResult = {
  readonly victim: CrashVictim;
  readonly afterMs: number;
  readonly files: readonly RecoveredFile[];
};

type Begun = {
  /** What to add to the page's clock to get the wall clock. */
  readonly wallMs: number;
  /** Page time of counter 0 and of the first beep. */
  readonly sourceMs: number;
  readonly startedAtMs: Readonly<Record<string, number>>;
};

type Recovered = { readonly filePath: string; readonly recoverMs: number; readonly problem?: string };

const FPS = 30;
const FRAME_MS = 1000 / FPS;

/** Runs one trial. Rejects only when the recordings could not be started. */
export async function runCrashTrial(options: CrashOptions): Promise<CrashResult> {
  const { stage, victim, afterMs, profile } = options;
  let browser = options.browser ?? (await stage.launch({ profile }));
  try {
    const page = await stage.openPage(browser);
    const begun = await page.run<Begun>(BEGIN);
    await sleep(afterMs);
    const killedAtMs = (victim === 'browser' ? await browser.kill() : await browser.killRenderers()) - begun.wallMs;
    if (victim === 'browser') browser = await stage.launch({ profile });
    const recovered = await recover(stage, browser);
    const files = Object.keys(begun.startedAtMs).map((name) => {
      const found = recovered.find(({ filePath }) => filePath === name);
      return found === undefined
        ? { name, isRecovered: false, problem: 'not listed as unfinished' }
        : judge(stage, { begun, killedAtMs, found });
    });
    return { victim, afterMs, files };
  } finally {
    if (options.browser === undefined) await browser.close();
  }
}

async function recover(stage: LocalStage, browser: MeasuredBrowser): Promise<Recovered[]> {
  const page = await stage.openPage(browser);
  return page.run<Recovered[]>(RECOVER, { url: stage.receiver.url });
}

type Found = { readonly begun: Begun; readonly killedAtMs: number; readonly found: Recovered };

function judge(stage: LocalStage, { begun, killedAtMs, found }: Found): RecoveredFile {
  const { filePath: name, recoverMs, problem } = found;
  if (problem !== undefined) return { name, isRecovered: false, problem };
  try {
    const facts = readRecording(stage.receiver.pathOf(name));
    const zeroMs = zeroOf(facts, begun, name);
    // A film without one of its tracks has lost all of it.
    const beganMs = begun.startedAtMs[name] ?? Number.NaN;
    const lastCounter = facts.video?.frames.findLast((frame) => frame.counter !== undefined)?.counter;
    const pictureEndMs = lastCounter === undefined ? beganMs : begun.sourceMs + (lastCounter + 1) * FRAME_MS;
    const soundEndMs = facts.audio === undefined ? beganMs : zeroMs + facts.audio.span.toUs / 1000;
    return {
      name,
      isRecovered: true,
      ...(name.endsWith('.aac') ? {} : { lostPictureMs: killedAtMs - pictureEndMs }),
      lostSoundMs: killedAtMs - soundEndMs,
      lateStartMs: zeroMs - beganMs,
      recoverMs,
      decodeErrors: (facts.video?.decodeErrorCount ?? 0) + (facts.audio?.decodeErrorCount ?? 0),
    };
  } catch (error) {
    return { name, isRecovered: false, problem: `unreadable: ${(error as Error).message}` };
  }
}

/** Page time of the film's zero: by its counters, or by its beeps where it has no picture. */
function zeroOf(facts: RecordingFacts, begun: Begun, name: string): number {
  const byPicture = (facts.video?.frames ?? []).flatMap(({ counter, ptsUs }) =>
    counter === undefined ? [] : [begun.sourceMs + counter * FRAME_MS - ptsUs / 1000],
  );
  if (byPicture.length > 0) return median(byPicture);
  const startedAtMs = begun.startedAtMs[name] ?? Number.NaN;
  const beep = facts.audio?.beeps.find(({ isExact }) => isExact);
  if (beep === undefined) return startedAtMs;
  const aboutMs = startedAtMs + beep.startUs / 1000 - begun.sourceMs;
  return begun.sourceMs + Math.round(aboutMs / 1000) * 1000 - beep.startUs / 1000;
}

const BEGIN = `
  const source = await knownSource.openGenerator({ width: 640, height: 360, hasFlash: false });
  const files = { main: 'killed.mp4', aux: 'killed.flv', third: 'killed.aac' };
  for (const channel of Object.keys(files)) await engineRecorder.preview(source.stream, channel);
  await engineRecorder.pause(600);
  const begun = await Promise.all(
    Object.entries(files).map(async ([channel, filePath]) => [filePath, (await engineRecorder.record({ filePath }, channel)).startedAtMs]),
  );
  const { frames } = await source.truth();
  return { wallMs: Date.now() - performance.now(), sourceMs: frames[0][1] - (frames[0][0] * 1000) / 30, startedAtMs: Object.fromEntries(begun) };
`;

/** Locks of a tab that died go when the browser notices: asked again for a while. */
const RECOVER = `
  const engine = engineRecorder.open();
  let found = [];
  for (let tries = 0; tries < 50 && found.length < 3; tries++) {
    if (tries > 0) await engineRecorder.pause(100);
    found = await engine.listUnfinishedRecordings();
  }
  const recovered = [];
  for (const { id, filePath } of found) {
    const beganMs = performance.now();
    try {
      const file = await engine.recoverRecording(id);
      const recoverMs = performance.now() - beganMs;
      await sendFilm(argument.url, filePath, file);
      recovered.push({ filePath, recoverMs });
    } catch (error) {
      recovered.push({ filePath, recoverMs: performance.now() - beganMs, problem: String(error?.code ?? error) });
    }
  }
  return recovered;
`;
