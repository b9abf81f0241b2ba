// Pages with the recorder alone as `recording`, built by itself so that every track it is given and every answer it
// gives can be arranged, and the sources of known times as `knownSource`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import { openPartPage, type PartSite } from './part-site.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Runs the body of an async function in a page, with `recording`, `openRecorder` and its like in scope. */
export type RunRecorder = <T>(body: string) => Promise<T>;

/** Opens a page with the recorder; `script` runs before it. */
export async function openRecorderPage(
  site: PartSite,
  browser: TestBrowser,
  script = '',
): Promise<{ page: Page; run: RunRecorder }> {
  const source = readFileSync(join(ROOT, 'bench', 'local', 'page', 'known-source.js'), 'utf8');
  const page = await openPartPage(site, browser, `${source}\n${PAGE_SCRIPT}\n${script}`);
  const run: RunRecorder = async <T>(body: string) => (await page.evaluate(`(async () => { ${body} })()`)) as T;
  return { page, run };
}

/** What a recording told, in order, and its file as base64. */
export type RecorderOutcome = {
  readonly told: readonly { readonly state: string; readonly code?: string; readonly track?: string }[];
  readonly progress: readonly { readonly durationMs: number; readonly currentFileBytes: number }[];
  readonly film: string;
};

/** `openTracks` is a source whose tracks can be changed; `openRecorder` keeps what its recorder tells. */
const PAGE_SCRIPT = `
globalThis.pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
globalThis.openTracks = (videoTrack, audioTrack) => {
  const listeners = new Set();
  const tracks = { videoTrack, audioTrack, audioDelayUs: 0 };
  return {
    get videoTrack() { return tracks.videoTrack; },
    get audioTrack() { return tracks.audioTrack; },
    audioDelayUs: 0,
    onChange: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
    change: (next) => { Object.assign(tracks, next); for (const listener of [...listeners]) listener(); },
  };
};
globalThis.openRecorder = async (source, config) => {
  const told = [];
  const progress = [];
  const store = await recording.openRecordingStore();
  const environment = recording.createBrowserEnvironment();
  const onState = ({ state, error }) => told.push({ state, code: error?.code, track: error?.details.track });
  const onProgress = (figures) => progress.push(figures);
  const recorder = new recording.DataRecorder({ source, config, environment, store, onState, onProgress });
  const outcome = async (file) => ({ told, progress, film: await toBase64(file) });
  return { recorder, told, progress, outcome };
};
globalThis.toBase64 = async (file) => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};
`;
