// An error answer of the server as an exception.

import type { ErrorBody, ErrorCode, ErrorRow } from '@roomtape/api';

/** What the client itself reports when no answer came. */
export type ClientErrorCode = 'CONNECTION_FAILED' | 'UNEXPECTED_ANSWER';

/** The facts of an error. */
export type ApiErrorFacts = {
  readonly code: ErrorCode | ClientErrorCode;
  readonly message: string;
  readonly blame: ErrorRow['blame'];
  readonly retryable: boolean;
  readonly whatToDo: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Names the request in the server's log; empty when no answer came. */
  readonly requestId: string;
  readonly cause?: unknown;
};

/** A request that failed: branch on `code`, retry when `retryable`. */
export class ApiError extends Error {
  readonly code: ErrorCode | ClientErrorCode;
  readonly blame: ErrorRow['blame'];
  readonly retryable: boolean;
  readonly whatToDo: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly requestId: string;

  constructor(facts: ApiErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ApiError';
    this.code = facts.code;
    this.blame = facts.blame;
    this.retryable = facts.retryable;
    this.whatToDo = facts.whatToDo;
    this.details = facts.details;
    this.status = facts.status;
    this.requestId = facts.requestId;
  }
}

/** Makes an error of a refused answer; a body that is not ours becomes UNEXPECTED_ANSWER. */
export async function errorOfAnswer(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const body = parseBody(text);
  if (body !== undefined) return new ApiError({ ...body.error, status: response.status });
  return new ApiError({
    code: 'UNEXPECTED_ANSWER',
    message: `the server answered ${response.status} without an error body`,
    blame: response.status >= 500 ? 'system' : 'caller',
    retryable: response.status >= 500,
    whatToDo: 'Check that the address is that of a Roomtape server.',
    details: { text: text.slice(0, 200) },
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
  });
}

/** Makes an error of a request that got no answer. */
export function errorOfConnection(server: string, cause: unknown): ApiError {
  return new ApiError({
    code: 'CONNECTION_FAILED',
    message: `no answer from ${server}`,
    blame: 'destination',
    retryable: true,
    whatToDo: 'Check the address and that the server runs.',
    details: { server },
    status: 0,
    requestId: '',
    cause,
  });
}

function parseBody(text: string): ErrorBody | undefined {
  try {
    const value = JSON.parse(text) as Partial<ErrorBody> | null;
    return typeof value?.error?.code === 'string' ? (value as ErrorBody) : undefined;
  } catch {
    return undefined;
  }
}
