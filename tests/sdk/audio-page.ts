// Pages with the audio classes of the SDK as `audio`, built by themselves so that they can be tested without an engine.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type { TestBrowser } from '../browser/chromium.ts';
import { servePageFolder } from './page-folder.ts';

const AUDIO = join(import.meta.dirname, '..', '..', 'packages', 'sdk', 'src', 'audio');

/** A site with the audio classes; `folder` is served too, for files that pages load. */
export type AudioSite = { readonly url: string; readonly folder: string; close(): Promise<void> };

/** Builds the classes minified, as an application's bundler would: the worklets have to survive it. */
export async function openAudioSite(): Promise<AudioSite> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-audio-'));
  await build({
    root: AUDIO,
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: false,
      minify: true,
      rolldownOptions: {
        input: join(AUDIO, 'testing', 'page-entry.ts'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'audio.js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  });
  const site = await servePageFolder(folder, { '/': PAGE });
  return {
    url: site.url,
    folder,
    close: async () => {
      await site.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs the body of an async function in a page, with `audio` and `argument` in scope. */
export type RunAudio = <T>(body: string, argument?: unknown) => Promise<T>;

/** Opens a page with the audio classes. */
export async function openAudioPage(site: AudioSite, browser: TestBrowser): Promise<{ page: Page; run: RunAudio }> {
  const page = await browser.openPage(site.url);
  await page.waitForFunction('globalThis.audio !== undefined');
  const run: RunAudio = async <T>(body: string, argument?: unknown) =>
    (await page.evaluate(`(${RUN})(${JSON.stringify(body)}, ${JSON.stringify(argument) ?? 'undefined'})`)) as T;
  return { page, run };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>Audio</title><script type="module">
import * as audio from './audio.js'; globalThis.audio = audio;</script>`;

const RUN = `async (body, argument) => {
  const AsyncFunction = (async () => {}).constructor;
  try {
    return await new AsyncFunction('audio', 'argument', body)(globalThis.audio, argument);
  } catch (error) {
    throw error?.code === undefined || error instanceof DOMException ? error : new Error(error.code + ': ' + error.message);
  }
}`;
