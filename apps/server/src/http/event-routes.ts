// The WebSocket of a room's events. A connection that is silent, too fast, too slow or talks nonsense is closed
// with a code that says so.

import type { WebSocket } from '@fastify/websocket';
import { ClientMessage, ERROR_CATALOGUE, isId } from '@roomtape/api';
import { type CancelTimer, type Clock, RoomtapeError, toRfc3339 } from '@roomtape/media';
import type { FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import type { Principal } from '../auth/credentials.ts';
import type { RoomEvent } from '../rooms/rooms.ts';
import { checkGrant } from './authentication.ts';
import type { RouteContext } from './http-context.ts';

/** Largest message a client may send. */
export const EVENT_BYTES_MAX = 16 * 1024;
/** How often a client has to say something. */
export const HEARTBEAT_MS = 10_000;

const SILENCE_MAX_MS = 3 * HEARTBEAT_MS;
const JOIN_WITHIN_MS = 10_000;
const MESSAGES_PER_WINDOW = 100;
const WINDOW_MS = 5_000;
/** A client that does not read is cut off before it costs more than this. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** Codes a connection is closed with beyond RFC 6455 §7.4.1. */
export const CLOSE = { refused: 4001, joinTimeout: 4002, silent: 4003, tooFast: 4004, tooSlow: 4005 } as const;

type EventsRoute = { readonly Params: { readonly roomId: string }; readonly Querystring: { readonly token?: string } };

/** Adds the route. */
export async function eventRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const schema = { hide: true };
  app.get<EventsRoute>('/v1/rooms/:roomId/events', { websocket: true, schema }, (socket, request) => {
    const { roomId } = request.params;
    new EventConnection({ socket, roomId, address: request.ip, context }).open(request.query.token);
  });
}

/** One client's connection to a room's events. */
class EventConnection {
  readonly #socket: WebSocket;
  readonly #roomId: string;
  readonly #address: string;
  readonly #context: RouteContext;
  readonly #clock: Clock;
  #sequence = 0;
  #user: { readonly userId: string } | undefined;
  #joining = false;
  #leave: ((reason: string) => void) | undefined;
  #cancelSilence: CancelTimer = () => {};
  #windowFromUs = 0;
  #messages = 0;

  constructor(options: { socket: WebSocket; roomId: string; address: string; context: RouteContext }) {
    this.#socket = options.socket;
    this.#roomId = options.roomId;
    this.#address = options.address;
    this.#context = options.context;
    this.#clock = options.context.clock;
  }

  open(token: string | undefined): void {
    this.#socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : String(data)));
    this.#socket.on('close', () => this.#ended('connection closed'));
    this.#socket.on('error', () => this.#socket.terminate());
    if (!isId(this.#roomId)) {
      this.#refuse(new RoomtapeError('INVALID_ID', 'not a room id', { blame: 'caller', retryable: false }));
      return;
    }
    this.#closeAfter(JOIN_WITHIN_MS, CLOSE.joinTimeout, 'join did not come');
    if (token !== undefined) void this.#join(token, '');
  }

  #receive(text: string): void {
    if (this.#isTooFast()) {
      this.#close(CLOSE.tooFast, 'too many messages');
      return;
    }
    const message = parseMessage(text);
    if (message === undefined) {
      this.#sendError('INVALID_REQUEST', 'not a message of this protocol');
      return;
    }
    if (this.#user !== undefined) this.#closeAfter(SILENCE_MAX_MS, CLOSE.silent, 'no heartbeat');
    if (message.type === 'join') void this.#join(message.token, message.userName ?? '');
    else if (this.#user === undefined) this.#sendError('UNAUTHENTICATED', 'join first');
    else if (message.type === 'heartbeat') this.#send({ type: 'heartbeat' });
    else if (message.type === 'leave') this.#close(1000, 'left');
    else this.#setMuted(message, this.#user.userId);
  }

  async #join(token: string, userName: string): Promise<void> {
    if (this.#joining) return;
    this.#joining = true;
    try {
      const principal = await this.#context.authentication.bearer(this.#address, token);
      checkGrant(principal, this.#roomId, 'join');
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      this.#enter(principal, userName);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #enter(principal: Principal, userName: string): void {
    const { rooms } = this.#context;
    if (principal.kind === 'client') {
      const user = { userId: principal.userId, userName };
      this.#user = user;
      this.#leave = rooms.join(this.#roomId, user, (event) => this.#send(event));
      this.#send({ type: 'joined', room: rooms.get(this.#roomId), heartbeatMs: HEARTBEAT_MS });
    } else this.#watch();
    this.#closeAfter(SILENCE_MAX_MS, CLOSE.silent, 'no heartbeat');
  }

  /** The API key listens without being a participant. */
  #watch(): void {
    const { rooms } = this.#context;
    this.#user = { userId: '' };
    this.#leave = rooms.watch(this.#roomId, (event) => this.#send(event));
    this.#send({ type: 'joined', room: rooms.get(this.#roomId), heartbeatMs: HEARTBEAT_MS });
  }

  #setMuted(message: ClientMessage & { type: 'set-muted' }, userId: string): void {
    const { streamId, kind, muted } = message;
    try {
      this.#context.sessions.setMuted({ roomId: this.#roomId, streamId, userId }, kind, muted);
    } catch (error) {
      if (!(error instanceof RoomtapeError)) throw error;
      this.#sendError(error.code, error.message);
    }
  }

  #isTooFast(): boolean {
    const nowUs = this.#clock.now();
    if (nowUs - this.#windowFromUs > WINDOW_MS * 1000) {
      this.#windowFromUs = nowUs;
      this.#messages = 0;
    }
    this.#messages += 1;
    return this.#messages > MESSAGES_PER_WINDOW;
  }

  #send(event: RoomEvent): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) {
      this.#ended('too slow');
      this.#socket.terminate();
      return;
    }
    this.#sequence += 1;
    this.#socket.send(JSON.stringify({ ...event, sequence: this.#sequence, at: toRfc3339(this.#clock.now()) }));
  }

  #sendError(code: string, message: string): void {
    this.#send({ type: 'error', code, message });
  }

  #refuse(error: unknown): void {
    const isOurs = error instanceof RoomtapeError && Object.hasOwn(ERROR_CATALOGUE, error.code);
    if (!isOurs) this.#context.log.error({ error }, 'join failed');
    this.#sendError(isOurs ? error.code : 'INTERNAL', isOurs ? error.message : 'something went wrong in the server');
    this.#close(CLOSE.refused, isOurs ? error.code : 'INTERNAL');
  }

  #closeAfter(delayMs: number, code: number, reason: string): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(delayMs, () => this.#close(code, reason));
  }

  #close(code: number, reason: string): void {
    this.#ended(reason);
    this.#socket.close(code, reason);
  }

  #ended(reason: string): void {
    this.#cancelSilence();
    this.#leave?.(reason);
    this.#leave = undefined;
  }
}

function parseMessage(text: string): ClientMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(ClientMessage, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
