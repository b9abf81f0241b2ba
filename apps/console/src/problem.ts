// What went wrong, in words for the person at the page.

import { asClientError } from '@roomtape/sdk';

/** One problem to be shown. `key` lets a later one of the same kind take its place. */
export type Problem = { readonly key: string; readonly message: string; readonly whatToDo: string };

/** Describes whatever was thrown. */
export function problemOf(key: string, thrown: unknown): Problem {
  const { message, whatToDo } = asClientError(thrown);
  return { key, message, whatToDo };
}
