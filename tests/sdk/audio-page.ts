// Pages with the audio classes of the SDK as `audio`, by themselves so that they can be tested without an engine.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import { servePageFolder } from './page-folder.ts';
import { ownPartsBuild } from './shared-build.ts';

/** A site with the audio classes; `folder` is served too, for files that pages load. */
export type AudioSite = { readonly url: string; readonly folder: string; close(): Promise<void> };

/** Serves a copy of the built classes. */
export async function openAudioSite(): Promise<AudioSite> {
  const { folder, remove } = await ownPartsBuild();
  const site = await servePageFolder(folder, { '/': PAGE });
  return {
    url: site.url,
    folder,
    close: async () => {
      await site.close();
      await remove();
    },
  };
}

/** Runs the body of an async function in a page, with `audio`, `argument` and `until` (a condition holds) in scope. */
export type RunAudio = <T>(body: string, argument?: unknown) => Promise<T>;

/** Opens a page with the audio classes. */
export async function openAudioPage(site: AudioSite, browser: TestBrowser): Promise<{ page: Page; run: RunAudio }> {
  const page = await browser.openPage(site.url);
  await page.waitForFunction('globalThis.audio !== undefined');
  const run: RunAudio = async <T>(body: string, argument?: unknown) =>
    (await page.evaluate(`(${RUN})(${JSON.stringify(body)}, ${JSON.stringify(argument) ?? 'undefined'})`)) as T;
  return { page, run };
}

/** Runs in a page of its own, closed afterwards: tests that do so may run at the same time. */
export function inOwnPage(site: () => AudioSite, browser: () => TestBrowser): RunAudio {
  return async (body, argument) => {
    const { page, run } = await openAudioPage(site(), browser());
    try {
      return await run(body, argument);
    } finally {
      await page.close();
    }
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>Audio</title><script type="module">
import * as audio from './audio.js'; globalThis.audio = audio;</script>`;

const RUN = `async (body, argument) => {
  const AsyncFunction = (async () => {}).constructor;
  const until = async (check) => {
    while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    return await new AsyncFunction('audio', 'argument', 'until', body)(globalThis.audio, argument, until);
  } catch (error) {
    throw error?.code === undefined || error instanceof DOMException ? error : new Error(error.code + ': ' + error.message);
  }
}`;
