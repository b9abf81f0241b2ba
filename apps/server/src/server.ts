// The server: its parts made and wired in start order, and closed in the opposite one. All wiring is here.

import { type Clock, type Ids, type Log, RoomtapeError } from '@roomtape/media';
import type { MixEvent } from '@roomtape/mixer';
import type { ProjectionEvent } from '@roomtape/recorder';
import type { MediaEvent } from '@roomtape/webrtc';
import type { FastifyInstance } from 'fastify';
import { Credentials } from './auth/credentials.ts';
import type { Config } from './config.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createHealthCheck } from './health.ts';
import { buildApp } from './http/app.ts';
import { createMetrics } from './metrics.ts';
import { ChildKeeper, inBackground, type SpawnChild } from './processes/child-process.ts';
import { awaitLeftoverChildren, noteChild } from './processes/leftover-children.ts';
import { MediaFleet } from './processes/media-fleet.ts';
import { type MixerProcess, MixFleet } from './processes/mix-fleet.ts';
import { mediaSettings, mixerSettings, workerSettings } from './processes/settings.ts';
import { WorkerFleet } from './processes/worker-fleet.ts';
import { filmStreamOf, liveFilmOf } from './recordings/live-film.ts';
import { isFinal, stateOf } from './recordings/recording-model.ts';
import { Recordings } from './recordings/recordings.ts';
import type { RecordingsOptions } from './recordings/recordings-options.ts';
import { Tapes } from './recordings/tapes.ts';
import { MediaSessions } from './rooms/media-sessions.ts';
import { Publications } from './rooms/publications.ts';
import { Rooms } from './rooms/rooms.ts';
import { Uploads } from './uploads/uploads.ts';

/** What a server is started with. */
export type ServerOptions = {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Starts child process `name` of a role. */
  readonly spawn: (role: 'media' | 'worker' | 'mixer', name: string) => ReturnType<SpawnChild>;
  readonly consoleDirectory: string | undefined;
};

/** A server that runs. */
export type RunningServer = {
  /** Where the page and the API are, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly apiKey: string;
  /** Process ids of the children that are up, by name. */
  childPids(): Readonly<Record<string, number>>;
  /** Stops in order: nothing new, tapes flushed, recordings left open for the next start. */
  close(): Promise<void>;
};

type Parts = {
  readonly fleet: MediaFleet;
  readonly workers: WorkerFleet;
  readonly mixes: MixFleet;
  readonly publications: Publications;
  readonly rooms: Rooms;
  readonly sessions: MediaSessions;
  readonly recordings: Recordings;
  readonly uploads: Uploads;
  /** Processes that run from the start. */
  readonly keepers: readonly ChildKeeper[];
  /** Processes that are started when they are first needed. */
  readonly mixerKeepers: readonly ChildKeeper[];
};

/** A picture may be hours into a tape. */
const WORKER_REQUEST_TIMEOUT_MS = 60_000;

