// Local recordings in the browser's own storage (OPFS). Where a finished recording goes from there is `targets.ts`;
// what is in the file is the container's business.

import type { RecordingStore } from './stored-recording.ts';

export type {
  NewRecording,
  RecordingInProgress,
  RecordingStore,
  StoredContainer,
  StoredRecording,
} from './stored-recording.ts';

/** Opens the recordings of this origin. Rejects with `RECORD_OPEN_FAILED` where the browser has no such storage. */
export async function openRecordingStore(): Promise<RecordingStore> {
  return (await import('./opfs-store.ts')).openOpfsStore();
}
