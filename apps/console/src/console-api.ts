// The REST API as the page uses it, with the short-lived token of its own session. A server on this machine gives that
// unasked, any other for the API key; both live in memory only.

import type {
  MixRequest,
  Recording,
  RecordingFile,
  RecordingList,
  RenderRequest,
  StartRecordingRequest,
} from '@roomtape/api';
import { asClientError, clientError, errorFromResponse } from '@roomtape/sdk';
import { Store } from './store.ts';

type Method = 'GET' | 'POST' | 'PUT';

type Session = { readonly apiToken: string; readonly expiresAt: string };

/** A session with less than this left is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;

/** Calls the server this page came from. Every rejection is a client error. */
export class ConsoleApi {
  /** Whether the server wants to be told its API key before it answers anything. */
  readonly access = new Store<{ readonly needsKey: boolean }>({ needsKey: false });
  #session: Promise<Session> | undefined;
  #apiKey: string | undefined;

  /** Finds out early whether the key is needed; what else goes wrong is told to whoever calls next. */
  open(): void {
    this.#openSession().catch(() => undefined);
  }

  /** Takes the API key, if the server does; rejects with its refusal. */
  async signIn(apiKey: string): Promise<void> {
    const session = createSession(apiKey);
    await session;
    this.#apiKey = apiKey;
    this.#session = session;
    this.access.update({ needsKey: false });
  }

  /** Gets a token to join a room with. */
  async createRoomToken(roomId: string, userId: string): Promise<string> {
    const path = `/v1/rooms/${encodeURIComponent(roomId)}/tokens`;
    const body = { userId, grants: ['join', 'publish', 'play'] };
    return ((await this.#call('POST', path, body)) as { token: string }).token;
  }

  /** Lists the newest recordings, at most 200; of one room when it is named. */
  async listRecordings(wish: { roomId: string | undefined; limit: number }): Promise<RecordingList> {
    const query = new URLSearchParams({ limit: String(wish.limit) });
    if (wish.roomId !== undefined) query.set('roomId', wish.roomId);
    return (await this.#call('GET', `/v1/recordings?${query}`)) as RecordingList;
  }

  /** Starts recording a room. */
  async startRecording(request: StartRecordingRequest): Promise<Recording> {
    return (await this.#call('POST', '/v1/recordings', request)) as Recording;
  }

  /** Stops, pauses or resumes a recording. */
  async changeRecording(recordingId: string, verb: 'stop' | 'pause' | 'resume'): Promise<Recording> {
    return (await this.#call('POST', pathOf(recordingId, verb))) as Recording;
  }

  /** Changes how a running film looks, from now on. */
  async changeLayout(recordingId: string, change: MixRequest): Promise<Recording> {
    return (await this.#call('PUT', pathOf(recordingId, 'layout'), change)) as Recording;
  }

  /** Takes a picture of a recording as it is now; it becomes one of its files. */
  async snapshot(recordingId: string): Promise<RecordingFile> {
    return (await this.#call('POST', pathOf(recordingId, 'snapshot'), {})) as RecordingFile;
  }

  /** Makes another film of what a finished recording has: a new recording. */
  async render(recordingId: string, wish: RenderRequest): Promise<Recording> {
    return (await this.#call('POST', pathOf(recordingId, 'renders'), wish)) as Recording;
  }

  async #call(method: Method, path: string, body?: unknown): Promise<unknown> {
    let response = await this.#send(method, path, body);
    if (response.status === 401) {
      // The server may have been restarted with another key: one new session, then the truth.
      this.#session = undefined;
      response = await this.#send(method, path, body);
    }
    if (!response.ok) throw await errorFromResponse(response);
    return response.json();
  }

  async #send(method: Method, path: string, body: unknown): Promise<Response> {
    const { apiToken } = await this.#openSession();
    const headers: Record<string, string> = { Authorization: `Bearer ${apiToken}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    return send(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  async #openSession(): Promise<Session> {
    const asked = this.#session;
    const known = await asked?.catch(() => undefined);
    if (known !== undefined && Date.parse(known.expiresAt) - Date.now() > RENEW_BEFORE_MS) return known;
    // Two calls at once share one new session.
    if (this.#session === asked || this.#session === undefined) {
      this.#session = createSession(this.#apiKey);
      this.#session.catch((error) => this.access.update({ needsKey: asClientError(error).code === 'UNAUTHENTICATED' }));
    }
    return this.#session;
  }
}

function pathOf(recordingId: string, verb: string): string {
  return `/v1/recordings/${encodeURIComponent(recordingId)}/${verb}`;
}

async function createSession(apiKey: string | undefined): Promise<Session> {
  const headers: Record<string, string> = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  const response = await send('/v1/console/session', { method: 'POST', headers });
  if (!response.ok) throw await errorFromResponse(response);
  return (await response.json()) as Session;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    throw clientError('NETWORK', { cause: error });
  }
}
