// The real server as its own process: free ports, a fresh data directory, both gone afterwards. It can be killed
// in part or whole and started again on the same data, as after a crash.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const MAIN = join(import.meta.dirname, '..', 'apps', 'server', 'src', 'main.ts');
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const API_KEY = 'test-key-0123456789abcdef';

/** A child of the server as it says itself. */
export type ServerChild = {
  readonly name: string;
  readonly pid?: number;
  readonly isUp: boolean;
  readonly restarts: number;
};

/** A running server. */
export type ServerProcess = {
  readonly url: string;
  readonly apiKey: string;
  readonly dataDirectory: string;
  /** The UDP and TCP port of media. */
  readonly mediaPort: number;
  /** What it printed so far, for messages of failed tests. */
  output(): string;
  children(): Promise<readonly ServerChild[]>;
  /** Ends it without a word, its children too when `all`; else they notice and end themselves. */
  kill(extent: 'control' | 'all'): Promise<void>;
  /** Starts it again on the same data and ports; it must not be running. */
  start(): Promise<void>;
  /** Ends it in order and removes its data. */
  stop(): Promise<void>;
};

/** Starts `roomtape serve`; rejects with its output when it does not come up. */
export async function startServerProcess(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const dataDirectory = env.ROOMTAPE_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'roomtape-server-')));
  const [httpPort, mediaPort] = [await freePort(), await freePort()];
  const settings = {
    ROOMTAPE_HTTP_HOST: '127.0.0.1',
    ROOMTAPE_HTTP_PORT: String(httpPort),
    ROOMTAPE_MEDIA_PORT: String(mediaPort),
    ROOMTAPE_DATA_DIR: dataDirectory,
    ROOMTAPE_API_KEY: API_KEY,
    ...env,
  };
  const url = `http://127.0.0.1:${httpPort}`;
  const life = new ServerLife(url, settings);
  await life.start();
  return {
    ...{ url, apiKey: API_KEY, dataDirectory, mediaPort },
    output: () => life.printed,
    children: () => life.children(),
    kill: (extent) => life.kill(extent),
    start: () => life.start(),
    stop: async () => {
      await life.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

class ServerLife {
  printed = '';
  readonly #url: string;
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  constructor(url: string, settings: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('ROOMTAPE_') && key !== 'VITEST');
    const env = { ...Object.fromEntries(inherited), ...this.#settings };
    const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
      });
    }
    await this.#untilReady(child);
  }

  async children(): Promise<readonly ServerChild[]> {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const response = await fetch(`${this.#url}/v1/debug`, { headers });
    return ((await response.json()) as { children: ServerChild[] }).children;
  }

  async kill(extent: 'control' | 'all'): Promise<void> {
    const pids = (await this.children()).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    const ended = endOf(this.#child);
    if (extent === 'all') for (const pid of pids) process.kill(pid, 'SIGKILL');
    this.#child?.kill('SIGKILL');
    await ended;
    // Children hold the ports until they are gone.
    await untilTrue(STOP_TIMEOUT_MS, () => pids.every((pid) => !isAlive(pid)));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = endOf(child);
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const isReady = await untilTrue(START_TIMEOUT_MS, async () => {
      if (child.exitCode !== null || child.signalCode !== null) return 'never';
      return fetch(`${this.#url}/healthz`).then(
        (response) => response.ok,
        () => false,
      );
    });
    if (isReady) return;
    await this.stop();
    throw new Error(`the server did not start:\n${this.printed}`);
  }
}

/** Asks every 100 ms until the answer is yes; gives up after a time, or when it can never become yes. */
async function untilTrue(
  timeoutMs: number,
  ask: () => boolean | 'never' | Promise<boolean | 'never'>,
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer === true) return true;
    if (answer === 'never' || performance.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function endOf(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
