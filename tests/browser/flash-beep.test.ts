import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureConsole } from '../../scripts/build-console.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { serveFolder } from './static-site.ts';

const SECONDS = 8;
/** Of the source alone, before any encoder: a frame waits up to 4 ms for its tick, and the page has other work. */
const OFFSET_MAX_MS = 12;

let browser: TestBrowser;
let site: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  site = await serveFolder(await ensureConsole());
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe('flash and beep source of the page', () => {
  it('flashes and beeps together, each second', { timeout: 40_000 }, async () => {
    const page = await browser.openPage(`${site.url}/#/room/x?source=flash-beep`);
    await page.locator('video').waitFor();
    const measure = await readFile(join(import.meta.dirname, 'measure-offset.js'), 'utf8');

    const offsets: number[] = await page.evaluate(
      `(${measure.slice(measure.indexOf('async (')).replace(/;\s*$/, '')})(${SECONDS})`,
    );

    console.log(`beep after flash, ms: ${offsets.map((offset) => offset.toFixed(1)).join(' ')}`);
    expect(offsets.length).toBeGreaterThanOrEqual(SECONDS - 2);
    expect(Math.abs(median(offsets))).toBeLessThan(OFFSET_MAX_MS);
    await page.close();
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
