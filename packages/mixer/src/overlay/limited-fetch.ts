// Fetches bytes from an address a user gave: within limits of time, size and redirects, and only from addresses that
// were checked. The check happens in the connection's own name lookup, so a name that answers differently the second
// time (rebinding) gains nothing.

import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock } from '@roomtape/media';
import { asAssetError, assetError } from './asset-error.ts';

/** Resolves a name to all its addresses; the system's resolver unless a test brings its own. */
export type ResolveName = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** What a fetch may cost and where it may go. */
export type FetchLimits = {
  readonly clock: Clock;
  /** For everything, redirects included. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly redirectsMax: number;
  /** Decides about each address before it is connected to. */
  readonly mayConnect: (address: string) => boolean;
  readonly resolve?: ResolveName;
};

type Answer = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'moved'; readonly to: string };

/** Fetches an http(s) address; rejects with an `AssetError`. */
export async function fetchLimited(address: string, limits: FetchLimits): Promise<Uint8Array> {
  const abort = new AbortController();
  const cancel = limits.clock.after(limits.timeoutMs, () => abort.abort());
  try {
    let target = urlOf(address, undefined);
    for (let hop = 0; hop <= limits.redirectsMax; hop += 1) {
      const answer = await getOnce(target, limits, abort.signal);
      if (answer.kind === 'bytes') return answer.bytes;
      target = urlOf(answer.to, target);
    }
    throw assetError('ASSET_UNREACHABLE', `more than ${limits.redirectsMax} redirects`);
  } catch (error) {
    if (!abort.signal.aborted) throw asAssetError(error);
    throw assetError('ASSET_UNREACHABLE', `no picture within ${limits.timeoutMs} ms`, { timeoutMs: limits.timeoutMs });
  } finally {
    cancel();
  }
}

function urlOf(address: string, base: URL | undefined): URL {
  const url = URL.parse(address, base?.href);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw assetError('ASSET_BLOCKED', 'a picture is fetched by http or https only');
  return url;
}

async function getOnce(url: URL, limits: FetchLimits, signal: AbortSignal): Promise<Answer> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // The URL parser has turned 2130706433, 0x7f.1 and the like into dotted form; a literal is never looked up.
  if (isIP(host) !== 0) checkAddress(host, limits);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(url, {
      agent: false,
      auth: '',
      headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'roomtape' },
      lookup: checkedLookup(limits),
      signal,
    });
    sent.on('error', reject);
    sent.on('response', (response) => receive({ response, sent, limits }).then(resolve, reject));
    sent.end();
  });
}

async function receive(exchange: {
  response: IncomingMessage;
  sent: ClientRequest;
  limits: FetchLimits;
}): Promise<Answer> {
  const { response, sent, limits } = exchange;
  try {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location !== undefined) return { kind: 'moved', to: location };
    if (status >= 500) throw assetError('ASSET_UNREACHABLE', `the server answered ${status}`, { status });
    if (status !== 200) throw assetError('ASSET_NOT_FOUND', `the server answered ${status}`, { status });
    if (Number(response.headers['content-length'] ?? 0) > limits.bytesMax) throw tooLarge(limits);
    return { kind: 'bytes', bytes: await collect(response, limits) };
  } finally {
    sent.destroy();
  }
}

async function collect(response: IncomingMessage, limits: FetchLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limits.bytesMax) throw tooLarge(limits);
    chunks.push(chunk);
  }
  if (!response.complete) throw assetError('ASSET_UNREACHABLE', 'the answer was cut off');
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A name is refused when any of its addresses is: which one is tried first is the attacker's choice. */
function checkedLookup(limits: FetchLimits): LookupFunction {
  const resolveName: ResolveName = limits.resolve ?? ((host, done) => dnsLookup(host, { all: true }, done));
  return (host, options, done) => {
    resolveName(host, (error, addresses) => {
      const refused = error ?? refusalOf(addresses, limits);
      const [first] = addresses ?? [];
      if (refused !== undefined || first === undefined) done(refused ?? new Error('the name has no address'), '', 4);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

function refusalOf(addresses: readonly LookupAddress[], limits: FetchLimits): Error | undefined {
  try {
    for (const { address } of addresses) checkAddress(address, limits);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** The message does not tell the address: it would tell users what our resolver knows. */
function checkAddress(address: string, limits: FetchLimits): void {
  if (!limits.mayConnect(address)) throw assetError('ASSET_BLOCKED', 'the address is not on the public internet');
}

function tooLarge({ bytesMax }: FetchLimits): Error {
  return assetError('ASSET_TOO_LARGE', `the picture is larger than ${bytesMax} bytes`, { bytesMax });
}