/** Starts a server; rejects with a typed error after undoing what was started. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const data = await openDataDirectory(options.config.dataDir);
  const config = { ...options.config, dataDir: data.path };
  await awaitLeftoverChildren(data.path, options.clock, options.log);
  const spawn: ServerOptions['spawn'] = (role, name) => {
    const child = options.spawn(role, name);
    noteChild(data.path, name, child.pid);
    return child;
  };
  const parts = wire({ ...options, config, spawn });
  let app: FastifyInstance | undefined;
  try {
    const { clock, ids } = options;
    const credentials = await Credentials.load({ dataDirectory: data.path, apiKey: config.apiKey, clock, ids });
    await Promise.all(parts.keepers.map((keeper) => keeper.start()));
    await parts.uploads.recover();
    await parts.recordings.recover();
    app = await buildHttp({ ...options, config }, parts, credentials);
    const url = await listen(app, config);
    return running({ url, apiKey: credentials.apiKey, app, parts, data });
  } catch (error) {
    await closeAll(app, parts, data);
    throw error;
  }
}

function running(server: {
  url: string;
  apiKey: string;
  app: FastifyInstance;
  parts: Parts;
  data: DataDirectory;
}): RunningServer {
  let closing: Promise<void> | undefined;
  return {
    url: server.url,
    apiKey: server.apiKey,
    childPids: () =>
      Object.fromEntries(allKeepers(server.parts).flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]]))),
    close: () => {
      closing ??= closeAll(server.app, server.parts, server.data);
      return closing;
    },
  };
}

async function closeAll(app: FastifyInstance | undefined, parts: Parts, data: DataDirectory): Promise<void> {
  await app?.close();
  await Promise.allSettled(allKeepers(parts).map((keeper) => keeper.close()));
  await parts.recordings.close();
  await data.release();
}

function wire(options: ServerOptions): Parts {
  const { config, clock, ids, log } = options;
  const publications = new Publications({ clock, republishWaitMs: config.republishWaitMs });
  const rooms: Rooms = new Rooms({
    clock,
    publications,
    roomsMax: config.roomsMax,
    isRecorded: (stream) => recordings.isRecorded(stream),
  });
  const fleet: MediaFleet = new MediaFleet({
    clock,
    sessionsMax: config.sessionsMax,
    onEvent: (event) => {
      recordings.onMedia(event);
      sessions.onMedia(event);
    },
    onTapeError: (tapeId, error, willRetry) => {
      if (willRetry) recordings.tapeFailed(tapeId, codeOf(error), (error as Error).message);
      else recordings.tapeRefused(tapeId, (error as Error).message);
    },
  });
  const { workers, mixes } = wireWorkers(clock, () => recordings);
  const tellChange: RecordingsOptions['onChange'] = (model, state) => {
    const { recordingId, request } = model;
    rooms.tell(request.roomId, { type: 'recording-changed', recordingId, state });
    if (isFinal(model)) sessions.filmEnded(filmStreamOf(model));
  };
  const recordings: Recordings = new Recordings({
    dataDirectory: config.dataDir,
    tapes: new Tapes({ dataDirectory: config.dataDir, plane: fleet, clock, ids }),
    projector: workers,
    mixes,
    streams: {
      connected: (roomId) => publications.all().filter((p) => p.roomId === roomId && p.sessionId !== undefined),
      nameOf: ({ roomId, userId }) => rooms.nameOf(roomId, userId),
      restore: (stream) => publications.restore(stream),
    },
    clock,
    ids,
    log,
    fragmentMs: config.fragmentMs,
    activeMax: config.recordingsActiveMax,
    onChange: tellChange,
    onStreamChange: (stream) => {
      const publication = publications.find(stream);
      if (publication !== undefined) rooms.streamChanged(publication);
    },
  });
  const uploads = new Uploads({
    ...{ dataDirectory: config.dataDir, bytesMax: config.uploadMaxBytes, clock, ids, log },
    adopt: (recording) => {
      const { model } = recordings.adopt(recording);
      tellChange(model, stateOf(model));
    },
  });
  publications.onChange(({ kind, publication }) => {
    if (kind === 'gone') recordings.streamGone(publication);
  });
  const beforePublish = recordings.streamClaimed.bind(recordings);
  const sessions: MediaSessions = new MediaSessions({
    ...{ plane: fleet, publications, rooms, ids, clock, log, beforePublish },
    filmOf: ({ roomId, streamId }) =>
      liveFilmOf(recordings.find(streamId)?.model, { roomId, dataDirectory: config.dataDir }),
  });
  const keepers = [...mediaKeepers(options, fleet), ...workerKeepers(options, workers)];
  const mixerKeepers = keepMixers(options, mixes);
  return { fleet, workers, mixes, publications, rooms, sessions, recordings, uploads, keepers, mixerKeepers };
}

/** The fleets that work for the recordings, which are made after them. */
function wireWorkers(clock: Clock, recordings: () => Recordings): Pick<Parts, 'workers' | 'mixes'> {
  const onRetry = (jobId: string, code: string, message: string): void =>
    recordings().projectionDelayed(jobId, code, message);
  return {
    workers: new WorkerFleet({ clock, onEvent: (event) => recordings().onProjection(event), onRetry }),
    mixes: new MixFleet({ clock, onEvent: (event) => recordings().onMix(event), onRetry }),
  };
}

function mediaKeepers(options: ServerOptions, fleet: MediaFleet): ChildKeeper[] {
  return Array.from({ length: options.config.mediaProcesses }, (_, index) => {
    const name = `media-${index}`;
    const keeper: ChildKeeper = new ChildKeeper({
      name,
      spawn: () => options.spawn('media', name),
      clock: options.clock,
      log: options.log,
      settings: mediaSettings(options.config, index),
      onEvent: (event) => fleet.receive(event as MediaEvent),
      onUp: () => fleet.processUp(),
      onDown: (reason) => fleet.processDown(keeper, reason),
    });
    fleet.add(keeper);
    return keeper;
  });
}

