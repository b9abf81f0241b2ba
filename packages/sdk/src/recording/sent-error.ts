// Errors on their way from a worker to its page: only code, message and plain details cross; the page makes a client
// error of them again.

import { CLIENT_ERRORS, clientError, RoomtapeClientError } from '../errors.ts';
import type { SentError } from './worker-messages.ts';

type ClientCode = keyof typeof CLIENT_ERRORS;

/** What is sent of a thrown value; `code` where it has none of ours. */
export function sentError(thrown: unknown, code: ClientCode): SentError {
  if (thrown instanceof RoomtapeClientError) {
    return { code: thrown.code, message: thrown.message, details: plain(thrown.details) };
  }
  const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { code, message: CLIENT_ERRORS[code].message, details: { reason } };
}

/** The error that was sent. */
export function receivedError({ code, message, details }: SentError): RoomtapeClientError {
  const known = Object.hasOwn(CLIENT_ERRORS, code) ? (code as ClientCode) : 'RECORD_WRITE_FAILED';
  return clientError(known, { message, details });
}

/** Details as they survive any clone. */
function plain(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, typeof value === 'object' ? String(value) : value]),
  );
}
