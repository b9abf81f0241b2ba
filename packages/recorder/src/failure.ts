// What an error means to a projection: whether it can pass, and how it is told.

import { RoomtapeError } from '@roomtape/media';

/** Why an output cannot go on, in words that may be shown. */
export type FailureWords = { readonly code: string; readonly message: string };

/** Whether an error can pass, so that projecting again makes sense. */
export function isPassing(error: unknown): boolean {
  if (error instanceof RoomtapeError) return error.retryable;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && PASSING.has(code);
}

const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOENT', 'EACCES', 'EROFS']);

/** The words of any error. */
export function wordsOf(error: unknown): FailureWords {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RoomtapeError) return { code: error.code, message };
  const code = (error as { code?: unknown }).code;
  return { code: typeof code === 'string' ? code : 'internal', message };
}
