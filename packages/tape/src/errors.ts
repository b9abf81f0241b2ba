// The operating errors of tapes. What a torn or damaged file leads to is not an error but a `skipped` note.

import { RoomtapeError } from '@roomtape/media';

/** Codes of the errors this package throws. */
export type TapeErrorCode =
  /** The disk is full or failing: what was asked for is not on it yet; writing goes on being tried. */
  | 'tape-stalled'
  /** The tape ended with `tape-sealed` and never grows again. */
  | 'tape-sealed'
  /** The writer was closed before what was asked for was written. */
  | 'tape-closed'
  /** The directory holds another tape than the one asked for. */
  | 'tape-mismatch'
  /** The tape was written in a format newer than this program knows. */
  | 'tape-version-unknown';

/** An operating error of a tape. */
export class TapeError extends RoomtapeError<TapeErrorCode> {}

/** Makes an error of our own side (disk, other version); `retryable` when time or space can help. */
export function tapeError(code: TapeErrorCode, message: string, details: Record<string, unknown>): TapeError {
  return new TapeError(code, message, { blame: 'system', retryable: code === 'tape-stalled', details });
}
