// The errors this package reports, each a code of the public catalogue. Nothing here throws by itself.

import { RoomtapeError } from '@roomtape/media';

type Details = Readonly<Record<string, unknown>>;

/** Codes of the public catalogue that this package uses. */
export type WebrtcErrorCode =
  | 'INVALID_SDP'
  | 'NOT_ACCEPTABLE'
  | 'STREAM_NOT_FOUND'
  | 'STREAM_TAKEN'
  | 'SESSION_NOT_FOUND'
  | 'PRECONDITION_FAILED'
  | 'PRECONDITION_REQUIRED'
  | 'INVALID_STATE'
  | 'LIMIT_REACHED'
  | 'MEDIA_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'DISK_FULL';

/** An operating error of the media plane. */
export type WebrtcError = RoomtapeError<WebrtcErrorCode>;

/** Makes an error that the caller has to mend: the request itself is wrong. */
export function callerError(code: WebrtcErrorCode, message: string, details: Details = {}): WebrtcError {
  return new RoomtapeError(code, message, { blame: 'caller', retryable: false, details });
}

/** Makes an error of ours that a later attempt may not meet. */
export function systemError(
  code: 'LIMIT_REACHED' | 'MEDIA_UNAVAILABLE',
  message: string,
  facts: { details?: Details; cause?: unknown } = {},
): WebrtcError {
  const { details = {}, cause } = facts;
  return new RoomtapeError(code, message, { blame: 'system', retryable: true, details, cause });
}
