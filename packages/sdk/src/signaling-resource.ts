// One WHIP or WHEP resource over HTTP (RFC 9725; WHEP uses the same verbs): POST opens it, PATCH trickles
// candidates or restarts ICE, DELETE ends it. Knows nothing of peer connections.

import type { Environment } from './environment.ts';
import { asClientError, clientError, errorFromResponse } from './errors.ts';

/** Where and as whom a resource is opened. */
export type SignalingTarget = {
  readonly environment: Environment;
  /** Absolute address of the WHIP or WHEP endpoint. */
  readonly url: string;
  readonly token: string;
};

/** How long one request may take, in milliseconds: longer than a media process needs to restart. */
const REQUEST_TIMEOUT_MS = 10_000;
const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** An open WHIP or WHEP resource. */
export class SignalingResource {
  readonly #target: SignalingTarget;
  readonly #location: string;
  #etag: string | undefined;
  #trickles = true;

  private constructor(target: SignalingTarget, location: string, etag: string | undefined) {
    this.#target = target;
    this.#location = location;
    this.#etag = etag;
  }

  /** Sends the offer; resolves with the resource and the server's answer, or rejects with a client error. */
  static async open(
    target: SignalingTarget,
    offerSdp: string,
  ): Promise<{ resource: SignalingResource; answerSdp: string }> {
    const response = await request(target, target.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
      body: offerSdp,
    });
    if (response.status !== 201) throw await errorFromResponse(response);
    const location = response.headers.get('Location');
    if (location === null) {
      throw clientError('UNEXPECTED_ANSWER', { message: 'The server gave no Location for the session' });
    }
    const absolute = new URL(location, response.url || target.url).href;
    const resource = new SignalingResource(target, absolute, response.headers.get('ETag') ?? undefined);
    return { resource, answerSdp: await response.text() };
  }

  /** Whether the server still takes candidates after the offer. */
  get trickles(): boolean {
    return this.#trickles;
  }

  /**
   * Tells the server of candidates (RFC 9725 §4.3.1). A server that does not support it is not asked again;
   * trickling is an aid, so other failures are left to the connection's own watch.
   */
  async trickle(fragment: string): Promise<void> {
    if (!this.#trickles) return;
    const response = await this.#patch(fragment, this.#etag).catch(() => undefined);
    if (response !== undefined && !response.ok) this.#trickles = false;
  }

  /** Restarts ICE (RFC 9725 §4.3.2); resolves with the server's fragment. */
  async restart(fragment: string): Promise<string> {
    const response = await this.#patch(fragment, '*');
    if (response.status !== 200) throw await errorFromResponse(response);
    this.#etag = response.headers.get('ETag') ?? undefined;
    return response.text();
  }

  /** Ends the session; never rejects, because the server ends it anyway when media stops. */
  async close(): Promise<void> {
    await request(this.#target, this.#location, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }

  #patch(fragment: string, ifMatch: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { 'Content-Type': FRAGMENT_TYPE };
    if (ifMatch !== undefined) headers['If-Match'] = ifMatch;
    return request(this.#target, this.#location, { method: 'PATCH', headers, body: fragment });
  }
}

async function request(
  target: SignalingTarget,
  url: string,
  init: RequestInit & { headers?: Record<string, string> },
): Promise<Response> {
  const { environment, token } = target;
  const abort = new AbortController();
  const cancelTimer = environment.after(REQUEST_TIMEOUT_MS, () => abort.abort());
  try {
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    return await environment.fetch(url, { ...init, headers, signal: abort.signal });
  } catch (error) {
    throw abort.signal.aborted ? clientError('TIMEOUT', { cause: error }) : asClientError(error);
  } finally {
    cancelTimer();
  }
}
