// What tests of the storage have in their page: the store, and a worker that records packets they give.

import type { AudioTrackFacts, VideoTrackFacts } from '../../containers/container-writer.ts';
import type { NewRecording } from '../recording-store.ts';

export { openRecordingStore } from '../recording-store.ts';
export { uploadRecording } from '../upload.ts';

/** A packet on its way into the page: bytes in base 64. */
export type SentPacket = {
  readonly track: 'video' | 'audio';
  readonly bytes: string;
  readonly config?: string;
  readonly ptsUs: number;
  readonly durationUs: number;
  readonly isKeyframe: boolean;
};

/** What the worker is asked to do. */
export type RecordOrder = {
  readonly recording: NewRecording & { readonly video?: VideoTrackFacts; readonly audio?: AudioTrackFacts };
  readonly packets: readonly SentPacket[];
  /** Ends there; without it the recording stays open, as when its tab is about to die. */
  readonly endUs?: number;
  /** Writes the packets again and again, later each time, until the storage is full. */
  readonly untilFull?: boolean;
};

/** What came of it. */
export type RecordOutcome = {
  readonly id?: string;
  readonly filePath?: string;
  readonly error?: string;
  readonly writtenUs: number;
  readonly file?: File;
};

/** Records in a worker of its own, which lives as long as the page. */
export function record(order: RecordOrder): Promise<RecordOutcome> {
  const worker = new Worker(new URL('./record-worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<RecordOutcome>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(order);
  });
}
