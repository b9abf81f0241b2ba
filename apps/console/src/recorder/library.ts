// The recordings this browser keeps, finished and unfinished, and what can be done with them.

import type { StoredRecording } from '@roomtape/sdk';
import { type Problem, problemOf } from '../problem.ts';
import { Store } from '../store.ts';

/** What the library takes from the engine. */
export interface RecordingShelf {
  listRecordings(): Promise<readonly StoredRecording[]>;
  listUnfinishedRecordings(): Promise<readonly StoredRecording[]>;
  recoverRecording(id: string): Promise<File>;
  openRecording(id: string): Promise<File>;
  deleteRecording(id: string): Promise<void>;
}

/** What the page shows of it. */
export type LibraryView = {
  readonly isLoaded: boolean;
  readonly finished: readonly StoredRecording[];
  readonly unfinished: readonly StoredRecording[];
  /** Recordings a button was pressed for and that have not answered yet. */
  readonly busyIds: ReadonlySet<string>;
  readonly problem: Problem | undefined;
};

/** Follows the storage of this browser. */
export class Library {
  readonly store = new Store<LibraryView>({
    isLoaded: false,
    finished: [],
    unfinished: [],
    busyIds: new Set(),
    problem: undefined,
  });
  readonly #shelf: RecordingShelf;
  readonly #containers: readonly string[] | undefined;

  /** Shows recordings in one of `containers`; all of them when absent. */
  constructor(shelf: RecordingShelf, containers?: readonly string[]) {
    this.#shelf = shelf;
    this.#containers = containers;
  }

  /** Reads what is there now. */
  async refresh(): Promise<void> {
    try {
      const [finished, unfinished] = await Promise.all([
        this.#shelf.listRecordings(),
        this.#shelf.listUnfinishedRecordings(),
      ]);
      this.store.update({ finished: this.#shown(finished), unfinished: this.#shown(unfinished), isLoaded: true });
    } catch (error) {
      this.store.update({ isLoaded: true, problem: problemOf('library', error) });
    }
  }

  /** Makes an unfinished recording a finished one. */
  recover(id: string): Promise<void> {
    return this.#act(id, () => this.#shelf.recoverRecording(id));
  }

  /** Removes a recording for good. */
  delete(id: string): Promise<void> {
    return this.#act(id, () => this.#shelf.deleteRecording(id));
  }

  /** The file of a finished recording; `undefined` when it cannot be read, which is then told as the problem. */
  async open(id: string): Promise<File | undefined> {
    try {
      return await this.#shelf.openRecording(id);
    } catch (error) {
      this.store.update({ problem: problemOf('library', error) });
      return undefined;
    }
  }

  /** Takes the problem off the page. */
  dismiss(): void {
    this.store.update({ problem: undefined });
  }

  #shown(recordings: readonly StoredRecording[]): readonly StoredRecording[] {
    const containers = this.#containers;
    return containers === undefined ? recordings : recordings.filter(({ container }) => containers.includes(container));
  }

  async #act(id: string, action: () => Promise<unknown>): Promise<void> {
    this.#setBusy(id, true);
    try {
      await action();
    } catch (error) {
      this.store.update({ problem: problemOf('library', error) });
    }
    await this.refresh();
    this.#setBusy(id, false);
  }

  #setBusy(id: string, isBusy: boolean): void {
    const busyIds = new Set(this.store.value.busyIds);
    if (isBusy) busyIds.add(id);
    else busyIds.delete(id);
    this.store.update({ busyIds });
  }
}
