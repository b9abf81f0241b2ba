// What taping costs: 100 tapes of 720p30 H.264 at 1.5 Mbit/s and Opus, appended and flushed every 250 ms of
// media, synced every second, read back by 100 tailing readers, then polled idle. CPU is of the whole process.
// Run: node packages/tape/bench/throughput.ts [TAPES] [SECONDS]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog, ticks, unixUs } from '@roomtape/media';
import { openTape, openTapeReader, type TapeReader, type TapeWriter } from '../src/index.ts';

const TAPES = Number(process.argv[2] ?? 100);
const SECONDS = Number(process.argv[3] ?? 10);
const VIDEO_FRAME_BYTES = 5900;
const KEYFRAME_BYTES = 30_000;
const AUDIO_FRAME_BYTES = 160;
const IDLE_POLLS = 200;

type Meter = { frames: number; bytes: number; cpuUs: number; wallUs: number };

const directory = mkdtempSync(join(tmpdir(), 'tape-bench-'));
const clock = createSystemClock({ keepAlive: true });
const data = {
  key: new Uint8Array(KEYFRAME_BYTES).fill(7),
  delta: new Uint8Array(VIDEO_FRAME_BYTES).fill(8),
  audio: new Uint8Array(AUDIO_FRAME_BYTES).fill(9),
};

const written: Meter = { frames: 0, bytes: 0, cpuUs: 0, wallUs: 0 };
const read: Meter = { frames: 0, bytes: 0, cpuUs: 0, wallUs: 0 };
const writers: TapeWriter[] = [];
const readers: TapeReader[] = [];
for (let index = 0; index < TAPES; index += 1) {
  const path = join(directory, String(index));
  writers.push(await openTape({ directory: path, tapeId: `tp_${index}`, clock, log: silentLog }));
  readers.push(openTapeReader(path));
}
for (let quarter = 0; quarter < SECONDS * 4; quarter += 1) {
  await measure(written, () => writeQuarter(quarter));
  await measure(read, async () => readQuarter());
}
const idle: Meter = { frames: 0, bytes: 0, cpuUs: 0, wallUs: 0 };
await measure(idle, async () => {
  for (let poll = 0; poll < IDLE_POLLS; poll += 1) for (const reader of readers) reader.readBatch();
});
for (const writer of writers) await writer.close();
rmSync(directory, { recursive: true });

print('append + flush', written);
print('tailing read', read);
const pollUs = idle.cpuUs / IDLE_POLLS / TAPES;
console.log(`idle poll: ${pollUs.toFixed(1)} µs; ${TAPES} tapes polled 5 times a second: ${share(pollUs * TAPES * 5)}`);

async function measure(meter: Meter, action: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await action();
  const used = process.cpuUsage(cpu);
  meter.cpuUs += used.user + used.system;
  meter.wallUs += Number(process.hrtime.bigint() - start) / 1000;
}

// A quarter of a second of media into every tape: 7 or 8 video and 12 or 13 audio frames.
async function writeQuarter(quarter: number): Promise<void> {
  for (const writer of writers) {
    for (let index = Math.ceil(quarter * 7.5); index < (quarter + 1) * 7.5; index += 1) appendVideo(writer, index);
    for (let index = Math.ceil(quarter * 12.5); index < (quarter + 1) * 12.5; index += 1) appendAudio(writer, index);
  }
  await Promise.all(writers.map((writer) => (quarter % 4 === 3 ? writer.sync() : writer.flush())));
}

function appendVideo(writer: TapeWriter, index: number): void {
  const type = index % 60 === 0 ? 'key' : 'delta';
  const pts = ticks(index * 3000);
  append(writer, { trackId: 1, type, pts, data: type === 'key' ? data.key : data.delta });
}

function appendAudio(writer: TapeWriter, index: number): void {
  append(writer, { trackId: 2, type: 'key', pts: ticks(index * 960), data: data.audio });
}

function append(
  writer: TapeWriter,
  frame: { trackId: number; type: 'key' | 'delta'; pts: ReturnType<typeof ticks>; data: Uint8Array },
): void {
  const arrivedAt = unixUs(1_700_000_000_000_000 + frame.pts);
  writer.append({ kind: 'frame', ...frame, dts: frame.pts, arrivedAt });
  written.frames += 1;
  written.bytes += frame.data.length;
}

function readQuarter(): void {
  for (const reader of readers) {
    for (const { entry } of reader.readBatch().entries) {
      if (entry.kind !== 'frame') continue;
      read.frames += 1;
      read.bytes += entry.data.length;
    }
  }
}

function print(name: string, meter: Meter): void {
  const { frames, bytes, cpuUs, wallUs } = meter;
  const perFrame = (cpuUs / frames).toFixed(2);
  const perMegabyte = (cpuUs / 1000 / (bytes / 1e6)).toFixed(2);
  const throughput = (bytes / wallUs).toFixed(0);
  const live = share(cpuUs / SECONDS);
  console.log(`${name}: ${throughput} MB/s, ${perFrame} µs CPU per frame, ${perMegabyte} ms CPU per MB, live ${live}`);
}

function share(cpuUsPerSecond: number): string {
  return `${(cpuUsPerSecond / 1e4).toFixed(2)} % of a core for ${TAPES} tapes`;
}
