// What every part of the benchmark plays on: the built SDK on a site, a place where films go, pages with the measured
// sources and both recorders in them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSdkPage, openSdkSite, type SdkPage } from '../../tests/sdk/sdk-page.ts';
import { type FilmReceiver, openFilmReceiver } from './film-receiver.ts';
import { launchMeasuredBrowser, type MeasuredBrowser, type MeasuredBrowserOptions } from './measured-browser.ts';

const SCRIPTS = ['known-source.js', 'device-tap.js', 'media-recorder.js', 'engine-recorder.js'];

/** The site and the receiver; `close` ends both. */
export type LocalStage = {
  readonly receiver: FilmReceiver;
  launch(options?: MeasuredBrowserOptions): Promise<MeasuredBrowser>;
  /** A page with the SDK, `knownSource`, `recordWithMediaRecorder`, `engineRecorder` and `sendFilm`. */
  openPage(browser: MeasuredBrowser): Promise<SdkPage>;
  close(): Promise<void>;
};

/** Builds the SDK and opens the stage. */
export async function openLocalStage(): Promise<LocalStage> {
  const [site, receiver] = await Promise.all([openSdkSite(), openFilmReceiver()]);
  return {
    receiver,
    launch: launchMeasuredBrowser,
    openPage: (browser) => openSdkPage(site, browser, localPageScript()),
    close: async () => {
      await Promise.all([site.close(), receiver.close()]);
    },
  };
}

/** What a page needs to run measured sources, as one script to be run before the page's own. */
export function localPageScript(): string {
  return SCRIPTS.map((name) => readFileSync(join(import.meta.dirname, 'page', name), 'utf8')).join('\n');
}
