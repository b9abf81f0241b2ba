// Pages with one part of the SDK in them, under its name: the parts are built by themselves, so that each can be
// tested without an engine.

import type { Page } from 'playwright-core';
import type { TestBrowser } from '../browser/chromium.ts';
import type { LoopbackSite } from '../loopback-site.ts';
import { servePageFolder } from './page-folder.ts';
import { ownPartsBuild } from './shared-build.ts';

/** The parts: the audio classes, the recorder, the storage. */
export type PartName = 'audio' | 'recording' | 'storage';

/** A site with a part; `folder` is served too, for files that pages load. */
export type PartSite = LoopbackSite & { readonly part: PartName; readonly folder: string };

/** Serves a copy of the built parts beside a page that loads one. */
export async function openPartSite(part: PartName): Promise<PartSite> {
  const { folder, remove } = await ownPartsBuild();
  const site = await servePageFolder(folder, { '/': pageOf(part) });
  return {
    ...{ url: site.url, part, folder },
    close: async () => {
      await site.close();
      await remove();
    },
  };
}

/** Opens the page and waits for the part; `script` runs before it. */
export async function openPartPage(site: PartSite, browser: TestBrowser, script?: string): Promise<Page> {
  const page = await browser.openPage(site.url, script);
  await page.waitForFunction(`globalThis.${site.part} !== undefined`);
  return page;
}

function pageOf(part: PartName): string {
  return `<!doctype html><meta charset="utf-8"><title>${part}</title><script type="module">
import * as part from './${part}.js'; globalThis.${part} = part;</script>`;
}
