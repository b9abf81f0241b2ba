// `roomtape demo`: starts a server, publishes two synthetic participants or a media file, records, stops, and
// checks what was recorded. Its exit code says whether the recording is right.

import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '@roomtape/api';
import { RoomtapeError, type UnixUs, US_PER_SECOND, usToMsFloor } from '@roomtape/media';
import type { Client } from '@roomtape/sdk-server';
import {
  analyseFile,
  createFileSource,
  createSyntheticSource,
  type Expectation,
  type MediaSource,
  WhipClient,
} from '@roomtape/testkit';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { type ClientMedia, endProgress, openClientMedia, wait, writeProgress } from './client-media.ts';
import { CommandValues } from './command-values.ts';
import { type DemoServer, startDemoServer } from './demo-server.ts';
import { type DemoFile, demoTable } from './demo-table.ts';
import { clientOf, SERVER_OPTIONS } from './server-options.ts';

const DURATION_MS = 15_000;
const FINISH_MS_MAX = 60_000;
const LIVE_MS_MAX = 10_000;
const POLL_MS = 100;
const BAR_CELLS = 30;

/** Shows that recording works. */
export const command: Command = {
  name: 'demo',
  summary: 'Starts a server, records two synthetic participants (or a media file) and checks the files.',
  synopsis: '[--input FILE] [--duration 15s] [OPTIONS]',
  options: {
    input: { type: 'string', placeholder: 'FILE', description: 'publish this media file instead' },
    duration: { type: 'string', placeholder: 'DURATION', description: 'how long to record', default: '15s' },
    server: { type: 'string', placeholder: 'URL', description: 'use this running server instead of starting one' },
    'api-key': SERVER_OPTIONS['api-key'] ?? { type: 'string', description: 'API key' },
    'data-dir': {
      type: 'string',
      placeholder: 'DIR',
      description: 'where the server keeps its data (default: a new one)',
    },
  },
  positionalsMax: 0,
  exitCodes: { 1: 'failed, or the analyser finds a fault in a file' },
  run,
};

type Participant = {
  readonly streamId: string;
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  readonly createSource: (startAt: UnixUs) => MediaSource;
  readonly expectation: Partial<Expectation>;
};

async function run(call: CommandCall): Promise<number> {
  const values = new CommandValues(call.values);
  const durationMs = values.durationMs('duration') ?? DURATION_MS;
  const input = values.text('input');
  if (input !== undefined && !existsSync(input)) values.problems.push(`--input ${input} does not exist`);
  if (values.problems.length > 0) {
    call.stderr(`${values.problems.join('\n')}\nSee \`roomtape demo --help\`.\n`);
    return EXIT.usage;
  }
  const participants = input === undefined ? syntheticParticipants() : [fileParticipant(input)];
  const media = await openClientMedia(values.text('server') ?? 'http://127.0.0.1');
  const started = values.text('server') === undefined ? await startOwnServer(call, values, media) : undefined;
  try {
    const serverUrl = started?.url ?? values.required('server');
    const dataDirectory = started?.dataDirectory ?? values.text('data-dir');
    const keyValues = dataDirectory === undefined ? call.values : { ...call.values, 'data-dir': dataDirectory };
    const server = await clientOf({ ...call, values: keyValues }, serverUrl);
    const recorded = await recordMeeting({ call, server, serverUrl, media, participants, durationMs });
    if (recorded === undefined) return EXIT.failed;
    const { recording, skipped } = recorded;
    for (const [streamId, count] of skipped) {
      if (count > 0) call.stdout(`This machine is too busy: ${count} pictures of ${streamId} were never made\n`);
    }
    call.stdout('Checking the files\n');
    const files = await checkFiles({ recording, skipped, server, dataDirectory, participants });
    call.stdout(demoTable(recording, files));
    const isWhole = files.length === participants.length && recording.state === 'finished';
    return isWhole && files.every(({ analysis }) => analysis.isGood) ? EXIT.done : EXIT.failed;
  } finally {
    await started?.stop();
    await media.factory.close();
  }
}

async function startOwnServer(call: CommandCall, values: CommandValues, media: ClientMedia): Promise<DemoServer> {
  call.stdout('Starting a server\n');
  const dataDirectory = values.text('data-dir');
  const server = await startDemoServer({
    clock: media.clock,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  });
  call.stdout(`  at ${server.url}, data in ${server.dataDirectory}\n`);
  return server;
}

function syntheticParticipants(): Participant[] {
  return ['ada', 'grace'].map((name, participantIndex) => ({
    streamId: name,
    hasVideo: true,
    hasAudio: true,
    createSource: (startAt) =>
      createSyntheticSource({ name, participantIndex, signalStartUs: startAt % US_PER_SECOND }),
    expectation: { video: 'required', audio: 'required', participantIndex },
  }));
}

function fileParticipant(path: string): Participant {
  const source = createFileSource({ path });
  const [hasVideo, hasAudio] = [source.video !== undefined, source.audio !== undefined];
  source.close();
  return {
    streamId: 'file',
    hasVideo,
    hasAudio,
    createSource: () => createFileSource({ path }),
    // Somebody else's film: nothing is known of its content, and it may begin or end with one track alone.
    expectation: {
      video: hasVideo ? 'required' : 'optional',
      audio: hasAudio ? 'required' : 'optional',
      spans: [{ fromS: -1, toS: Number.MAX_SAFE_INTEGER, flash: 'optional', beep: 'optional' }],
      otherBeeps: 'optional',
      offsetMsMax: Number.MAX_VALUE,
      driftMsPer10MinMax: Number.MAX_VALUE,
      endSkewMsMax: Number.MAX_VALUE,
    },
  };
}

