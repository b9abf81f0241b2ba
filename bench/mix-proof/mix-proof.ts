// The proof of mixed recordings: real publishers in a real server, a film of what they do, every tile of every frame
// read; then the same film made again from the tapes, and another one, with what that says.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMixProblem, type MixRequest, parseMixRequest } from '@roomtape/api';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createNativeTransportFactory } from '@roomtape/webrtc';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { quantile, writeResult } from '../result-file.ts';
import { BenchServer } from '../server-process.ts';
import { FilmJudge, type FilmVerdict, type PersonVerdict } from './film-judge.ts';
import { type ReadFilm, readFilm } from './film-reader.ts';
import { compareFilms, mixAgain, type TapeComparison } from './film-tapes.ts';
import { disagreements, type FilmTruth, readTruth } from './film-truth.ts';
import { ProofRoom } from './proof-room.ts';
import { CANVAS, LONG, perform, SHORT } from './proof-script.ts';
import { renderSecondFilm } from './second-film.ts';

/** The benchmark. */
export const mixProofBenchmark: Benchmark = {
  name: 'mix-proof',
  summary: 'who is where, every second of a live mixed film; made again; made otherwise',
  isSlow: true,
  run,
};

const OFFSET_MS_MAX = 20;
const SAME_SHARE_MIN = 0.999;
/** Everybody, in a look the live film never had. */
const SECOND: MixRequest = { canvas: { ...CANVAS, width: 640, height: 360 }, layout: { mode: 'gallery', gap: 4 } };
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

