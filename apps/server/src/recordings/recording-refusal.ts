// Why a recording is refused, as errors of the public catalogue.

import { RoomtapeError } from '@roomtape/media';
import type { KeptRequest } from './journal-event.ts';

/** The caller asked for something that cannot be. */
export function refusal(code: string, message: string, details: Record<string, unknown>): RoomtapeError {
  return new RoomtapeError(code, message, { blame: 'caller', retryable: false, details });
}

/** An Idempotency-Key came again with another request. */
export function keyMismatch(): RoomtapeError {
  return refusal('IDEMPOTENCY_MISMATCH', 'the key was used with another request', {});
}

/** As many recordings as are configured are unfinished. */
export function limitReached(activeMax: number): RoomtapeError {
  const details = { limit: 'ROOMTAPE_RECORDINGS_ACTIVE_MAX', activeMax };
  const facts = { blame: 'system', retryable: true, details } as const;
  return new RoomtapeError('LIMIT_REACHED', 'too many unfinished recordings', facts);
}

/** A text that is equal for equal requests, whatever the order of their fields. */
export function canonical(request: KeptRequest): string {
  return JSON.stringify(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1)));
}
