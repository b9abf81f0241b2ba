// Waits for an answer that may never come.

import type { Environment } from '../environment.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';

/** Whoever waits for an answer. */
export type Waiting<T> = { resolve(value: T): void; reject(error: RoomtapeClientError): void };

/** Runs something that answers once; rejects with `RECORD_WRITE_FAILED` when it takes too long. */
export function boundedWait<T>(
  environment: Environment,
  limitMs: number,
  run: (waiting: Waiting<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = environment.after(limitMs, () =>
      reject(clientError('RECORD_WRITE_FAILED', { message: 'The recording worker does not answer' })),
    );
    run({
      resolve: (value) => {
        cancel();
        resolve(value);
      },
      reject: (error) => {
        cancel();
        reject(error);
      },
    });
  });
}
