// A room token that is renewed in time. Reads only the expiry of the token; the server is who checks it.

/** Gives a token that is valid now. */
export type TokenSource = () => Promise<string>;

/** A token with less than this left is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;

/** Makes a source from a first token and, if the application gave one, a way to get the next. */
export function createTokenSource(
  token: string,
  renew: (() => Promise<string>) | undefined,
  unixNowMs: () => number = Date.now,
): TokenSource {
  let current = token;
  return async () => {
    const expiresAtMs = readExpiry(current);
    if (renew !== undefined && expiresAtMs !== undefined && expiresAtMs - unixNowMs() < RENEW_BEFORE_MS) {
      current = await renew();
    }
    return current;
  };
}

/** The expiry a JWT claims (RFC 7519 §4.1.4), in milliseconds since the epoch. */
export function readExpiry(token: string): number | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
