// A bare page in a real Chromium with the built SDK in it as `roomtape`: what a customer's page has, and no more.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import type { LoopbackSite } from '../loopback-site.ts';
import { servePageFolder } from './page-folder.ts';
import { type RunInPage, runInPage } from './run-in-page.ts';
import { sharedSdkBuild } from './shared-build.ts';

/** Where the built SDK is served. */
export type SdkSite = LoopbackSite;

/** Serves the built SDK beside an empty page. */
export async function openSdkSite(): Promise<SdkSite> {
  return servePageFolder(await sharedSdkBuild(), { '/': PAGE });
}

/** A page with the SDK. */
export type SdkPage = {
  readonly page: Page;
  /** With `roomtape` (the SDK) in scope. */
  readonly run: RunInPage;
};

/** Opens a page of the site; `script` runs before the SDK is loaded. */
export async function openSdkPage(site: SdkSite, browser: TestBrowser, script?: string): Promise<SdkPage> {
  const page = await browser.openPage(site.url, script);
  await page.waitForFunction('globalThis.roomtape !== undefined');
  return { page, run: runInPage(page, '() => ({ roomtape: globalThis.roomtape })') };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>SDK</title><script type="module">
import * as roomtape from './roomtape.js'; globalThis.roomtape = roomtape;</script>`;
