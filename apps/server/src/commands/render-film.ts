// The half of `roomtape render` that makes a film of a whole recording: mixes its tapes into a tape of its own, as the
// live mixer does, and projects that one to a file.

import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isMixProblem, type MixSettings, parseMixRequest } from '@roomtape/api';
import { createSystemClock, silentLog, unixUs } from '@roomtape/media';
import { AssetLoader, createOverlayPainter, filmLengthUs, type MixFacts, openMixer } from '@roomtape/mixer';
import { type ProjectedFile, renderTape } from '@roomtape/recorder';
import { type CommandCall, EXIT } from '../command.ts';
import { filesTable } from '../files-table.ts';
import { readPicture } from '../uploads/stored-picture.ts';
import { endProgress, writeProgress } from './client-media.ts';
import { filmFacts, findRecording } from './recording-film.ts';
import { dataDirectoryOf } from './server-options.ts';

/** What is asked for. */
export type FilmRequest = {
  readonly recording: string;
  /** JSON file of a layout or of a whole mix request; absent: as the recording looked live. */
  readonly layout: string | undefined;
  readonly out: string | undefined;
  readonly audioCodec: 'aac' | 'opus';
};

const FRAGMENT_MS = 500;
/** All processors: nothing else is waiting. */
const THREADS = 0;
const BAR_COLUMNS = 24;

/** Makes the film; returns the exit code. */
export async function renderFilm(call: CommandCall, request: FilmRequest): Promise<number> {
  const fail = (message: string, code: number = EXIT.failed): number => {
    call.stderr(`${message}\n`);
    return code;
  };
  const out = resolve(request.out ?? `${basename(request.recording)}.mp4`);
  if (extname(out) !== '.mp4') return fail('A film is an MP4 file: let --out end in .mp4.', EXIT.usage);
  const settings = request.layout === undefined ? undefined : await readSettings(request.layout);
  if (typeof settings === 'string') return fail(settings, EXIT.usage);
  const recording = await findRecording(request.recording, dataDirectoryOf(call));
  if (recording === undefined) return fail(`There is no recording ${request.recording}.`);
  if (settings === undefined && recording.model.settings.length === 0)
    return fail('It was not recorded as a film: say how it shall look with --layout FILE.', EXIT.usage);
  const facts = filmFacts(recording, settings);
  if (facts === undefined) return fail('The recording has no media.');
  await mkdir(dirname(out), { recursive: true });
  const work = await mkdtemp(join(dirname(out), '.roomtape-render-'));
  try {
    const isWhole = await mixFilm(call, facts, work);
    if (!isWhole) return fail('Stopped; no film was made.');
    const files = await project(work, out, request.audioCodec);
    call.stdout(
      filesTable(
        files.map((file) => ({
          ...file,
          name: file.path,
          durationMs: file.durationUs / 1000,
          missing: file.missingUs,
        })),
      ),
    );
    return EXIT.done;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Reads a layout or a mix request; a text says what is wrong with it. */
async function readSettings(path: string): Promise<MixSettings | string> {
  let body: unknown;
  try {
    body = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read as JSON: ${message}`;
  }
  const isLayout = typeof body === 'object' && body !== null && 'mode' in body;
  const settings = parseMixRequest(isLayout ? { layout: body } : body);
  return isMixProblem(settings) ? `${path}: ${settings.message} (${settings.code})` : settings;
}

/** Mixes everything onto a tape in a folder; false when it was stopped before its end. */
async function mixFilm(call: CommandCall, facts: MixFacts, folder: string): Promise<boolean> {
  const clock = createSystemClock({ keepAlive: true });
  const readStored = (fileId: string) => readPicture(dataDirectoryOf(call), fileId);
  const mixer = await openMixer({
    job: { jobId: 'film', tapeDirectory: folder },
    facts,
    clock,
    log: silentLog,
    painter: await createOverlayPainter({ pictures: new AssetLoader({ clock, readStored }) }),
    isComplete: true,
    threads: THREADS,
    onProblem: ({ message, code }) => call.stderr(`Left out: ${message} (${code})\n`),
  });
  const lengthUs = filmLengthUs(facts) ?? 0;
  const begunAt = clock.now();
  const tell = createTeller(call, lengthUs);
  try {
    for (let step = await mixer.step(); step !== 'finished'; step = await mixer.step()) {
      if (call.signal.aborted) return false;
      tell(mixer.mixedUs, clock.now() - begunAt);
      await new Promise((next) => setImmediate(next));
    }
    const passedUs = clock.now() - begunAt;
    writeProgress(call, progressLine(lengthUs, { lengthUs, passedUs }));
    endProgress(call);
    return true;
  } finally {
    await mixer.close();
  }
}

/** Shows progress: often where it is redrawn, else by tenths. */
function createTeller(call: CommandCall, lengthUs: number): (mixedUs: number, passedUs: number) => void {
  let [shownAt, shownTenth] = [0, 0];
  return (mixedUs, passedUs) => {
    const tenth = Math.floor((10 * mixedUs) / Math.max(1, lengthUs));
    const isDue = call.isTerminal ? passedUs - shownAt > 250_000 : tenth > shownTenth && tenth < 10;
    if (!isDue) return;
    [shownAt, shownTenth] = [passedUs, tenth];
    writeProgress(call, progressLine(mixedUs, { lengthUs, passedUs }));
  };
}

function progressLine(mixedUs: number, of: { lengthUs: number; passedUs: number }): string {
  const share = Math.min(1, mixedUs / Math.max(1, of.lengthUs));
  const bar = '█'.repeat(Math.round(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '░');
  const speed = (mixedUs / Math.max(1, of.passedUs)).toFixed(1);
  return `${bar} ${Math.floor(share * 100)} %  ${clockText(mixedUs)} of ${clockText(of.lengthUs)}  ${speed} × real time`;
}

function clockText(us: number): string {
  const seconds = Math.floor(us / 1e6);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function project(tape: string, out: string, audioCodec: 'aac' | 'opus'): Promise<ProjectedFile[]> {
  return renderTape({
    jobId: 'film',
    tapeDirectory: tape,
    outputDirectory: dirname(out),
    fileName: basename(out, extname(out)),
    container: 'mp4',
    media: 'audio-video',
    audioCodec,
    startAt: unixUs(0),
    fragmentMs: FRAGMENT_MS,
  });
}
