// Pages with the audio classes of the SDK as `audio`.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import { openPartPage, type PartSite } from './part-site.ts';
import { type RunInPage, runInPage } from './run-in-page.ts';

/** Opens a page that runs with `audio`, `until` (a condition holds) and `pass` (so many ms go by) in scope. */
export async function openAudioPage(site: PartSite, browser: TestBrowser): Promise<{ page: Page; run: RunInPage }> {
  const page = await openPartPage(site, browser);
  return { page, run: runInPage(page, SCOPE) };
}

/** Runs in a page of its own, closed afterwards: tests that do so may run at the same time. */
export function inOwnPage(site: () => PartSite, browser: () => TestBrowser): RunInPage {
  return async (body, argument) => {
    const { page, run } = await openAudioPage(site(), browser());
    try {
      return await run(body, argument);
    } finally {
      await page.close();
    }
  };
}

/** Begins a body: a graph of sound, what is sent and what is played in it, and all three as `ports`. */
export const PORTS = `
const graph = new audio.AudioGraph();
const mixer = new audio.ChannelMixer(graph);
const playback = new audio.PlaybackTracks();
const ports = { graph, mixer, playback };
`;

const SCOPE = `() => {
  const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (check) => {
    while (!(await check())) await pass(20);
  };
  return { audio: globalThis.audio, until, pass };
}`;
