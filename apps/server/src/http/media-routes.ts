// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): signalling of media sessions over HTTP. Offers in, answers
// out; everything about media is behind `MediaSessions`.

import { STREAM_KINDS, type StreamKind } from '@roomtape/api';
import { RoomtapeError } from '@roomtape/media';
import { LEFT_REASONS } from '@roomtape/tape';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Principal } from '../auth/credentials.ts';
import { forbidden } from '../auth/credentials.ts';
import { checkGrant } from './authentication.ts';
import type { RouteContext } from './http-context.ts';
import { ErrorAnswerSchema, SessionParams, StreamParams } from './route-schemas.ts';

type Verb = 'whip' | 'whep';
type OpenRoute = {
  readonly Params: { readonly roomId: string; readonly streamId: string };
  readonly Querystring: { readonly userId?: string; readonly kind?: StreamKind };
  readonly Body: string;
};
type SessionRoute = {
  readonly Params: { readonly roomId: string; readonly streamId: string; readonly sessionId: string };
  readonly Body: string;
};

const SDP_BYTES_MAX = 64 * 1024;
const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
/** Who publishes with the API key and names no user. */
const SERVER_USER = 'server';
const TAGS = ['media'];
const ERRORS = { '4xx': ErrorAnswerSchema, '5xx': ErrorAnswerSchema };
const UserQuery = Type.Object({
  userId: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$', description: 'with the API key: who publishes' }),
  ),
});
const PublishQuery = Type.Object({
  ...UserQuery.properties,
  kind: Type.Optional(
    Type.Enum([...STREAM_KINDS], { description: 'what the picture is; absent: camera. Mixed films show it so' }),
  ),
});

/** Adds the routes. */
export async function mediaRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([SDP, FRAGMENT], { parseAs: 'string' }, (_request, body, done) => done(null, body));
  for (const verb of ['whip', 'whep'] as const) {
    openRoute(app, verb, context);
    sessionRoutes(app, verb, context);
  }
}

function openRoute(app: FastifyInstance, verb: Verb, context: RouteContext): void {
  const options = {
    bodyLimit: SDP_BYTES_MAX,
    config: { expects: SDP },
    schema: {
      tags: TAGS,
      params: StreamParams,
      querystring: verb === 'whip' ? PublishQuery : UserQuery,
      consumes: [SDP],
      produces: [SDP],
      description: verb === 'whip' ? 'Publishes a stream (RFC 9725).' : 'Plays a stream (draft-ietf-wish-whep).',
      response: { 201: Type.String({ description: 'SDP answer' }), ...ERRORS },
    },
    // Refuses strangers before their body is read.
    preParsing: async (request: FastifyRequest<OpenRoute>): Promise<void> => {
      const grant = verb === 'whip' ? 'publish' : 'play';
      request.principal = await context.authentication.requireGrant(request, request.params.roomId, grant);
    },
  };
  app.post<OpenRoute>(`/${verb}/:roomId/:streamId`, options, async (request, reply) => {
    expectType(request, SDP);
    const { roomId, streamId } = request.params;
    const userId = userOf(request.principal, request.query.userId);
    const stream = { roomId, streamId, userId };
    const { sessions } = context;
    const opened = await (verb === 'whip'
      ? sessions.publish({ ...stream, streamKind: request.query.kind }, request.body)
      : sessions.play(stream, request.body));
    describeSession(reply, context, opened.etag);
    return reply
      .code(201)
      .header('location', `/${verb}/${roomId}/${streamId}/${opened.sessionId}`)
      .type(SDP)
      .send(opened.answerSdp);
  });
}

function sessionRoutes(app: FastifyInstance, verb: Verb, context: RouteContext): void {
  const path = `/${verb}/:roomId/:streamId/:sessionId`;
  const schema = { tags: TAGS, params: SessionParams };
  const preParsing = async (request: FastifyRequest<SessionRoute>): Promise<void> => checkOwner(request, verb, context);
  const patch = { bodyLimit: SDP_BYTES_MAX, config: { expects: FRAGMENT }, preParsing };
  const patchSchema = {
    ...schema,
    consumes: [FRAGMENT],
    description: 'Trickle ICE and ICE restart.',
    response: ERRORS,
  };
  app.patch<SessionRoute>(path, { ...patch, schema: patchSchema }, async (request, reply) => {
    expectType(request, FRAGMENT);
    const { sessionId } = request.params;
    const ifMatch = request.headers['if-match'];
    const patched = await context.sessions.patch({ sessionId, ifMatch, fragment: request.body });
    if (patched.kind === 'trickled') return reply.code(204).send();
    describeSession(reply, context, patched.etag);
    return reply.code(200).type(FRAGMENT).send(patched.fragment);
  });
  const gone = { ...schema, description: 'Ends the session.', response: ERRORS };
  app.delete<SessionRoute>(path, { preParsing, schema: gone }, async (request, reply) => {
    context.sessions.close(request.params.sessionId, LEFT_REASONS.byClient);
    return reply.code(200).send('');
  });
}

function describeSession(reply: FastifyReply, { config }: RouteContext, etag: string): void {
  void reply.header('etag', etag.startsWith('"') ? etag : `"${etag}"`).header('accept-patch', FRAGMENT);
  for (const url of config.iceServers) void reply.header('link', `<${url}>; rel="ice-server"`);
}

async function checkOwner(request: FastifyRequest<SessionRoute>, verb: Verb, context: RouteContext): Promise<void> {
  const { roomId, streamId, sessionId } = request.params;
  const grant = verb === 'whip' ? 'publish' : 'play';
  const principal = await context.authentication.requireGrant(request, roomId, grant);
  const session = context.sessions.get(sessionId);
  const isHere = session.roomId === roomId && session.streamId === streamId;
  if (!isHere || session.kind !== (verb === 'whip' ? 'publish' : 'play')) throw sessionNotFound(sessionId);
  checkGrant(principal, session.roomId, grant);
  if (principal.kind === 'client' && principal.userId !== session.userId)
    throw forbidden('the session is another user’s');
}

function userOf(principal: Principal | undefined, named: string | undefined): string {
  return principal?.kind === 'client' ? principal.userId : (named ?? SERVER_USER);
}

function expectType(request: FastifyRequest, expected: string): void {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === expected && typeof request.body === 'string') return;
  const facts = { blame: 'caller', retryable: false, details: { expected } } as const;
  throw new RoomtapeError('UNSUPPORTED_MEDIA_TYPE', `send ${expected}`, facts);
}

function sessionNotFound(sessionId: string): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { sessionId } } as const;
  return new RoomtapeError('SESSION_NOT_FOUND', 'no such session', facts);
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request, once a hook has found out. */
    principal?: Principal;
  }
}
