// The real server as its own process: free ports, a fresh data directory, both gone afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'apps', 'server', 'src', 'main.ts');
const START_TIMEOUT_MS = 20_000;
const API_KEY = 'test-key-0123456789abcdef';

/** A running server. */
export type ServerProcess = {
  readonly url: string;
  readonly apiKey: string;
  readonly dataDirectory: string;
  /** What it printed so far, for messages of failed tests. */
  output(): string;
  stop(): Promise<void>;
};

/** Starts `roomtape serve`; rejects with its output when it does not come up. */
export async function startServerProcess(): Promise<ServerProcess> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'roomtape-browser-'));
  const [httpPort, mediaPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    ROOMTAPE_HTTP_HOST: '127.0.0.1',
    ROOMTAPE_HTTP_PORT: String(httpPort),
    ROOMTAPE_MEDIA_PORT: String(mediaPort),
    ROOMTAPE_DATA_DIR: dataDirectory,
    ROOMTAPE_API_KEY: API_KEY,
  };
  const child = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const url = `http://127.0.0.1:${httpPort}`;
  await untilReady(url, child, () => printed);
  return {
    url,
    apiKey: API_KEY,
    dataDirectory,
    output: () => printed,
    stop: async () => {
      await stopChild(child);
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const isReady = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      await stopChild(child);
      throw new Error(`the server did not start:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** A port that was free a moment ago, for TCP; the media port is checked by the server itself. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
