// The store as a page has it: what reads goes to the storage itself, what writes through one worker.

import { CLIENT_ERRORS, clientError, type RoomtapeClientError } from '../errors.ts';
import type { ByteFile } from './byte-file.ts';
import type { SentStorageError, StorageAnswer, StorageRequest } from './storage-messages.ts';
import type { NewRecording, RecordingInProgress, RecordingStore, StoredRecording } from './stored-recording.ts';

type Done = Extract<StorageAnswer, { kind: 'done' }>;
type Waiting = { resolve(answer: Done): void; reject(error: unknown): void };
/** A request that is answered; its number is given when it is sent. */
type Asked =
  Exclude<StorageRequest, { kind: 'write' }> extends infer Each
    ? Each extends unknown
      ? Omit<Each, 'requestId'>
      : never
    : never;

/** The store of a page. */
export class PageStore implements RecordingStore {
  readonly #reader: RecordingStore;
  readonly #worker = sharedWorker();

  constructor(reader: RecordingStore) {
    this.#reader = reader;
    // Without it the browser may remove recordings when the disk is short. Asked once; a refusal changes nothing.
    void navigator.storage.persist?.().catch(() => false);
  }

  async create(recording: NewRecording): Promise<RecordingInProgress> {
    const { created } = await this.#worker.ask({ kind: 'create', recording });
    if (created === undefined) throw clientError('RECORD_OPEN_FAILED');
    return new PageRecording(this.#worker, created);
  }

  listFinished(): Promise<readonly StoredRecording[]> {
    return this.#reader.listFinished();
  }

  listUnfinishedRecordings(): Promise<readonly StoredRecording[]> {
    return this.#reader.listUnfinishedRecordings();
  }

  async recoverRecording(id: string): Promise<File> {
    return fileOf(await this.#worker.ask({ kind: 'recover', id }));
  }

  openFile(id: string): Promise<File> {
    return this.#reader.openFile(id);
  }

  deleteRecording(id: string): Promise<void> {
    return this.#reader.deleteRecording(id);
  }
}

/** One worker, started when it is first needed; ends with the page. */
class StorageWorker {
  readonly #waiting = new Map<number, Waiting>();
  readonly #failures = new Map<string, RoomtapeClientError>();
  #worker: Worker | undefined;
  #lastId = 0;

  ask(request: Asked): Promise<Done> {
    this.#lastId += 1;
    const requestId = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(requestId, { resolve, reject });
      this.#start().postMessage({ ...request, requestId });
    });
  }

  /** Sends bytes to a file; throws what went wrong with an earlier write. */
  write(id: string, bytes: Uint8Array, at: number): void {
    this.throwFailure(id);
    const copy = bytes.slice();
    const request: StorageRequest = { kind: 'write', id, bytes: copy, at };
    this.#start().postMessage(request, [copy.buffer]);
  }

  throwFailure(id: string): void {
    const failure = this.#failures.get(id);
    if (failure !== undefined) throw failure;
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./storage-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<StorageAnswer>) => this.#hear(data);
    worker.onerror = () => this.#die();
    this.#worker = worker;
    return worker;
  }

  #hear(answer: StorageAnswer): void {
    if (answer.kind === 'write-failed') {
      this.#failures.set(answer.id, received(answer.error));
      return;
    }
    const waiting = this.#waiting.get(answer.requestId);
    this.#waiting.delete(answer.requestId);
    if (answer.kind === 'done') waiting?.resolve(answer);
    else waiting?.reject(received(answer.error));
  }

  /** The script did not load, or broke: nobody is left waiting. */
  #die(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(clientError('RECORD_OPEN_FAILED'));
    this.#waiting.clear();
  }
}

let shared: StorageWorker | undefined;

/** All stores of a page write through the same one. */
function sharedWorker(): StorageWorker {
  shared ??= new StorageWorker();
  return shared;
}

/** A recording whose bytes go through the worker. */
class PageRecording implements RecordingInProgress {
  readonly id: string;
  readonly filePath: string;
  readonly file: ByteFile;
  readonly #worker: StorageWorker;

  constructor(worker: StorageWorker, { id, filePath }: { readonly id: string; readonly filePath: string }) {
    this.id = id;
    this.filePath = filePath;
    this.#worker = worker;
    this.file = new PageFile(worker, id);
  }

  async finish(durationUs: number): Promise<File> {
    return fileOf(await this.#worker.ask({ kind: 'finish', id: this.id, durationUs }));
  }

  async keep(): Promise<void> {
    await this.#worker.ask({ kind: 'keep', id: this.id }).catch(() => undefined);
  }

  async discard(): Promise<void> {
    await this.#worker.ask({ kind: 'discard', id: this.id }).catch(() => undefined);
  }
}

/** Takes writes and sends them on. */
class PageFile implements ByteFile {
  size = 0;
  readonly #worker: StorageWorker;
  readonly #id: string;

  constructor(worker: StorageWorker, id: string) {
    this.#worker = worker;
    this.#id = id;
  }

  write(bytes: Uint8Array, at: number): void {
    this.#worker.write(this.#id, bytes, at);
    this.size = Math.max(this.size, at + bytes.length);
  }

  read(): never {
    throw clientError('NOT_SUPPORTED', { message: 'A page cannot read the file it is writing' });
  }

  truncate(): never {
    throw clientError('NOT_SUPPORTED', { message: 'A page cannot cut the file it is writing' });
  }

  flush(): void {
    this.#worker.throwFailure(this.#id);
  }

  close(): void {}
}

function fileOf({ file }: Done): File {
  if (file === undefined) throw clientError('RECORD_OPEN_FAILED');
  return file;
}

function received({ code, message }: SentStorageError): RoomtapeClientError {
  const known = Object.hasOwn(CLIENT_ERRORS, code) ? (code as keyof typeof CLIENT_ERRORS) : 'RECORD_WRITE_FAILED';
  return clientError(known, { message });
}
