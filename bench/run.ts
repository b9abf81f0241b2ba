// `npm run bench [-- NAME…] [--quick] [--long] [--points N] [--minutes N] [--parts A,B] [--results FOLDER]`: runs the benchmarks
// named, or all but the slow ones, one after the other, and prints their figures. Exit code 1 when one fails; a missed goal is none.

import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { captureBenchmark } from './capture/capture.ts';
import { driftBenchmark } from './drift.ts';
import { driftBrowserBenchmark } from './drift-browser.ts';
import { filmIndexBenchmark } from './film-index.ts';
import { forwardBenchmark } from './forward.ts';
import { killBenchmark } from './kill/kill.ts';
import { localBenchmark } from './local/local.ts';
import { mixBenchmark } from './mix/mix.ts';
import { mixLiveBenchmark } from './mix/mix-live.ts';
import { mixChromiumBenchmark } from './mix-chromium/mix-chromium.ts';
import { mixKillBenchmark } from './mix-kill.ts';
import { mixProofBenchmark } from './mix-proof/mix-proof.ts';
import { mixSoakBenchmark } from './mix-soak/mix-soak.ts';
import { writeResultsTo } from './result-file.ts';
import { startBenchmark } from './start.ts';
import { stopBenchmark } from './stop.ts';

const BENCHMARKS: readonly Benchmark[] = [
  captureBenchmark,
  startBenchmark,
  stopBenchmark,
  forwardBenchmark,
  killBenchmark,
  driftBenchmark,
  driftBrowserBenchmark,
  localBenchmark,
  mixBenchmark,
  mixLiveBenchmark,
  mixKillBenchmark,
  mixProofBenchmark,
  mixChromiumBenchmark,
  mixSoakBenchmark,
  filmIndexBenchmark,
];

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      results: { type: 'string' },
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      points: { type: 'string' },
      minutes: { type: 'string' },
      parts: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0 || values.help === true) {
    if (unknown.length > 0) console.error(`There is no benchmark ${unknown.join(', ')}.`);
    for (const { name, summary, isSlow } of BENCHMARKS)
      console.log(`${name.padEnd(8)} ${summary}${isSlow ? ' (slow)' : ''}`);
    return unknown.length > 0 ? 2 : 0;
  }
  if (values.results !== undefined) writeResultsTo(values.results);
  const chosen = BENCHMARKS.filter(({ name, isSlow }) =>
    positionals.length === 0 ? !isSlow : positionals.includes(name),
  );
  let failed = 0;
  for (const benchmark of chosen) {
    console.log(`\n${benchmark.name}: ${benchmark.summary}`);
    const points = values.points === undefined ? {} : { points: Number(values.points) };
    const minutes = values.minutes === undefined ? {} : { minutes: Number(values.minutes) };
    const parts = values.parts === undefined ? {} : { parts: values.parts.split(',') };
    const resultName = values.quick ? `${benchmark.name}-quick` : benchmark.name;
    try {
      await benchmark.run({ isQuick: values.quick, resultName, isLong: values.long, ...points, ...minutes, ...parts });
    } catch (error) {
      failed++;
      console.error(`  ${benchmark.name} failed: ${(error as Error).stack}`);
    }
  }
  return failed === 0 ? 0 : 1;
}
