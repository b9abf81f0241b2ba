// A real Chromium without a window, with made-up camera and microphone and a profile of its own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where Debian puts Chromium. */
export const CHROMIUM_EXECUTABLE = '/usr/bin/chromium';
/** No window, nothing from or to the network but what pages ask for, devices without asking. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];
/** Nobody sees the pages: a quarter of the pixels takes a third of the time to compose. Layouts stay as they are. */
const COARSE = process.env.UPDATE_IMAGES === '1' ? [] : ['--force-device-scale-factor=0.5'];
/** A camera and a microphone that Chromium makes up. */
export const MADE_UP_DEVICES = '--use-fake-device-for-media-stream';

/** A running browser. `complaints` are errors its pages wrote, apart from refused requests. */
export type TestBrowser = {
  readonly complaints: readonly string[];
  /** Opens a page; `script` runs in it before its own. */
  openPage(url: string, script?: string): Promise<Page>;
  /** Closes every page and forgets complaints, so that one test does not slow or fail the next. */
  closePages(): Promise<void>;
  close(): Promise<void>;
};

/** Starts a browser with a fresh profile; `close` removes it. */
export async function launchBrowser(
  options: { hasDevices?: boolean; arguments?: readonly string[] } = {},
): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'roomtape-chromium-'));
  const devices = options.hasDevices === false ? [] : [MADE_UP_DEVICES];
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM_EXECUTABLE,
    args: [...CHROMIUM_ARGUMENTS, ...COARSE, ...devices, ...(options.arguments ?? [])],
    viewport: { width: 1280, height: 800 },
  });
  const complaints: string[] = [];
  return {
    complaints,
    openPage: async (url, script) => {
      const page = await context.newPage();
      if (script !== undefined) await page.addInitScript(script);
      keepComplaints(page, complaints);
      await page.goto(url);
      return page;
    },
    closePages: async () => {
      await Promise.all(
        context
          .pages()
          .slice(1)
          .map((page) => page.close()),
      );
      complaints.length = 0;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Adds what a page complains of from now on. */
export function keepComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const isNetwork = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isNetwork) complaints.push(message.text());
  });
}
