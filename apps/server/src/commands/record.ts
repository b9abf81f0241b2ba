// `roomtape record`: records a room of a running server for a while by REST, shows progress, lists the files.

import type { RECORDING_STATES, Recording } from '@roomtape/api';
import { type Clock, createSystemClock } from '@roomtape/media';
import { ApiError, type Client } from '@roomtape/sdk-server';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { parseDurationMs } from '../duration.ts';
import { filesTable } from '../files-table.ts';
import { clientOf, SERVER_OPTIONS } from './server-options.ts';

const FINAL: readonly string[] = ['finished', 'failed'] satisfies (typeof RECORDING_STATES)[number][];
const POLL_MS = 250;
const FINISH_WITHIN_MS = 60_000;

/** Records a room. */
export const command: Command = {
  name: 'record',
  summary: 'Records a room for a while (or until Ctrl-C), shows progress, and lists the files.',
  synopsis: '--room ROOM [--duration 30s] [OPTIONS]',
  options: {
    ...SERVER_OPTIONS,
    room: { type: 'string', placeholder: 'ROOM', description: 'room to record' },
    streams: {
      type: 'string',
      placeholder: 'IDS',
      description: 'streams to record, separated by commas; all when absent',
    },
    media: { type: 'string', placeholder: 'MEDIA', description: 'audio-video, audio or video', default: 'audio-video' },
    format: { type: 'string', placeholder: 'FORMAT', description: 'auto, mp4 or webm', default: 'auto' },
    duration: {
      type: 'string',
      placeholder: 'DURATION',
      description: 'such as 30s, 5m, 500ms; until Ctrl-C when absent',
    },
    json: { type: 'boolean', description: 'print the finished recording as JSON' },
  },
  positionalsMax: 0,
  run,
};

async function run(call: CommandCall): Promise<number> {
  const { values } = call;
  const durationMs = values.duration === undefined ? undefined : parseDurationMs(String(values.duration));
  if (typeof values.room !== 'string' || (values.duration !== undefined && durationMs === undefined)) {
    call.stderr(typeof values.room === 'string' ? '--duration is a number with ms, s, m or h.\n' : 'Name a --room.\n');
    return EXIT.usage;
  }
  const client = await clientOf(call);
  const clock = createSystemClock({ keepAlive: true });
  try {
    const started = await client.recordings.start(requestOf(call, values.room));
    await watch({ call, client, clock, recordingId: started.recordingId, durationMs });
    await client.recordings.stop(started.recordingId);
    return report(call, await untilFinal(client, clock, started.recordingId));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    call.stderr(`${error.code}: ${error.message}. ${error.whatToDo}\n`);
    return EXIT.failed;
  }
}

function requestOf({ values }: CommandCall, roomId: string): Parameters<Client['recordings']['start']>[0] {
  const request = {
    roomId,
    media: values.media,
    format: values.format,
    ...(typeof values.streams === 'string' ? { streams: values.streams.split(',') } : {}),
  };
  // The server checks the choices and names what is wrong.
  return request as Parameters<Client['recordings']['start']>[0];
}

async function watch(run: {
  call: CommandCall;
  client: Client;
  clock: Clock;
  recordingId: string;
  durationMs: number | undefined;
}): Promise<void> {
  const { call, client, clock, recordingId, durationMs = Number.POSITIVE_INFINITY } = run;
  const startedAt = clock.now();
  for (;;) {
    const elapsedMs = (clock.now() - startedAt) / 1000;
    const recording = await client.recordings.get(recordingId);
    if (call.isTerminal && call.env.CI === undefined) call.stdout(`\r${progress(recording, elapsedMs)}\u001b[K`);
    if (elapsedMs >= durationMs || call.signal.aborted || FINAL.includes(recording.state)) break;
    await sleep(clock, Math.min(POLL_MS, durationMs - elapsedMs), call.signal);
  }
  if (call.isTerminal && call.env.CI === undefined) call.stdout('\n');
}

async function untilFinal(client: Client, clock: Clock, recordingId: string): Promise<Recording> {
  const startedAt = clock.now();
  for (;;) {
    const recording = await client.recordings.get(recordingId);
    if (FINAL.includes(recording.state) || (clock.now() - startedAt) / 1000 > FINISH_WITHIN_MS) return recording;
    await sleep(clock, POLL_MS);
  }
}

function report(call: CommandCall, recording: Recording): number {
  if (call.values.json === true) call.stdout(`${JSON.stringify(recording, null, 2)}\n`);
  else {
    call.stdout(`${recording.recordingId} ${recording.state}\n`);
    call.stdout(filesTable(recording.files.map((file) => ({ ...file, missing: file.missingMs }))));
  }
  for (const { code, message, streamId } of recording.problems) call.stderr(`${streamId ?? ''} ${code}: ${message}\n`);
  return recording.state === 'finished' && recording.files.length > 0 ? EXIT.done : EXIT.failed;
}

function progress(recording: Recording, elapsedMs: number): string {
  const bytes = recording.files.reduce((sum, file) => sum + file.bytes, 0);
  const seconds = (elapsedMs / 1000).toFixed(0);
  return `${recording.state} ${seconds} s, ${recording.files.length} files, ${(bytes / 1e6).toFixed(1)} MB`;
}

function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
