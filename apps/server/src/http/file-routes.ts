// Files of recordings by HTTP, also while they grow: Range, HEAD, conditional requests. A file is found only
// through its recording, so no path of a request ever reaches the disk.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RoomtapeError } from '@roomtape/media';
import { isPartOf, isPictureOf, type ProjectedFile } from '@roomtape/recorder';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { forbidden } from '../auth/credentials.ts';
import { fileOwners } from '../recordings/recording-model.ts';
import { fileOfOwner, jobOfFile } from '../recordings/recording-view.ts';
import { checkGrant } from './authentication.ts';
import { parseRange } from './byte-range.ts';
import type { RouteContext } from './http-context.ts';
import { addressedPlaylist } from './playlist.ts';
import { ErrorAnswerSchema, FileParams, FilePartParams } from './route-schemas.ts';
import { answerUploadHead, checkUploader } from './upload-routes.ts';

type FileRoute = {
  readonly Params: { readonly fileId: string };
  readonly Querystring: { readonly token?: string; readonly download?: string };
};
type PartRoute = FileRoute & { readonly Params: { readonly fileId: string; readonly part: string } };
type FoundFile = {
  readonly roomId: string;
  readonly path: string;
  readonly file: ProjectedFile;
  /** Who uploaded it; absent for what the server recorded. */
  readonly uploaderId?: string;
};

const Query = Type.Object({
  token: Type.Optional(Type.String({ description: 'in place of an Authorization header' })),
  download: Type.Optional(Type.String({ description: '1: the browser saves the file' })),
});

/** Adds the routes. */
export async function fileRoutes(app: FastifyInstance, context: RouteContext): Promise<void> {
  const schema = {
    tags: ['files'],
    params: FileParams,
    querystring: Query,
    description: 'The bytes of a file. Takes Range and HEAD; readable while it is being recorded.',
    response: { '4xx': ErrorAnswerSchema },
  };
  app.get<FileRoute>('/v1/files/:fileId', { schema, exposeHeadRoute: false }, (request, reply) =>
    serve(request, reply, context),
  );
  const part = {
    ...schema,
    params: FilePartParams,
    description: 'A segment of a playlist (HLS), or a picture of a series.',
  };
  app.get<PartRoute>('/v1/files/:fileId/:part', { schema: part }, async (request, reply) =>
    send(request, reply, partOf(await authorise(request, context), request.params.part)),
  );
  app.head<FileRoute>('/v1/files/:fileId', { schema: { ...schema, hide: true } }, (request, reply) => {
    const upload = context.uploads.find(request.params.fileId);
    return upload === undefined
      ? serve(request, reply, context)
      : answerUploadHead(request, reply, { upload, context });
  });
}

async function serve(
  request: FastifyRequest<FileRoute>,
  reply: FastifyReply,
  context: RouteContext,
): Promise<FastifyReply> {
  const found = await authorise(request, context);
  if (found.file.container !== 'hls') return send(request, reply, found);
  const playlist = await readFile(found.path, 'utf8').catch(() => undefined);
  if (playlist === undefined) throw fileNotFound(request.params.fileId);
  return reply
    .header('content-type', 'application/vnd.apple.mpegurl')
    .header('cache-control', found.file.state === 'finished' ? 'private, max-age=3600' : 'no-store')
    .send(addressedPlaylist(playlist, request.params.fileId, request.query.token));
}

