// Memory of a server's processes over time: what the kernel counts, and of that what V8 and its buffers say is theirs.

import { fitLine, type LinearFit } from '../capture/linear-fit.ts';
import { readProcessUsage } from '../process-usage.ts';
import { median } from '../result-file.ts';
import type { BenchServer } from '../server-process.ts';

/** One process at one moment, MiB. `nativeMib` is what is neither heap nor buffer: codecs, code, stacks. */
export type MemorySample = {
  readonly atMinutes: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly buffersMib: number;
  readonly nativeMib: number;
};

/** Samples by process. */
export type MemoryCurves = Map<string, MemorySample[]>;

type Memory = { readonly heapTotal: number; readonly heapUsed: number; readonly external: number };
type Told = Readonly<Record<string, { readonly memory?: Memory } | undefined>>;
type Debug = {
  readonly memory?: Memory;
  readonly media?: { readonly planes?: Told };
  readonly workers?: { readonly workers?: Told };
  readonly mixes?: { readonly mixers?: Told };
};

const MIB = 2 ** 20;

/** Adds a sample of every process that is up. */
export async function sampleMemory(server: BenchServer, atMinutes: number, curves: MemoryCurves): Promise<void> {
  const [pids, debug] = [await server.pids(), (await server.debug()) as Debug];
  const told: Told = {
    control: debug,
    ...debug.media?.planes,
    ...debug.workers?.workers,
    ...debug.mixes?.mixers,
  };
  for (const [name, pid] of Object.entries(pids)) {
    const usage = readProcessUsage(pid);
    if (usage === undefined) continue;
    const memory = told[name]?.memory ?? { heapTotal: 0, heapUsed: 0, external: 0 };
    const curve = curves.get(name) ?? [];
    curves.set(name, curve);
    curve.push({
      atMinutes,
      rssMib: usage.rssBytes / MIB,
      heapMib: memory.heapUsed / MIB,
      buffersMib: memory.external / MIB,
      nativeMib: (usage.rssBytes - memory.heapTotal - memory.external) / MIB,
    });
  }
}

/**
 * The growth of one figure after a time, MiB a minute: through the median of each bin of `binMinutes`, because samples
 * that lie closer than garbage collections tell the same twice. `undefined` of fewer than four bins.
 */
export function growthOf(
  curve: readonly MemorySample[],
  pick: (sample: MemorySample) => number,
  of: { readonly fromMinutes: number; readonly binMinutes: number },
): LinearFit | undefined {
  const bins = new Map<number, MemorySample[]>();
  for (const sample of curve) {
    if (sample.atMinutes < of.fromMinutes) continue;
    const bin = Math.floor(sample.atMinutes / of.binMinutes);
    bins.set(bin, [...(bins.get(bin) ?? []), sample]);
  }
  const points = [...bins.values()].map(
    (samples) => [median(samples.map(({ atMinutes }) => atMinutes)), median(samples.map(pick))] as const,
  );
  return points.length < 4 ? undefined : fitLine(points);
}
