// Typed requests, answers and events between `control` and its child processes. Messages are plain data;
// media bytes never cross. It promises nothing about a peer that dies: pending requests are rejected by `fail`.

import { type Clock, RoomtapeError } from '@roomtape/media';

/** The two ends of a channel, as a child process or its parent has them. */
export interface IpcChannel {
  /** Returns false when the message was not taken because the channel is closed. */
  send(message: IpcMessage): boolean;
  onMessage(listener: (message: unknown) => void): void;
}

/** What goes over a channel. `post` is a request that wants no answer. */
export type IpcMessage =
  | { readonly ipc: 'request'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly ipc: 'post'; readonly method: string; readonly args: readonly unknown[] }
  | { readonly ipc: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly ipc: 'refusal'; readonly id: number; readonly error: IpcError }
  | { readonly ipc: 'event'; readonly event: unknown };

/** An error as plain data. */
export type IpcError = {
  readonly code: string;
  readonly message: string;
  readonly blame: 'caller' | 'source' | 'destination' | 'system';
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
};

/** The methods a peer offers, by name. */
export type IpcMethods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** How a peer is made. */
export type IpcPeerOptions = {
  readonly channel: IpcChannel;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** What the other side may call. */
  readonly methods?: IpcMethods;
  readonly onEvent?: (event: unknown) => void;
};

type Pending = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
};

/** One end of a channel: calls the other end's methods and answers calls to its own. */
export class IpcPeer {
  readonly #options: IpcPeerOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(options: IpcPeerOptions) {
    this.#options = options;
    options.channel.onMessage((message) => this.#receive(message));
  }

  /** Calls a method of the other side. Rejects with its error, or with IPC_TIMEOUT or IPC_CLOSED. */
  request<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.requestWithin<T>(this.#options.requestTimeoutMs, method, ...args);
  }

  /** The same with a limit of its own, for calls that take long. */
  requestWithin<T>(timeoutMs: number, method: string, ...args: readonly unknown[]): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const cancel = this.#options.clock.after(timeoutMs, () => {
        this.#pending.delete(id);
        reject(ipcError('IPC_TIMEOUT', `${method} got no answer in ${timeoutMs} ms`));
      });
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, cancel });
      if (!this.#options.channel.send({ ipc: 'request', id, method, args })) {
        this.#settle(id)?.reject(ipcError('IPC_CLOSED', `${method} could not be sent`));
      }
    });
  }

  /** Calls a method of the other side without waiting for anything; lost when the channel is closed. */
  post(method: string, ...args: readonly unknown[]): void {
    this.#options.channel.send({ ipc: 'post', method, args });
  }

  /** Tells the other side a fact. */
  emit(event: unknown): void {
    this.#options.channel.send({ ipc: 'event', event });
  }

  /** Rejects everything pending and to come: the other side is gone. */
  fail(error: Error): void {
    this.#failure = error;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }

  #receive(raw: unknown): void {
    if (typeof raw !== 'object' || raw === null || !('ipc' in raw)) return;
    const message = raw as IpcMessage;
    if (message.ipc === 'event') this.#options.onEvent?.(message.event);
    else if (message.ipc === 'answer') this.#settle(message.id)?.resolve(message.value);
    else if (message.ipc === 'refusal') this.#settle(message.id)?.reject(fromIpcError(message.error));
    else void this.#answer(message);
  }

  async #answer(message: IpcMessage & { ipc: 'request' | 'post' }): Promise<void> {
    try {
      const method = this.#options.methods?.[message.method] as ((...args: unknown[]) => unknown) | undefined;
      if (method === undefined) throw ipcError('IPC_UNKNOWN_METHOD', `no method ${message.method}`);
      const value = await method(...message.args);
      if (message.ipc === 'request') this.#options.channel.send({ ipc: 'answer', id: message.id, value });
    } catch (error) {
      if (message.ipc !== 'request') return;
      this.#options.channel.send({ ipc: 'refusal', id: message.id, error: toIpcError(error) });
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancel();
    return pending;
  }
}

/** Makes plain data of an error; details that are not plain data are left out. */
export function toIpcError(error: unknown): IpcError {
  if (error instanceof RoomtapeError) {
    const details = JSON.parse(JSON.stringify(error.details)) as Record<string, unknown>;
    return { code: error.code, message: error.message, blame: error.blame, retryable: error.retryable, details };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const name = typeof code === 'string' ? code : 'INTERNAL';
  return { code: name, message, blame: 'system', retryable: true, details: {} };
}

function fromIpcError(error: IpcError): RoomtapeError {
  return new RoomtapeError(error.code, error.message, error);
}

function ipcError(code: string, message: string): RoomtapeError {
  return new RoomtapeError(code, message, { blame: 'system', retryable: true });
}
