// Capture end to end: SRTP in, tape and MP4 on disk out, by the real server with one media and one worker
// process; the same packets to `ffmpeg -c copy` processes in the same run.

import { type Benchmark, type BenchmarkCall, type Goal, printGoals, printTable, rounded, say } from '../benchmark.ts';
import { HD_LOOP, loadLoop, loopBitrates } from '../load/encoded-loop.ts';
import { LoadGenerator } from '../load/generator.ts';
import { writeResult } from '../result-file.ts';
import { BenchServer, sleep } from '../server-process.ts';
import { measureStep, type StepFigures } from './capture-step.ts';
import { FfmpegPeers, ffmpegVersion } from './ffmpeg-peer.ts';
import { fitLine } from './linear-fit.ts';

/** The benchmark. */
export const captureBenchmark: Benchmark = {
  name: 'capture',
  summary: 'SRTP in, tape and MP4 out: CPU and memory per stream, against ffmpeg -c copy',
  isSlow: false,
  run,
};

type Size = {
  readonly opus: readonly number[];
  readonly aac: readonly number[];
  readonly peers: number;
  /** Stream counts at which the peers run beside the server. */
  readonly withPeers: readonly number[];
  readonly settleMs: number;
  readonly measureMs: number;
};

const FULL: Size = {
  opus: [1, 10, 25, 50, 75, 100, 120, 150],
  aac: [10, 25, 50],
  peers: 10,
  withPeers: [10, 50, 100],
  settleMs: 6_000,
  measureMs: 15_000,
};
const QUICK: Size = { opus: [1, 5], aac: [], peers: 2, withPeers: [5], settleMs: 4_000, measureMs: 5_000 };
const ROOM = 'bench';
/** ffmpeg looks at its input for 5 s before it writes. */
const PEER_SETTLE_MS = 7_000;

type PeerFigures = {
  readonly streams: number;
  readonly peers: number;
  readonly cpuPerStreamSecond: number;
  readonly rssMibPerStream: number;
  readonly ratio: number;
  readonly framesMin: number;
};

type Measured = { readonly steps: readonly StepFigures[]; readonly peers: readonly PeerFigures[] };

async function run(call: BenchmarkCall): Promise<boolean> {
  const size = call.isQuick ? QUICK : FULL;
  const source = loopBitrates(loadLoop(HD_LOOP));
  say(
    `source: 1280x720, 30 fps, H.264 ${rounded(source.video / 1000)} kbit/s, Opus ${rounded(source.audio / 1000)} kbit/s in 20 ms packets`,
  );
  const opus = await measureCurve({ counts: size.opus, size, audioCodec: 'opus' });
  const aac = await measureCurve({ counts: size.aac, size: { ...size, withPeers: [] }, audioCodec: 'aac' });
  const figures = conclude(opus);
  printFigures([...opus.steps, ...aac.steps], opus.peers);
  const goals = goalsOf(figures, opus);
  const areMet = printGoals(goals);
  writeResult(call.resultName, {
    source: { ...HD_LOOP, measuredBps: source },
    peer: {
      program: `ffmpeg ${ffmpegVersion()} -c copy -movflags +frag_keyframe`,
      input: 'the same RTP in the clear (no SRTP, no RTCP feedback)',
    },
    ...figures,
    opus: opus.steps,
    aac: aac.steps,
    peers: opus.peers,
    goals,
  });
  return areMet;
}

type Curve = { readonly counts: readonly number[]; readonly size: Size; readonly audioCodec: 'aac' | 'opus' };

async function measureCurve({ counts, size, audioCodec }: Curve): Promise<Measured> {
  const steps: StepFigures[] = [];
  const peers: PeerFigures[] = [];
  if (counts.length === 0) return { steps, peers };
  const server = await BenchServer.start({ env: { ROOMTAPE_MEDIA_PROCESSES: '1', ROOMTAPE_WORKER_PROCESSES: '1' } });
  const generator = await LoadGenerator.start(HD_LOOP);
  try {
    let published = 0;
    for (const streams of counts) {
      await generator.tell({
        ...{ kind: 'publish', server: server.url, token: server.apiKey, roomId: ROOM },
        ...{ prefix: `s${published}-`, count: streams - published },
      });
      published = streams;
      const withPeers = size.withPeers.includes(streams) ? size.peers : 0;
      const { step, peer } = await measurePoint({ server, generator, streams, audioCodec, size, peers: withPeers });
      steps.push(step);
      if (peer !== undefined) peers.push(peer);
      say(stepLine(step));
    }
  } finally {
    await generator.close();
    await server.stop();
  }
  return { steps, peers };
}

type Point = {
  readonly server: BenchServer;
  readonly generator: LoadGenerator;
  readonly streams: number;
  readonly audioCodec: 'aac' | 'opus';
  readonly size: Size;
  readonly peers: number;
};

