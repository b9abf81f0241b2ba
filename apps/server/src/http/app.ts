// The HTTP application: plugins, hooks and routes in one place. It owns no state of its own.

import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import { Authentication } from './authentication.ts';
import { consoleRoutes } from './console-routes.ts';
import { answerErrors, answerUndecodable } from './error-answer.ts';
import { EVENT_BYTES_MAX, eventRoutes } from './event-routes.ts';
import { fileRoutes } from './file-routes.ts';
import type { HttpContext, RouteContext } from './http-context.ts';
import { mediaRoutes } from './media-routes.ts';
import { recordingRoutes, tapedRoutes } from './recording-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { uploadRoutes } from './upload-routes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content type a route takes; named in UNSUPPORTED_MEDIA_TYPE. */
    expects?: string;
  }
}

const BODY_BYTES_MAX = 256 * 1024;
/** Long enough that an id of 10 kB is refused as an id and not as an unknown path. */
const PARAMETER_CHARACTERS_MAX = 32 * 1024;
const HEADER_BYTES_MAX = 32 * 1024;
const REQUEST_TIMEOUT_MS = 60_000;

/** Builds the application; the caller listens and closes. */
export async function buildApp(context: HttpContext): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    http: { maxHeaderSize: HEADER_BYTES_MAX },
    forceCloseConnections: true,
    genReqId: () => context.ids.next('req'),
    frameworkErrors: (_error, request, reply) => answerUndecodable(request, reply),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false } },
  });
  app.removeContentTypeParser('text/plain');
  answerErrors(app, context.log);
  observe(app, context);
  await allowOrigins(app, context);
  await app.register(swagger, openApi(context.version));
  await app.register(websocket, { options: { maxPayload: EVENT_BYTES_MAX } });
  await app.register(rateLimit, { max: context.config.requestsPerMinute, timeWindow: 60_000 });
  const authentication = new Authentication({
    credentials: context.credentials,
    clock: context.clock,
    failuresPerMinute: context.config.authFailuresPerMinute,
    onFailure: () => context.metrics.refusedCredentials.inc(),
  });
  const routes: RouteContext = { ...context, authentication };
  for (const group of [
    roomRoutes,
    recordingRoutes,
    tapedRoutes,
    fileRoutes,
    uploadRoutes,
    mediaRoutes,
    eventRoutes,
    statusRoutes,
    consoleRoutes,
  ]) {
    await app.register((scope) => group(scope, routes));
  }
  return app;
}

function observe(app: FastifyInstance, { metrics, log }: HttpContext): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    void reply.header('x-content-type-options', 'nosniff');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    const status = String(reply.statusCode);
    metrics.httpSeconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    log.debug({ requestId: request.id, method, route, status, ms: Math.round(reply.elapsedTime) }, 'request answered');
  });
}

async function allowOrigins(app: FastifyInstance, { config }: HttpContext): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/v1/console/')) return;
    void reply.header('access-control-allow-origin', config.corsOrigin);
    void reply.header(
      'access-control-expose-headers',
      'Location, ETag, Link, Accept-Patch, Content-Range, X-Request-Id, ' +
        'Upload-Offset, Upload-Length, Upload-Complete',
    );
  });
  app.options('/*', { schema: { hide: true } }, async (request, reply) => {
    if (request.url.startsWith('/v1/console/')) return reply.code(204).send();
    return reply
      .code(204)
      .header('access-control-allow-methods', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS')
      .header(
        'access-control-allow-headers',
        'Authorization, Content-Type, If-Match, If-None-Match, Range, Idempotency-Key, ' +
          'Upload-Offset, Upload-Complete',
      )
      .header('access-control-max-age', '86400')
      .header('accept-post', 'application/sdp')
      .send();
  });
}

function openApi(version: string): Parameters<typeof swagger>[1] {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Roomtape',
        version,
        description: 'Rooms, recordings and files. WHIP and WHEP follow RFC 9725 and draft-ietf-wish-whep.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  };
}
