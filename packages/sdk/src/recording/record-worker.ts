// The worker of one recording: hands what its page asks to a session and reports back. Ends when the page ends it.

import { ChunkSession } from './chunk-session.ts';
import { chooseAac } from './encoder-probe.ts';
import type { DataRecordConfig } from './record-config.ts';
import { RecordSession } from './record-session.ts';
import { sentError } from './sent-error.ts';
import type { TrackMessage, WorkerReport, WorkerRequest } from './worker-messages.ts';

type WorkerPort = {
  postMessage(report: WorkerReport): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
};

const port = globalThis as unknown as WorkerPort;
const post = (report: WorkerReport): void => port.postMessage(report);

let session: RecordSession | undefined;
let chunks: ChunkSession | undefined;
/** Tracks that are told before the start. */
let tracks: TrackMessage[] = [];

port.onmessage = ({ data }) => void answer(data);
post({ kind: 'ready' });

async function answer(request: WorkerRequest): Promise<void> {
  if (request.kind === 'warm') await warm();
  else if (request.kind === 'track') takeTrack(request);
  else if (request.kind === 'start') await start(request);
  else if (request.kind === 'pause') session?.pause(request.atUs);
  else if (request.kind === 'resume') session?.resume(request.atUs);
  else if (request.kind === 'stop') await session?.stop(request.atUs);
  else if (request.kind === 'start-chunks') await startChunks(request.config);
  else if (request.kind === 'chunk') chunks?.write(request.bytes);
  else if (request.kind === 'stop-chunks') await chunks?.stop(request.durationUs);
}

function takeTrack(message: TrackMessage): void {
  if (session === undefined) tracks = [...tracks, message];
  else session.setTrack(message);
}

async function start(request: Extract<WorkerRequest, { kind: 'start' }>): Promise<void> {
  const { config, container, kinds } = request;
  session = new RecordSession({ config, container, kinds, post });
  for (const message of tracks) session.setTrack(message);
  tracks = [];
  try {
    await session.start();
  } catch (error) {
    post({ kind: 'failed', error: sentError(error, 'RECORD_OPEN_FAILED') });
  }
}

async function startChunks(config: DataRecordConfig): Promise<void> {
  chunks = new ChunkSession(config, post);
  try {
    await chunks.start();
  } catch (error) {
    post({ kind: 'failed', error: sentError(error, 'RECORD_OPEN_FAILED') });
  }
}

/** Loads what the first recording needs; a failure shows when it is really needed. */
async function warm(): Promise<void> {
  const choice = await chooseAac();
  if (choice?.kind === 'wasm') await import('./wasm-aac.ts').catch(() => undefined);
}
