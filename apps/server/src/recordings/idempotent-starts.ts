// Idempotency keys of `POST /v1/recordings`: the same key with the same request gives the same recording, also after a
// restart.

import type { KeptRequest } from './journal-event.ts';
import { canonical, keyMismatch } from './recording-refusal.ts';

/** Remembers what each key began. */
export class IdempotentStarts<T> {
  readonly #byKey = new Map<string, { readonly request: string; readonly result: Promise<T> }>();

  /** What a key began. Throws when it began something else. */
  find(key: string | undefined, request: KeptRequest): Promise<T> | undefined {
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (known !== undefined && known.request !== canonical(request)) throw keyMismatch();
    return known?.result;
  }

  /** Remembers what a key begins; a failed start is forgotten. */
  remember(key: string | undefined, request: KeptRequest, result: Promise<T>): void {
    if (key === undefined) return;
    this.#byKey.set(key, { request: canonical(request), result });
    result.catch(() => this.#byKey.delete(key));
  }
}
