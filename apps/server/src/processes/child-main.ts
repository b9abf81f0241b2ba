// What every child process of the server does alike: speak IPC with `control`, obey only its orders, and end
// when it is gone, even when it was killed.

import { flushCompileCache } from 'node:module';
import { type Clock, createSystemClock } from '@roomtape/media';
import { type IpcChannel, type IpcMethods, IpcPeer } from './ipc.ts';

const REQUEST_TIMEOUT_MS = 10_000;
/** How often a child looks whether it was orphaned without its channel being closed. */
const ORPHAN_CHECK_MS = 2_000;
/** How long a child whose parent is gone may take to close what it has open. */
const ORPHAN_CLOSE_MS = 3_000;
/** Lets the answer to `close` leave before the process does. */
const EXIT_AFTER_ANSWER_MS = 20;

/** What a child offers: it is opened once, then answers `methods`, then is closed. */
export type ChildProgram = {
  readonly open: (settings: never, peer: IpcPeer) => Promise<unknown>;
  readonly methods: IpcMethods;
  readonly close: () => Promise<void>;
};

/** Runs a child program over this process's IPC channel until `control` closes it or is gone. */
export function runChild(program: ChildProgram): void {
  // Ctrl-C and service managers signal the whole group; only `control` decides when a child ends.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const clock = createSystemClock({ keepAlive: true });
  const open = async (settings: never): Promise<unknown> => {
    const answer = await program.open(settings, peer);
    // Node writes it when a process ends in order; the one after a crash is to start quickly, too.
    flushCompileCache();
    return answer;
  };
  const close = async (): Promise<void> => {
    await program.close();
    clock.after(EXIT_AFTER_ANSWER_MS, () => process.exit(0));
  };
  const peer: IpcPeer = new IpcPeer({
    channel: parentChannel(),
    clock,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    methods: { ...program.methods, describe: () => describe(program), open, close },
  });
  watchParent(clock, program);
}

/** What a program says of itself for debugging, and how much memory it has. */
async function describe({ methods }: ChildProgram): Promise<unknown> {
  const own = (await methods.describe?.()) as Record<string, unknown> | undefined;
  return { ...own, memory: process.memoryUsage() };
}

function parentChannel(): IpcChannel {
  return {
    send: (message) => process.connected && process.send?.(message, () => {}) === true,
    onMessage: (listener) => void process.on('message', listener),
  };
}

function watchParent(clock: Clock, program: ChildProgram): void {
  const parent = process.ppid;
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    clock.after(ORPHAN_CLOSE_MS, () => process.exit(1));
    void program.close().finally(() => process.exit(1));
  };
  process.on('disconnect', leave);
  clock.every(ORPHAN_CHECK_MS, () => {
    if (process.ppid !== parent) leave();
  });
  if (!process.connected) leave();
}
