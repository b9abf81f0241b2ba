// The folders of the storage: `roomtape/recordings/<id>/` with `recording.json` (the journal) and `media.part` (the
// file, under this name to the end). Reading works everywhere; writing needs a worker.

import { clientError } from '../errors.ts';
import { type BegunLine, type FinishedLine, type JournalFacts, journalLine, readJournal } from './journal.ts';
import { OpfsFile, type SyncHandle } from './opfs-file.ts';

const JOURNAL = 'recording.json';
const MEDIA = 'media.part';

/** One recording's folder as it was read. */
export type FolderFacts = JournalFacts & { readonly id: string; readonly bytes: number };

/** The folders of all recordings of this origin. */
export class RecordingFolders {
  readonly #root: FileSystemDirectoryHandle;

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** Opens the folder of all recordings; rejects with `RECORD_OPEN_FAILED`. */
  static async open(): Promise<RecordingFolders> {
    try {
      const origin = await navigator.storage.getDirectory();
      const own = await origin.getDirectoryHandle('roomtape', { create: true });
      return new RecordingFolders(await own.getDirectoryHandle('recordings', { create: true }));
    } catch (error) {
      throw clientError('RECORD_OPEN_FAILED', { cause: error });
    }
  }

  /** Reads every folder; one without a readable journal has no facts. */
  async list(): Promise<readonly { readonly id: string; readonly facts: FolderFacts | undefined }[]> {
    const rows: { id: string; facts: FolderFacts | undefined }[] = [];
    for await (const id of this.#root.keys()) rows.push({ id, facts: await this.read(id) });
    return rows;
  }

  /** Reads one folder; `undefined` when there is none, or nothing readable in it. */
  async read(id: string): Promise<FolderFacts | undefined> {
    try {
      const folder = await this.#root.getDirectoryHandle(id);
      const journal = await (await folder.getFileHandle(JOURNAL)).getFile();
      const facts = readJournal(await journal.text());
      if (facts === undefined) return undefined;
      const media = await folder.getFileHandle(MEDIA).then(
        (handle) => handle.getFile(),
        () => undefined,
      );
      return { ...facts, id, bytes: media?.size ?? 0 };
    } catch {
      return undefined;
    }
  }

  /** Makes a folder with the first line of its journal, and opens its files. In a worker. */
  async begin(line: BegunLine): Promise<OpenFolder> {
    try {
      const folder = await this.#root.getDirectoryHandle(line.id, { create: true });
      const journal = new OpfsFile(await openHandle(folder, JOURNAL));
      try {
        append(journal, line);
        const isRawSound = line.container === 'wav' || line.container === 'pcm';
        const media = new OpfsFile(await openHandle(folder, MEDIA), !isRawSound);
        return new OpenFolder(media, journal);
      } catch (error) {
        journal.close();
        throw error;
      }
    } catch (error) {
      await this.remove(line.id);
      throw asOpenError(error);
    }
  }

  /** Opens the files of a folder again, to end it. In a worker. */
  async reopen(id: string): Promise<OpenFolder> {
    try {
      const folder = await this.#root.getDirectoryHandle(id);
      const journal = new OpfsFile(await openHandle(folder, JOURNAL));
      const media = await openHandle(folder, MEDIA).catch((error: unknown) => {
        journal.close();
        throw error;
      });
      return new OpenFolder(new OpfsFile(media), journal);
    } catch (error) {
      throw asOpenError(error);
    }
  }

  /** The bytes of a recording. */
  async media(id: string): Promise<File> {
    const folder = await this.#root.getDirectoryHandle(id);
    return (await folder.getFileHandle(MEDIA)).getFile();
  }

  /** Removes a folder and all that is in it; nothing happens if it is not there or a file of it is open. */
  async remove(id: string): Promise<void> {
    await this.#root.removeEntry(id, { recursive: true }).catch(() => undefined);
  }
}

/**
 * The open files of a recording. The journal stays open with its file: when the storage is full, the line that ends it
 * has its room already.
 */
export class OpenFolder {
  readonly media: OpfsFile;
  readonly #journal: OpfsFile;

  constructor(media: OpfsFile, journal: OpfsFile) {
    this.media = media;
    this.#journal = journal;
  }

  /** Says that the recording is finished, and closes it. */
  seal(line: FinishedLine): void {
    try {
      this.media.flush();
      append(this.#journal, line);
    } finally {
      this.close();
    }
  }

  /** Closes the files as they are. Never throws: a handle that cannot be closed is closed by the end of the worker. */
  close(): void {
    for (const file of [this.media, this.#journal]) {
      try {
        file.close();
      } catch {
        // See above.
      }
    }
  }
}

async function openHandle(folder: FileSystemDirectoryHandle, name: string): Promise<SyncHandle> {
  // Only workers have it, so the types of pages do not know it.
  const handle = (await folder.getFileHandle(name, { create: true })) as unknown as {
    createSyncAccessHandle(): Promise<SyncHandle>;
  };
  return handle.createSyncAccessHandle();
}

function append(journal: OpfsFile, line: BegunLine | FinishedLine): void {
  journal.write(journalLine(line), journal.size);
  journal.flush();
}

function asOpenError(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  const isFull = error instanceof Error && error.name === 'QuotaExceededError';
  if (typeof code === 'string') return error;
  return clientError(isFull ? 'RECORD_STORAGE_FULL' : 'RECORD_OPEN_FAILED', { cause: error });
}
