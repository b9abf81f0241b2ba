// A value that React components can follow.

import { useSyncExternalStore } from 'react';

/** Holds one immutable value and tells its followers of the next. */
export class Store<Value> {
  #value: Value;
  readonly #followers = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  /** The value now. */
  get value(): Value {
    return this.#value;
  }

  /** Puts some fields in place of the old ones. */
  update(change: Partial<Value>): void {
    this.#value = { ...this.#value, ...change };
    for (const follower of this.#followers) follower();
  }

  /** Calls `follower` after each change until the returned function is called. */
  readonly subscribe = (follower: () => void): (() => void) => {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  };

  /** The value now, as a function for React. */
  readonly read = (): Value => this.#value;
}

/** Follows a store from a component. */
export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.read);
}
