// Who is writing which recording, known to all tabs: the browser frees a lock when its tab or worker dies.

const PREFIX = 'roomtape-recording-';

/** Takes the lock of a recording until the returned function is called; `undefined` when another has it. */
export function lockRecording(id: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    };
    navigator.locks.request(PREFIX + id, { ifAvailable: true }, hold).catch(reject);
  });
}

/** The recordings that some tab is writing now. */
export async function lockedRecordings(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  const names = held.map((lock) => lock.name ?? '');
  return new Set(names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)));
}

/** Runs `work` while no other tab chooses the path of a recording. */
export function whileChoosingPath<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request('roomtape-recording-paths', work) as Promise<T>;
}
