// Who may do what: the API key, and short-lived tokens signed with a secret of the data directory. Comparison
// of keys takes the same time whatever the guess.

import { createHash, timingSafeEqual } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Grant } from '@roomtape/api';
import { type Clock, type Ids, RoomtapeError, toRfc3339, unixUs } from '@roomtape/media';
import { jwtVerify, SignJWT } from 'jose';

/** Who makes a request. */
export type Principal =
  | { readonly kind: 'server' }
  | { readonly kind: 'client'; readonly roomId: string; readonly userId: string; readonly grants: readonly Grant[] }
  | { readonly kind: 'download'; readonly fileId: string };

/** A token and when it ends. */
export type IssuedToken = { readonly token: string; readonly expiresAt: string };

/** How credentials are loaded. An empty `apiKey` makes one and keeps it in the data directory. */
export type CredentialsOptions = {
  readonly dataDirectory: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** File of the API key that was made at first start, in the data directory. */
export const API_KEY_FILE = 'api-key';
const SECRET_FILE = 'token-secret';
const ISSUER = 'roomtape';
const TOKEN_CHARACTERS_MAX = 4096;

/** Checks and issues credentials. */
export class Credentials {
  /** The key of the server API. Never log it. */
  readonly apiKey: string;
  readonly #keyHash: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #clock: Clock;

  private constructor(apiKey: string, secret: string, clock: Clock) {
    this.apiKey = apiKey;
    this.#keyHash = sha256(apiKey);
    this.#secret = new TextEncoder().encode(secret);
    this.#clock = clock;
  }

  /** Reads the key and the secret, making what is missing (mode 0600). */
  static async load(options: CredentialsOptions): Promise<Credentials> {
    const { dataDirectory, ids, clock } = options;
    const fresh = (): string => `${ids.next('rtk')}${ids.next('').slice(1)}`;
    const apiKey = options.apiKey === '' ? await readOrMake(join(dataDirectory, API_KEY_FILE), fresh) : options.apiKey;
    const secret = await readOrMake(join(dataDirectory, SECRET_FILE), () => `${fresh()}${fresh()}`);
    return new Credentials(apiKey, secret, clock);
  }

  /** Whether this is the API key itself, not a token that stands for it. */
  isApiKey(bearer: string): boolean {
    return timingSafeEqual(sha256(bearer), this.#keyHash);
  }

  /** Tells who bears a key or token; `undefined` when it is neither or has expired. */
  async principal(bearer: string): Promise<Principal | undefined> {
    if (bearer.length > TOKEN_CHARACTERS_MAX) return undefined;
    if (this.isApiKey(bearer)) return { kind: 'server' };
    try {
      const currentDate = new Date(Math.floor(this.#clock.now() / 1000));
      const options = { issuer: ISSUER, algorithms: ['HS256'], currentDate, requiredClaims: ['exp', 'aud'] };
      const { payload } = await jwtVerify(bearer, this.#secret, options);
      return principalOf(payload as Record<string, unknown>);
    } catch {
      return undefined;
    }
  }

  /** Issues a token for a client of one room. */
  clientToken(
    client: { roomId: string; userId: string; grants: readonly Grant[] },
    ttlSeconds: number,
  ): Promise<IssuedToken> {
    const { roomId, userId, grants } = client;
    return this.#sign({ aud: 'client', sub: userId, room: roomId, grants: [...grants] }, ttlSeconds);
  }

  /** Issues a token that stands for the API key. */
  serverToken(ttlSeconds: number): Promise<IssuedToken> {
    return this.#sign({ aud: 'server' }, ttlSeconds);
  }

  /** Issues a token that downloads one file. */
  downloadToken(fileId: string, ttlSeconds: number): Promise<IssuedToken> {
    return this.#sign({ aud: 'download', sub: fileId }, ttlSeconds);
  }

  async #sign(claims: Record<string, unknown>, ttlSeconds: number): Promise<IssuedToken> {
    const nowSeconds = Math.floor(this.#clock.now() / 1_000_000);
    const token = await new SignJWT({ ...claims, iss: ISSUER, iat: nowSeconds, exp: nowSeconds + ttlSeconds })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(this.#secret);
    return { token, expiresAt: toRfc3339(unixUs((nowSeconds + ttlSeconds) * 1_000_000)) };
  }
}

/** The error for somebody without valid credentials. */
export function unauthenticated(): RoomtapeError {
  return new RoomtapeError('UNAUTHENTICATED', 'no valid credentials', { blame: 'caller', retryable: false });
}

/** The error for somebody known who may not do this. */
export function forbidden(message: string): RoomtapeError {
  return new RoomtapeError('FORBIDDEN', message, { blame: 'caller', retryable: false });
}

function principalOf(payload: Record<string, unknown>): Principal | undefined {
  const { aud, sub, room, grants } = payload;
  if (aud === 'server') return { kind: 'server' };
  if (typeof sub !== 'string') return undefined;
  if (aud === 'download') return { kind: 'download', fileId: sub };
  if (aud !== 'client' || typeof room !== 'string' || !Array.isArray(grants)) return undefined;
  return { kind: 'client', roomId: room, userId: sub, grants: grants as Grant[] };
}

async function readOrMake(path: string, make: () => string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (existing.trim() !== '') return existing.trim();
  const value = make();
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(`${value}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return value;
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