async function measurePoint(point: Point): Promise<{ step: StepFigures; peer?: PeerFigures }> {
  const { server, generator, streams, audioCodec, size } = point;
  const options = { server, generator, streams, audioCodec, roomId: ROOM, ...size };
  if (point.peers === 0) return { step: await measureStep({ ...options, peerPids: [] }) };
  const running = await FfmpegPeers.start(point.peers);
  await sleep(500);
  await generator.tell({ kind: 'send-udp', ports: running.ports });
  await sleep(PEER_SETTLE_MS);
  const step = await measureStep({ ...options, peerPids: running.pids });
  const rssMib = running.rssMib();
  // Ended while packets still come: ffmpeg closes its file when it next reads.
  const { frames } = await running.stop();
  await generator.tell({ kind: 'stop-udp' });
  const cpuPerStreamSecond = step.cores.peers / point.peers;
  return {
    step,
    peer: {
      streams,
      peers: point.peers,
      cpuPerStreamSecond: rounded(cpuPerStreamSecond, 5),
      rssMibPerStream: rounded(rssMib / point.peers, 1),
      ratio: rounded(step.cpuPerStreamSecond / cpuPerStreamSecond, 3),
      framesMin: Math.min(...frames),
    },
  };
}

function conclude({ steps, peers }: Measured): Record<string, number> {
  const rss = steps.map(({ streams, rssMib }) => [streams, rssMib.control + rssMib.media + rssMib.worker] as const);
  const cpu = steps.map((step) => [step.streams, step.cpuPerStreamSecond * step.streams] as const);
  const cpuLine = fitLine(cpu);
  const shares = steps.filter(({ streams }) => streams >= 10);
  const curve = shares.length > 1 ? fitLine(shares.map((s) => [s.streams, s.cpuPerStreamSecond * s.streams])) : cpuLine;
  return {
    streamsPerCoreBest: Math.max(...steps.map(({ streamsPerCore }) => streamsPerCore)),
    streamsPerCoreAtMost: steps.at(-1)?.streamsPerCore ?? 0,
    streamsPerCoreBySlope: rounded(1 / cpuLine.slope),
    cpuFixedCores: rounded(cpuLine.intercept, 4),
    cpuSlopePerStream: rounded(cpuLine.slope, 5),
    linearDeviationMaxFrom10: rounded(curve.deviationMax, 3),
    rssSlopeMibPerStream: rounded(fitLine(rss).slope, 2),
    rssFixedMib: rounded(fitLine(rss).intercept),
    ratioToPeerWorst: Math.max(...peers.map(({ ratio }) => ratio)),
    ratioToPeerBest: Math.min(...peers.map(({ ratio }) => ratio)),
  };
}

function goalsOf(figures: Record<string, number>, { steps, peers }: Measured): Goal[] {
  const at = (key: string): number => figures[key] ?? Number.NaN;
  const hundred = steps.find(({ streams }) => streams === 100) ?? steps.at(-1);
  const ratio = peers.find(({ streams }) => streams === hundred?.streams)?.ratio ?? peers.at(-1)?.ratio ?? Number.NaN;
  return [
    {
      text: `streams per core at ${hundred?.streams} streams: ${hundred?.streamsPerCore} (goal 100, aim 150)`,
      isMet: (hundred?.streamsPerCore ?? 0) >= 100,
    },
    {
      text: `CPU per stream against ffmpeg -c copy at ${hundred?.streams} streams: ${ratio} (goal at most 0.6)`,
      isMet: ratio <= 0.6,
    },
    {
      text: `memory per stream: ${at('rssSlopeMibPerStream')} MiB more for each (goal at most 3)`,
      isMet: at('rssSlopeMibPerStream') <= 3,
    },
    {
      text: `linear from 10 streams on: largest distance from the line ${rounded(at('linearDeviationMaxFrom10') * 100, 1)} % (goal at most 15 %)`,
      isMet: at('linearDeviationMaxFrom10') <= 0.15,
    },
    { text: 'every recording is whole', isMet: steps.every(({ verdict }) => verdict.isWhole) },
  ];
}

function stepLine(step: StepFigures): string {
  const { streams, audioCodec, streamsPerCore, verdict } = step;
  const whole = verdict.isWhole ? 'whole' : `NOT whole: ${JSON.stringify(verdict)}`;
  return `${streams} streams (${audioCodec}): ${streamsPerCore} per core, ${whole}`;
}

function printFigures(steps: readonly StepFigures[], peers: readonly PeerFigures[]): void {
  const columns = [
    'streams',
    'sound',
    'media',
    'worker',
    'control',
    'ms CPU/stream·s',
    'streams/core',
    'RSS MiB',
    'generator',
    'lag ms',
    'resent',
    'whole',
  ];
  const rows = steps.map(
    ({
      streams,
      audioCodec,
      cores,
      cpuPerStreamSecond,
      streamsPerCore,
      rssMib,
      generatorWorstLagMs,
      retransmitted,
      verdict,
    }) => [
      ...[streams, audioCodec, cores.media, cores.worker, cores.control, rounded(cpuPerStreamSecond * 1000, 2)],
      ...[streamsPerCore, rounded(rssMib.control + rssMib.media + rssMib.worker), cores.generator, generatorWorstLagMs],
      ...[retransmitted, verdict.isWhole ? 'yes' : 'NO'],
    ],
  );
  printTable(columns, rows);
  console.log('');
  const peerRows = peers.map((peer) => [
    peer.streams,
    peer.peers,
    rounded(peer.cpuPerStreamSecond * 1000, 2),
    peer.rssMibPerStream,
    peer.ratio,
    peer.framesMin,
  ]);
  printTable(
    ['beside streams', 'ffmpeg processes', 'ms CPU/stream·s', 'RSS MiB each', 'ours/ffmpeg', 'frames (least)'],
    peerRows,
  );
  console.log('');
}