function workerKeepers(options: ServerOptions, workers: WorkerFleet): ChildKeeper[] {
  return Array.from({ length: options.config.workerProcesses }, (_, index) => {
    const name = `worker-${index}`;
    const keeper: ChildKeeper = new ChildKeeper({
      name,
      spawn: () => options.spawn('worker', name),
      clock: options.clock,
      log: options.log,
      settings: workerSettings(options.config, index),
      requestTimeoutMs: WORKER_REQUEST_TIMEOUT_MS,
      onEvent: (event) => workers.receive(event as ProjectionEvent),
      onUp: () => workers.processUp(),
      onDown: (reason) => workers.processDown(keeper, reason),
    });
    workers.add(keeper);
    return keeper;
  });
}

function keepMixers(options: ServerOptions, mixes: MixFleet): ChildKeeper[] {
  const live = Array.from({ length: options.config.mixerProcesses }, (_, index) => `mixer-${index}`);
  return [
    ...live.map((name) => keepMixer(options, mixes, { name, work: 'live' })),
    keepMixer(options, mixes, { name: 'renderer-0', work: 'render' }),
  ];
}

function keepMixer(
  options: ServerOptions,
  mixes: MixFleet,
  { name, work }: Pick<MixerProcess, 'name' | 'work'>,
): ChildKeeper {
  const keeper: ChildKeeper = new ChildKeeper({
    name,
    spawn: () => {
      const child = options.spawn('mixer', name);
      return work === 'live' ? child : inBackground(child);
    },
    clock: options.clock,
    log: options.log,
    settings: mixerSettings(options.config, name),
    onEvent: (event) => mixes.receive(event as MixEvent),
    onUp: () => mixes.processUp(),
    onDown: (reason) => mixes.processDown(mixer, reason),
  });
  const mixer: MixerProcess = {
    name,
    work,
    get isUp() {
      return keeper.isUp;
    },
    request: (method, ...args) => keeper.request(method, ...args),
    post: (method, ...args) => keeper.post(method, ...args),
    open: () => keeper.start(),
    close: () => keeper.close(),
    progressed: () => keeper.progressed(),
  };
  mixes.add(mixer);
  return keeper;
}

function allKeepers({ keepers, mixerKeepers }: Parts): readonly ChildKeeper[] {
  return [...keepers, ...mixerKeepers];
}

function buildHttp(options: ServerOptions, parts: Parts, credentials: Credentials): Promise<FastifyInstance> {
  const { config, version, clock, ids, log, consoleDirectory } = options;
  const { rooms, publications, sessions, recordings, uploads, keepers } = parts;
  const health = createHealthCheck({ config, version, clock, keepers });
  return buildApp({
    ...{ config, version, clock, ids, log, consoleDirectory, credentials },
    ...{ rooms, publications, sessions, recordings, uploads, health },
    metrics: createMetrics(() => snapshot(parts)),
    describe: async () => ({
      version,
      config: { ...config, apiKey: '(secret)' },
      memory: process.memoryUsage(),
      children: [...keepers, ...parts.mixerKeepers.filter(({ pid }) => pid !== undefined)].map(
        ({ name, pid, isUp, restarts }) => ({ name, pid, isUp, restarts }),
      ),
      media: await parts.fleet.describe(),
      workers: await parts.workers.describe(),
      mixes: await parts.mixes.describe(),
      publications: publications.all().map((p) => ({ ...p, muted: [...p.muted] })),
      rooms: rooms.list(),
      recordings: countBy(recordings.list().map(({ model }) => stateOf(model))),
    }),
  });
}

function snapshot({
  rooms,
  publications,
  sessions,
  recordings,
  mixes,
  keepers,
}: Parts): ReturnType<Parameters<typeof createMetrics>[0]> {
  const all = rooms.list();
  return {
    rooms: all.length,
    participants: all.reduce((sum, room) => sum + room.participants.length, 0),
    streams: countBy(publications.all().map((publication) => publication.state)),
    sessions: sessions.counts(),
    recordings: countBy(recordings.list().map(({ model }) => stateOf(model))),
    mixes: mixes.load().mixes,
    mixLagMs: mixes.load().lagMs,
    processesUp: Object.fromEntries(keepers.map(({ name, isUp }) => [name, isUp ? 1 : 0])),
    processRestarts: Object.fromEntries(keepers.map(({ name, restarts }) => [name, restarts])),
  };
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  try {
    await app.listen({ host: config.httpHost, port: config.httpPort });
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error;
    const message = `cannot listen on ${config.httpHost}:${config.httpPort} (${code}): choose another ROOMTAPE_HTTP_PORT or ROOMTAPE_HTTP_HOST`;
    throw new RoomtapeError('PORT_IN_USE', message, { blame: 'caller', retryable: true, cause: error });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.httpPort;
  const host = config.httpHost.includes(':') ? `[${config.httpHost}]` : config.httpHost;
  return `http://${host}:${port}`;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'INTERNAL';
}
