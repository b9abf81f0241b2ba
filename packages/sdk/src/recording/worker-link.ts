// A page's end of a recording worker: starts it, keeps one warm, turns its reports into calls. One worker serves one
// recording and is ended after it.

import { clientError } from '../errors.ts';
import type { WorkerReport, WorkerRequest } from './worker-messages.ts';

/** A worker that listens. */
export class WorkerLink {
  /** Told every report, and `undefined` when the worker broke. */
  onReport: (report: WorkerReport | undefined) => void = () => undefined;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;

  private constructor() {
    this.#worker = new Worker(new URL('./record-worker.ts', import.meta.url), { type: 'module' });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
        if (data.kind === 'ready') resolve();
        else this.onReport(data);
      };
      this.#worker.onerror = () => {
        reject(clientError('NOT_SUPPORTED', { message: 'The recording worker cannot be loaded' }));
        this.onReport(undefined);
      };
    });
    this.#ready.catch(() => undefined);
  }

  /** A worker that was warmed up, or a new one; rejects where workers cannot be loaded. */
  static async open(): Promise<WorkerLink> {
    const link = takeSpare() ?? new WorkerLink();
    await link.#ready;
    return link;
  }

  /** Starts a worker for the next recording, unless there is one. Never throws. */
  static warm(): void {
    if (spare !== undefined || typeof Worker === 'undefined') return;
    try {
      const link = new WorkerLink();
      spare = link;
      link.post({ kind: 'warm' });
      link.#ready.catch(() => {
        if (spare === link) spare = undefined;
      });
    } catch {
      // A page whose policy forbids workers learns it when it records.
    }
  }

  post(request: WorkerRequest, transfer: Transferable[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  /** Ends the worker at once. */
  close(): void {
    this.onReport = () => undefined;
    this.#worker.terminate();
  }
}

let spare: WorkerLink | undefined;

function takeSpare(): WorkerLink | undefined {
  const link = spare;
  spare = undefined;
  return link;
}
