// The HTTP side of WHIP and WHEP for our own clients: POST the offer, remember the resource, DELETE it.

import { RoomtapeError } from '@roomtape/media';

/** Where a session is opened and with which right. */
export type HttpSessionOptions = {
  /** The WHIP or WHEP endpoint, such as `http://127.0.0.1:8080/whip/room/stream`. */
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
};

/** An open session: the server's answer and the resource that ends it. */
export type HttpSession = { readonly answerSdp: string; readonly resource: string; readonly etag: string | undefined };

/** Opens a session; throws `WHIP_REFUSED` with the server's own code, or `WHIP_UNREACHABLE`. */
export async function openHttpSession(options: HttpSessionOptions, offerSdp: string): Promise<HttpSession> {
  const response = await request(options, options.url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${options.token}` },
    body: offerSdp,
  });
  const body = await response.text();
  if (response.status !== 201) throw refused(response.status, body);
  const location = response.headers.get('location');
  if (location === null) throw refused(response.status, 'no Location header');
  return {
    answerSdp: body,
    resource: new URL(location, options.url).href,
    etag: response.headers.get('etag') ?? undefined,
  };
}

/** Ends a session; a session that is already gone is no error. */
export async function closeHttpSession(options: HttpSessionOptions, resource: string): Promise<void> {
  const headers = { authorization: `Bearer ${options.token}` };
  const response = await request(options, resource, { method: 'DELETE', headers });
  const body = await response.text();
  if (response.status >= 400 && response.status !== 404) throw refused(response.status, body);
}

async function request(options: HttpSessionOptions, url: string, init: RequestInit): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, init);
  } catch (cause) {
    const facts = { blame: 'system', retryable: true, details: { url }, cause } as const;
    throw new RoomtapeError('WHIP_UNREACHABLE', `No answer from ${new URL(url).origin}: is the server running?`, facts);
  }
}

function refused(status: number, body: string): RoomtapeError {
  const { code, message, whatToDo } = errorOf(body);
  const text = [code, message ?? body.slice(0, 200), whatToDo].filter((part) => part !== undefined && part !== '');
  return new RoomtapeError('WHIP_REFUSED', `The server answered ${status}: ${text.join(': ')}`, {
    blame: status >= 500 ? 'system' : 'caller',
    retryable: status >= 500 || status === 429,
    details: { status, code },
  });
}

function errorOf(body: string): { code?: string; message?: string; whatToDo?: string } {
  try {
    const parsed = JSON.parse(body) as { error?: { code?: string; message?: string; whatToDo?: string } };
    return parsed.error ?? {};
  } catch {
    // Not the server's JSON: a proxy's page, shown as it is.
    return {};
  }
}
