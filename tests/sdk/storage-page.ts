// Pages with the SDK's storage as `storage`.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import type { FilmPackets } from './container-packets.ts';
import { openPartPage, type PartSite } from './part-site.ts';
import { type RunInPage, runInPage } from './run-in-page.ts';

/** Opens a page that runs with `storage`, `store` and `toBase64` in scope. */
export async function openStoragePage(site: PartSite, browser: TestBrowser): Promise<{ page: Page; run: RunInPage }> {
  const page = await openPartPage(site, browser);
  return { page, run: runInPage(page, SCOPE) };
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

const SCOPE = `async () => {
  const { storage } = globalThis;
  const toBase64 = async (file) => {
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(file);
    });
    return url.slice(url.indexOf(',') + 1);
  };
  return { storage, store: await storage.openRecordingStore(), toBase64 };
}`;
