// One child process of the server, kept alive: forked, opened, watched, and forked again with a growing delay
// when it ends. What ran in it is lost with it; `onUp` is where its owner puts things back.

import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { type CancelTimer, type Clock, type Log, RoomtapeError } from '@roomtape/media';
import { type IpcChannel, IpcPeer } from './ipc.ts';

/** A running child as its keeper sees it; tests pass fakes. */
export interface ChildHandle extends IpcChannel {
  readonly pid: number | undefined;
  onExit(listener: (reason: string) => void): void;
  kill(signal: 'SIGKILL'): void;
}

/** Starts a child. */
export type SpawnChild = () => ChildHandle;

/** How a child is kept. */
export type ChildKeeperOptions = {
  readonly name: string;
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly log: Log;
  /** First call to a new child; what it rejects with ends the start-up, or is retried on a restart. */
  readonly settings: unknown;
  readonly onEvent: (event: unknown) => void;
  readonly onUp: () => void;
  /** The child is gone with everything in it. */
  readonly onDown: (reason: string) => void;
  readonly requestTimeoutMs?: number;
};

const REQUEST_TIMEOUT_MS = 10_000;
/** Loading native modules on a busy machine takes seconds. */
const OPEN_TIMEOUT_MS = 30_000;
const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 5_000;
/** The longest delay while what the child last got done is not longer ago than this: it is not what kills it each time. */
const BACKOFF_RECENT_MAX_MS = 1_000;
const RECENT_MS = 60_000;
/** A child that lived this many times as long as was waited for it did not die soon: it comes back at once. */
const STEADY_TIMES = 5;
const CLOSE_TIMEOUT_MS = 5_000;
/** What V8 may keep for young objects, MiB; of itself it takes three times more within half an hour of mixing. */
const CHILD_FLAGS = ['--max-semi-space-size=16'];

/** Keeps one child process running until closed. */
export class ChildKeeper {
  readonly name: string;
  readonly #options: ChildKeeperOptions;
  readonly #log: Log;
  #child: ChildHandle | undefined;
  #peer: IpcPeer | undefined;
  #up = false;
  #closing = false;
  #restarts = 0;
  /** What was last waited for before a restart; 0 before the first. */
  #backoffMs = 0;
  #upAt = 0;
  #progressedAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: CancelTimer | undefined;

  constructor(options: ChildKeeperOptions) {
    this.#options = options;
    this.name = options.name;
    this.#log = options.log.child({ child: options.name });
  }

  /** Whether the child is open and takes calls. */
  get isUp(): boolean {
    return this.#up;
  }

  /** How often the child had to be started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Process id of the running child. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The child got something done: should it die, it comes back at once, as nothing it has to do kills it each time. */
  progressed(): void {
    this.#progressedAt = this.#options.clock.now();
  }

