// Uploads by HTTP, resumable by offset: POST says what is coming, PATCH adds bytes at an offset, HEAD (with the file
// routes) tells the offset, DELETE gives up. Header fields as in draft-ietf-httpbis-resumable-upload.

import type { Readable } from 'node:stream';
import { BeginUploadRequest, UploadAnswer } from '@roomtape/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { forbidden, type Principal } from '../auth/credentials.ts';
import { refused, type Upload } from '../uploads/upload.ts';
import { checkGrant } from './authentication.ts';
import type { RouteContext } from './http-context.ts';
import { ErrorAnswerSchema, FileParams } from './route-schemas.ts';

type UploadPath = { readonly Params: { readonly fileId: string } };

const TAGS = ['files'];
const ERRORS = { '4xx': ErrorAnswerSchema, '5xx': ErrorAnswerSchema };
/** Types of a PATCH; what is in the bytes is told by the bytes. */
const PART_TYPES = ['application/partial-upload', 'application/offset+octet-stream', 'application/octet-stream'];
/** Who uploads with the API key is nobody of the room. */
const SERVER_USER_ID = 'server';

/** Adds the routes. */
export async function uploadRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const { authentication, uploads } = context;
  // As a stream: a part is written while it arrives, and never as a whole in memory.
  app.addContentTypeParser(PART_TYPES, (_request, payload, done) => done(null, payload));
  const begin = {
    tags: TAGS,
    body: BeginUploadRequest,
    description:
      'Announces a file that becomes a recording of mode `upload`, or a picture (PNG, JPEG, WebP, SVG; up to 5 MB) for mixed films: `asset:FILE_ID`. Needs the grant to publish in the room.',
    response: { 201: UploadAnswer, ...ERRORS },
  };
  app.post<{ Body: BeginUploadRequest }>('/v1/files', { schema: begin }, async (request, reply) => {
    const principal = await authentication.requireGrant(request, request.body.roomId, 'publish');
    const upload = await uploads.begin(request.body, userIdOf(principal));
    const url = `/v1/files/${upload.fileId}`;
    void reply.code(201).header('location', url);
    describeUpload(reply, upload);
    return { recordingId: upload.facts.recordingId, fileId: upload.fileId, url, offset: 0 };
  });
  const append = {
    tags: TAGS,
    params: FileParams,
    headers: Type.Object({ 'upload-offset': Type.String({ pattern: '^\\d{1,15}$' }) }),
    description:
      'Adds bytes at Upload-Offset; the answer and HEAD tell how many are there. With the last the recording is.',
    response: { 204: Type.Null({ description: 'Upload-Offset, Upload-Complete' }), ...ERRORS },
  };
  const config = { expects: PART_TYPES[0] ?? '' };
  app.patch<UploadPath>('/v1/files/:fileId', { schema: append, config }, async (request, reply) => {
    const upload = await findUpload(request, context);
    try {
      await uploads.append(upload, Number(request.headers['upload-offset']), bodyOf(request));
    } catch (error) {
      describeUpload(reply, upload);
      throw error;
    }
    describeUpload(reply, upload);
    return reply.code(204).send();
  });
  const cancel = { tags: TAGS, params: FileParams, response: { 204: Type.Null(), ...ERRORS } };
  const about = { ...cancel, description: 'Gives an unfinished upload up.' };
  app.delete<UploadPath>('/v1/files/:fileId', { schema: about }, async (request, reply) => {
    await uploads.drop(await findUpload(request, context));
    return reply.code(204).send();
  });
}

/** Answers HEAD of an unfinished upload. */
export async function answerUploadHead(
  request: FastifyRequest,
  reply: FastifyReply,
  { upload, context }: { readonly upload: Upload; readonly context: RouteContext },
): Promise<FastifyReply> {
  checkUploader(await context.authentication.require(request), upload.facts);
  // A request that is still sending belongs to a connection its sender has given up.
  await upload.interrupt();
  describeUpload(reply, upload);
  return reply.code(204).header('cache-control', 'no-store').send();
}

/** Throws FORBIDDEN unless it is the API key or the user who uploads. */
export function checkUploader(principal: Principal, owner: { readonly roomId: string; readonly userId: string }): void {
  checkGrant(principal, owner.roomId, 'publish');
  if (userIdOf(principal) === owner.userId || principal.kind === 'server') return;
  throw forbidden('another user of the room uploads this');
}

async function findUpload(request: FastifyRequest<UploadPath>, context: RouteContext): Promise<Upload> {
  const principal = await context.authentication.require(request);
  const { fileId } = request.params;
  const upload = context.uploads.find(fileId);
  if (upload === undefined) throw refused('FILE_NOT_FOUND', 'no upload of this id is going on', { fileId });
  checkUploader(principal, upload.facts);
  return upload;
}

function describeUpload(reply: FastifyReply, upload: Upload): void {
  void reply
    .header('upload-offset', upload.offset)
    .header('upload-length', upload.facts.bytes)
    .header('upload-complete', upload.isWhole ? '?1' : '?0');
}

function bodyOf(request: FastifyRequest): Readable {
  return (request.body as Readable | undefined) ?? request.raw;
}

function userIdOf(principal: Principal): string {
  return principal.kind === 'client' ? principal.userId : SERVER_USER_ID;
}
