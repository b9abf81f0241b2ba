// The built SDK loads in a bare page and its errors reach the caller with their codes.

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

it('loads in a page that has nothing but the SDK', async () => {
  const { run } = await openSdkPage(site, browser);

  const client = `roomtape.createRoomtape({ server: 'http://127.0.0.1:1' })`;
  expect(await run<string>(`return ${client}.roomState`)).toBe('disconnected');
  await expect(run(`await ${client}.startPlayingStream('ada')`)).rejects.toThrow('NOT_LOGGED_IN');
  expect(browser.complaints).toEqual([]);
});
