// Pages with the SDK's storage as `storage`, built by itself so that it can be tested without a camera.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import type { FilmPackets } from './container-packets.ts';
import { servePageFolder } from './page-folder.ts';
import { ownPartsBuild } from './shared-build.ts';

/** A site with the storage; `folder` is served, too. */
export type StorageSite = { readonly url: string; readonly folder: string; close(): Promise<void> };

/** Serves a copy of the built storage. */
export async function openStorageSite(): Promise<StorageSite> {
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

/** Runs the body of an async function in a page, with `storage`, `store`, `toBase64` and `argument` in scope. */
export type RunStorage = <T>(body: string, argument?: unknown) => Promise<T>;

/** Opens a page with the storage. */
export async function openStoragePage(
  site: StorageSite,
  browser: TestBrowser,
): Promise<{ page: Page; run: RunStorage }> {
  const page = await browser.openPage(site.url);
  await page.waitForFunction('globalThis.storage !== undefined');
  const run: RunStorage = async <T>(body: string, argument?: unknown) =>
    (await page.evaluate(`(${RUN})(${JSON.stringify(body)}, ${JSON.stringify(argument) ?? 'undefined'})`)) as T;
  return { page, run };
}

/** Packets of a film in order of time, as they go into a page. */
export function sentPackets(film: FilmPackets, untilUs: number): readonly object[] {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const tracks = [
    ...film.pictures.map((packet) => ({ track: 'video', packet })),
    ...film.sound.map((packet) => ({ track: 'audio', packet })),
  ];
  return tracks
    .filter(({ packet }) => packet.ptsUs < untilUs)
    .sort((a, b) => a.packet.ptsUs - b.packet.ptsUs)
    .map(({ track, packet: { bytes, decoderConfig, ...times } }) => ({
      ...{ track, ...times, bytes: base64(bytes) },
      ...(decoderConfig === undefined ? {} : { config: base64(decoderConfig) }),
    }));
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>Storage</title><script type="module">
import * as storage from './storage.js'; globalThis.storage = storage;</script>`;

const RUN = `async (body, argument) => {
  const AsyncFunction = (async () => {}).constructor;
  const { storage } = globalThis;
  const toBase64 = async (file) => {
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(file);
    });
    return url.slice(url.indexOf(',') + 1);
  };
  try {
    const store = await storage.openRecordingStore();
    return await new AsyncFunction('storage', 'store', 'toBase64', 'argument', body)(storage, store, toBase64, argument);
  } catch (error) {
    throw error?.code === undefined || error instanceof DOMException ? error : new Error(error.code + ': ' + error.message);
  }
}`;
