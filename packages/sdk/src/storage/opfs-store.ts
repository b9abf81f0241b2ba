// The store over the browser's own storage (OPFS). Reading and removing work in any page or worker; whatever writes
// runs in a worker, from a page by way of `storage-worker.ts`.

import { createSystemIds, msToUs, toRfc3339, unixUs, usToMsFloor } from '@roomtape/media';
import { recoverPcmFile } from '../audio/pcm-file.ts';
import { withMovieFirst } from '../containers/mp4/fast-start.ts';
import { recoverContainer } from '../containers/recover-container.ts';
import { clientError } from '../errors.ts';
import type { ByteFile } from './byte-file.ts';
import type { BegunLine } from './journal.ts';
import { type FolderFacts, type OpenFolder, RecordingFolders } from './recording-folders.ts';
import { lockedRecordings, lockRecording, whileChoosingPath } from './recording-lock.ts';
import { fileNameOf, freePath, mediaTypeOf } from './stored-path.ts';
import type { NewRecording, RecordingInProgress, RecordingStore, StoredRecording } from './stored-recording.ts';

/** Opens the store; rejects with `RECORD_OPEN_FAILED` where there is none. */
export async function openOpfsStore(): Promise<RecordingStore> {
  const folders = await RecordingFolders.open();
  if (canWriteHere()) return new OpfsStore(folders);
  const { PageStore } = await import('./page-store.ts');
  return new PageStore(new OpfsStore(folders));
}

/** Synchronous file handles are for workers only. */
function canWriteHere(): boolean {
  return typeof document === 'undefined';
}

/** The store as it is in a worker. */
class OpfsStore implements RecordingStore {
  readonly #folders: RecordingFolders;
  readonly #ids = createSystemIds();

  constructor(folders: RecordingFolders) {
    this.#folders = folders;
  }

