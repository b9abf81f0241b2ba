// Every error becomes one body with a status from the catalogue; what is not in the catalogue is INTERNAL and
// logged. Nothing internal (stacks, paths, causes) leaves the server.

import { ERROR_CATALOGUE, type ErrorBody, type ErrorCode } from '@roomtape/api';
import { type Log, RoomtapeError } from '@roomtape/media';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** An error as the API answers it. */
export type ErrorAnswer = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Record<string, unknown>;
};

/** Sets the error and not-found handlers of an app. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) if (name !== 'OPTIONS') routes.push({ method: name, pattern: patternOf(url) });
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = classify(error, request);
    if (answer.code === 'INTERNAL') log.error({ error, requestId: request.id }, 'request failed');
    return sendError(request, reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = [...new Set(routes.filter((r) => r.pattern.test(path)).map((r) => r.method))];
    if (allowed.length === 0 || allowed.includes(request.method)) {
      return sendError(request, reply, { code: 'NOT_FOUND', message: 'no such path', details: {} });
    }
    void reply.header('allow', [...allowed, 'OPTIONS'].join(', '));
    return sendError(request, reply, {
      code: 'METHOD_NOT_ALLOWED',
      message: 'not with this method',
      details: { allowed },
    });
  });
}

/** Answers a request whose path cannot be decoded: it reaches no route, no hook and no error handler. */
export function answerUndecodable(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id);
  sendError(request, reply, { code: 'INVALID_REQUEST', message: 'the path cannot be decoded', details: {} });
}

/** Answers with an error of the catalogue. */
export function sendError(request: FastifyRequest, reply: FastifyReply, answer: ErrorAnswer): FastifyReply {
  const { status, blame, retryable, whatToDo } = ERROR_CATALOGUE[answer.code];
  const { code, message, details } = answer;
  const body: ErrorBody = { error: { code, message, blame, retryable, whatToDo, details, requestId: request.id } };
  if (code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer realm="roomtape"');
  if (retryable && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
}

/** Tells whether a text is a code of the catalogue. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

function classify(error: FastifyError | RoomtapeError, request: FastifyRequest): ErrorAnswer {
  if (error instanceof RoomtapeError) return ofOurs(error);
  if (error.validation !== undefined) return ofValidation(error, request);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        code: 'REQUEST_TOO_LARGE',
        message: 'the body is too large',
        details: { bytesMax: request.routeOptions.bodyLimit },
      };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const expected = request.routeOptions.config.expects ?? 'application/json';
      return { code: 'UNSUPPORTED_MEDIA_TYPE', message: `send ${expected}`, details: { expected } };
    }
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { code: 'INVALID_REQUEST', message: error.message, details: {} };
    default:
      return ofStatus(error);
  }
}

function ofOurs(error: RoomtapeError): ErrorAnswer {
  const { code, message, details } = error;
  if (isErrorCode(code) && code !== 'INTERNAL') return { code, message, details };
  if (code === 'IPC_TIMEOUT' || code === 'IPC_CLOSED') return { code: 'MEDIA_UNAVAILABLE', message, details: {} };
  return { code: 'INTERNAL', message: 'something went wrong in the server', details: {} };
}

function ofValidation(error: FastifyError, request: FastifyRequest): ErrorAnswer {
  const problems = (error.validation ?? []).map(({ instancePath, message, params }) => ({
    field:
      instancePath.slice(1).replaceAll('/', '.') || String(params.missingProperty ?? params.additionalProperty ?? ''),
    problem: message ?? 'invalid',
  }));
  const unsupported = error.validation?.find((v) => v.keyword === 'enum');
  if (unsupported !== undefined && request.routeOptions.url === '/v1/recordings' && request.method === 'POST') {
    const supported = unsupported.params.allowedValues;
    return {
      code: 'NOT_SUPPORTED',
      message: `${unsupported.instancePath.slice(1)} cannot be that`,
      details: { supported },
    };
  }
  const isId = error.validation?.some((v) => v.keyword === 'pattern' && /(Id|streams\/\d+)$/.test(v.instancePath));
  const code = isId === true ? 'INVALID_ID' : 'INVALID_REQUEST';
  return { code, message: problems.map((p) => `${p.field} ${p.problem}`).join('; '), details: { problems } };
}

function ofStatus(error: FastifyError): ErrorAnswer {
  if (error.statusCode === 429) return { code: 'TOO_MANY_REQUESTS', message: error.message, details: {} };
  if (error.statusCode === 400 || error.statusCode === 404) {
    return { code: 'INVALID_REQUEST', message: error.message, details: {} };
  }
  return { code: 'INTERNAL', message: 'something went wrong in the server', details: {} };
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
