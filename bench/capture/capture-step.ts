// One point of the capture curve: so many streams recorded for so long, the CPU time and memory of every
// process of the server meanwhile, and whether the recording is whole.

import { execFileSync } from 'node:child_process';
import type { Recording } from '@roomtape/api';
import { createSystemClock, fromRfc3339 } from '@roomtape/media';
import { rounded } from '../benchmark.ts';
import type { LoadGenerator } from '../load/generator.ts';
import { type ProcessUsage, readProcessUsage } from '../process-usage.ts';
import { type BenchServer, sleep } from '../server-process.ts';

/** What is recorded and for how long. */
export type StepOptions = {
  readonly server: BenchServer;
  readonly generator: LoadGenerator;
  readonly roomId: string;
  readonly streams: number;
  readonly audioCodec: 'aac' | 'opus';
  readonly settleMs: number;
  readonly measureMs: number;
  /** Process ids of peers that are fed meanwhile. */
  readonly peerPids: readonly number[];
};

/** CPU in cores, memory in MiB. */
export type StepFigures = {
  readonly streams: number;
  readonly audioCodec: string;
  readonly seconds: number;
  readonly cores: {
    readonly control: number;
    readonly media: number;
    readonly worker: number;
    readonly generator: number;
    readonly peers: number;
  };
  readonly rssMib: { readonly control: number; readonly media: number; readonly worker: number };
  /** CPU seconds of control, media and worker per second of one stream. */
  readonly cpuPerStreamSecond: number;
  readonly streamsPerCore: number;
  readonly packetsPerSecond: number;
  readonly bitrateBpsPerStream: number;
  readonly generatorWorstLagMs: number;
  readonly retransmitted: number;
  readonly verdict: RecordingVerdict;
};

/** Whether a recording is whole, by what `/v1` says of it and by counting frames in some files. */
export type RecordingVerdict = {
  readonly isWhole: boolean;
  readonly files: number;
  readonly durationMsMin: number;
  readonly durationMsMax: number;
  /** Files that end more than half a second before the recording was stopped, or begin late. */
  readonly short: number;
  readonly missingMs: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  /** Video frames that the files read by ffprobe lack against 30 a second. */
  readonly framesLacking: number;
  readonly stopMs: number;
};

const clock = createSystemClock({ keepAlive: true });
/** A recording begins at a stream's next keyframe (every 2 s in the loop); its first streams wait longest. */
const BEGIN_MS_MAX = 4_500;
const END_MS_MAX = 500;
/** Silence, and the wait for the first keyframe, are not lost media. */
const NO_LOSS: readonly string[] = ['dtx', 'not-started'];
const FILES_PROBED = 3;

/** Records all streams of the room and measures. */
export async function measureStep(options: StepOptions): Promise<StepFigures> {
  const { server, generator, streams, roomId, audioCodec } = options;
  const recording = await server.client.recordings.start({ roomId, audioCodec });
  await sleep(options.settleMs);
  const pids = await server.pids();
  const read = (): Usages => usagesOf(pids, generator.pid, options.peerPids);
  const countedBefore = await generator.tell({ kind: 'count' });
  const [before, startedAt] = [read(), clock.now()];
  await sleep(options.measureMs);
  const [after, endedAt] = [read(), clock.now()];
  const counted = await generator.tell({ kind: 'count' });
  const seconds = (endedAt - startedAt) / 1e6;
  const cores = (name: keyof Usages): number => (after[name].cpuSeconds - before[name].cpuSeconds) / seconds;
  const mib = (name: keyof Usages): number => rounded(after[name].rssBytes / 2 ** 20, 1);
  const cpuPerStreamSecond = (cores('control') + cores('media') + cores('worker')) / streams;
  const verdict = await finish(options, recording.recordingId);
  const peers = options.peerPids.length;
  return {
    streams,
    audioCodec,
    seconds: rounded(seconds, 1),
    cores: {
      control: rounded(cores('control'), 4),
      media: rounded(cores('media'), 4),
      worker: rounded(cores('worker'), 4),
      generator: rounded(cores('generator'), 3),
      peers: rounded(cores('peers'), 4),
    },
    rssMib: { control: mib('control'), media: mib('media'), worker: mib('worker') },
    cpuPerStreamSecond: rounded(cpuPerStreamSecond, 5),
    streamsPerCore: rounded(1 / cpuPerStreamSecond),
    packetsPerSecond: rounded((counted.packets - countedBefore.packets) / seconds),
    bitrateBpsPerStream: rounded(((counted.bytes - countedBefore.bytes) * 8) / seconds / (streams + peers)),
    generatorWorstLagMs: counted.worstLagMs,
    retransmitted: counted.retransmitted - countedBefore.retransmitted,
    verdict,
  };
}

