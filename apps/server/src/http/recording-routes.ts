// REST of recordings: start, look, change the layout, pause, resume, stop, take pictures, make films later.

import {
  ListRecordingsQuery,
  MixRequest,
  Recording,
  RecordingFile,
  RecordingList,
  RenderRequest,
  SnapshotRequest,
  StartRecordingRequest,
} from '@roomtape/api';
import { RoomtapeError } from '@roomtape/media';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, type Principal } from '../auth/credentials.ts';
import type { KeptRecording } from '../recordings/kept-recording.ts';
import { stateOf } from '../recordings/recording-model.ts';
import { filesOf, viewOf } from '../recordings/recording-view.ts';
import type { Started } from '../recordings/recordings.ts';
import { checkGrant } from './authentication.ts';
import type { RouteContext } from './http-context.ts';
import { asSent, ErrorAnswerSchema, RecordingParams } from './route-schemas.ts';

type RecordingPath = { readonly Params: { readonly recordingId: string } };

type StartBody = Omit<StartRecordingRequest, 'mode'> & { readonly mode?: StartRecordingRequest['mode'] };

const TAGS = ['recordings'];
const ERRORS = { '4xx': ErrorAnswerSchema, '5xx': ErrorAnswerSchema };
const PAGE_SIZE = 50;
const KEY_CHARACTERS_MAX = 255;
/** How long the `url` of a file works. */
const FILE_URL_SECONDS = 3600;

/** Adds the routes. */
export async function recordingRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { authentication, recordings } = context;
  const start = {
    tags: TAGS,
    body: asSent(StartRecordingRequest),
    response: { 200: Recording, 201: Recording, ...ERRORS },
  };
  app.post<{ Body: StartBody }>('/v1/recordings', { schema: start }, async (request, reply) => {
    await authentication.requireGrant(request, request.body.roomId, 'record');
    const asked = { ...request.body, mode: request.body.mode ?? 'single' };
    return answerStarted(reply, await recordings.start(asked, idempotencyKey(request)), context);
  });
  const list = { tags: TAGS, querystring: ListRecordingsQuery, response: { 200: RecordingList, ...ERRORS } };
  app.get<{ Querystring: ListRecordingsQuery }>('/v1/recordings', { schema: list }, async (request) => {
    const principal = await authentication.require(request);
    return listPage(request.query, principal, context);
  });
  const one = { tags: TAGS, params: RecordingParams, response: { 200: Recording, ...ERRORS } };
  app.get<RecordingPath>('/v1/recordings/:recordingId', { schema: one }, async (request) => {
    return withUrls(await find(request, context), context);
  });
  const layout = { ...one, body: asSent(MixRequest) };
  app.put<RecordingPath & { Body: MixRequest }>(
    '/v1/recordings/:recordingId/layout',
    { schema: layout },
    async (request) => {
      const { model } = await find(request, context);
      return withUrls(await recordings.changeLayout(model.recordingId, request.body), context);
    },
  );
  for (const verb of ['stop', 'pause', 'resume'] as const) {
    app.post<RecordingPath>(`/v1/recordings/:recordingId/${verb}`, { schema: one }, async (request) => {
      const { model } = await find(request, context);
      return withUrls(await recordings[verb](model.recordingId), context);
    });
  }
}

/** Adds the routes that make something of what is on the tapes. */
export async function tapedRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { recordings } = context;
  const snapshot = {
    tags: TAGS,
    params: RecordingParams,
    body: SnapshotRequest,
    response: { 201: RecordingFile, ...ERRORS },
  };
  app.post<RecordingPath & { Body: SnapshotRequest }>(
    '/v1/recordings/:recordingId/snapshot',
    { schema: snapshot, preValidation: allowNoBody },
    async (request, reply) => {
      const { model, growing } = await find(request, context);
      const taken = await recordings.takeSnapshot(model.recordingId, request.body);
      const [file] = await Promise.all(filesOf(taken, growing).map((one) => withUrl(one, context)));
      return reply.code(201).send(file);
    },
  );
  const render = {
    tags: TAGS,
    params: RecordingParams,
    body: asSent(RenderRequest),
    response: { 200: Recording, 201: Recording, ...ERRORS },
  };
  app.post<RecordingPath & { Body: RenderRequest }>(
    '/v1/recordings/:recordingId/renders',
    { schema: render, preValidation: allowNoBody },
    async (request, reply) => {
      const { model } = await find(request, context);
      const started = await recordings.render(model.recordingId, request.body, idempotencyKey(request));
      return answerStarted(reply, started, context);
    },
  );
}

/** Everything in the body is optional. */
async function allowNoBody(request: FastifyRequest): Promise<void> {
  request.body ??= {};
}

async function answerStarted(
  reply: FastifyReply,
  { kept, isReplay }: Started,
  context: RouteContext,
): Promise<FastifyReply> {
  void reply.code(isReplay ? 200 : 201).header('location', `/v1/recordings/${kept.model.recordingId}`);
  if (isReplay) void reply.header('idempotent-replayed', 'true');
  return reply.send(await withUrls(kept, context));
}

async function find(request: FastifyRequest<RecordingPath>, context: RouteContext): Promise<KeptRecording> {
  const principal = await context.authentication.require(request);
  if (principal.kind === 'download') throw forbidden('the token only downloads a file');
  const kept = context.recordings.get(request.params.recordingId);
  checkGrant(principal, kept.model.request.roomId, 'record');
  return kept;
}

async function listPage(
  query: ListRecordingsQuery,
  principal: Principal,
  context: RouteContext,
): Promise<RecordingList> {
  if (principal.kind === 'client') checkGrant(principal, query.roomId ?? '', 'record');
  else if (principal.kind !== 'server') throw forbidden('this needs the API key');
  const size = query.limit === undefined ? PAGE_SIZE : Number(query.limit);
  const all = context.recordings
    .list()
    .filter(({ model }) => query.roomId === undefined || model.request.roomId === query.roomId)
    .filter(({ model }) => query.state === undefined || stateOf(model) === query.state);
  const from = query.after === undefined ? 0 : all.findIndex(({ model }) => model.recordingId === query.after) + 1;
  const page = all.slice(from, from + size);
  const last = page.at(-1);
  const next = from + size < all.length && last !== undefined ? { next: last.model.recordingId } : {};
  return { recordings: await Promise.all(page.map((kept) => withUrls(kept, context))), ...next };
}

async function withUrls(kept: KeptRecording, context: RouteContext): Promise<Recording> {
  const view = viewOf(kept.model, kept.growing, context.recordings.filmProgress(kept));
  return { ...view, files: await Promise.all(view.files.map((file) => withUrl(file, context))) };
}

async function withUrl(file: RecordingFile, { credentials }: RouteContext): Promise<RecordingFile> {
  const { token } = await credentials.downloadToken(file.fileId, FILE_URL_SECONDS);
  return { ...file, url: `${file.url}?token=${token}` };
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length > 0 && key.length <= KEY_CHARACTERS_MAX) return key;
  const facts = { blame: 'caller', retryable: false, details: { charactersMax: KEY_CHARACTERS_MAX } } as const;
  throw new RoomtapeError('INVALID_REQUEST', 'Idempotency-Key must be one text of 1 to 255 characters', facts);
}
