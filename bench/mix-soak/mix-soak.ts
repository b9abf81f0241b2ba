// Whether mixing leaves something behind: one mixed film of a room in which somebody comes or goes every few seconds
// and the layout changes even more often, and the memory of every process of the server meanwhile.

import { join } from 'node:path';
import { LAYOUT_MODES, type MixLayout } from '@roomtape/api';
import { openMediaFile } from '@roomtape/ffmpeg';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createPreEncodedSource, type EncodedLoop, encodeLoop, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory, type RtcTransportFactory } from '@roomtape/webrtc';
import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { untilOver } from '../capture/capture-step.ts';
import { writeResult } from '../result-file.ts';
import { BenchServer, sleep } from '../server-process.ts';
import { growthOf, type MemoryCurves, type MemorySample, sampleMemory } from './memory-samples.ts';

/** The benchmark. */
export const mixSoakBenchmark: Benchmark = {
  name: 'mix-soak',
  summary: 'memory of all processes while a room is mixed, with joins, leaves and layouts (--minutes N, --parts dense)',
  isSlow: true,
  run,
};

const ROOM = 'mix-soak';
const MINUTES = 30;
const MINUTES_QUICK = 2;
const WARM_UP_MINUTES = 5;
const CANVAS = { width: 640, height: 360, fps: 30 };
const SEATED = ['ada', 'bob', 'cleo'];
/**
 * How often somebody comes and stays how long, so that there are one or two; how often the layout changes; and by how much
 * memory may grow a minute, MiB.
 */
const PACES = {
  usual: { guestEveryS: 10, guestStaysS: 15, layoutEveryS: 5, growthMibMax: 0.2 },
  /** Ten times as much happens: for finding what is kept of guests and layouts, with heap snapshots; no goal. */
  dense: { guestEveryS: 1, guestStaysS: 1.5, layoutEveryS: 0.5, growthMibMax: Number.POSITIVE_INFINITY },
} as const;
const SAMPLE_EVERY_S = 10;
const MODES = LAYOUT_MODES.filter((mode) => mode !== 'custom');
const ERRORS = 3;
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

type Counts = { guests: number; layouts: number; failures: number };
type Pace = (typeof PACES)[keyof typeof PACES];
type Stage = {
  readonly pace: Pace;
  readonly server: BenchServer;
  readonly factory: RtcTransportFactory;
  readonly loops: readonly EncodedLoop[];
};

async function run(call: BenchmarkCall): Promise<boolean> {
  const minutes = call.minutes ?? (call.isQuick ? MINUTES_QUICK : MINUTES);
  const server = await BenchServer.start();
  const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
  const loops = [1, 2, 3, 4, 5, 6].map((participantIndex) =>
    encodeLoop(
      { name: `Soak ${participantIndex}`, participantIndex, width: 320, height: 180, videoBitrateBps: 300_000 },
      2,
    ),
  );
  const pace = paceOf(call);
  const stage: Stage = { pace, server, factory, loops };
  const seated = SEATED.map((name, index) => publisherOf(stage, name, index));
  try {
    for (const publisher of seated) await publisher.connect();
    const { recordingId } = await server.client.recordings.start({ roomId: ROOM, mode: 'mix', canvas: CANVAS });
    say(`${minutes} minutes: a guest every ${pace.guestEveryS} s, a layout every ${pace.layoutEveryS} s`);
    const [curves, counts] = [new Map() as MemoryCurves, { guests: 0, layouts: 0, failures: 0 }];
    await keepBusy(stage, { recordingId, minutes, curves, counts });
    await server.client.recordings.stop(recordingId);
    await untilOver(server, recordingId);
    const [file] = (await server.client.recordings.get(recordingId)).files;
    if (file === undefined) throw new Error('there is no film');
    const film = cadenceOf(join(server.dataDirectory, 'recordings', recordingId, 'files', file.name));
    return report(call, { minutes, curves, counts, film });
  } finally {
    await Promise.all(seated.map((publisher) => publisher.close()));
    await factory.close();
    await server.stop();
  }
}

function paceOf({ parts = [] }: BenchmarkCall): Pace {
  return parts.includes('dense') ? PACES.dense : PACES.usual;
}

function publisherOf({ server, factory, loops }: Stage, name: string, index: number): WhipClient {
  const loop = loops[index % loops.length];
  if (loop === undefined) throw new Error('there are loops');
  return new WhipClient({
    ...{ url: `${server.url}/whip/${ROOM}/${name}`, token: server.apiKey, factory, clock, ids },
    ...{ videoCodec: 'h264', hasAudio: true },
    createSource: () => createPreEncodedSource(loop),
  });
}

type Busy = {
  readonly recordingId: string;
  readonly minutes: number;
  readonly curves: MemoryCurves;
  readonly counts: Counts;
};

/** Everything at its own pace until the time is over; what fails is counted and goes on. */
async function keepBusy(stage: Stage, { recordingId, minutes, curves, counts }: Busy): Promise<void> {
  const begunAt = clock.now();
  const passedS = (): number => (clock.now() - begunAt) / 1e6;
  const guests: Promise<void>[] = [];
  const every = async (seconds: number, work: () => Promise<void>): Promise<void> => {
    for (let turn = 1; turn * seconds <= minutes * 60; turn += 1) {
      await sleep(Math.max(0, (turn * seconds - passedS()) * 1000));
      await work().catch((error: unknown) => {
        counts.failures += 1;
        say(String(error));
      });
    }
  };
  await Promise.all([
    every(SAMPLE_EVERY_S, () => sampleMemory(stage.server, passedS() / 60, curves)),
    every(stage.pace.layoutEveryS, async () => {
      await stage.server.client.recordings.changeLayout(recordingId, { layout: layoutOf(counts.layouts) });
      counts.layouts += 1;
    }),
    every(stage.pace.guestEveryS, async () => {
      counts.guests += 1;
      guests.push(visit(stage, counts));
    }),
  ]);
  await Promise.all(guests);
}

