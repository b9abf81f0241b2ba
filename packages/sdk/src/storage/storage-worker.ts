// The worker through which a page writes into the storage: recovers, and records what comes in pieces.

import { RoomtapeClientError } from '../errors.ts';
import { openRecordingStore, type RecordingInProgress, type RecordingStore } from './recording-store.ts';
import type { SentStorageError, StorageAnswer, StorageRequest } from './storage-messages.ts';

const open = new Map<string, RecordingInProgress>();
/** Recordings whose writing failed once: nothing is written behind a hole. */
const broken = new Set<string>();
let store: Promise<RecordingStore> | undefined;

/** The worker's side; a worker's global scope has no type beside the page's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<StorageRequest>) => void) | null;
  postMessage(answer: StorageAnswer): void;
};

scope.onmessage = ({ data: request }) => {
  if (request.kind === 'write') {
    write(request);
    return;
  }
  const { requestId } = request;
  answer(request).then(
    (facts) => scope.postMessage({ kind: 'done', requestId, ...facts }),
    (error: unknown) => scope.postMessage({ kind: 'failed', requestId, error: sent(error) }),
  );
};

async function answer(
  request: Exclude<StorageRequest, { kind: 'write' }>,
): Promise<Partial<Extract<StorageAnswer, { kind: 'done' }>>> {
  store ??= openRecordingStore();
  if (request.kind === 'recover') return { file: await (await store).recoverRecording(request.id) };
  if (request.kind === 'create') {
    const recording = await (await store).create(request.recording);
    open.set(recording.id, recording);
    return { created: { id: recording.id, filePath: recording.filePath } };
  }
  const recording = open.get(request.id);
  open.delete(request.id);
  broken.delete(request.id);
  if (request.kind !== 'finish') {
    await recording?.[request.kind]();
    return {};
  }
  if (recording === undefined) throw new Error('no such recording is open');
  return { file: await recording.finish(request.durationUs) };
}

function write({ id, bytes, at }: Extract<StorageRequest, { kind: 'write' }>): void {
  if (broken.has(id)) return;
  try {
    open.get(id)?.file.write(bytes, at);
  } catch (error) {
    broken.add(id);
    scope.postMessage({ kind: 'write-failed', id, error: sent(error) });
  }
}

function sent(error: unknown): SentStorageError {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof RoomtapeClientError ? error.code : 'RECORD_WRITE_FAILED', message };
}