/** Waits until a recording that was told to stop is over. */
export async function untilOver(server: BenchServer, recordingId: string, pollMs = 20): Promise<Recording> {
  for (;;) {
    const recording = await server.client.recordings.get(recordingId);
    if (recording.state === 'finished' || recording.state === 'failed') return recording;
    await sleep(pollMs);
  }
}

type Usages = Readonly<Record<'control' | 'media' | 'worker' | 'generator' | 'peers', ProcessUsage>>;

function usagesOf(pids: Readonly<Record<string, number>>, generator: number, peers: readonly number[]): Usages {
  const sum = (chosen: readonly number[]): ProcessUsage => {
    const all = chosen.flatMap((pid) => readProcessUsage(pid) ?? []);
    return {
      cpuSeconds: all.reduce((total, usage) => total + usage.cpuSeconds, 0),
      rssBytes: all.reduce((total, usage) => total + usage.rssBytes, 0),
    };
  };
  const named = (prefix: string): number[] =>
    Object.entries(pids).flatMap(([name, pid]) => (name.startsWith(prefix) ? [pid] : []));
  return {
    control: sum(named('control')),
    media: sum(named('media')),
    worker: sum(named('worker')),
    generator: sum([generator]),
    peers: sum(peers),
  };
}

async function finish(options: StepOptions, recordingId: string): Promise<RecordingVerdict> {
  const stopAt = clock.now();
  await options.server.client.recordings.stop(recordingId);
  const recording = await untilOver(options.server, recordingId);
  const stopMs = rounded((clock.now() - stopAt) / 1000);
  const createdAt = fromRfc3339(recording.createdAt) ?? 0;
  const missingMs: Record<string, number> = {};
  let short = 0;
  for (const file of recording.files) {
    for (const [reason, ms] of Object.entries(file.missingMs)) missingMs[reason] = (missingMs[reason] ?? 0) + ms;
    const startedAt = fromRfc3339(file.startedAt) ?? 0;
    const endsEarlyMs = (stopAt - startedAt) / 1000 - file.durationMs;
    if (endsEarlyMs > END_MS_MAX || (startedAt - createdAt) / 1000 > BEGIN_MS_MAX) short++;
  }
  const durations = recording.files.map((file) => file.durationMs);
  const problems = recording.problems.map(({ code, message }) => `${code}: ${message}`);
  const framesLacking = await countLacking(options.server, recording);
  const lostMs = Object.entries(missingMs).reduce((sum, [reason, ms]) => sum + (NO_LOSS.includes(reason) ? 0 : ms), 0);
  const isWhole =
    recording.state === 'finished' && recording.files.length === options.streams && short === 0 && lostMs === 0;
  return {
    isWhole: isWhole && framesLacking === 0,
    files: recording.files.length,
    durationMsMin: Math.min(...durations),
    durationMsMax: Math.max(...durations),
    short,
    missingMs,
    problems,
    framesLacking,
    stopMs,
  };
}

/** Frames that a few files lack by ffprobe's count, read through the API. */
async function countLacking(server: BenchServer, recording: Recording): Promise<number> {
  const step = Math.max(1, Math.floor(recording.files.length / FILES_PROBED));
  let lacking = 0;
  for (let i = 0; i < recording.files.length; i += step) {
    const file = recording.files[i];
    if (file === undefined) continue;
    const args = ['-v', 'error', '-select_streams', 'v:0', '-count_packets'];
    const shown = ['-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', `${server.url}${file.url}`];
    const frames = Number(execFileSync('ffprobe', [...args, ...shown], { encoding: 'utf8' }).trim());
    lacking += Math.max(0, Math.floor((file.durationMs / 1000) * 30) - 1 - frames);
  }
  return lacking;
}
