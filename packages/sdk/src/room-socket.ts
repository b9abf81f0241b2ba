// The room's event socket: joins, beats, notices silence or a hole in the sequence, and comes back by itself with
// jittered waits. Says what arrived; what it means is the mirror's and the client's business.

import type { ClientMessage, ServerMessage } from '@roomtape/api';
import { Backoff } from './backoff.ts';
import type { Environment } from './environment.ts';
import { CLIENT_ERRORS, clientError, RoomtapeClientError } from './errors.ts';

/** Life of the room connection; `closed` is final. */
export type SocketState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** Where a socket leads and whom it tells. */
export type RoomSocketOptions = {
  readonly environment: Environment;
  /** `ws:` or `wss:` address of the room's events. */
  readonly url: string;
  /** The joining message; asked for each connection, so that it may carry a fresh token. */
  describeJoin(): Promise<ClientMessage>;
  onMessage(message: ServerMessage): void;
  onState(state: SocketState, error: RoomtapeClientError | undefined): void;
};

const JOIN_TIMEOUT_MS = 10_000;
/** The server is taken for lost after this many heartbeat periods without a word. */
const SILENT_PERIODS = 3;
/** Answers that no new attempt can change. */
const FATAL: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'INVALID_ID', 'INVALID_REQUEST']);

/** Keeps one room's event socket open. */
export class RoomSocket {
  readonly #options: RoomSocketOptions;
  readonly #backoff: Backoff;
  #socket: WebSocket | undefined;
  #state: SocketState = 'connecting';
  #sequence: number | undefined;
  #heartbeatMs = 10_000;
  #cancelBeat: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;
  #settle: { resolve: () => void; reject: (error: RoomtapeClientError) => void } | undefined;

  constructor(options: RoomSocketOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 500, maxMs: 8_000 }, () => options.environment.random());
  }

  /** Resolves when the room was joined; rejects when the first attempt fails. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      void this.#connect();
    });
  }

  /** Sends a message; dropped when the room is not joined just now. */
  send(message: ClientMessage): void {
    if (this.#state === 'connected') this.#socket?.send(JSON.stringify(message));
  }

  /** Leaves the room for good. */
  close(): void {
    this.send({ type: 'leave' });
    this.#finish(undefined);
  }

  async #connect(): Promise<void> {
    this.#watch(JOIN_TIMEOUT_MS, clientError('TIMEOUT'));
    try {
      const join = await this.#options.describeJoin();
      if (this.#state === 'closed') return;
      const socket = this.#options.environment.openWebSocket(this.#options.url);
      this.#socket = socket;
      this.#sequence = undefined;
      socket.onopen = () => socket.send(JSON.stringify(join));
      socket.onmessage = (event) => this.#handleData(event.data);
      socket.onclose = () => this.#lost(clientError('NETWORK', { message: 'The connection to the room was lost' }));
    } catch (error) {
      this.#lost(error instanceof RoomtapeClientError ? error : clientError('NETWORK', { cause: error }));
    }
  }

  #handleData(data: unknown): void {
    const message = parseMessage(data);
    if (message === undefined) return;
    const expected = this.#sequence === undefined ? message.sequence : this.#sequence + 1;
    this.#sequence = message.sequence;
    // A hole means something was missed: a new connection brings a whole new picture of the room.
    if (message.sequence !== expected) this.#lost(clientError('NETWORK', { message: 'Room events were lost' }));
    else if (message.type === 'error') this.#handleError(message);
    else this.#deliver(message);
  }

  #deliver(message: ServerMessage): void {
    if (message.type === 'joined') this.#joined(message.heartbeatMs);
    // What is told before the whole picture is part of it.
    if (this.#state !== 'connected') return;
    this.#watchSilence();
    this.#options.onMessage(message);
  }

  #handleError(message: Extract<ServerMessage, { type: 'error' }>): void {
    const code = message.code as RoomtapeClientError['code'];
    const error = new RoomtapeClientError(code, { ...CLIENT_ERRORS.NETWORK, ...message, retryable: !FATAL.has(code) });
    if (FATAL.has(message.code)) this.#finish(error);
    else if (this.#state !== 'connected') this.#lost(error);
    else this.#options.onMessage(message);
  }

  #joined(heartbeatMs: number): void {
    this.#heartbeatMs = heartbeatMs > 0 ? heartbeatMs : this.#heartbeatMs;
    this.#backoff.reset();
    this.#change('connected', undefined);
    this.#beat();
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #beat(): void {
    this.#cancelBeat();
    // Twice per period: one late timer does not look like a death.
    this.#cancelBeat = this.#options.environment.after(this.#heartbeatMs / 2, () => {
      this.send({ type: 'heartbeat' });
      this.#beat();
    });
  }

  #watchSilence(): void {
    this.#watch(this.#heartbeatMs * SILENT_PERIODS, clientError('TIMEOUT', { message: 'The room fell silent' }));
  }

  #watch(delayMs: number, error: RoomtapeClientError): void {
    this.#cancelWatch();
    this.#cancelWatch = this.#options.environment.after(delayMs, () => this.#lost(error));
  }

  #lost(error: RoomtapeClientError): void {
    if (this.#state === 'closed') return;
    this.#drop();
    if (this.#settle !== undefined) {
      this.#finish(error);
      return;
    }
    this.#change('reconnecting', error);
    this.#cancelWatch = this.#options.environment.after(this.#backoff.next(), () => void this.#connect());
  }

  #finish(error: RoomtapeClientError | undefined): void {
    if (this.#state === 'closed') return;
    this.#drop();
    this.#change('closed', error);
    this.#settle?.reject(error ?? clientError('CANCELLED'));
    this.#settle = undefined;
  }

  #drop(): void {
    this.#cancelBeat();
    this.#cancelWatch();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #change(state: SocketState, error: RoomtapeClientError | undefined): void {
    this.#state = state;
    this.#options.onState(state, error);
  }
}

function parseMessage(data: unknown): ServerMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const message = JSON.parse(data) as Partial<ServerMessage> | null;
    const isMessage = typeof message?.type === 'string' && typeof message.sequence === 'number';
    return isMessage ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