async function visit(stage: Stage, counts: Counts): Promise<void> {
  const guest = publisherOf(stage, `guest-${counts.guests}`, SEATED.length + counts.guests);
  try {
    await guest.connect();
    await sleep(stage.pace.guestStaysS * 1000);
  } catch (error) {
    counts.failures += 1;
    say(String(error));
  } finally {
    await guest.close().catch(() => {});
  }
}

function layoutOf(index: number): MixLayout {
  const mode = MODES[index % MODES.length] ?? 'tile';
  const bigStreamId = SEATED[index % SEATED.length] ?? 'ada';
  return index % 2 === 0 ? { mode } : { mode, style: { cornerRadius: 8 }, ...(mode === 'tile' ? {} : { bigStreamId }) };
}

type Cadence = { readonly pictures: number; readonly missing: number; readonly doubled: number };

/** Whether every frame of a film is there once, by the times in its container. */
function cadenceOf(path: string): Cadence {
  const file = openMediaFile(path);
  const video = file.tracks.find(({ kind }) => kind === 'video')?.index;
  const frames = new Set<number>();
  let pictures = 0;
  for (const { track, ptsUs } of file.packets()) {
    if (track !== video) continue;
    pictures += 1;
    frames.add(Math.round((ptsUs * CANVAS.fps) / 1e6));
  }
  file.close();
  return { pictures, missing: Math.max(0, ...frames) + 1 - frames.size, doubled: pictures - frames.size };
}

type Outcome = {
  readonly minutes: number;
  readonly curves: MemoryCurves;
  readonly counts: Counts;
  readonly film: Cadence;
};

function report(call: BenchmarkCall, { minutes, curves, counts, film }: Outcome): boolean {
  const span = {
    fromMinutes: Math.min(WARM_UP_MINUTES, minutes / 3),
    binMinutes: minutes < 4 * WARM_UP_MINUTES ? SAMPLE_EVERY_S / 60 : 1,
  };
  const pace = paceOf(call);
  const goals: Goal[] = [];
  const rows = [...curves].map(([name, curve]) => {
    const fit = growthOf(curve, ({ rssMib }) => rssMib, span);
    const slope = fit?.slope ?? Number.NaN;
    const sure = ERRORS * (fit?.slopeError ?? Number.NaN);
    const growth = {
      text: `${name} grows by ${rounded(slope, 2)} ± ${rounded(sure, 2)} MiB a minute (goal: not surely above ${pace.growthMibMax})`,
      isMet: slope - sure <= pace.growthMibMax,
    };
    if (Number.isFinite(pace.growthMibMax)) goals.push(growth);
    return rowOf(name, curve, { slope, sure, ...partsOf(curve, span) });
  });
  printTable(
    ['process', 'MiB first', 'last', 'most', 'MiB/min', '± 3 errors', 'heap /min', 'buffers /min', 'native /min'],
    rows.map((row) => Object.values(row)),
  );
  const { pictures, missing, doubled } = film;
  goals.push({
    text: `${pictures} frames, ${missing} missing, ${doubled} doubled (goal 0)`,
    isMet: missing + doubled === 0,
  });
  goals.push({
    text: `${counts.guests} guests and ${counts.layouts} layouts, ${counts.failures} failed (goal 0)`,
    isMet: counts.failures === 0,
  });
  const samples = Object.fromEntries([...curves].map(([name, curve]) => [name, curve.map(roundedSample)]));
  const name = pace === PACES.dense ? `${call.resultName}-dense` : call.resultName;
  writeResult(name, { minutes, ...counts, film, growth: rows, goals, samples });
  return printGoals(goals);
}

type Span = { readonly fromMinutes: number; readonly binMinutes: number };

function partsOf(curve: readonly MemorySample[], span: Span): { heap: number; buffers: number; native: number } {
  const slope = (pick: (sample: MemorySample) => number): number => growthOf(curve, pick, span)?.slope ?? Number.NaN;
  return { heap: slope((s) => s.heapMib), buffers: slope((s) => s.buffersMib), native: slope((s) => s.nativeMib) };
}

function rowOf(
  name: string,
  curve: readonly MemorySample[],
  grown: { slope: number; sure: number } & ReturnType<typeof partsOf>,
) {
  const rss = curve.map(({ rssMib }) => rssMib);
  const { slope, sure, heap, buffers, native } = grown;
  return {
    ...{ name, firstMib: rounded(rss[0] ?? 0), lastMib: rounded(rss.at(-1) ?? 0), mostMib: rounded(Math.max(...rss)) },
    ...{ mibPerMinute: rounded(slope, 2), threeErrors: rounded(sure, 2) },
    ...{ heap: rounded(heap, 2), buffers: rounded(buffers, 2), native: rounded(native, 2) },
  };
}

function roundedSample(sample: MemorySample): Record<string, number> {
  return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, rounded(value, 1)]));
}
