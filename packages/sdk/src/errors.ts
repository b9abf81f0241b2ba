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
  ENGINE_DESTROYED: {
    message: 'The engine was destroyed',
    retryable: false,
    whatToDo: 'Create a new engine.',
  },
  INVALID_ARGUMENT: {
    message: 'An argument is not valid',
    retryable: false,
    whatToDo: 'See `details`: which argument, and what it may be.',
  },
  WRONG_STATE: {
    message: 'This cannot be done now',
    retryable: false,
    whatToDo: 'See the message: what has to happen first.',
  },
  UNEXPECTED: {
    message: 'Something went wrong that should not have',
    retryable: true,
    whatToDo: 'Try again; report it with `cause` if it returns.',
  },
  NOT_SUPPORTED: {
    message: 'This browser cannot do that',
    retryable: false,
    whatToDo: 'Ask isFeatureSupported before; the documentation lists browsers.',
  },
  RECORD_SUFFIX_NOT_SUPPORTED: {
    message: 'The file name must end in .mp4, .flv or .aac; of raw sound in .wav or .pcm',
    retryable: false,
    whatToDo: 'Choose one of these suffixes.',
  },
  RECORD_PATH_TOO_LONG: {
    message: 'The file path is 1024 bytes or longer',
    retryable: false,
    whatToDo: 'Choose a shorter path.',
  },
  RECORD_PATH_INVALID: {
    message: 'The file path names no file',
    retryable: false,
    whatToDo: 'Give a path that ends in a file name, without empty parts, `.` or `..`.',
  },
  RECORD_FILE_EXISTS: {
    message: 'A recording of that path exists',
    retryable: false,
    whatToDo: 'Choose another path, or ifExists `overwrite` or `rename`.',
  },
  RECORD_CODEC_NOT_ALLOWED: {
    message: 'This codec cannot be in that kind of file',
    retryable: false,
    whatToDo: 'Use .mp4, or h264.',
  },
  RECORD_NOTHING_TO_RECORD: {
    message: 'The channel has no track of the kind asked for',
    retryable: false,
    whatToDo: 'Call startPreview first, or choose another recordType.',
  },
  RECORD_ALREADY_RUNNING: {
    message: 'This channel is being recorded already',
    retryable: false,
    whatToDo: 'Call stopRecordingCapturedData first.',
  },
  RECORD_NOT_RUNNING: {
    message: 'This channel is not being recorded',
    retryable: false,
    whatToDo: 'Call startRecordingCapturedData first.',
  },
  RECORD_OPEN_FAILED: {
    message: 'The file cannot be opened in the storage of this browser',
    retryable: true,
    whatToDo: 'Allow this page to store data; private windows may refuse it.',
  },
  RECORD_WRITE_FAILED: {
    message: 'The recording cannot be written',
    retryable: true,
    whatToDo: 'The file up to here is kept; see listUnfinishedRecordings.',
  },
  RECORD_STORAGE_FULL: {
    message: 'The storage of this browser is full',
    retryable: false,
    whatToDo: 'The file up to here is kept; delete old recordings or free disk space.',
  },
  RECORD_ENCODER_FAILED: {
    message: 'The encoder of this browser gave up',
    retryable: true,
    whatToDo: 'The file up to here is kept; record again, with a smaller picture if it returns.',
  },
  RECORD_TRACK_ENDED: {
    message: 'A device was unplugged or its track ended',
    retryable: false,
    whatToDo: 'The recording goes on with silence or the last picture until the track is replaced.',
  },
  RECORD_TRACK_NOT_FOLLOWED: {
    message: 'The recorder of this browser cannot change over to another track',
    retryable: false,
    whatToDo: 'Stop the recording and start another; it goes on with what its first track still gives.',
  },
  RECORD_CODEC_FALLBACK: {
    message: 'This browser cannot encode H.265: the recording is H.264',
    retryable: false,
    whatToDo: 'Nothing; this was asked for by ifH265Missing.',
  },
  MEDIA_NOT_FOUND: {
    message: 'The media file cannot be loaded',
    retryable: true,
    whatToDo: 'Check the address, and that its server can be reached.',
  },
  MEDIA_CROSS_ORIGIN: {
    message: 'The media file is on another site that does not share it',
    retryable: false,
    whatToDo: 'Let that site answer with Access-Control-Allow-Origin, or load the file as a Blob.',
  },
  MEDIA_NOT_PLAYABLE: {
    message: 'This browser cannot play that media file',
    retryable: false,
    whatToDo: 'Use MP4 with H.264 and AAC, MP3, WAV or WebM.',
  },
  AUDIO_SUSPENDED: {
    message: 'The browser plays and processes no sound yet',
    retryable: true,
    whatToDo: 'Call it from a click or key press of the user; sound starts by itself with the next one.',
  },
  RECORD_TARGET_FAILED: {
    message: 'The finished recording could not be handed over',
    retryable: true,
    whatToDo: 'The file is kept in the storage of this browser.',
  },
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
  extra: Partial<Pick<ClientErrorFacts, 'message' | 'retryable' | 'details'>> & { cause?: unknown } = {},
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
