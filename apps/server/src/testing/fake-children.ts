// Child processes for tests that run in this process: the same messages, no fork, no media. Not part of the
// product.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RoomtapeError, unixUs } from '@roomtape/media';
import type { MixEvent, MixFacts, MixJob } from '@roomtape/mixer';
import type { ProjectedFile, ProjectionEnd, ProjectionEvent, ProjectionJob, SnapshotJob } from '@roomtape/recorder';
import type { MediaEvent, SessionPatch, SessionRequest, TapeRequest } from '@roomtape/webrtc';
import type { ChildHandle } from '../processes/child-process.ts';
import { type IpcMessage, type IpcMethods, IpcPeer } from '../processes/ipc.ts';
import { createFakeClock } from './fake-clock.ts';

/** A child whose end a test decides. */
export type FakeChild = ChildHandle & { die(reason: string): void; readonly alive: boolean };

/** A media process without media. */
export type FakeMedia = {
  readonly child: FakeChild;
  readonly calls: string[];
  readonly sessions: Map<string, SessionRequest>;
  readonly tapes: Map<string, TapeRequest>;
  emit(event: MediaEvent): void;
  /** The session's transport connects, and its tapes get their first media. */
  connect(sessionId: string): void;
  /** The session's transport is lost. */
  lose(sessionId: string): void;
};

/** A worker process that writes a few bytes for every job. */
export type FakeWorker = {
  readonly child: FakeChild;
  readonly jobs: Map<string, ProjectionJob>;
  readonly ends: Map<string, ProjectionEnd>;
  readonly pauses: Map<string, unknown>;
  /** Pictures asked for; taken at once unless a test holds them. */
  readonly snapshots: SnapshotJob[];
  holdSnapshots: Promise<void> | undefined;
  /** Why the next picture cannot be taken. */
  refuseSnapshot: string | undefined;
  emit(event: ProjectionEvent): void;
};

/** A mixer process that mixes in no time. */
export type FakeMixer = {
  readonly child: FakeChild;
  /** The facts last told, by job. */
  readonly facts: Map<string, MixFacts>;
  readonly jobs: Map<string, MixJob>;
  emit(event: MixEvent): void;
};

const AT = unixUs(1_767_225_600_000_000);

/** Creates a child that answers the methods given. */
export function createFakeChild(methods: IpcMethods): { child: FakeChild; emit: (event: unknown) => void } {
  const parent: ((message: unknown) => void)[] = [];
  const own: ((message: unknown) => void)[] = [];
  const exits: ((reason: string) => void)[] = [];
  let alive = true;
  const deliver = (listeners: typeof own, message: IpcMessage): boolean => {
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => {
      if (alive) for (const listener of listeners) listener(copy);
    });
    return alive;
  };
  const die = (reason: string): void => {
    if (!alive) return;
    alive = false;
    for (const listener of exits) listener(reason);
  };
  const child: FakeChild = {
    // No process stands behind it that a later server could wait for.
    pid: undefined,
    get alive() {
      return alive;
    },
    die,
    kill: (signal) => die(signal),
    send: (message) => deliver(own, message),
    onMessage: (listener) => void parent.push(listener),
    onExit: (listener) => (alive ? void exits.push(listener) : listener('already gone')),
  };
  const close = (): void => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => die('closed'))));
  const peer = new IpcPeer({
    channel: { send: (message) => deliver(parent, message), onMessage: (listener) => void own.push(listener) },
    clock: createFakeClock(),
    requestTimeoutMs: 1000,
    methods: { open: () => undefined, describe: () => ({}), close, ...methods },
  });
  return { child, emit: (event) => peer.emit(event) };
}

