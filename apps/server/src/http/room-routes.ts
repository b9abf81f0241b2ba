// REST of rooms, their streams and tokens.

import { CreateRoomRequest, GRANTS, Room, RoomList, StreamList, TokenAnswer, TokenRequest } from '@roomtape/api';
import { LEFT_REASONS } from '@roomtape/tape';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { RouteContext } from './http-context.ts';
import { ErrorAnswerSchema, RoomParams, StreamParams } from './route-schemas.ts';

type RoomPath = { readonly Params: { readonly roomId: string } };
type StreamPath = { readonly Params: { readonly roomId: string; readonly streamId: string } };

const TTL_SECONDS = 3600;
const TAGS = ['rooms'];
const ERRORS = { '4xx': ErrorAnswerSchema, '5xx': ErrorAnswerSchema };
const NO_CONTENT = { 204: Type.Null({ description: 'done' }) };

/** Adds the routes. */
export async function roomRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { authentication, rooms, sessions } = context;
  const created = { tags: TAGS, body: CreateRoomRequest, response: { 200: Room, 201: Room, ...ERRORS } };
  app.post<{ Body: CreateRoomRequest }>('/v1/rooms', { schema: created }, async (request, reply) => {
    await authentication.requireServer(request);
    const { room, isNew } = rooms.create(request.body.roomId);
    return reply.code(isNew ? 201 : 200).send(room);
  });
  app.get('/v1/rooms', { schema: { tags: TAGS, response: { 200: RoomList, ...ERRORS } } }, async (request) => {
    await authentication.requireServer(request);
    return { rooms: rooms.list() };
  });
  const one = { tags: TAGS, params: RoomParams, response: { 200: Room, ...ERRORS } };
  app.get<RoomPath>('/v1/rooms/:roomId', { schema: one }, async (request) => {
    await authentication.requireGrant(request, request.params.roomId, 'join');
    return rooms.get(request.params.roomId);
  });
  const gone = { tags: TAGS, params: RoomParams, response: { ...NO_CONTENT, ...ERRORS } };
  app.delete<RoomPath>('/v1/rooms/:roomId', { schema: gone }, async (request, reply) => {
    await authentication.requireServer(request);
    rooms.get(request.params.roomId);
    sessions.closeRoom(request.params.roomId, LEFT_REASONS.withRoom);
    rooms.delete(request.params.roomId);
    return reply.code(204).send();
  });
  streamRoutes(app, context);
  tokenRoutes(app, context);
}

function streamRoutes(app: FastifyInstance, { authentication, rooms, sessions }: RouteContext): void {
  const list = { tags: TAGS, params: RoomParams, response: { 200: StreamList, ...ERRORS } };
  app.get<RoomPath>('/v1/rooms/:roomId/streams', { schema: list }, async (request) => {
    await authentication.requireGrant(request, request.params.roomId, 'join');
    return { streams: rooms.get(request.params.roomId).streams };
  });
  const gone = { tags: TAGS, params: StreamParams, response: { ...NO_CONTENT, ...ERRORS } };
  app.delete<StreamPath>('/v1/rooms/:roomId/streams/:streamId', { schema: gone }, async (request, reply) => {
    await authentication.requireServer(request);
    rooms.get(request.params.roomId);
    sessions.closeStream(request.params, LEFT_REASONS.byServer);
    return reply.code(204).send();
  });
}

function tokenRoutes(app: FastifyInstance, { authentication, credentials }: RouteContext): void {
  const schema = { tags: TAGS, params: RoomParams, body: TokenRequest, response: { 201: TokenAnswer, ...ERRORS } };
  app.post<RoomPath & { Body: TokenRequest }>('/v1/rooms/:roomId/tokens', { schema }, async (request, reply) => {
    await authentication.requireServer(request);
    const { userId, grants = GRANTS.filter((grant) => grant !== 'record'), ttlSeconds = TTL_SECONDS } = request.body;
    const { roomId } = request.params;
    return reply.code(201).send(await credentials.clientToken({ roomId, userId, grants }, ttlSeconds));
  });
}
