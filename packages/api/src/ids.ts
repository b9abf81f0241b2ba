// The one rule for identifiers that users choose.

import { Type } from 'typebox';

/** Letters, digits, `_` and `-`: safe in paths, URLs, file names and logs without escaping. */
export const ID_PATTERN = '^[A-Za-z0-9_-]{1,128}$';
const ID = new RegExp(ID_PATTERN);

/** Schema of an identifier that users choose: room, stream, user. */
export const Id = Type.String({ pattern: ID_PATTERN, description: '1 to 128 letters, digits, `_` or `-`' });

/** Tells whether a text is an identifier users may choose. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text);
}
