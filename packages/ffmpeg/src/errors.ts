// The operating errors of this package: one code per thing that can go wrong, with FFmpeg's own words.

import { type Blame, RoomtapeError } from '@roomtape/media';

/** What can go wrong in native media work. */
export type FfmpegErrorCode =
  | 'output-open-failed'
  | 'output-write-failed'
  | 'output-disk-full'
  | 'output-unsupported'
  | 'codec-unavailable'
  | 'codec-failed'
  | 'input-open-failed'
  | 'input-invalid';

const BLAME: Readonly<Record<FfmpegErrorCode, Blame>> = {
  'output-open-failed': 'destination',
  'output-write-failed': 'destination',
  'output-disk-full': 'destination',
  'output-unsupported': 'caller',
  'codec-unavailable': 'system',
  'codec-failed': 'system',
  'input-open-failed': 'source',
  'input-invalid': 'source',
};

const RETRYABLE: ReadonlySet<FfmpegErrorCode> = new Set([
  'output-open-failed',
  'output-write-failed',
  'output-disk-full',
]);

/** Makes the error for a code; writing errors are retryable, the others are not. */
export function ffmpegError(
  code: FfmpegErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): RoomtapeError<FfmpegErrorCode> {
  return new RoomtapeError(code, message, { blame: BLAME[code], retryable: RETRYABLE.has(code), details });
}
