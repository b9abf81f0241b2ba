// A typed event emitter of a few lines. A listener that throws stops neither the others nor the caller.

/** Removes a listener; idempotent. */
export type Unsubscribe = () => void;

/** Emits events of a map from name to payload, synchronously and in order of subscription. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>();

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Delivers one event; listeners added meanwhile do not get it. */
  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (payload: Events[Name]) => void)(payload);
      } catch (error) {
        // Rethrown outside, where the page's own error reporting sees it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
