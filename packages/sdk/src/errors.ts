// Errors of the browser SDK: the server's public codes as they are, and the few that only a browser can have.

import type { ErrorBody, ErrorCode } from '@roomtape/api';

type ClientRow = { readonly message: string; readonly retryable: boolean; readonly whatToDo: string };

/** Errors that arise in the browser, by stable code. */
export const CLIENT_ERRORS = {
  NETWORK: {
    message: 'The server cannot be reached',
    retryable: true,
    whatToDo: 'Check the connection to the server.',
  },
  TIMEOUT: { message: 'The server did not answer in time', retryable: true, whatToDo: 'Try again.' },
  CONNECTION_FAILED: {
    message: 'Media cannot reach the server',
    retryable: true,
    whatToDo: 'Check that the media port (UDP or TCP) is open between this browser and the server.',
  },
  UNEXPECTED_ANSWER: {
    message: 'The server gave an answer that is not understood',
    retryable: false,
    whatToDo: 'Check that the address is a Roomtape server of the same version.',
  },
  NOT_LOGGED_IN: { message: 'Not in a room', retryable: false, whatToDo: 'Call loginRoom first.' },
  ALREADY_LOGGED_IN: { message: 'Already in a room', retryable: false, whatToDo: 'Call logoutRoom first.' },
  ALREADY_PUBLISHING: {
    message: 'This stream id is being published already',
    retryable: false,
    whatToDo: 'Call stopPublishingStream first, or choose another stream id.',
  },
  CODEC_NOT_SUPPORTED: {
    message: 'This browser cannot send the requested codec',
    retryable: false,
    whatToDo: 'Choose another codec; `details.supported` lists them.',
  },
  DEVICE_DENIED: {
    message: 'The browser was not allowed to use the device',
    retryable: false,
    whatToDo: 'Allow camera and microphone for this page in the address bar.',
  },
  DEVICE_NOT_FOUND: {
    message: 'No such camera or microphone',
    retryable: false,
    whatToDo: 'Connect a device, or choose another.',
  },
  DEVICE_BUSY: {
    message: 'The device is in use by another program',
    retryable: true,
    whatToDo: 'Close the other program and try again.',
  },
  NOT_SECURE: {
    message: 'Browsers give cameras only to secure pages',
    retryable: false,
    whatToDo: 'Open the page by https, or from this machine as http://127.0.0.1.',
  },
  CANCELLED: { message: 'Stopped before it was done', retryable: false, whatToDo: 'Nothing; this was asked for.' },
} as const satisfies Record<string, ClientRow>;

/** A stable code: one of the server's catalogue or of `CLIENT_ERRORS`. */
export type ClientErrorCode = ErrorCode | keyof typeof CLIENT_ERRORS;

/** What an error carries besides its code. */
export type ClientErrorFacts = {
  readonly message: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** One sentence for a person. */
  readonly whatToDo: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

/** Every error the SDK throws or reports. */
export class RoomtapeClientError extends Error {
  override readonly name = 'RoomtapeClientError';
  readonly code: ClientErrorCode;
  readonly retryable: boolean;
  readonly whatToDo: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ClientErrorCode, facts: ClientErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable = facts.retryable;
    this.whatToDo = facts.whatToDo;
    this.details = facts.details ?? {};
  }
}

/** Makes an error that arose in the browser. */
export function clientError(
  code: keyof typeof CLIENT_ERRORS,
  extra: { message?: string; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
): RoomtapeClientError {
  return new RoomtapeClientError(code, { ...CLIENT_ERRORS[code], ...extra });
}

/** Reads the error of an HTTP answer that is not a success; never throws, whatever the body is. */
export async function errorFromResponse(response: Response): Promise<RoomtapeClientError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = (body as Partial<ErrorBody> | undefined)?.error;
  if (typeof error?.code === 'string') {
    return new RoomtapeClientError(error.code, {
      message: String(error.message),
      retryable: error.retryable === true,
      whatToDo: String(error.whatToDo ?? ''),
      details: error.details ?? {},
    });
  }
  return new RoomtapeClientError('UNEXPECTED_ANSWER', {
    ...CLIENT_ERRORS.UNEXPECTED_ANSWER,
    message: `The server answered ${response.status}`,
    retryable: response.status >= 500 || response.status === 429,
    details: { status: response.status },
  });
}

/** Turns whatever was thrown into an SDK error. */
export function asClientError(thrown: unknown): RoomtapeClientError {
  if (thrown instanceof RoomtapeClientError) return thrown;
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return clientError('DEVICE_DENIED', { cause: thrown });
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return clientError('DEVICE_NOT_FOUND', { cause: thrown });
  }
  if (name === 'NotReadableError') return clientError('DEVICE_BUSY', { cause: thrown });
  if (name === 'AbortError') return clientError('CANCELLED', { cause: thrown });
  return clientError('NETWORK', { cause: thrown });
}