async function send(request: FastifyRequest<FileRoute>, reply: FastifyReply, found: FoundFile): Promise<FastifyReply> {
  const facts = await stat(found.path).catch(() => undefined);
  if (facts === undefined) throw fileNotFound(request.params.fileId);
  const isFinal = found.file.state === 'finished';
  const etag = `${isFinal ? '' : 'W/'}"${facts.size.toString(36)}-${Math.floor(facts.mtimeMs).toString(36)}"`;
  describeFile(reply, found, { etag, isFinal, isDownload: request.query.download === '1' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const ifRange = request.headers['if-range'];
  const rangeHeader = ifRange === undefined || (isFinal && ifRange === etag) ? request.headers.range : undefined;
  const range = parseRange(rangeHeader, facts.size);
  if (range.kind === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${facts.size}`);
    throw new RoomtapeError('RANGE_NOT_SATISFIABLE', 'the file has no such bytes', {
      blame: 'caller',
      retryable: false,
      details: { bytes: facts.size },
    });
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: facts.size };
  if (range.kind === 'part') void reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${facts.size}`);
  void reply.header('content-length', end - start);
  if (request.method === 'HEAD' || end === start) return reply.send('');
  return reply.send(createReadStream(found.path, { start, end: end - 1 }));
}

function describeFile(
  reply: FastifyReply,
  { file, path, uploaderId }: FoundFile,
  facts: { etag: string; isFinal: boolean; isDownload: boolean },
): void {
  void reply
    .header('content-type', contentType(file, path))
    .header('accept-ranges', 'bytes')
    .header('etag', facts.etag)
    .header('cache-control', facts.isFinal ? 'private, max-age=3600' : 'no-store')
    .header('content-disposition', `${facts.isDownload ? 'attachment' : 'inline'}; ${fileNameParameters(path)}`);
  if (uploaderId === undefined) return;
  void reply.header('upload-offset', file.bytes).header('upload-length', file.bytes).header('upload-complete', '?1');
}

/** A segment of a playlist or a picture of a series; what a list names is whole and stays as it is. */
function partOf(found: FoundFile, part: string): FoundFile {
  const list = basename(found.path);
  const isSegment = found.file.container === 'hls' && part !== list && isPartOf(list, part);
  if (!isSegment && !isPictureOf(list, part)) throw fileNotFound(part);
  const container = isSegment ? 'mp4' : found.file.container;
  const file: ProjectedFile = { ...found.file, container, state: 'finished' };
  return { ...found, path: join(dirname(found.path), part), file };
}

/** By IANA's registry, and what browsers and servers say for FLV. */
function contentType({ container, videoCodec }: ProjectedFile, path: string): string {
  if (container === 'jpeg' || container === 'webp')
    return path.endsWith('.json') ? 'application/json' : `image/${container}`;
  if (container === 'mp3') return 'audio/mpeg';
  if (container === 'flv') return 'video/x-flv';
  return `${videoCodec === undefined ? 'audio' : 'video'}/${container}`;
}

async function authorise(request: FastifyRequest<FileRoute>, context: RouteContext): Promise<FoundFile> {
  const { authentication } = context;
  const { token } = request.query;
  const { fileId } = request.params;
  const principal =
    token === undefined ? await authentication.require(request) : await authentication.bearer(request.ip, token);
  if (principal.kind === 'download' && principal.fileId !== fileId) throw forbidden('the token is for another file');
  const found = findFile(fileId, context);
  if (principal.kind === 'download') return found;
  // Whoever uploaded a file may look at it, and so learn that all of it arrived.
  const isUploader = principal.kind === 'client' && principal.userId === found.uploaderId;
  if (isUploader) checkUploader(principal, { roomId: found.roomId, userId: principal.userId });
  else checkGrant(principal, found.roomId, 'record');
  return found;
}

function findFile(fileId: string, { recordings, config }: RouteContext): FoundFile {
  const jobId = jobOfFile(fileId);
  const kept = jobId === undefined ? undefined : recordings.ofJob(jobId);
  const owner = kept && fileOwners(kept.model).find((candidate) => candidate.jobId === jobId);
  const file = kept === undefined || owner === undefined ? undefined : fileOfOwner(owner, kept.growing, fileId);
  if (kept === undefined || owner === undefined || file === undefined) throw fileNotFound(fileId);
  const { recordingId, request } = kept.model;
  const path = join(config.dataDir, 'recordings', recordingId, 'files', basename(file.path));
  const uploader = request.mode === 'upload' ? { uploaderId: owner.userId } : {};
  return { roomId: request.roomId, path, file, ...uploader };
}

/** The name for old readers in plain letters, for all others as it is (RFC 6266 §4.3, RFC 8187). */
function fileNameParameters(path: string): string {
  const name = basename(path);
  const plain = name.replace(/[^A-Za-z0-9 ._()-]/g, '_');
  if (plain === name) return `filename="${name}"`;
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function fileNotFound(fileId: string): RoomtapeError {
  return new RoomtapeError('FILE_NOT_FOUND', 'no such file', {
    blame: 'caller',
    retryable: false,
    details: { fileId },
  });
}
