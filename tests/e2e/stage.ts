// What most end-to-end tests need around the real server: its API, participants that publish by WHIP from this
// process, and waiting for what a recording says of itself.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Recording, RecordingFile } from '@roomtape/api';
import { type Clock, createSystemClock, createSystemIds, type Ids, silentLog, US_PER_SECOND } from '@roomtape/media';
import { type Client, createClient } from '@roomtape/sdk-server';
import { openTapeReader, type TapeAccount, type TapeEntry, verifyTape } from '@roomtape/tape';
import {
  type Analysis,
  analyseFile,
  analysisText,
  createSyntheticSource,
  type Expectation,
  type SyntheticSourceOptions,
  WhipClient,
  type WhipClientOptions,
} from '@roomtape/testkit';
import { createNativeTransportFactory, type RtcTransportFactory } from '@roomtape/webrtc';
import { expect } from 'vitest';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { until } from '../until.ts';

/** Who publishes what, and how. */
export type ParticipantOptions = {
  readonly roomId: string;
  /** Also the stream's id, unless `streamId` says otherwise. */
  readonly userId: string;
  readonly streamId?: string;
  readonly source?: Partial<SyntheticSourceOptions>;
  readonly client?: Partial<WhipClientOptions>;
};

/** A file of a recording on this machine, with what is in it. */
export type CheckedFile = { readonly file: RecordingFile; readonly path: string; readonly analysis: Analysis };

/** A stretch of a tape without media, and why. */
export type TapedGap = { readonly reason: string; readonly fromS: number; readonly toS: number };

/** Enough bits that the counter in the picture stays readable. */
const SMALL = { width: 320, height: 180, fps: 30, videoBitrateBps: 300_000 };
const run = promisify(execFile);

/** The server and everything opened around it; `close` at the end. */
export class Stage {
  readonly server: ServerProcess;
  readonly client: Client;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factory: RtcTransportFactory;
  readonly #folder: string;
  readonly #publishers = new Set<WhipClient>();
  #downloads = 0;

  private constructor(parts: { server: ServerProcess; factory: RtcTransportFactory; clock: Clock; folder: string }) {
    this.server = parts.server;
    this.client = createClient({ server: parts.server.url, apiKey: parts.server.apiKey });
    this.clock = parts.clock;
    this.ids = createSystemIds();
    this.factory = parts.factory;
    this.#folder = parts.folder;
  }

  /** Starts a server of its own. */
  static async open(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const clock = createSystemClock({ keepAlive: true });
    const server = await startServerProcess({ ROOMTAPE_LOG_LEVEL: 'warn', ...env });
    const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
    return new Stage({ server, factory, clock, folder: await mkdtemp(join(tmpdir(), 'roomtape-e2e-')) });
  }

  /** Ends the server, its publishers and their files. */
  async close(): Promise<void> {
    for (const publisher of this.#publishers) publisher.drop();
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()));
    await this.server.stop();
    await this.factory.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A client's token for a room. */
  async token(roomId: string, userId: string): Promise<string> {
    await this.client.rooms.create(roomId);
    return (await this.client.rooms.createToken(roomId, { userId, grants: ['join', 'publish', 'play'] })).token;
  }

  /** A synthetic participant; small pictures, because several share two cores. Not connected yet. */
  async participant({ roomId, userId, streamId = userId, source, client }: ParticipantOptions): Promise<WhipClient> {
    const { clock, ids, factory } = this;
    const publisher = new WhipClient({
      ...{ clock, ids, factory },
      url: `${this.server.url}/whip/${roomId}/${streamId}`,
      token: await this.token(roomId, userId),
      hasAudio: source?.media !== 'video',
      ...(source?.media === 'audio' ? {} : { videoCodec: source?.codec ?? 'h264' }),
      createSource: (startAt) =>
        createSyntheticSource({
          ...SMALL,
          name: userId,
          participantIndex: 0,
          signalStartUs: startAt % US_PER_SECOND,
          ...source,
        }),
      ...client,
    });
    this.#publishers.add(publisher);
    return publisher;
  }

  /** Connects a participant and waits until the room shows its stream. */
  async publish(options: ParticipantOptions): Promise<WhipClient> {
    const publisher = await this.participant(options);
    await publisher.connect();
    await this.untilStream(options.roomId, options.streamId ?? options.userId);
    return publisher;
  }

