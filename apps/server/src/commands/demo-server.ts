// The server of `roomtape demo`: a child process on free ports with a data directory of its own, or one that
// runs already.

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, RoomtapeError } from '@roomtape/media';

/** A server that answers. */
export type DemoServer = {
  readonly url: string;
  readonly dataDirectory: string;
  readonly logPath: string;
  /** Ends the child and waits for it; kills it when it does not end by itself. */
  stop(): Promise<void>;
};

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;

/** Starts `roomtape serve` and waits until it says where it is; throws a `RoomtapeError` with its last words. */
export async function startDemoServer(options: { clock: Clock; dataDirectory?: string }): Promise<DemoServer> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'roomtape-demo-')));
  await mkdir(dataDirectory, { recursive: true });
  const logPath = join(dataDirectory, 'demo-server.log');
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = [main, 'serve', '--http-port', '0', '--media-port', '0', '--data-dir', dataDirectory];
  // A group of its own: Ctrl-C ends the demo, and the demo ends the server in order.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const words: string[] = [];
  const log = createWriteStream(logPath);
  child.stderr.on('data', (chunk: Buffer) => {
    words.push(chunk.toString());
    if (words.length > 20) words.shift();
    log.write(chunk);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const url = await addressOf(child, { clock: options.clock, lastWords: () => words.join('').slice(-2000) });
    return { url, dataDirectory, logPath, stop: () => stopChild({ child, exited, clock: options.clock }) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function addressOf(child: ChildProcess, options: { clock: Clock; lastWords: () => string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      cancel();
      const facts = { blame: 'system', retryable: false } as const;
      reject(new RoomtapeError('SERVER_NOT_STARTED', `the server ${reason}:\n${options.lastWords()}`, facts));
    };
    const cancel = options.clock.after(START_MS_MAX, () => fail('did not start in time'));
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /https?:\/\/\S+/.exec(text)?.[0];
      if (url === undefined || !text.includes('\n')) return;
      cancel();
      resolve(url.replace(/\/+$/, ''));
    });
    child.once('close', (code) => fail(`ended with exit code ${code}`));
    child.once('error', (error) => fail(`could not be run: ${error.message}`));
  });
}

async function stopChild(options: { child: ChildProcess; exited: Promise<void>; clock: Clock }): Promise<void> {
  const { child, exited, clock } = options;
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const cancel = clock.after(STOP_MS_MAX, () => child.kill('SIGKILL'));
  await exited;
  cancel();
}
