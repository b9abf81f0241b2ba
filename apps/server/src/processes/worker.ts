// A worker process: projections of tapes to files, and pictures of tapes, obeying `control` over IPC. It accepts no
// connections.

import { createSystemClock, RoomtapeError } from '@roomtape/media';
import {
  createRecorder,
  type PauseSpan,
  type ProjectionEnd,
  type ProjectionJob,
  type Recorder,
  type SnapshotJob,
  takeSnapshot,
} from '@roomtape/recorder';
import { createPinoLog } from '../log.ts';
import { runChild } from './child-main.ts';
import type { IpcPeer } from './ipc.ts';
import type { WorkerSettings } from './settings.ts';

let running: Recorder | undefined;

runChild({
  open,
  methods: {
    start: (job: ProjectionJob) => recorder().start(job),
    setPauses: (jobId: string, pauses: readonly PauseSpan[]) => recorder().setPauses(jobId, pauses),
    finish: (jobId: string, end: ProjectionEnd) => recorder().finish(jobId, end),
    takeSnapshot: (job: SnapshotJob) => takeSnapshot(job),
    describe: () => JSON.parse(JSON.stringify(running?.describe() ?? {})) as unknown,
  },
  close: async () => {
    const closing = running;
    running = undefined;
    await closing?.close();
  },
});

async function open(settings: WorkerSettings, peer: IpcPeer): Promise<void> {
  running = createRecorder({
    clock: createSystemClock({ keepAlive: true }),
    log: createPinoLog({ level: settings.logLevel, process: settings.name }),
    onEvent: (event) => peer.emit(event),
  });
}

function recorder(): Recorder {
  if (running !== undefined) return running;
  throw new RoomtapeError('WORKER_UNAVAILABLE', 'the worker is closing', { blame: 'system', retryable: true });
}