type Judged = { readonly film: ReadFilm; readonly verdict: FilmVerdict };
type Proof = {
  readonly live: Judged;
  readonly disagreements: readonly string[];
  readonly comparison: TapeComparison;
  readonly againTimesRealTime: number;
  readonly second: Judged & { readonly timesRealTime: number };
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-mix-proof-'));
  const server = await BenchServer.start();
  const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const { url, client } = server;
  const room = new ProofRoom({ url, client, factory, clock, ids, roomId: 'proof' });
  try {
    await film(room, call.isQuick);
    const proof = await prove(room, server.dataDirectory, folder);
    return report(call, proof);
  } finally {
    await room.close();
    await factory.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function film(room: ProofRoom, isQuick: boolean): Promise<void> {
  const script = isQuick ? SHORT : LONG;
  for (const name of script.present) await room.join(name);
  await room.record({ canvas: CANVAS, layout: script.firstLayout });
  say(`${script.seconds} s of film, ${script.steps.length} things happen`);
  await perform(script, room);
  const { problems, state } = await room.finish();
  const open = problems.filter(({ resolvedAt }) => resolvedAt === undefined);
  if (state !== 'finished' || open.length > 0) throw new Error(`the recording is ${state}: ${JSON.stringify(open)}`);
  // Nobody needs the processors any more: what follows is faster without their encoders.
  await room.close();
}

async function prove(room: ProofRoom, dataDirectory: string, folder: string): Promise<Proof> {
  const recording = await recordingOf(room, dataDirectory);
  const truth = await readTruth(room.recordingId, dataDirectory);
  const live = judge(recording.film, truth, room);
  say('the same film again from the tapes');
  const again = join(folder, 'again');
  const seconds = await mixAgain(truth.facts, again);
  say('another film from the tapes');
  const settings = parseMixRequest(SECOND);
  if (isMixProblem(settings)) throw new Error(settings.message);
  const second = await renderSecondFilm(recording.directory, SECOND, folder);
  const otherTruth = await readTruth(room.recordingId, dataDirectory, settings);
  return {
    live,
    disagreements: disagreements(truth, room),
    comparison: compareFilms(truth.filmTape, again),
    againTimesRealTime: live.film.pictures / truth.fps / seconds,
    second: { ...judge(second.path, otherTruth, room), timesRealTime: second.timesRealTime },
  };
}

async function recordingOf(room: ProofRoom, dataDirectory: string): Promise<{ directory: string; film: string }> {
  const directory = join(dataDirectory, 'recordings', room.recordingId);
  const [file, another] = (await room.recording()).files;
  if (file === undefined || another !== undefined) throw new Error('one film is expected');
  return { directory, film: join(directory, 'files', file.name) };
}

function judge(path: string, truth: FilmTruth, room: ProofRoom): Judged {
  const judge = new FilmJudge(truth, room.people);
  const film = readFilm(path, truth.fps, (frame, luma) => judge.look(frame, luma));
  return { film, verdict: judge.verdict(film.beeps) };
}

function report(call: BenchmarkCall, proof: Proof): boolean {
  for (const [name, { film, verdict }] of [['live', proof.live] as const, ['second', proof.second] as const]) {
    say(`${name} film: ${film.pictures} frames, ${verdict.scenes} scenes, modes ${verdict.modes.join(' ')}`);
    printPeople(verdict.people);
    for (const fault of verdict.faults) say(fault);
  }
  for (const text of proof.disagreements) say(text);
  const goals = [...goalsOf('live', proof.live), ...againGoals(proof), ...goalsOf('second layout', proof.second)];
  const figure = ({ film, verdict }: Judged): object => ({
    ...{ ...film, beeps: film.beeps.length },
    ...{ ...verdict, people: verdict.people.map(figuresOf) },
  });
  writeResult(call.resultName, {
    ...{ live: figure(proof.live), disagreements: proof.disagreements, again: proof.comparison },
    ...{ againTimesRealTime: rounded(proof.againTimesRealTime, 1), secondTimesRealTime: proof.second.timesRealTime },
    ...{ second: figure(proof.second), goals },
  });
  return printGoals(goals);
}

function printPeople(people: readonly PersonVerdict[]): void {
  const figures = people.map(figuresOf);
  printTable(
    [
      'who',
      'voice due s',
      'heard s',
      'missed in loss',
      'heard muted',
      'cut',
      'offsets',
      'median ms',
      'p99 |ms|',
      'max |ms|',
    ],
    figures.map(({ pictureLagMs: _, ...row }) => Object.values(row)),
  );
}

function figuresOf(person: PersonVerdict) {
  const { name, voiceSeconds, heard, missedInLoss, heardMuted, cutBeeps, offsetsMs, pictureLagMs } = person;
  const sizes = offsetsMs.map(Math.abs);
  return {
    ...{ name, voiceSeconds, heard, missedInLoss, heardMuted, cutBeeps, offsets: sizes.length },
    medianMs: rounded(quantile(offsetsMs, 0.5), 1),
    p99Ms: rounded(quantile(sizes, 0.99), 1),
    maxMs: rounded(Math.max(0, ...sizes), 1),
    pictureLagMs: { median: rounded(pictureLagMs.median, 1), p99: rounded(pictureLagMs.p99, 1) },
  };
}

function goalsOf(name: string, { film, verdict }: Judged): Goal[] {
  const { tileSeconds, rightTileSeconds, wrongFrames, blankFrames, coveredFrames, people } = verdict;
  const frames = film.missing + film.doubled;
  const unheard = people.reduce(
    (sum, { voiceSeconds, heard, missedInLoss }) => sum + voiceSeconds - heard - missedInLoss,
    0,
  );
  const due = people.reduce((sum, { voiceSeconds }) => sum + voiceSeconds, 0);
  const worst = Math.max(...people.map(({ offsetsMs }) => quantile(offsetsMs.map(Math.abs), 0.99)));
  const muted = people.reduce((sum, { heardMuted }) => sum + heardMuted, 0);
  return [
    {
      text: `${name}: right person in ${rightTileSeconds} of ${tileSeconds} tile seconds; ${wrongFrames} wrong and ${blankFrames} empty tiles in single frames (goal all, 0, 0)`,
      isMet: tileSeconds > 0 && rightTileSeconds === tileSeconds && wrongFrames + blankFrames === 0,
    },
    {
      text: `${name}: ${unheard} of ${due} voice seconds missing, ${muted} heard muted (goal 0)`,
      isMet: unheard + muted === 0,
    },
    {
      text: `${name}: A/V offset p99 at most ${rounded(worst, 1)} ms (goal ${OFFSET_MS_MAX})`,
      isMet: worst <= OFFSET_MS_MAX,
    },
    {
      text: `${name}: ${film.missing} frames missing, ${film.doubled} doubled, ${rounded(film.offGridUs)} µs off the grid (goal 0, 0, at most 50); ${coveredFrames} tiles not readable by design`,
      isMet: frames === 0 && film.offGridUs <= 50,
    },
  ];
}

function againGoals({ comparison, againTimesRealTime, second, disagreements }: Proof): Goal[] {
  const { pictures, samePictures, firstDifferent, packets, samePackets } = comparison;
  const share = samePictures / pictures;
  const where = firstDifferent === undefined ? '' : `, first different: ${firstDifferent}`;
  return [
    {
      text: `made again: ${samePictures} of ${pictures} pictures the same${where}, ${samePackets} of ${packets} of sound (goal ${SAME_SHARE_MIN * 100} %); ${rounded(againTimesRealTime, 1)} × real time with one encoder thread`,
      isMet: share >= SAME_SHARE_MIN,
    },
    { text: `a second layout: ${second.timesRealTime} × real time (goal above 1)`, isMet: second.timesRealTime > 1 },
    { text: `${disagreements.length} disagreements of journal and room (goal 0)`, isMet: disagreements.length === 0 },
  ];
}
