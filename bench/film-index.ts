// What a film costs in memory for each sample while it is written, and how long its end takes: ten hours of pictures and
// sound through the muxer that recordings are written with, as fast as it goes.

import { rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileMuxer, type MuxPacket } from '@roomtape/ffmpeg';
import { createSystemClock, describeConfig } from '@roomtape/media';
import { createSyntheticSource } from '@roomtape/testkit';
import { type Benchmark, type BenchmarkCall, printGoals, printTable, rounded, say } from './benchmark.ts';
import { readProcessUsage } from './process-usage.ts';
import { writeResult } from './result-file.ts';

/** The benchmark. */
export const filmIndexBenchmark: Benchmark = {
  name: 'film-index',
  summary: 'memory per sample of a film of ten hours while it is written, and the time its end takes',
  isSlow: true,
  run,
};

const HOURS = 10;
const HOURS_QUICK = 1;
const PICTURES_PER_SECOND = 30;
const PACKETS_PER_SECOND = 50;
/** Real packets are larger; their size is not kept. */
const PACKET_BYTES = 100;
/** What a sample whose time and size differ from the one before needs in the file's own tables, rounded up. */
const GOAL_BYTES = 20;
const clock = createSystemClock({ keepAlive: true });

async function run(call: BenchmarkCall): Promise<boolean> {
  const hours = call.isQuick ? HOURS_QUICK : HOURS;
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-film-index-'));
  try {
    const path = join(folder, 'film.mp4');
    say(`${hours} hours of ${PICTURES_PER_SECOND} pictures and ${PACKETS_PER_SECOND} packets of sound a second`);
    return report(call, { hours, ...measure(path, hours), fileMib: statSync(path).size / 2 ** 20 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Measured = {
  readonly samples: number;
  readonly bytesPerSample: number;
  readonly finishMs: number;
  readonly finishMib: number;
};

function measure(path: string, hours: number): Measured {
  const keyframe = firstPicture();
  const config = describeConfig('h264', keyframe)?.config;
  const video = { codec: 'h264', width: 320, height: 180, ...(config === undefined ? {} : { config }) } as const;
  const tracks = [video, { codec: 'opus', channels: 1 }] as const;
  const muxer = createFileMuxer({ path, container: 'mp4', tracks, fragmentMs: 500 });
  const second = (index: number): void => {
    for (const packet of packetsOf(index, keyframe)) muxer.write(packet);
  };
  // The first minutes are the process's own growth.
  for (let i = 0; i < 600; i += 1) second(i);
  const before = rss();
  for (let i = 600; i < hours * 3600; i += 1) second(i);
  const after = rss();
  const samples = (hours * 3600 - 600) * (PICTURES_PER_SECOND + PACKETS_PER_SECOND);
  const begunAt = clock.now();
  muxer.finish();
  const finishMs = (clock.now() - begunAt) / 1000;
  return { samples, bytesPerSample: (after - before) / samples, finishMs, finishMib: (rss() - after) / 2 ** 20 };
}

function firstPicture(): Uint8Array {
  const source = createSyntheticSource({ name: 'Index', participantIndex: 1, width: 320, height: 180 });
  const picture = source.read(100_000).find(({ kind, type }) => kind === 'video' && type === 'key');
  source.close();
  if (picture === undefined) throw new Error('a film begins with a keyframe');
  return picture.data;
}

/** A second of a camera whose pictures do not come evenly: each lasts another time. */
function packetsOf(second: number, keyframe: Uint8Array): MuxPacket[] {
  const packets: MuxPacket[] = [];
  for (let i = 0; i < PICTURES_PER_SECOND; i += 1) {
    const ptsUs = second * 1e6 + Math.round((i * 1e6) / PICTURES_PER_SECOND) + ((i * 7) % 11) * 500;
    const key = i === 0 && second % 2 === 0;
    const data = key ? keyframe : new Uint8Array(PACKET_BYTES + i);
    packets.push({ track: 0, ptsUs, dtsUs: ptsUs, durationUs: 33_333, key, data });
  }
  for (let i = 0; i < PACKETS_PER_SECOND; i += 1) {
    const ptsUs = second * 1e6 + i * 20_000;
    const data = new Uint8Array(PACKET_BYTES + (i % 20));
    packets.push({ track: 1, ptsUs, dtsUs: ptsUs, durationUs: 20_000, key: true, data });
  }
  return packets.sort((a, b) => a.dtsUs - b.dtsUs);
}

function rss(): number {
  return readProcessUsage(process.pid)?.rssBytes ?? 0;
}

function report(call: BenchmarkCall, measured: Measured & { hours: number; fileMib: number }): boolean {
  const { samples, bytesPerSample, finishMs, finishMib, fileMib, hours } = measured;
  const figures = {
    hours,
    samples,
    bytesPerSample: rounded(bytesPerSample, 1),
    mibPerHour: rounded((bytesPerSample * samples) / 2 ** 20 / hours, 1),
    finishMs: rounded(finishMs),
    finishMib: rounded(finishMib),
    fileMib: rounded(fileMib),
  };
  printTable(Object.keys(figures), [Object.values(figures)]);
  const goals = [
    {
      text: `a sample takes ${figures.bytesPerSample} bytes of memory (goal at most ${GOAL_BYTES})`,
      isMet: bytesPerSample <= GOAL_BYTES,
    },
  ];
  const areMet = printGoals(goals);
  writeResult(call.resultName, { ...figures, goals });
  return areMet;
}
