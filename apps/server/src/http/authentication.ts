// Who makes a request: the bearer of a key or token. Too many wrong ones from one address have to wait, so that
// a key cannot be guessed by trying.

import type { Grant } from '@roomtape/api';
import { type CancelTimer, type Clock, RoomtapeError } from '@roomtape/media';
import type { FastifyRequest } from 'fastify';
import { type Credentials, forbidden, type Principal, unauthenticated } from '../auth/credentials.ts';

/** How requests are authenticated. */
export type AuthenticationOptions = {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly failuresPerMinute: number;
  readonly onFailure: () => void;
};

/** Addresses remembered at once; beyond it the oldest is forgotten. */
const ADDRESSES_MAX = 10_000;

/** Finds out who makes a request. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #failures = new Map<string, { count: number; readonly cancel: CancelTimer }>();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** The request's principal from its Authorization header. Throws UNAUTHENTICATED or TOO_MANY_REQUESTS. */
  async require(request: FastifyRequest): Promise<Principal> {
    return this.bearer(request.ip, bearerOf(request));
  }

  /** The principal of a key or token that came from an address. Throws UNAUTHENTICATED or TOO_MANY_REQUESTS. */
  async bearer(address: string, bearer: string): Promise<Principal> {
    if ((this.#failures.get(address)?.count ?? 0) >= this.#options.failuresPerMinute) throw tooMany();
    const principal = bearer === '' ? undefined : await this.#options.credentials.principal(bearer);
    if (principal !== undefined) return principal;
    this.#countFailure(address);
    throw unauthenticated();
  }

  /** Only the API key. Throws FORBIDDEN for clients. */
  async requireServer(request: FastifyRequest): Promise<void> {
    const principal = await this.require(request);
    if (principal.kind !== 'server') throw forbidden('this needs the API key');
  }

  /** The API key, or a client's token that grants an action in a room. */
  async requireGrant(request: FastifyRequest, roomId: string, grant: Grant): Promise<Principal> {
    const principal = await this.require(request);
    checkGrant(principal, roomId, grant);
    return principal;
  }

  #countFailure(address: string): void {
    this.#options.onFailure();
    const known = this.#failures.get(address);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const cancel = this.#options.clock.after(60_000, () => this.#failures.delete(address));
    this.#failures.set(address, { count: 1, cancel });
    if (this.#failures.size <= ADDRESSES_MAX) return;
    const [oldest] = this.#failures.keys();
    if (oldest === undefined) return;
    this.#failures.get(oldest)?.cancel();
    this.#failures.delete(oldest);
  }
}

/** The key or token of a request; empty when it has none. */
export function bearerOf(request: FastifyRequest): string {
  const [scheme, bearer] = (request.headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' ? (bearer ?? '') : '';
}

/** Throws FORBIDDEN unless the principal may do something in a room. */
export function checkGrant(principal: Principal, roomId: string, grant: Grant): void {
  if (principal.kind === 'server') return;
  const isGranted = principal.kind === 'client' && principal.roomId === roomId && principal.grants.includes(grant);
  if (!isGranted) throw forbidden(`the token does not grant ${grant} in this room`);
}

function tooMany(): RoomtapeError {
  return new RoomtapeError('TOO_MANY_REQUESTS', 'too many refused credentials', { blame: 'caller', retryable: true });
}
