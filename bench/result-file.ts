// Where a benchmark leaves what it printed: one JSON file a benchmark, with the machine it ran on.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, relative } from 'node:path';

let folder = join(import.meta.dirname, 'results');

/** Has results written elsewhere. */
export function writeResultsTo(path: string): void {
  folder = path;
}

/** Writes `bench/results/<name>.json` (or elsewhere, see `writeResultsTo`) and says so. */
export function writeResult(name: string, figures: Readonly<Record<string, unknown>>): void {
  mkdirSync(folder, { recursive: true });
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    /** Of the last minute and five: a benchmark alone on two cores stays near or below 2. */
    loadAverage: loadavg()
      .slice(0, 2)
      .map((load) => Math.round(load * 10) / 10),
  };
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify({ name, ranAt: new Date().toISOString(), machine, ...figures }, null, 2)}\n`);
  console.log(`written: ${relative(process.cwd(), path)}`);
}

/** The middle value of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share `q` (0 to 1) of the numbers lies, by nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