  /** Waits until a stream is live. */
  async untilStream(roomId: string, streamId: string): Promise<void> {
    await until(`${streamId} is live`, async () => {
      const { streams } = await this.client.rooms.get(roomId);
      return streams.some((stream) => stream.streamId === streamId && stream.state === 'live');
    });
  }

  /** Waits until every one of so many files has at least that much media. */
  async untilRecorded(recordingId: string, seconds: number, files = 1): Promise<Recording> {
    await until(`${files} files have ${seconds} s`, async () => {
      const recording = await this.client.recordings.get(recordingId);
      return recording.files.filter((file) => file.durationMs >= seconds * 1000).length >= files;
    });
    return this.client.recordings.get(recordingId);
  }

  /** Waits until a recording is finished. */
  async untilFinished(recordingId: string): Promise<Recording> {
    const state = async (): Promise<string> => (await this.client.recordings.get(recordingId)).state;
    await until(`${recordingId} is finished`, async () => (await state()) === 'finished');
    return this.client.recordings.get(recordingId);
  }

  /** Stops a recording and waits for its files. */
  async finish(recordingId: string): Promise<Recording> {
    await this.client.recordings.stop(recordingId);
    return this.untilFinished(recordingId);
  }

  /** Downloads a file and looks at it: the analyser, and whether a foreign decoder complains. */
  async check(file: RecordingFile, expectation: Partial<Expectation> = {}): Promise<CheckedFile> {
    const path = join(this.#folder, `${this.#downloads++}-${file.name}`);
    const response = await this.client.files.download(file.fileId);
    await writeFile(path, new Uint8Array(await response.arrayBuffer()));
    const analysis = analyseFile(path, { ...STRICT, ...expectation });
    expect(await complaintsOf(path), `ffmpeg on ${file.name}`).toBe('');
    return { file, path, analysis };
  }

  /** Checks a file as `check` does and expects it to be without a fault. */
  async expectGood(file: RecordingFile, expectation: Partial<Expectation> = {}): Promise<CheckedFile> {
    const checked = await this.check(file, expectation);
    expect(checked.analysis.faults, analysisText(checked.analysis)).toEqual([]);
    return checked;
  }

  /** The accounts of the tapes of a recording. */
  accounts(recordingId: string): TapeAccount[] {
    return this.tapes(recordingId).map((directory) => verifyTape(directory));
  }

  /** All gap entries on the tapes of a recording, with their place in seconds from the tape's first entry. */
  gaps(recordingId: string): TapedGap[] {
    return this.tapes(recordingId).flatMap((directory) => {
      const { startedAt } = verifyTape(directory);
      const second = (at: number): number => (at - startedAt) / US_PER_SECOND;
      return [...entriesOf(directory)].flatMap((entry) =>
        entry.kind === 'gap' ? [{ reason: entry.reason, fromS: second(entry.fromAt), toS: second(entry.toAt) }] : [],
      );
    });
  }

  /** The reasons of all gap entries on the tapes of a recording. */
  gapReasons(recordingId: string): string[] {
    return this.gaps(recordingId).map(({ reason }) => reason);
  }

  /** The directories of the tapes of a recording. */
  tapes(recordingId: string): string[] {
    const folder = join(this.server.dataDirectory, 'recordings', recordingId, 'tapes');
    return existsSync(folder) ? readdirSync(folder).map((name) => realpathSync(join(folder, name))) : [];
  }
}

/** Everything on a tape so far. */
export function* entriesOf(directory: string): Iterable<TapeEntry> {
  const reader = openTapeReader(directory);
  try {
    for (let batch = reader.readBatch(); ; batch = reader.readBatch()) {
      for (const { entry } of batch.entries) yield entry;
      if (batch.atEnd) return;
    }
  } finally {
    reader.close();
  }
}

/** The container's own duration may differ from its media by one picture at 30 per second. */
const STRICT: Partial<Expectation> = { durationSkewMsMax: 34 };

/**
 * What the distribution's ffmpeg says when it decodes a file; nothing when it is sound. Pictures keep their own
 * times: rounded to a rate that ffmpeg guesses, two that are close at a cut would seem to coincide.
 */
export async function complaintsOf(path: string): Promise<string> {
  const asTimed = ['-fps_mode', 'passthrough', '-enc_time_base:v', '-1'];
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', path, ...asTimed, '-f', 'null', '-']);
  return stderr.trim();
}
