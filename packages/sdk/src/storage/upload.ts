// Upload of a finished recording to `/v1/files`: created once, then sent in parts from wherever the server says it is
// (docs: "Resumable uploads for HTTP", draft-ietf-httpbis-resumable-upload). A part that fails is sent again.

import { clientError, errorFromResponse, type RoomtapeClientError } from '../errors.ts';

/** Where an upload goes. */
export type UploadOptions = {
  /** Base address of the server. */
  readonly server: string;
  readonly roomId: string;
  /** A token with the publish grant of the room; asked again for every request, so it may be renewed meanwhile. */
  readonly token: () => Promise<string>;
  readonly durationMs?: number;
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Bytes of one part. Default 4 MiB. */
  readonly partBytes?: number;
  /** Failures in a row after which it gives up. Default 8: about a minute. */
  readonly attemptsMax?: number;
  /** Waits between attempts; the page's timer when absent. */
  readonly wait?: (delayMs: number) => Promise<void>;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

/** What the server made of it. */
export type UploadedRecording = { readonly recordingId: string; readonly fileId: string };

const PART_BYTES = 4 * 2 ** 20;
const ATTEMPTS_MAX = 8;
const FIRST_DELAY_MS = 500;
const DELAY_MAX_MS = 15_000;

/**
 * Uploads a file under its name; resolves when the server has all of it as a recording. Rejects with `CANCELLED`, what
 * the server says (`REQUEST_TOO_LARGE`, `FORBIDDEN`…), or `NETWORK` when it could not be reached for long.
 */
export async function uploadRecording(file: File, options: UploadOptions): Promise<UploadedRecording> {
  return new Upload(file, options).run();
}

class Upload {
  readonly #file: File;
  readonly #options: UploadOptions;

  constructor(file: File, options: UploadOptions) {
    this.#file = file;
    this.#options = options;
  }

  async run(): Promise<UploadedRecording> {
    const created = await this.#persistently(() => this.#create());
    let offset = created.offset;
    while (offset < this.#file.size) {
      let isUnsure = false;
      offset = await this.#persistently(async () => {
        // After a failure only the server knows how much of the part it has.
        const from = isUnsure ? await this.#askOffset(created.url) : offset;
        isUnsure = true;
        return from >= this.#file.size ? from : this.#sendPart(created.url, from);
      });
      this.#options.onProgress?.(offset, this.#file.size);
    }
    return { recordingId: created.recordingId, fileId: created.fileId };
  }

  async #create(): Promise<UploadedRecording & { readonly url: string; readonly offset: number }> {
    const { roomId, durationMs } = this.#options;
    const facts = { roomId, name: this.#file.name, bytes: this.#file.size };
    const body = JSON.stringify(durationMs === undefined ? facts : { ...facts, durationMs: Math.round(durationMs) });
    const response = await this.#request('/v1/files', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const answer = (await response.json()) as { recordingId?: unknown; fileId?: unknown };
    const { recordingId, fileId } = answer;
    if (typeof recordingId !== 'string' || typeof fileId !== 'string') throw clientError('UNEXPECTED_ANSWER');
    return { recordingId, fileId, url: `/v1/files/${encodeURIComponent(fileId)}`, offset: 0 };
  }

  async #sendPart(url: string, offset: number): Promise<number> {
    const end = Math.min(this.#file.size, offset + (this.#options.partBytes ?? PART_BYTES));
    const response = await this.#request(url, {
      method: 'PATCH',
      headers: { 'content-type': 'application/partial-upload', 'upload-offset': String(offset) },
      body: this.#file.slice(offset, end),
    });
    return offsetOf(response);
  }

  async #askOffset(url: string): Promise<number> {
    return offsetOf(await this.#request(url, { method: 'HEAD' }));
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const { server, token, signal, fetch = (url, request) => globalThis.fetch(url, request) } = this.#options;
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${await token()}` };
    const request = { ...init, headers, ...(signal === undefined ? {} : { signal }) };
    let response: Response;
    try {
      response = await fetch(new URL(path, server).href, request);
    } catch (error) {
      if (signal?.aborted) throw clientError('CANCELLED');
      throw clientError('NETWORK', { cause: error });
    }
    if (!response.ok) throw await errorFromResponse(response);
    return response;
  }

  /** Runs until it succeeds, fails for good, or failed too often in a row. */
  async #persistently<T>(action: () => Promise<T>): Promise<T> {
    const { attemptsMax = ATTEMPTS_MAX, wait = pause, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await action();
      } catch (error) {
        const { retryable, code } = error as Partial<RoomtapeClientError>;
        // Another offset than thought: the next attempt asks for it.
        const mayRetry = retryable === true || code === 'UPLOAD_OFFSET_MISMATCH';
        if (!mayRetry || attempt >= attemptsMax || signal?.aborted) throw error;
      }
      await wait(Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)));
    }
  }
}

function offsetOf(response: Response): number {
  const text = response.headers.get('upload-offset') ?? '';
  if (!/^\d+$/.test(text)) throw clientError('UNEXPECTED_ANSWER');
  return Number(text);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
