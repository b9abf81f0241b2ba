// The example of docs/raw-audio.md works as it is written.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { openSdkPage, openSdkSite, type SdkSite } from './sdk-page.ts';

let site: SdkSite;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([openSdkSite(), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
}, 30_000);

it('hears the microphone and records it', async () => {
  const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'raw-audio.md'), 'utf8');
  const example = /```js\nimport \{ ([^}]+) \} from '@roomtape\/sdk';\n([\s\S]*?)```/.exec(document);
  const { run } = await openSdkPage(site, browser);

  const seen = await run<{ loudest: number; name: string; bytes: number }>(
    `const { ${example?.[1]} } = roomtape; ${example?.[2]}; return { loudest, name: file.name, bytes: file.size };`,
  );

  expect(seen.name).toBe('talk.wav');
  expect(seen.loudest).toBeGreaterThan(1000);
  expect(seen.bytes).toBeGreaterThan(48_000);
  expect(browser.complaints).toEqual([]);
});
