// The recordings a page shows, read again while they change, and the verbs of its buttons.

import type { Recording } from '@roomtape/api';
import type { ConsoleApi } from './console-api.ts';
import { type Problem, problemOf } from './problem.ts';
import { Store } from './store.ts';

/** What is known of the recordings. */
export type RecordingsView = {
  readonly recordings: readonly Recording[];
  readonly isLoaded: boolean;
  /** There are older ones that `showMore` brings. */
  readonly hasMore: boolean;
  /** A button was pressed and the server has not answered yet. */
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
};

/** Sizes and durations of growing files are read this often. */
const ACTIVE_PERIOD_MS = 1000;
/** The server gives no more in one answer. */
const LIMIT_MAX = 200;
const IDLE_PERIOD_MS = 5000;
const FINAL: ReadonlySet<string> = new Set(['finished', 'failed']);

/** Follows the recordings of one room, or of all. */
export class RoomRecordings {
  readonly store = new Store<RecordingsView>({
    recordings: [],
    isLoaded: false,
    hasMore: false,
    isBusy: false,
    problem: undefined,
  });
  readonly #api: ConsoleApi;
  readonly #roomId: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  #limit = 20;

  constructor(api: ConsoleApi, roomId: string | undefined) {
    this.#api = api;
    this.#roomId = roomId;
  }

  /** Starts reading. */
  open(): void {
    this.#isOpen = true;
    void this.refresh();
  }

  /** Stops reading. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
  }

  /** Reads now. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const { recordings, next } = await this.#api.listRecordings({ roomId: this.#roomId, limit: this.#limit });
      const hasMore = next !== undefined && this.#limit < LIMIT_MAX;
      this.store.update({ recordings, hasMore, isLoaded: true, problem: this.#withoutReadProblem() });
    } catch (error) {
      this.store.update({ problem: problemOf('read', error) });
    }
    clearTimeout(this.#timer);
    if (!this.#isOpen) return;
    const isActive = this.store.value.recordings.some(isChanging);
    this.#timer = setTimeout(() => void this.refresh(), isActive ? ACTIVE_PERIOD_MS : IDLE_PERIOD_MS);
  }

  /** Reads as many as the server gives at once. */
  showMore(): Promise<void> {
    this.#limit = LIMIT_MAX;
    return this.refresh();
  }

  /** Starts recording every stream of the room, each to its own file. */
  start(): Promise<Recording | undefined> {
    const roomId = this.#roomId ?? '';
    return this.act(() => this.#api.startRecording({ roomId, mode: 'single' }));
  }

  /** Stops, pauses or resumes one recording. */
  change(recordingId: string, verb: 'stop' | 'pause' | 'resume'): Promise<Recording | undefined> {
    return this.act(() => this.#api.changeRecording(recordingId, verb));
  }

  /** Takes the problem off the page. */
  dismiss(): void {
    this.store.update({ problem: undefined });
  }

  /** Does what a button says and shows the recording that comes of it; `undefined` when it could not be done. */
  async act(action: () => Promise<Recording>): Promise<Recording | undefined> {
    this.store.update({ isBusy: true, problem: undefined });
    let changed: Recording | undefined;
    try {
      changed = await action();
      this.put(changed);
    } catch (error) {
      this.store.update({ problem: problemOf('act', error) });
    }
    this.store.update({ isBusy: false });
    await this.refresh();
    return changed;
  }

  /** Shows a recording as the server has just described it. */
  put(changed: Recording): void {
    const others = this.store.value.recordings.filter((one) => one.recordingId !== changed.recordingId);
    this.store.update({ recordings: [changed, ...others].toSorted(newestFirst) });
  }

  #withoutReadProblem(): Problem | undefined {
    const { problem } = this.store.value;
    return problem?.key === 'read' ? undefined : problem;
  }
}

/** The recording of that mode that is under way, if any; a film made again has no meeting to stop. */
export function activeRecording(recordings: readonly Recording[], mode: Recording['mode']): Recording | undefined {
  return recordings.find((recording) => recording.mode === mode && isUnderWay(recording));
}

/** Whether a recording takes in what happens in its room. */
export function isUnderWay(recording: Recording): boolean {
  return isChanging(recording) && recording.state !== 'finishing' && recording.renderedFrom === undefined;
}

/** Whether anything of a recording may still change. */
export function isChanging({ state }: Pick<Recording, 'state'>): boolean {
  return !FINAL.has(state);
}

function newestFirst(a: Recording, b: Recording): number {
  return b.createdAt.localeCompare(a.createdAt);
}
