// Recording by the browser's own recorder, where pictures cannot be encoded otherwise.

import { clientError } from '../errors.ts';
import type { RunningRecording, RunningRecordingOptions } from './running-recording.ts';

/** A recording made by `MediaRecorder`. */
export class MediaRecorderRecording implements RunningRecording {
  readonly #options: RunningRecordingOptions;

  constructor(options: RunningRecordingOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED', { details: { container: this.#options.container } }));
  }

  pause(): void {}

  resume(): void {}

  stop(): Promise<File> {
    return Promise.reject(clientError('RECORD_NOT_RUNNING'));
  }
}
