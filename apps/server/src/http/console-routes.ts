// The page of the server: static files, and a short-lived token for it. On loopback the page gets that unasked, so that
// opening http://127.0.0.1:8080 just works; anywhere else, a proxy included, for the API key.

import fastifyStatic from '@fastify/static';
import { ConsoleSession } from '@roomtape/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { forbidden, unauthenticated } from '../auth/credentials.ts';
import { isLoopback } from '../config.ts';
import { bearerOf } from './authentication.ts';
import type { RouteContext } from './http-context.ts';

const SESSION_SECONDS = 3600;
/**
 * Nothing from another origin and no inline script. `blob:` is always what the page made itself: the worklet that
 * taps sound and the worker of the AAC encoder (script, worker), a recording in the browser's storage (media, and
 * connect, because an FLV is read through fetch). `wasm-unsafe-eval` lets the AAC encoder be WebAssembly; it allows
 * no eval of JavaScript.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' blob: 'wasm-unsafe-eval'",
  "connect-src 'self' blob: ws: wss:",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Adds the routes. */
export async function consoleRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { credentials, consoleDirectory } = context;
  const schema = {
    tags: ['console'],
    security: [],
    description: 'A token for the page: for the API key, or unasked for the page of a server on loopback.',
    response: { 201: ConsoleSession },
  };
  app.post('/v1/console/session', { schema }, async (request, reply) => {
    await checkPage(request, context);
    const { token, expiresAt } = await credentials.serverToken(SESSION_SECONDS);
    return reply.code(201).header('cache-control', 'no-store').send({ apiToken: token, expiresAt });
  });
  if (consoleDirectory === undefined) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .send('Roomtape is running. The page is not built: run `npm run build`.\n'),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: consoleDirectory,
    wildcard: false,
    setHeaders: (response) => {
      response.header('content-security-policy', CONTENT_SECURITY_POLICY);
      response.header('referrer-policy', 'no-referrer');
    },
  });
}

/** Throws UNAUTHENTICATED, FORBIDDEN or TOO_MANY_REQUESTS when the page must not have a token. */
async function checkPage(
  request: FastifyRequest,
  { config, credentials, authentication }: RouteContext,
): Promise<void> {
  if (isLoopback(config.httpHost) && isOwnPage(request)) return;
  const bearer = bearerOf(request);
  // A page that asks whether it needs the key guesses none.
  if (bearer === '') throw unauthenticated();
  await authentication.requireServer(request);
  // Else a token that is known to somebody else could be renewed for ever.
  if (!credentials.isApiKey(bearer)) throw forbidden('this needs the API key itself');
}

/**
 * Whether a request comes from the page this server showed: a loopback Host (a name that was rebound to this
 * machine is refused), an Origin equal to it, no cross-site fetch, and no proxy in between.
 */
function isOwnPage(request: FastifyRequest): boolean {
  const { host, origin, 'sec-fetch-site': site } = request.headers;
  if (host === undefined || origin !== `http://${host}`) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  if (request.headers.forwarded !== undefined || request.headers['x-forwarded-for'] !== undefined) return false;
  const name = URL.parse(origin)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return isLoopback(name) && isLoopback(request.ip.replace('::ffff:', ''));
}
