// Keeps every call of the engine bounded: it ends with a value or a typed error, within its time, and at once when the
// engine is destroyed. What a call was doing may go on a little longer; it cleans up after itself.

import type { Environment } from '../environment.ts';
import { clientError, RoomtapeClientError } from '../errors.ts';

/** How one call is bounded. */
export type CallBounds = {
  /** Name of the call, for the error. */
  readonly call: string;
  readonly deadlineMs: number;
  /** A call that makes something of what is there, such as a file, may end after `destroy`. */
  readonly survivesDestroy?: boolean;
  /** Runs when the call was given up, to end what it began. */
  onGivenUp?(): void;
};

/** Guards the calls of one engine. */
export class CallGuard {
  readonly #environment: Environment;
  readonly #pending = new Set<(error: RoomtapeClientError) => void>();
  #isDestroyed = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Whether `destroy` was called. */
  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** Throws `ENGINE_DESTROYED` after `destroy`; what `action` throws becomes a typed error. */
  runNow<T>(action: () => T): T {
    if (this.#isDestroyed) throw clientError('ENGINE_DESTROYED');
    try {
      return action();
    } catch (error) {
      throw asEngineError(error);
    }
  }

  /** Runs one call. The promise it returns counts as handled, so that a page may leave errors to its callbacks. */
  run<T>(bounds: CallBounds, action: () => Promise<T>): Promise<T> {
    const guarded = this.#isDestroyed ? Promise.reject(clientError('ENGINE_DESTROYED')) : this.#race(bounds, action);
    guarded.catch(() => undefined);
    return guarded;
  }

  /** Ends pending calls with `ENGINE_DESTROYED`; later ones get the same. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const giveUp of [...this.#pending]) giveUp(clientError('ENGINE_DESTROYED'));
  }

  #race<T>(bounds: CallBounds, action: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = (error: RoomtapeClientError): void => {
        end();
        reject(error);
        bounds.onGivenUp?.();
      };
      const { call, deadlineMs } = bounds;
      const timeout = { message: `${call} took longer than ${deadlineMs} ms`, details: { call, deadlineMs } };
      const cancelTimer = this.#environment.after(deadlineMs, () => giveUp(clientError('TIMEOUT', timeout)));
      const end = (): void => {
        cancelTimer();
        this.#pending.delete(giveUp);
      };
      if (bounds.survivesDestroy !== true) this.#pending.add(giveUp);
      // Started at once, so that calls take effect in the order they are made; a bad argument rejects all the same.
      new Promise<T>((settle) => settle(action()))
        .then(resolve, (error: unknown) => reject(asEngineError(error)))
        .finally(end);
    });
  }
}

/** Turns whatever was thrown inside a call into a typed error. */
export function asEngineError(thrown: unknown): RoomtapeClientError {
  if (thrown instanceof RoomtapeClientError) return thrown;
  return clientError('UNEXPECTED', { cause: thrown });
}
