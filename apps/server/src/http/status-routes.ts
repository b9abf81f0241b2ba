// What operators ask: can it record, what are its numbers, what does the API look like, what goes on inside.

import { Health } from '@roomtape/api';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config.ts';
import type { RouteContext } from './http-context.ts';

const TAGS = ['status'];

/** Adds the routes. */
export async function statusRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { authentication, config, metrics } = context;
  const health = {
    tags: TAGS,
    security: [],
    description: '200 when the server can record, else 503 with what is wrong.',
    response: { 200: Health, 503: Health },
  };
  app.get('/healthz', { schema: health }, async (_request, reply) => {
    const answer = await context.health();
    return reply
      .code(answer.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(answer);
  });
  app.get('/metrics', { schema: { tags: TAGS, description: 'Prometheus metrics.' } }, async (request, reply) => {
    if (!isLoopback(config.httpHost)) await authentication.requireServer(request);
    return reply.header('content-type', metrics.contentType).send(await metrics.scrape());
  });
  app.get('/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get(
    '/v1/debug',
    { schema: { tags: TAGS, description: 'Plain data of everything that runs.' } },
    async (request) => {
      await authentication.requireServer(request);
      return context.describe();
    },
  );
}
