// A bare page in a real Chromium with the built SDK in it as `roomtape`: what a customer's page has, and no more.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import { servePageFolder } from './page-folder.ts';
import { sharedSdkBuild } from './shared-build.ts';

/** Where the built SDK is served; `close` ends the server. */
export type SdkSite = { readonly url: string; close(): Promise<void> };

/** Serves the built SDK beside an empty page. */
export async function openSdkSite(): Promise<SdkSite> {
  return servePageFolder(await sharedSdkBuild(), { '/': PAGE });
}

/** A page with the SDK. */
export type SdkPage = {
  readonly page: Page;
  /**
   * Runs the body of an async function in the page, with `roomtape` (the SDK) and `argument` in scope; resolves with
   * what it returns (plain data), rejects with what it throws: an SDK error keeps its code in the message.
   */
  run<T>(body: string, argument?: unknown): Promise<T>;
};

/** Opens a page of the site; `script` runs before the SDK is loaded. */
export async function openSdkPage(site: SdkSite, browser: TestBrowser, script?: string): Promise<SdkPage> {
  const page = await browser.openPage(site.url, script);
  await page.waitForFunction('globalThis.roomtape !== undefined');
  return {
    page,
    run: async <T>(body: string, argument?: unknown): Promise<T> =>
      (await page.evaluate(`(${RUN})(${JSON.stringify(body)}, ${JSON.stringify(argument) ?? 'undefined'})`)) as T,
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>SDK</title><script type="module">
import * as roomtape from './roomtape.js'; globalThis.roomtape = roomtape;</script>`;

const RUN = `async (body, argument) => {
  const AsyncFunction = (async () => {}).constructor;
  try {
    return await new AsyncFunction('roomtape', 'argument', body)(globalThis.roomtape, argument);
  } catch (error) {
    throw error?.code === undefined || error instanceof DOMException ? error : new Error(error.code + ': ' + error.message);
  }
}`;