/** What was recorded, and the pictures this machine was too slow to make, by stream. */
type Recorded = { readonly recording: Recording; readonly skipped: ReadonlyMap<string, number> };

type Meeting = {
  readonly call: CommandCall;
  readonly server: Client;
  readonly serverUrl: string;
  readonly media: ClientMedia;
  readonly participants: readonly Participant[];
  readonly durationMs: number;
};

/** Publishes, records and stops; `undefined` when the user stopped it. */
async function recordMeeting(meeting: Meeting): Promise<Recorded | undefined> {
  const { call, server, media, participants } = meeting;
  const roomId = media.ids.next('demo').replaceAll('-', '_');
  call.stdout(`Publishing ${participants.map(({ streamId }) => streamId).join(' and ')} into room ${roomId}\n`);
  const clients: WhipClient[] = [];
  try {
    for (const participant of participants) clients.push(await publish(meeting, roomId, participant));
    await untilLive(meeting, roomId);
    const { recordingId } = await server.recordings.start({ roomId });
    call.stdout(`Recording ${recordingId}\n`);
    const isWhole = await showProgress(meeting, clients);
    await server.recordings.stop(recordingId);
    const recording = await untilFinished(meeting, recordingId);
    const skipped = new Map(
      participants.map(({ streamId }, i) => [streamId, clients[i]?.counts?.skippedPictures ?? 0]),
    );
    return isWhole ? { recording, skipped } : undefined;
  } finally {
    await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
  }
}

async function publish(meeting: Meeting, roomId: string, participant: Participant): Promise<WhipClient> {
  const { server, serverUrl, media } = meeting;
  const client = new WhipClient({
    ...media,
    url: `${serverUrl}/whip/${roomId}/${participant.streamId}`,
    token: (await server.rooms.createToken(roomId, { userId: participant.streamId })).token,
    hasAudio: participant.hasAudio,
    ...(participant.hasVideo ? { videoCodec: 'h264' } : {}),
    createSource: participant.createSource,
  });
  await client.connect();
  return client;
}

async function untilLive({ server, media, call, participants }: Meeting, roomId: string): Promise<void> {
  const untilAt = media.clock.now() + LIVE_MS_MAX * 1000;
  while (media.clock.now() < untilAt) {
    const { streams } = await server.rooms.get(roomId);
    if (streams.filter((stream) => stream.state === 'live').length === participants.length) return;
    if (!(await wait(media.clock, POLL_MS, call.signal))) return;
  }
  throw failed('STREAMS_NOT_LIVE', `the streams were not live after ${LIVE_MS_MAX / 1000} s`);
}

async function showProgress({ call, media, durationMs }: Meeting, clients: readonly WhipClient[]): Promise<boolean> {
  const startedAt = media.clock.now();
  const stepMs = call.isTerminal ? 200 : 1000;
  try {
    for (;;) {
      const elapsedMs = usToMsFloor(media.clock.now() - startedAt);
      const share = Math.min(1, elapsedMs / durationMs);
      const cells = Math.round(share * BAR_CELLS);
      const bar = `${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}`;
      const frames = clients.reduce((sum, client) => sum + (client.counts?.videoFrames ?? 0), 0);
      writeProgress(
        call,
        `  ${bar} ${(elapsedMs / 1000).toFixed(0)} of ${durationMs / 1000} s, ${frames} pictures sent`,
      );
      if (share >= 1 || clients.every((client) => client.isEnded)) return true;
      if (!(await wait(media.clock, Math.min(stepMs, durationMs - elapsedMs), call.signal))) return false;
    }
  } finally {
    endProgress(call);
  }
}

async function untilFinished({ server, media }: Meeting, recordingId: string): Promise<Recording> {
  const untilAt = media.clock.now() + FINISH_MS_MAX * 1000;
  while (media.clock.now() < untilAt) {
    const recording = await server.recordings.get(recordingId);
    if (recording.state === 'finished' || recording.state === 'failed') return recording;
    await new Promise<void>((resolve) => media.clock.after(POLL_MS, resolve));
  }
  throw failed('RECORDING_NOT_FINISHED', `${recordingId} was not finished after ${FINISH_MS_MAX / 1000} s`);
}

type Checking = Recorded & {
  readonly server: Client;
  readonly dataDirectory: string | undefined;
  readonly participants: readonly Participant[];
};

/** Analyses each file where it is, or a copy when the server is elsewhere. */
async function checkFiles({ recording, skipped, server, dataDirectory, participants }: Checking): Promise<DemoFile[]> {
  const files: DemoFile[] = [];
  let copies: string | undefined;
  for (const file of recording.files) {
    let path = join(dataDirectory ?? '.', 'recordings', recording.recordingId, 'files', file.name);
    if (dataDirectory === undefined || !existsSync(path)) {
      copies ??= await mkdtemp(join(tmpdir(), 'roomtape-demo-files-'));
      path = join(copies, file.name);
      await writeFile(path, await (await server.files.download(file.fileId)).bytes());
    }
    const expectation = participants.find(({ streamId }) => streamId === file.streamId)?.expectation ?? {};
    const missingFramesMax = skipped.get(file.streamId) ?? 0;
    files.push({ file, path, analysis: analyseFile(path, { ...expectation, missingFramesMax }) });
  }
  return files;
}

function failed(code: string, message: string): RoomtapeError {
  return new RoomtapeError(code, message, { blame: 'system', retryable: false });
}
