// The journal of one recording: JSON lines appended and synced, the truth after any crash. A line that could not
// be written stays in memory and is tried again, so a full disk delays it but never reorders or loses it.

import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, type Log, RoomtapeError } from '@roomtape/media';
import { type JournalEvent, parseJournalLine } from './journal-event.ts';

/** File name of the journal in a recording's directory. */
export const JOURNAL_FILE = 'journal.jsonl';

const RETRY_AFTER_MS = 1_000;
/** A journal longer than this is not a journal of ours. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;

/** Where a journal is and what it needs. */
export type JournalOptions = { readonly directory: string; readonly clock: Clock; readonly log: Log };

/** What a journal file holds: its events, and how far it is whole. */
export type JournalContent = {
  readonly events: readonly JournalEvent[];
  /** Bytes up to and including the last complete line. */
  readonly wholeBytes: number;
  readonly damagedLines: number;
};

/** Appends to one journal. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #pending: { readonly bytes: Uint8Array; readonly settle: (durable: boolean) => void }[] = [];
  #position: number;
  #writing = false;
  #draining: Promise<void> | undefined;
  #failing = false;
  #closed = false;
  #file: FileHandle | undefined;

  private constructor(options: JournalOptions, position: number) {
    this.#options = options;
    this.#position = position;
  }

  /** Creates the directory and the journal with its first event, synced. Throws DISK_FULL or the I/O error. */
  static async begin(options: JournalOptions, first: JournalEvent): Promise<Journal> {
    try {
      await mkdir(options.directory, { recursive: true });
      const journal = new Journal(options, 0);
      await journal.#write(encode(first));
      await syncDirectory(options.directory);
      await syncDirectory(dirname(options.directory));
      await journal.#release();
      return journal;
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Goes on with an existing journal after its last whole line. */
  static resume(options: JournalOptions, content: JournalContent): Journal {
    return new Journal(options, content.wholeBytes);
  }

  /** Appends an event. Resolves true once it is synced, false when the disk refused and it is tried again. */
  append(event: JournalEvent): Promise<boolean> {
    return new Promise((settle) => {
      this.#pending.push({ bytes: encode(event), settle });
      if (this.#failing) settle(false);
      else this.#startDraining();
    });
  }

  /** Whether every appended event is on disk. */
  get isDurable(): boolean {
    return this.#pending.length === 0;
  }

  /** Writes what is pending, unless the disk refuses it; then that is lost. Closes the file. */
  async close(): Promise<void> {
    while (this.#pending.length > 0 && !this.#failing && this.#draining !== undefined) await this.#draining;
    this.#closed = true;
    await this.#release();
  }

  #startDraining(): void {
    if (!this.#writing && !this.#closed) this.#draining = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    const failed = await this.#writePending().catch((error: unknown) => {
      this.#options.log.error({ error, directory: this.#options.directory }, 'journal write failed');
      this.#failing = true;
      for (const { settle } of this.#pending) settle(false);
      return true;
    });
    await this.#release();
    this.#writing = false;
    if (this.#pending.length === 0 || this.#closed) return;
    if (failed) this.#options.clock.after(RETRY_AFTER_MS, () => this.#startDraining());
    else this.#startDraining();
  }

  async #writePending(): Promise<false> {
    while (this.#pending.length > 0 && !this.#closed) {
      const batch = [...this.#pending];
      await this.#write(Buffer.concat(batch.map((line) => line.bytes)));
      this.#pending.splice(0, batch.length);
      this.#failing = false;
      for (const { settle } of batch) settle(true);
    }
    return false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#file ??= await openForAppend(join(this.#options.directory, JOURNAL_FILE));
    await this.#file.truncate(this.#position);
    await writeFully(this.#file, bytes, this.#position);
    await this.#file.datasync();
    this.#position += bytes.length;
  }

  /** Recordings can be many and long: a journal holds a descriptor only while it writes. */
  async #release(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }
}

/** Reads a journal as far as it is whole; a torn last line is normal after a crash. */
export async function readJournal(directory: string): Promise<JournalContent> {
  const bytes = await readFile(join(directory, JOURNAL_FILE));
  if (bytes.length > JOURNAL_BYTES_MAX) return { events: [], wholeBytes: 0, damagedLines: 1 };
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
  const events = lines.map(parseJournalLine);
  const whole = events.filter((event) => event !== undefined);
  return { events: whole, wholeBytes, damagedLines: events.length - whole.length };
}

/** Turns an I/O error into one of the public catalogue. */
export function storageError(error: unknown): RoomtapeError {
  if (error instanceof RoomtapeError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const message = error instanceof Error ? error.message : String(error);
  const facts = { blame: 'system', retryable: true, cause: error, details: { cause: code } } as const;
  return new RoomtapeError(isFull ? 'DISK_FULL' : 'INTERNAL', message, facts);
}

async function openForAppend(path: string): Promise<FileHandle> {
  return open(path, 'r+').catch(() => open(path, 'w+'));
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function encode(event: JournalEvent): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(event)}\n`);
}
