// The real server for a benchmark: `roomtape serve` with everything beside it, on free ports and a data
// directory that is removed afterwards. Knows the process ids, for CPU time and for killing.

import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '@roomtape/media';
import { type Client, createClient } from '@roomtape/sdk-server';
import { freePort } from '../tests/free-port.ts';

const MAIN = join(import.meta.dirname, '..', 'apps', 'server', 'src', 'main.ts');
const API_KEY = 'bench-key-0123456789abcdef';
const START_TIMEOUT_US = 60_000_000;
const clock = createSystemClock({ keepAlive: true });

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** How a server is started. */
export type BenchServerOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node itself for all its processes, such as `--cpu-prof`. */
  readonly nodeOptions?: string;
};

/** Process ids by role: `control`, `media-0`, `worker-0` … */
export type ServerPids = Readonly<Record<string, number>>;

/** A server process that can be started again on the same data. */
export class BenchServer {
  readonly apiKey = API_KEY;
  readonly dataDirectory: string;
  readonly url: string;
  readonly client: Client;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;

  private constructor(dataDirectory: string, env: Record<string, string>) {
    this.dataDirectory = dataDirectory;
    this.#env = env;
    this.url = `http://127.0.0.1:${env.ROOMTAPE_HTTP_PORT}`;
    this.client = createClient({ server: this.url, apiKey: API_KEY });
    // A benchmark that is interrupted leaves no server behind.
    process.once('exit', () => this.#child?.kill('SIGKILL'));
  }

  /** Starts a server on a fresh data directory; rejects with the path of its log when it does not come up. */
  static async start(options: BenchServerOptions = {}): Promise<BenchServer> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'roomtape-bench-'));
    const [httpPort, mediaPort] = [await freePort(), await freePort()];
    const server = new BenchServer(dataDirectory, {
      ...(process.env as Record<string, string>),
      ROOMTAPE_HTTP_PORT: String(httpPort),
      ROOMTAPE_MEDIA_PORT: String(mediaPort),
      ROOMTAPE_DATA_DIR: dataDirectory,
      ROOMTAPE_API_KEY: API_KEY,
      ROOMTAPE_LOG_LEVEL: 'warn',
      ROOMTAPE_REQUESTS_PER_MINUTE: '10000000',
      ...(options.nodeOptions === undefined ? {} : { NODE_OPTIONS: options.nodeOptions }),
      ...options.env,
    });
    await server.start();
    return server;
  }

  /** Where everything the server prints goes. */
  get logFile(): string {
    return `${this.dataDirectory}.log`;
  }

  /** Starts the program on the present data directory and waits until it can record. */
  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [MAIN, 'serve'], { env: this.#env, stdio: ['ignore', log, log] });
    this.#child = child;
    const startedAt = clock.now();
    while (!(await this.isHealthy())) {
      const isOver = child.exitCode !== null || clock.now() - startedAt > START_TIMEOUT_US;
      if (isOver) {
        child.kill('SIGKILL');
        throw new Error(`the server did not start: see ${this.logFile}`);
      }
      await sleep(20);
    }
  }

  /** Whether it says that it can record. */
  async isHealthy(): Promise<boolean> {
    return this.client.health().then(
      ({ status }) => status === 'ok',
      () => false,
    );
  }

  /** Process ids of all processes that are up. */
  async pids(): Promise<ServerPids> {
    const { children } = (await this.debug()) as { children: { name: string; pid?: number }[] };
    const up = children.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const]));
    return { control: this.#child?.pid ?? 0, ...Object.fromEntries(up) };
  }

  /** What `GET /v1/debug` tells. */
  async debug(): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/v1/debug`, { headers: { authorization: `Bearer ${API_KEY}` } });
    return (await response.json()) as Record<string, unknown>;
  }

  /** Resolves when the control process has ended. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
  }

  /** Stops in order, and removes the data directory unless it is to be kept. */
  async stop(options: { readonly isKept?: boolean } = {}): Promise<void> {
    const cancel = clock.after(20_000, () => this.#child?.kill('SIGKILL'));
    this.#child?.kill('SIGTERM');
    await this.ended();
    cancel();
    if (options.isKept !== true)
      for (const path of [this.dataDirectory, this.logFile]) rmSync(path, { recursive: true, force: true });
  }
}