  async create(recording: NewRecording): Promise<RecordingInProgress> {
    const id = this.#ids.next('rec');
    // Before the folder is there: a folder that nobody holds is one that can be tidied away.
    const release = await lockRecording(id);
    if (release === undefined) throw clientError('RECORD_OPEN_FAILED');
    try {
      return await whileChoosingPath(() => this.#begin(id, recording, release));
    } catch (error) {
      release();
      throw error;
    }
  }

  async listFinished(): Promise<readonly StoredRecording[]> {
    const rows = await this.#finished();
    return rows.map(storedRecording);
  }

  async listUnfinishedRecordings(): Promise<readonly StoredRecording[]> {
    const [locked, rows] = [await lockedRecordings(), await this.#folders.list()];
    const unfinished: FolderFacts[] = [];
    for (const { id, facts } of rows) {
      if (locked.has(id)) continue;
      // Begun after the locks were asked for, or died before its first line was written.
      if (facts === undefined) await this.#removeUnlessLocked(id);
      else if (facts.finished === undefined && !(await this.#isLocked(id))) unfinished.push(facts);
    }
    return unfinished.map(storedRecording).sort(byNewest);
  }

  async recoverRecording(id: string): Promise<File> {
    if ((await this.#folders.read(id))?.finished !== undefined) return this.openFile(id);
    const release = await lockRecording(id);
    if (release === undefined) throw clientError('WRONG_STATE', { message: 'This recording is being written' });
    try {
      const facts = await this.#folders.read(id);
      if (facts === undefined) throw noSuchRecording(id);
      if (facts.finished === undefined) await this.#recover(facts);
      return await this.openFile(id);
    } finally {
      release();
    }
  }

  async openFile(id: string): Promise<File> {
    const facts = await this.#folders.read(id);
    if (facts?.finished === undefined) throw noSuchRecording(id);
    const media = await this.#folders.media(id);
    const { container } = facts.begun;
    const parts = container === 'mp4' ? await withMovieFirst(media) : [media];
    const options = { type: mediaTypeOf(container), lastModified: Date.parse(facts.finished.finishedAt) };
    return new File([...parts], fileNameOf(pathOf(facts)), options);
  }

  async deleteRecording(id: string): Promise<void> {
    const release = await lockRecording(id);
    if (release === undefined) throw clientError('WRONG_STATE', { message: 'This recording is being written' });
    await this.#folders.remove(id);
    release();
  }

  async #begin(id: string, recording: NewRecording, release: () => void): Promise<RecordingInProgress> {
    const { ifExists, filePath: asked, ...facts } = recording;
    const taken = ifExists === 'overwrite' ? new Set<string>() : await this.#takenPaths();
    if (ifExists === 'fail' && taken.has(asked))
      throw clientError('RECORD_FILE_EXISTS', { details: { filePath: asked } });
    const filePath = freePath(asked, taken);
    const line: BegunLine = { version: 1, id, filePath, startedAt: nowText(), ...facts };
    const folder = await this.#folders.begin(line);
    const finish = async (durationUs: number): Promise<File> => {
      folder.seal({ finishedAt: nowText(), durationUs });
      // Removes the one that this one replaces.
      await this.#finished();
      return this.openFile(id);
    };
    return new OpenRecording({ id, filePath, folder, finish, release, remove: () => this.#folders.remove(id) });
  }

  async #recover({ id, begun }: FolderFacts): Promise<void> {
    const folder = await this.#folders.reopen(id);
    try {
      const durationUs = recoverMedia(folder.media, begun);
      if (durationUs === undefined) {
        throw clientError('RECORD_OPEN_FAILED', {
          message: 'Nothing of this recording can be played',
          details: { id },
        });
      }
      await whileChoosingPath(async () => {
        const filePath = freePath(begun.filePath, await this.#takenPaths(id));
        folder.seal({ finishedAt: nowText(), durationUs, filePath });
      });
    } finally {
      folder.close();
    }
  }

  /** Paths of finished recordings and of those being written, but for one. */
  async #takenPaths(exceptId?: string): Promise<ReadonlySet<string>> {
    const [locked, rows] = [await lockedRecordings(), await this.#folders.list()];
    const paths = rows
      .filter(({ id, facts }) => id !== exceptId && (facts?.finished !== undefined || locked.has(id)))
      .flatMap(({ facts }) => (facts === undefined ? [] : [pathOf(facts)]));
    return new Set(paths);
  }

  /** Newest first; of several of one path only the newest, which replaced the others: these are removed. */
  async #finished(): Promise<readonly FolderFacts[]> {
    const rows = (await this.#folders.list()).flatMap(({ facts }) => (facts?.finished === undefined ? [] : [facts]));
    const newest = new Map<string, FolderFacts>();
    for (const facts of rows.sort((a, b) => finishedAtOf(b).localeCompare(finishedAtOf(a)))) {
      if (newest.has(pathOf(facts))) await this.#removeUnlessLocked(facts.id);
      else newest.set(pathOf(facts), facts);
    }
    return [...newest.values()];
  }

  async #isLocked(id: string): Promise<boolean> {
    return (await lockedRecordings()).has(id);
  }

  async #removeUnlessLocked(id: string): Promise<void> {
    const release = await lockRecording(id);
    if (release === undefined) return;
    await this.#folders.remove(id);
    release();
  }
}

type OpenRecordingParts = {
  readonly id: string;
  readonly filePath: string;
  readonly folder: OpenFolder;
  finish(durationUs: number): Promise<File>;
  release(): void;
  remove(): Promise<void>;
};

/** Ends in one of three ways, and only once. */
class OpenRecording implements RecordingInProgress {
  readonly id: string;
  readonly filePath: string;
  readonly file: RecordingInProgress['file'];
  readonly #parts: OpenRecordingParts;
  #isEnded = false;

  constructor(parts: OpenRecordingParts) {
    this.id = parts.id;
    this.filePath = parts.filePath;
    this.file = parts.folder.media;
    this.#parts = parts;
  }

  async finish(durationUs: number): Promise<File> {
    if (this.#isEnded) throw clientError('WRONG_STATE', { message: 'This recording has ended' });
    this.#isEnded = true;
    try {
      return await this.#parts.finish(durationUs);
    } finally {
      this.#parts.folder.close();
      this.#parts.release();
    }
  }

  async keep(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.folder.close();
    this.#parts.release();
  }

  async discard(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#parts.folder.close();
    await this.#parts.remove();
    this.#parts.release();
  }
}

function recoverMedia(file: ByteFile, begun: BegunLine): number | undefined {
  const { container, pcm } = begun;
  if (container === 'wav' || container === 'pcm') {
    return pcm === undefined ? undefined : recoverPcmFile(container, file, pcm);
  }
  return recoverContainer(container, file, begun);
}

function storedRecording(facts: FolderFacts): StoredRecording {
  const { begun, finished, id, bytes } = facts;
  return {
    id,
    filePath: pathOf(facts),
    container: begun.container,
    startedAt: begun.startedAt,
    durationMs: finished === undefined ? undefined : usToMsFloor(finished.durationUs),
    bytes,
  };
}

function pathOf({ begun, finished }: FolderFacts): string {
  return finished?.filePath ?? begun.filePath;
}

function finishedAtOf({ finished }: FolderFacts): string {
  return finished?.finishedAt ?? '';
}

function byNewest(a: StoredRecording, b: StoredRecording): number {
  return b.startedAt.localeCompare(a.startedAt);
}

function nowText(): string {
  return toRfc3339(unixUs(msToUs(Date.now())));
}

function noSuchRecording(id: string) {
  return clientError('RECORD_OPEN_FAILED', { message: 'There is no such recording', details: { id } });
}
