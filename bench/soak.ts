// Whether sessions leave something behind: publishes, plays, sometimes records and closes in a loop against the real
// server, and watches the resident memory of its processes. `npm run soak -- [--minutes 5] [--cycles 500] [--lanes 4]`.

import { parseArgs } from 'node:util';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createPreEncodedSource, encodeLoop, WhepClient, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory } from '@roomtape/webrtc';
import { type Goal, printGoals, rounded } from './benchmark.ts';
import { readProcessUsage } from './process-usage.ts';
import { median, writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, cycles: { type: 'string' }, lanes: { type: 'string' } },
});
const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY);
const cyclesMax = Number(values.cycles ?? (values.minutes === undefined ? 500 : Number.POSITIVE_INFINITY));
const lanes = Number(values.lanes ?? 4);
const HOLD_MS = 2000;
const SAMPLE_MS = 5000;
/** One of so many cycles is recorded, so that tapes are opened and sealed, too. */
const RECORD_EVERY = 5;
/** Growth of a process in the last half that is still noise of its heap, MB: heaps grow by steps and then stay. */
const GROWTH_MB_MAX = 15;
/** A viewer asks again while the room does not know the stream yet. */
const PLAY_ATTEMPTS = 10;
const CURVE_COLUMNS = 60;

type Sample = { readonly cycles: number; readonly mediaMb: number; readonly controlMb: number };

const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();
const server = await BenchServer.start();
const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
const loop = encodeLoop({ name: 'Soak', participantIndex: 1, width: 320, height: 180 }, 2);
const endAt = clock.now() + minutes * 60e6;
const ZERO: Sample = { cycles: 0, mediaMb: 0, controlMb: 0 };
const samples: Sample[] = [];
const failures = new Map<string, number>();
let started = 0;
let completed = 0;
let playedFrames = 0;
let isOver = false;

console.log(`${lanes} lanes of: publish, play for ${HOLD_MS / 1000} s, close; each fifth is recorded`);
const pids = await server.pids();
const watching = watch();
await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
isOver = true;
await watching;
// What is closed may take a moment to be forgotten; streams wait for their publisher for a while.
await sleep(2000);
const isMet = report(await openSessions());
await factory.close();
await server.stop();
process.exit(isMet ? 0 : 1);

async function runLane(lane: number): Promise<void> {
  while (started < cyclesMax && clock.now() < endAt) {
    started += 1;
    const isRecorded = started % RECORD_EVERY === 0;
    try {
      await runCycle(`soak-${lane}`, `s${started}`, isRecorded);
      completed += 1;
    } catch (error) {
      const { message, details } = error as { message?: string; details?: unknown };
      const code = `${message ?? String(error)} ${JSON.stringify(details ?? {})}`;
      failures.set(code, (failures.get(code) ?? 0) + 1);
      await sleep(500);
    }
  }
}

async function runCycle(roomId: string, streamId: string, isRecorded: boolean): Promise<void> {
  const client = { token: server.apiKey, factory, clock, ids };
  const publisher = new WhipClient({
    ...client,
    url: `${server.url}/whip/${roomId}/${streamId}`,
    videoCodec: 'h264',
    hasAudio: true,
    createSource: () => createPreEncodedSource(loop),
  });
  let viewer: WhepClient | undefined;
  try {
    await publisher.connect();
    viewer = await play(roomId, streamId);
    const recording = isRecorded ? await server.client.recordings.start({ roomId, streams: [streamId] }) : undefined;
    await sleep(HOLD_MS);
    if (recording !== undefined) await server.client.recordings.stop(recording.recordingId);
  } finally {
    await viewer?.close();
    await publisher.close();
  }
}

async function play(roomId: string, streamId: string): Promise<WhepClient> {
  for (let attempt = 1; ; attempt += 1) {
    const viewer = new WhepClient({
      ...{ url: `${server.url}/whep/${roomId}/${streamId}`, token: server.apiKey, factory, clock, ids },
      onFrame: () => {
        playedFrames += 1;
      },
    });
    try {
      await viewer.connect();
      return viewer;
    } catch (error) {
      const isEarly = String((error as Error).message).includes('STREAM_NOT_FOUND') && attempt < PLAY_ATTEMPTS;
      if (!isEarly) throw error;
      await sleep(100);
    }
  }
}

async function watch(): Promise<void> {
  for (let waited = 0; !isOver; waited += 100) {
    await sleep(100);
    if (waited % SAMPLE_MS === 0)
      samples.push({ cycles: completed, mediaMb: rss('media-0'), controlMb: rss('control') });
  }
}

function rss(name: string): number {
  return rounded((readProcessUsage(pids[name] ?? 0)?.rssBytes ?? 0) / 2 ** 20, 1);
}

async function openSessions(): Promise<number> {
  const text = JSON.stringify(await server.debug());
  return (text.match(/"sessionId":"/g) ?? []).length;
}

/** Growth to the last fifth from an earlier one, counted from 0, MB. */
function growth(fromFifth: number, of: (sample: Sample) => number): number {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const early = median(samples.slice(fromFifth * fifth, (fromFifth + 1) * fifth).map(of));
  return rounded(median(samples.slice(-fifth).map(of)) - early, 1);
}

function report(sessionsLeft: number): boolean {
  const media = growth(2, (sample) => sample.mediaMb);
  const control = growth(2, (sample) => sample.controlMb);
  const sinceStart = { media: growth(0, (s) => s.mediaMb), control: growth(0, (s) => s.controlMb) };
  printCurve('media', (sample) => sample.mediaMb);
  printCurve('control', (sample) => sample.controlMb);
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const goals: Goal[] = [
    { text: `media process grew by ${media} MB in the last half (≤ ${GROWTH_MB_MAX})`, isMet: media <= GROWTH_MB_MAX },
    { text: `control grew by ${control} MB in the last half (≤ ${GROWTH_MB_MAX})`, isMet: control <= GROWTH_MB_MAX },
    { text: `${sessionsLeft} sessions left open (0)`, isMet: sessionsLeft === 0 },
    { text: `${failed} of ${started} cycles failed (≤ 1 %)`, isMet: failed <= started / 100 },
  ];
  const verdict = printGoals(goals);
  writeResult('soak', {
    lanes,
    holdMs: HOLD_MS,
    cycles: completed,
    failures: Object.fromEntries(failures),
    playedFrames,
    growthMb: { media, control },
    growthSinceStartMb: sinceStart,
    sessionsLeft,
    verdict: verdict ? 'no leak seen' : 'goal missed',
    samples,
  });
  return verdict;
}

function printCurve(name: string, of: (sample: Sample) => number): void {
  const highest = Math.max(...samples.map(of));
  const step = Math.max(1, Math.ceil(samples.length / CURVE_COLUMNS));
  const bars = samples.filter((_, index) => index % step === 0).map((sample) => barOf(of(sample) / highest));
  console.log(
    `  ${name.padEnd(8)} ${bars.join('')}  ${samples[0] ? of(samples[0]) : 0} → ${of(samples.at(-1) ?? ZERO)} MB`,
  );
}

function barOf(share: number): string {
  return '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor(share * 8))] ?? '█';
}