  /** Starts the child, for the first time or after it was closed; rejects with why it could not open, after ending it. */
  async start(): Promise<void> {
    this.#closing = false;
    const child = this.#spawn();
    try {
      await this.#open(child);
    } catch (error) {
      this.#closing = true;
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Calls a method of the child; rejects with a retryable error when it is down. */
  request<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    if (!this.#up || this.#peer === undefined) return Promise.reject(downError(this.name));
    return this.#peer.request<T>(method, ...args);
  }

  /** Calls a method of the child without waiting; does nothing when it is down. */
  post(method: string, ...args: readonly unknown[]): void {
    if (this.#up) this.#peer?.post(method, ...args);
  }

  /** Asks the child to close in order, then ends it; idempotent. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#cancelTimer?.();
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.onExit(() => resolve()));
    const cancel = this.#options.clock.after(CLOSE_TIMEOUT_MS, () => child.kill('SIGKILL'));
    try {
      await this.#peer?.request('close');
    } catch (error) {
      this.#log.warn({ error }, 'child close failed');
      child.kill('SIGKILL');
    }
    await gone;
    cancel();
  }

  #spawn(): ChildHandle {
    const child = this.#options.spawn();
    this.#child = child;
    this.#peer = new IpcPeer({
      channel: child,
      clock: this.#options.clock,
      requestTimeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      onEvent: this.#options.onEvent,
    });
    child.onExit((reason) => this.#onExit(child, reason));
    return child;
  }

  async #open(child: ChildHandle): Promise<void> {
    await this.#peer?.requestWithin(OPEN_TIMEOUT_MS, 'open', this.#options.settings);
    if (this.#child !== child) return;
    this.#up = true;
    this.#log.info({ childPid: child.pid }, 'child up');
    this.#upAt = this.#options.clock.now();
    this.#options.onUp();
  }

  #onExit(child: ChildHandle, reason: string): void {
    if (this.#child !== child) return;
    const wasUp = this.#up;
    this.#up = false;
    this.#child = undefined;
    this.#cancelTimer?.();
    this.#peer?.fail(downError(this.name));
    if (wasUp && !this.#closing) this.#options.onDown(reason);
    if (this.#closing) return;
    this.#backoffMs = this.#nextBackoffMs(wasUp);
    this.#log.error({ reason, restartInMs: this.#backoffMs }, 'child ended');
    this.#cancelTimer = this.#options.clock.after(this.#backoffMs, () => void this.#restart());
  }

  /** The shortest delay, unless the child died again soon and did nothing. */
  #nextBackoffMs(wasUp: boolean): number {
    const livedMs = wasUp ? (this.#options.clock.now() - this.#upAt) / 1000 : 0;
    const idleMs = (this.#options.clock.now() - this.#progressedAt) / 1000;
    if (wasUp && this.#progressedAt >= this.#upAt) return BACKOFF_MIN_MS;
    if (wasUp && livedMs >= STEADY_TIMES * this.#backoffMs) return BACKOFF_MIN_MS;
    const mostMs = idleMs < RECENT_MS ? BACKOFF_RECENT_MAX_MS : BACKOFF_MAX_MS;
    return Math.min(mostMs, Math.max(BACKOFF_MIN_MS, this.#backoffMs * 2));
  }

  async #restart(): Promise<void> {
    this.#restarts += 1;
    const child = this.#spawn();
    try {
      await this.#open(child);
    } catch (error) {
      this.#log.error({ error }, 'child open failed');
      child.kill('SIGKILL');
    }
  }
}

/**
 * Forks a module of ours as a child with an IPC channel; its output goes where ours goes. `codeDirectory` is where it
 * keeps its compiled code, unless NODE_COMPILE_CACHE says where; it need not exist, nor be writable.
 */
export function forkChild(modulePath: string, name: string, codeDirectory?: string): ChildHandle {
  const child = fork(modulePath, [name], {
    execArgv: CHILD_FLAGS,
    env: { ...(codeDirectory === undefined ? {} : { NODE_COMPILE_CACHE: codeDirectory }), ...process.env },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    pid: child.pid,
    send: (message) => child.connected && child.send(message, ignoreSendError),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => onceGone(child, listener),
    kill: (signal) => void child.kill(signal),
  };
}

/**
 * Has a child that was just started give way to every other process of the machine. On Linux a priority is a thread's:
 * those to come have that of the one that starts them, those that are there already are told one by one.
 */
export function inBackground<Child extends Pick<ChildHandle, 'pid'>>(child: Child): Child {
  if (child.pid === undefined) return child;
  giveWay(child.pid);
  try {
    for (const thread of readdirSync(`/proc/${child.pid}/task`)) giveWay(Number(thread));
  } catch {
    // No Linux, or it is gone already.
  }
  return child;
}

function giveWay(thread: number): void {
  try {
    setPriority(thread, constants.priority.PRIORITY_LOW);
  } catch {
    // It is gone already; whoever keeps it hears of that.
  }
}

function onceGone(child: ReturnType<typeof fork>, listener: (reason: string) => void): void {
  if (child.exitCode !== null || child.signalCode !== null) {
    listener('already gone');
    return;
  }
  child.once('exit', (code, signal) => listener(signal === null ? `exit code ${code}` : `signal ${signal}`));
  child.once('error', (error) => {
    if (child.pid === undefined) listener(error.message);
  });
}

// A failed send is followed by `exit`, which rejects what was pending.
function ignoreSendError(): void {}

function downError(name: string): RoomtapeError {
  const code = name.startsWith('media') ? 'MEDIA_UNAVAILABLE' : 'WORKER_UNAVAILABLE';
  return new RoomtapeError(code, `${name} is not running`, { blame: 'system', retryable: true });
}
