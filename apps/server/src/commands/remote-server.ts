// A running server as the commands see it: where it is, which key opens it, and the few calls they make.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recording, Room, StartRecordingRequest, TokenAnswer } from '@roomtape/api';
import { RoomtapeError } from '@roomtape/media';
import { API_KEY_FILE } from '../auth/credentials.ts';
import type { CommandCall, CommandOption } from '../command.ts';

/** Options by which every client command finds its server. */
export const SERVER_OPTIONS: Readonly<Record<string, CommandOption>> = {
  server: {
    type: 'string',
    placeholder: 'URL',
    description: 'the server',
    default: 'http://127.0.0.1:8080',
  },
  'api-key': {
    type: 'string',
    placeholder: 'KEY',
    description: 'API key (default: ROOMTAPE_API_KEY, else the one kept in the data directory)',
  },
  'data-dir': {
    type: 'string',
    placeholder: 'DIR',
    description: 'data directory of a local server (default: ROOMTAPE_DATA_DIR, else ./data)',
  },
};

/** Finds the API key as the options, the environment and the data directory have it. */
export async function findApiKey(call: Pick<CommandCall, 'values' | 'env'>): Promise<string> {
  const given = call.values['api-key'] ?? call.env.ROOMTAPE_API_KEY;
  if (typeof given === 'string' && given !== '') return given;
  const directory = call.values['data-dir'] ?? call.env.ROOMTAPE_DATA_DIR ?? './data';
  const path = join(String(directory), API_KEY_FILE);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new RoomtapeError(
      'API_KEY_MISSING',
      `no API key: give --api-key, set ROOMTAPE_API_KEY, or keep it in ${path}`,
      {
        blame: 'caller',
        retryable: false,
        cause,
      },
    );
  }
}

/** Calls a server with its API key. Every failure is a `RoomtapeError` with the server's own code. */
export class RemoteServer {
  readonly url: string;
  readonly #apiKey: string;

  constructor(url: string, apiKey: string) {
    this.url = url.replace(/\/+$/, '');
    this.#apiKey = apiKey;
  }

  /** A token for a user of a room. */
  async token(roomId: string, userId: string): Promise<string> {
    const answer = await this.#call<TokenAnswer>('POST', `/v1/rooms/${encodeURIComponent(roomId)}/tokens`, { userId });
    return answer.token;
  }

  /** A room as it is now. */
  room(roomId: string): Promise<Room> {
    return this.#call<Room>('GET', `/v1/rooms/${encodeURIComponent(roomId)}`);
  }

  /** Starts a recording. */
  startRecording(request: StartRecordingRequest): Promise<Recording> {
    return this.#call<Recording>('POST', '/v1/recordings', request);
  }

  /** Stops a recording; its files may take a moment longer. */
  stopRecording(recordingId: string): Promise<Recording> {
    return this.#call<Recording>('POST', `/v1/recordings/${recordingId}/stop`);
  }

  /** A recording as it is now. */
  recording(recordingId: string): Promise<Recording> {
    return this.#call<Recording>('GET', `/v1/recordings/${recordingId}`);
  }

  /** The bytes of a file. */
  async download(path: string): Promise<Uint8Array> {
    const response = await this.#fetch('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.#fetch(method, path, body);
    return (await response.json()) as Answer;
  }

  async #fetch(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#apiKey}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
      response = await fetch(`${this.url}${path}`, init);
    } catch (cause) {
      const facts = { blame: 'system', retryable: true, cause } as const;
      throw new RoomtapeError('SERVER_UNREACHABLE', `no answer from ${this.url}: is the server running?`, facts);
    }
    if (response.ok) return response;
    throw await refusalOf(response);
  }
}

async function refusalOf(response: Response): Promise<RoomtapeError> {
  const text = await response.text();
  let error: { code?: string; message?: string; whatToDo?: string } = {};
  try {
    error = (JSON.parse(text) as { error?: typeof error }).error ?? {};
  } catch {
    // Not the server's JSON: a proxy's page, shown as it is.
    error = { message: text.slice(0, 200) };
  }
  const message = `${error.message ?? `status ${response.status}`}${error.whatToDo === undefined ? '' : `. ${error.whatToDo}`}`;
  return new RoomtapeError(error.code ?? 'SERVER_REFUSED', message, {
    blame: response.status >= 500 ? 'system' : 'caller',
    retryable: response.status >= 500,
  });
}
