// What forwarding costs: two publishers, twenty viewers each, by WHEP. For information, no goal.

import { createSystemClock } from '@roomtape/media';
import { type Benchmark, type BenchmarkCall, printTable, rounded, say } from './benchmark.ts';
import { HD_LOOP } from './load/encoded-loop.ts';
import { LoadGenerator } from './load/generator.ts';
import { readProcessUsage } from './process-usage.ts';
import { writeResult } from './result-file.ts';
import { BenchServer, sleep } from './server-process.ts';

/** The benchmark. */
export const forwardBenchmark: Benchmark = {
  name: 'forward',
  summary: 'WHEP fan-out: packets a second per core, 2 publishers and 20 viewers each',
  isSlow: false,
  run,
};

const ROOM = 'forward';
const PUBLISHERS = 2;
const clock = createSystemClock({ keepAlive: true });

async function run(call: BenchmarkCall): Promise<boolean> {
  const viewers = call.isQuick ? 4 : 20;
  const seconds = call.isQuick ? 5 : 20;
  const server = await BenchServer.start();
  const publishing = await LoadGenerator.start(HD_LOOP);
  const playing = await LoadGenerator.start(HD_LOOP);
  try {
    const address = { server: server.url, token: server.apiKey, roomId: ROOM, prefix: 's' };
    await publishing.tell({ kind: 'publish', ...address, count: PUBLISHERS });
    say(`${PUBLISHERS} publishers, connecting ${viewers} viewers to each`);
    for (let i = 0; i < PUBLISHERS; i++) await playing.tell({ kind: 'play', ...address, index: i, count: viewers });
    await sleep(4_000);
    const { 'media-0': media = 0 } = await server.pids();
    const [usage, counts, at] = [readProcessUsage(media), await playing.tell({ kind: 'count' }), clock.now()];
    await sleep(seconds * 1_000);
    const [usageAfter, countsAfter, atAfter] = [
      readProcessUsage(media),
      await playing.tell({ kind: 'count' }),
      clock.now(),
    ];
    const elapsed = (atAfter - at) / 1e6;
    const cores = ((usageAfter?.cpuSeconds ?? 0) - (usage?.cpuSeconds ?? 0)) / elapsed;
    const packets = (countsAfter.received - counts.received) / elapsed;
    const figures = {
      publishers: PUBLISHERS,
      viewersPerPublisher: viewers,
      packetsPerSecond: rounded(packets),
      mediaCores: rounded(cores, 3),
      packetsPerSecondPerCore: rounded(packets / cores),
      viewersPerCore: rounded((PUBLISHERS * viewers) / cores),
      rssMib: rounded((usageAfter?.rssBytes ?? 0) / 2 ** 20),
    };
    printTable(Object.keys(figures), [Object.values(figures)]);
    writeResult(call.resultName, figures);
    return true;
  } finally {
    await playing.close();
    await publishing.close();
    await server.stop();
  }
}