/** Creates a media process that says yes to everything. */
export function createFakeMedia(): FakeMedia {
  const calls: string[] = [];
  const sessions = new Map<string, SessionRequest>();
  const tapes = new Map<string, TapeRequest>();
  const methods: IpcMethods = {
    openSession(request: SessionRequest) {
      calls.push(`open ${request.kind}`);
      if (!request.offerSdp.startsWith('v=0')) throw refused('INVALID_SDP', 'not SDP');
      sessions.set(request.sessionId, request);
      return { answerSdp: 'v=0 answer', etag: 'etag-1' };
    },
    patchSession(patch: SessionPatch) {
      if (patch.ifMatch === undefined) throw refused('PRECONDITION_REQUIRED', 'If-Match is missing');
      if (patch.ifMatch === '*') return { kind: 'restarted', fragment: 'a=ice-ufrag:new', etag: 'etag-2' };
      if (patch.ifMatch !== '"etag-1"') throw refused('PRECONDITION_FAILED', 'another ICE session');
      return { kind: 'trickled' };
    },
    closeSession: (sessionId: string) => void calls.push(`close ${sessions.delete(sessionId)}`),
    startTape(request: TapeRequest) {
      calls.push('startTape');
      tapes.set(request.tapeId, request);
    },
    setTapePaused: (_tapeId: string, paused: boolean) => void calls.push(`pause ${paused}`),
    setTapeLayers: (_tapeId: string, isWanted: boolean) => void calls.push(`layers ${isWanted}`),
    flushTape: (tapeId: string) => ({ tapeId, sequence: 5, at: AT }),
    stopTape(tapeId: string) {
      calls.push('stopTape');
      tapes.delete(tapeId);
      return { tapeId, sequence: 9, at: AT };
    },
    setMuted: (_stream: unknown, kind: string, muted: boolean) => void calls.push(`muted ${kind} ${muted}`),
    requestKeyframe: () => void calls.push('keyframe'),
  };
  const { child, emit } = createFakeChild(methods);
  const keyOf = (sessionId: string) => {
    const request = sessions.get(sessionId);
    if (request === undefined) throw new Error(`no session ${sessionId}`);
    return { roomId: request.roomId, streamId: request.streamId };
  };
  return {
    child,
    calls,
    sessions,
    tapes,
    emit,
    connect(sessionId) {
      const key = keyOf(sessionId);
      emit({ kind: 'session-connected', ...key, sessionId, at: AT });
      emit({ kind: 'tracks-changed', ...key, tracks: [{ kind: 'video', codec: 'h264', width: 1280, height: 720 }] });
      for (const tape of tapes.values()) {
        if (tape.streamId === key.streamId) emit({ kind: 'tape-started', ...key, tapeId: tape.tapeId, at: AT });
      }
    },
    lose(sessionId) {
      const key = keyOf(sessionId);
      sessions.delete(sessionId);
      emit({ kind: 'session-closed', ...key, sessionId, reason: 'ICE failed', at: AT });
    },
  };
}

/** Creates a worker that writes `growing` at once and `finished file` at the end of a job. */
export function createFakeWorker(): FakeWorker {
  const jobs = new Map<string, ProjectionJob>();
  const ends = new Map<string, ProjectionEnd>();
  const pauses = new Map<string, unknown>();
  const methods: IpcMethods = {
    start(job: ProjectionJob) {
      jobs.set(job.jobId, job);
      emit({ kind: 'progressed', jobId: job.jobId, files: [writeFile(job, 'recording', 'growing')] });
    },
    setPauses: (jobId: string, spans: unknown) => void pauses.set(jobId, spans),
    finish(jobId: string, end: ProjectionEnd) {
      ends.set(jobId, end);
      const job = jobs.get(jobId);
      if (job === undefined) throw new Error(`no job ${jobId}`);
      emit({ kind: 'finished', jobId, files: [writeFile(job, 'finished', 'finished file')] });
    },
  };
  const { child, emit } = createFakeChild({ ...methods, takeSnapshot });
  const worker: FakeWorker = {
    ...{ child, jobs, ends, pauses, snapshots: [], emit },
    holdSnapshots: undefined,
    refuseSnapshot: undefined,
  };
  async function takeSnapshot(job: SnapshotJob): Promise<ProjectedFile> {
    worker.snapshots.push(job);
    await worker.holdSnapshots;
    if (worker.refuseSnapshot !== undefined) throw refused(worker.refuseSnapshot, 'no picture');
    writeFileSync(job.path, 'a picture');
    const facts = { state: 'finished', bytes: 9, durationUs: 0, startedAt: AT, missingUs: {} } as const;
    return { path: job.path, container: job.format, ...facts, width: job.width ?? 1280, height: 720 };
  }
  return worker;
}

/** Creates a mixer that has mixed a second at once and is done when every stream has left a stopped recording. */
export function createFakeMixer(): FakeMixer {
  const jobs = new Map<string, MixJob>();
  const facts = new Map<string, MixFacts>();
  const setFacts = (jobId: string, next: MixFacts): void => {
    facts.set(jobId, next);
    const isOver = next.stopAt !== undefined && next.streams.every(({ leftAt }) => leftAt !== undefined);
    if (isOver) emit({ kind: 'mixed', jobId, mixedUs: 2_000_000, lastSequence: 7 });
    else emit({ kind: 'mix-progressed', jobId, mixedUs: 1_000_000, lagMs: 40 });
  };
  const start = (job: MixJob, first: MixFacts): void => {
    jobs.set(job.jobId, job);
    setFacts(job.jobId, first);
  };
  const { child, emit } = createFakeChild({ start, setFacts });
  return { child, facts, jobs, emit };
}

function writeFile(job: ProjectionJob, state: ProjectedFile['state'], text: string): ProjectedFile {
  const path = join(job.outputDirectory, `${job.fileName}.mp4`);
  mkdirSync(job.outputDirectory, { recursive: true });
  writeFileSync(path, text);
  return {
    path,
    container: 'mp4',
    state,
    bytes: text.length,
    durationUs: 1_500_000,
    startedAt: AT,
    videoCodec: 'h264',
    audioCodec: 'aac',
    width: 1280,
    height: 720,
    missingUs: { 'network-loss': 20_000 },
  };
}

function refused(code: string, message: string): RoomtapeError {
  return new RoomtapeError(code, message, { blame: 'caller', retryable: false });
}
