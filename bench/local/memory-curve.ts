// Memory of a browser over time, sampled while something long runs. Pages that processes share are counted once
// (proportional set size): Chromium's processes share most of theirs. Linux only.

import { readFileSync } from 'node:fs';
import { rounded } from '../benchmark.ts';
import { sleep } from '../server-process.ts';
import type { MeasuredBrowser } from './measured-browser.ts';

/** One sample: seconds since the curve began, MiB of the renderers and of all processes. */
export type MemorySample = { readonly atSeconds: number; readonly rendererMib: number; readonly allMib: number };

/** Garbage is collected when the browser likes: a shorter curve shows that. */
const CURVE_SECONDS_MIN = 240;

/** Samples until `until` settles; the last sample is taken then. */
export async function sampleMemory(
  browser: MeasuredBrowser,
  everySeconds: number,
  until: Promise<unknown>,
): Promise<MemorySample[]> {
  const [samples, beganMs]: [MemorySample[], number] = [[], performance.now()];
  let isOver = false;
  const over = until.then(
    () => undefined,
    () => undefined,
  );
  void over.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const [renderer, all] = [await browser.pids('renderer'), await browser.pids()];
    samples.push({
      atSeconds: rounded((performance.now() - beganMs) / 1000),
      rendererMib: proportionalMib(renderer),
      allMib: proportionalMib(all),
    });
    await Promise.race([sleep(everySeconds * 1000), over]);
  }
  return samples;
}

/** MiB per minute over the last two thirds, by least squares; `undefined` of a curve too short to tell. */
export function growthMibPerMinute(samples: readonly MemorySample[]): number | undefined {
  if ((samples.at(-1)?.atSeconds ?? 0) < CURVE_SECONDS_MIN) return undefined;
  const kept = samples.slice(Math.floor(samples.length / 3));
  const meanAt = kept.reduce((sum, { atSeconds }) => sum + atSeconds, 0) / kept.length;
  const mean = kept.reduce((sum, { rendererMib }) => sum + rendererMib, 0) / kept.length;
  const square = kept.reduce((sum, { atSeconds }) => sum + (atSeconds - meanAt) ** 2, 0);
  const products = kept.reduce(
    (sum, { atSeconds, rendererMib }) => sum + (atSeconds - meanAt) * (rendererMib - mean),
    0,
  );
  return rounded((products / square) * 60, 2);
}

/** MiB of some processes, what they share counted once. */
export function proportionalMib(pids: readonly number[]): number {
  return rounded(pids.reduce((sum, pid) => sum + proportionalKib(pid), 0) / 1024);
}

function proportionalKib(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The curve as one line of text, at most a dozen points. */
export function curveText(samples: readonly MemorySample[]): string {
  const step = Math.max(1, Math.ceil(samples.length / 12));
  const points = samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
  return points.map(({ atSeconds, rendererMib, allMib }) => `${atSeconds} s ${rendererMib}/${allMib}`).join(', ');
}
