// Gives out stretches of one memory, first fit. Knows addresses only; whoever owns the memory makes it grow.

type Stretch = { readonly at: number; readonly bytes: number };

const ALIGNMENT = 16;

/** Addresses of a memory from `start` on. */
export class Arena {
  #free: Stretch[];
  readonly #taken = new Map<number, number>();

  constructor(start: number, end: number) {
    this.#free = [{ at: start, bytes: end - start }];
  }

  /** Takes a stretch; `undefined` when none is long enough. */
  take(bytes: number): number | undefined {
    const wanted = Math.ceil(Math.max(1, bytes) / ALIGNMENT) * ALIGNMENT;
    const index = this.#free.findIndex((stretch) => stretch.bytes >= wanted);
    const found = this.#free[index];
    if (found === undefined) return undefined;
    const rest = { at: found.at + wanted, bytes: found.bytes - wanted };
    this.#free.splice(index, 1, ...(rest.bytes > 0 ? [rest] : []));
    this.#taken.set(found.at, wanted);
    return found.at;
  }

  /** Gives a stretch back; addresses that were not taken are ignored. */
  give(at: number): void {
    const bytes = this.#taken.get(at);
    if (bytes === undefined) return;
    this.#taken.delete(at);
    this.#insert({ at, bytes });
  }

  /** Adds memory that was grown. */
  extend(at: number, bytes: number): void {
    this.#insert({ at, bytes });
  }

  #insert(stretch: Stretch): void {
    const sorted = [...this.#free, stretch].sort((a, b) => a.at - b.at);
    const united: Stretch[] = [];
    for (const next of sorted) {
      const last = united.at(-1);
      if (last !== undefined && last.at + last.bytes === next.at)
        united[united.length - 1] = { at: last.at, bytes: last.bytes + next.bytes };
      else united.push(next);
    }
    this.#free = united;
  }
}
