// A Chromium whose processes are known: started here, so that it may be killed, and asked for its children's ids by
// its own debugging protocol, so that their CPU time and memory can be read. Ids of other browsers are never touched.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import type { TestBrowser } from '../../tests/browser/chromium.ts';
import {
  CHROMIUM_ARGUMENTS,
  CHROMIUM_EXECUTABLE,
  keepComplaints,
  MADE_UP_DEVICES,
} from '../../tests/browser/chromium.ts';
import { type ProcessUsage, readUsage } from '../process-usage.ts';
import { sleep } from '../server-process.ts';

const ARGUMENTS = [...CHROMIUM_ARGUMENTS, MADE_UP_DEVICES, '--remote-debugging-port=0', '--window-size=1280,800'];
const START_MS_MAX = 30_000;
const NEW_PAGE_TRIES_MAX = 10;
const NEW_PAGE_RETRY_MS = 200;

/** How a browser is started. */
export type MeasuredBrowserOptions = {
  /** A profile that outlives the browser; without it a fresh one is made and removed with `close`. */
  readonly profile?: string;
  /** Films for the made-up camera and microphone. */
  readonly devices?: { readonly y4m: string; readonly wav: string };
};

/** A browser of ours with its process ids. */
export type MeasuredBrowser = TestBrowser & {
  /** The process that was started here: killing it ends the browser. */
  readonly pid: number;
  /** Ids of all its processes, or of its renderers only. */
  pids(kind?: 'all' | 'renderer'): Promise<number[]>;
  /** CPU time and memory of all its processes since they began. */
  usage(kind?: 'all' | 'renderer'): Promise<ProcessUsage>;
  /** SIGKILL of the browser itself; resolves with the wall clock of the signal, ms, when it is gone. */
  kill(): Promise<number>;
  /** SIGKILL of its renderers; resolves with the wall clock of the signal, ms. */
  killRenderers(): Promise<number>;
};

/** Starts Chromium with its debugging port on loopback; rejects when it does not come up. */
export async function launchMeasuredBrowser(options: MeasuredBrowserOptions = {}): Promise<MeasuredBrowser> {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), 'roomtape-local-')));
  const { devices } = options;
  const films =
    devices === undefined
      ? []
      : [`--use-file-for-fake-video-capture=${devices.y4m}`, `--use-file-for-fake-audio-capture=${devices.wav}`];
  const child = spawn(CHROMIUM_EXECUTABLE, [...ARGUMENTS, ...films, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  void ended.then(() => process.off('exit', onExit));
  const browser = await chromium.connectOverCDP(await debuggingAddress(child));
  const session = await browser.newBrowserCDPSession();
  return {
    ...pagesOf(browser),
    ...processesOf(child, session, ended),
    close: async () => {
      await session.send('Browser.close').catch(() => child.kill('SIGKILL'));
      await ended;
      if (options.profile === undefined) await rm(profile, { recursive: true, force: true });
    },
  };
}

function debuggingAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Chromium did not come up: ${said.slice(-500)}`));
    }, START_MS_MAX);
    child.once('exit', () => reject(new Error(`Chromium ended: ${said.slice(-500)}`)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 10_000) said += text;
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

function pagesOf(browser: Browser): Pick<TestBrowser, 'complaints' | 'openPage' | 'closePages'> {
  const complaints: string[] = [];
  const opened: Page[] = [];
  return {
    complaints,
    openPage: async (url, script) => {
      const [context] = browser.contexts();
      if (context === undefined) throw new Error('Chromium has no profile');
      const page = await newPageOf(context);
      opened.push(page);
      if (script !== undefined) await page.addInitScript(script);
      keepComplaints(page, complaints);
      await page.goto(url);
      return page;
    },
    closePages: async () => {
      await Promise.all(opened.splice(0).map((page) => page.close()));
      complaints.length = 0;
    },
  };
}

/** A page may be given to a spare renderer that was just killed with the others: then another is asked for. */
async function newPageOf(context: BrowserContext): Promise<Page> {
  for (let tries = 1; ; tries++) {
    try {
      return await context.newPage();
    } catch (error) {
      if (tries === NEW_PAGE_TRIES_MAX) throw error;
      await sleep(NEW_PAGE_RETRY_MS);
    }
  }
}

function processesOf(
  child: ChildProcess,
  session: CDPSession,
  ended: Promise<void>,
): Pick<MeasuredBrowser, 'pid' | 'pids' | 'usage' | 'kill' | 'killRenderers'> {
  const pid = child.pid ?? 0;
  const pids = async (kind: 'all' | 'renderer' = 'all'): Promise<number[]> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => kind === 'all' || type === 'renderer').map(({ id }) => id);
  };
  return {
    pid,
    pids,
    usage: async (kind) => readUsage(await pids(kind)),
    kill: async () => {
      const atMs = Date.now();
      child.kill('SIGKILL');
      await ended;
      return atMs;
    },
    killRenderers: async () => {
      const renderers = await pids('renderer');
      const atMs = Date.now();
      for (const id of renderers) process.kill(id, 'SIGKILL');
      return atMs;
    },
  };
}
