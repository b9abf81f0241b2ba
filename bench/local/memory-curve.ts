// Memory of a browser over time, sampled while something long runs.

import { rounded } from '../benchmark.ts';
import { sleep } from '../server-process.ts';
import type { MeasuredBrowser } from './measured-browser.ts';

/** One sample: seconds since the curve began, MiB of the renderers and of all processes. */
export type MemorySample = { readonly atSeconds: number; readonly rendererMib: number; readonly allMib: number };

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
    const [renderer, all] = [await browser.usage('renderer'), await browser.usage()];
    samples.push({
      atSeconds: rounded((performance.now() - beganMs) / 1000),
      rendererMib: rounded(renderer.rssBytes / 2 ** 20),
      allMib: rounded(all.rssBytes / 2 ** 20),
    });
    await Promise.race([sleep(everySeconds * 1000), over]);
  }
  return samples;
}

/** MiB per minute over the last two thirds, where everything has been loaded; least squares. */
export function growthMibPerMinute(samples: readonly MemorySample[]): number {
  const kept = samples.slice(Math.floor(samples.length / 3));
  const meanAt = kept.reduce((sum, { atSeconds }) => sum + atSeconds, 0) / kept.length;
  const mean = kept.reduce((sum, { rendererMib }) => sum + rendererMib, 0) / kept.length;
  const square = kept.reduce((sum, { atSeconds }) => sum + (atSeconds - meanAt) ** 2, 0);
  if (square === 0) return 0;
  const products = kept.reduce(
    (sum, { atSeconds, rendererMib }) => sum + (atSeconds - meanAt) * (rendererMib - mean),
    0,
  );
  return rounded((products / square) * 60, 2);
}

/** The curve as one line of text, at most a dozen points. */
export function curveText(samples: readonly MemorySample[]): string {
  const step = Math.max(1, Math.ceil(samples.length / 12));
  const points = samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
  return points.map(({ atSeconds, rendererMib, allMib }) => `${atSeconds} s ${rendererMib}/${allMib}`).join(', ');
}
