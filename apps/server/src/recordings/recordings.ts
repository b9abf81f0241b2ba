// All recordings of the server: what users ask for becomes journal events, held tapes and projection jobs.
// Every fact goes through `#record`, which changes the model and the journal together.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MixRequest, MixSettings, StartRecordingRequest } from '@roomtape/api';
import type { MixEvent } from '@roomtape/mixer';
import type { ProjectionEvent } from '@roomtape/recorder';
import type { MediaEvent } from '@roomtape/webrtc';
import { type FilmProgress, Films, type FilmsOptions } from './films.ts';
import { IdempotentStarts } from './idempotent-starts.ts';
import { Journal } from './journal.ts';
import type { JournalEvent, JournalFact } from './journal-event.ts';
import { type KeptRecording, keepRecording } from './kept-recording.ts';
import { changedSettings, mixSettingsOf } from './mix-settings.ts';
import { publicProblemCode } from './problem-code.ts';
import {
  applyEvent,
  beginModel,
  FILM_STREAM_ID,
  filmOf,
  isFinal,
  isOpen,
  isPaused,
  nextFileName,
  type StreamLink,
  stateOf,
  wants,
} from './recording-model.ts';
import { movable, projectionJob, recordingDirectory } from './recording-paths.ts';
import { limitReached, refusal } from './recording-refusal.ts';
import { type LoadedRecording, loadRecordings } from './recording-store.ts';
import type { RecordingsOptions } from './recordings-options.ts';
import type { TapedStream } from './tapes.ts';

/** Keeps all recordings. */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #byId = new Map<string, KeptRecording>();
  readonly #byJob = new Map<string, KeptRecording>();
  readonly #starts = new IdempotentStarts<KeptRecording>();
  readonly #films: Films;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    const record: FilmsOptions['record'] = (recordingId, fact) => this.#record(this.get(recordingId), fact);
    this.#films = new Films({ ...options, record });
  }

  /** Reads every journal and goes on with what is not final. Call once, before anything else. */
  async recover(): Promise<void> {
    for (const loaded of await loadRecordings(this.#options)) this.adopt(loaded);
    for (const kept of this.#byId.values()) if (!isFinal(kept.model)) this.#goOn(kept);
  }

  /** Keeps a recording that is on disk already, with its journal. */
  adopt({ model, journal }: LoadedRecording): KeptRecording {
    const kept = keepRecording(model, journal);
    this.#byId.set(model.recordingId, kept);
    for (const link of model.links) this.#byJob.set(link.jobId, kept);
    this.#starts.remember(model.idempotencyKey, model.request, Promise.resolve(kept));
    return kept;
  }

  /** Starts a recording, or returns the one the idempotency key began. */
  async start(
    request: StartRecordingRequest,
    idempotencyKey?: string,
  ): Promise<{ readonly kept: KeptRecording; readonly isReplay: boolean }> {
    const known = this.#starts.find(idempotencyKey, request);
    if (known !== undefined) return { kept: await known, isReplay: true };
    if (this.activeCount >= this.#options.activeMax) throw limitReached(this.#options.activeMax);
    const result = this.#begin(request, idempotencyKey);
    this.#starts.remember(idempotencyKey, request, result);
    return { kept: await result, isReplay: false };
  }

  /** Stops a recording; idempotent. Its files are finished soon after. */
  async stop(recordingId: string): Promise<KeptRecording> {
    const kept = this.get(recordingId);
    if (kept.model.stoppedAt !== undefined) return kept;
    await this.#record(kept, { kind: 'stopped' });
    for (const link of kept.model.links.filter(isOpen)) void this.#endLink(kept, link, 'recording stopped');
    return kept;
  }

  /** Pauses a recording; idempotent. Throws INVALID_STATE once it is stopped. */
  async pause(recordingId: string): Promise<KeptRecording> {
    return this.#setPaused(recordingId, true);
  }

  /** Goes on after a pause; idempotent. Throws INVALID_STATE once it is stopped. */
  async resume(recordingId: string): Promise<KeptRecording> {
    return this.#setPaused(recordingId, false);
  }

  /** Changes how the film of a mixed recording looks from now on; parts that are absent stay. */
  async changeLayout(recordingId: string, request: MixRequest): Promise<KeptRecording> {
    const kept = this.get(recordingId);
    const settings = changedSettings(kept.model, request);
    await this.#record(kept, { kind: 'layout-changed', settings });
    return kept;
  }

  /** A recording by id. Throws RECORDING_NOT_FOUND. */
  get(recordingId: string): KeptRecording {
    const kept = this.#byId.get(recordingId);
    if (kept !== undefined) return kept;
    throw refusal('RECORDING_NOT_FOUND', 'no such recording', { recordingId });
  }

  /** All recordings, newest first. */
  list(): KeptRecording[] {
    return [...this.#byId.values()].sort((a, b) => b.model.createdAt - a.model.createdAt);
  }

  /** The recording that a projection job belongs to. */
  ofJob(jobId: string): KeptRecording | undefined {
    return this.#byJob.get(jobId);
  }

  /** How many recordings are not final. */
  get activeCount(): number {
    let count = 0;
    for (const kept of this.#byId.values()) if (!isFinal(kept.model)) count += 1;
    return count;
  }

  /** Whether a stream is taped for a recording that is not paused. */
  isRecorded(stream: TapedStream): boolean {
    for (const { model } of this.#byId.values()) {
      if (!wants(model, stream) || isPaused(model)) continue;
      if (model.links.some((link) => isOpen(link) && isOf(link, stream))) return true;
    }
    return false;
  }

  /** A stream is about to be published: recordings that want it hold its tape before its first packet. */
  async streamClaimed(stream: TapedStream): Promise<void> {
    const wanting = [...this.#byId.values()].filter((kept) => wants(kept.model, stream));
    await Promise.all(wanting.map((kept) => this.#link(kept, stream)));
  }

  /** A stream will not come back: its tape is sealed and its files are finished. */
  streamGone(stream: TapedStream): void {
    for (const kept of this.#byId.values()) {
      if (kept.model.request.roomId !== stream.roomId) continue;
      const links = kept.model.links.filter((link) => isOpen(link) && isOf(link, stream));
      for (const link of links) void this.#endLink(kept, link, 'stream gone');
    }
  }

  /** Hears the media processes. */
  onMedia(event: MediaEvent): void {
    if (event.kind === 'tape-started') {
      this.#options.tapes.mediaStarted(event.tapeId, event.at);
      this.#eachOpenLink(event.tapeId, (kept, link) => this.#mediaStarted(kept, link));
    } else if (event.kind === 'tape-stalled') this.tapeFailed(event.tapeId, event.code, 'the tape cannot be written');
    else if (event.kind === 'tape-recovered') {
      this.#eachOpenLink(event.tapeId, (kept, { streamId }) => this.#resolveProblems(kept, streamId));
    }
  }

  /** A tape cannot be written for now; capture tries again by itself. */
  tapeFailed(tapeId: string, code: string, message: string): void {
    this.#eachOpenLink(tapeId, (kept, { streamId }) => {
      this.#problem(kept, { code: publicProblemCode(code), message, streamId });
    });
  }

  /** A tape cannot be continued (it was sealed just before a crash): the stream goes on in another one. */
  tapeRefused(tapeId: string, message: string): void {
    this.#options.log.warn({ tapeId, error: message }, 'tape refused');
    const stream = this.#options.tapes.get(tapeId)?.stream;
    this.#eachOpenLink(tapeId, (kept, link) => {
      void this.#endLink(kept, link, 'tape refused').then(() => {
        const here = this.#options.streams.connected(kept.model.request.roomId);
        if (stream === undefined || !wants(kept.model, stream) || !here.some((other) => isOf(link, other))) return;
        return this.#link(kept, stream);
      });
    });
  }

  /** Hears the workers. */
  onProjection(event: ProjectionEvent): void {
    const kept = this.#byJob.get(event.jobId);
    const link = kept?.model.links.find((candidate) => candidate.jobId === event.jobId);
    if (kept === undefined || link === undefined || link.outcome !== undefined) return;
    const { jobId, files } = event;
    if (event.kind === 'progressed') {
      kept.growing.set(jobId, files);
      if (event.stalled === undefined && kept.delayed.delete(jobId)) this.#resolveProblems(kept, link.streamId);
      else if (event.stalled !== undefined) this.projectionDelayed(jobId, event.stalled.code, event.stalled.message);
      return;
    }
    kept.growing.delete(jobId);
    if (kept.delayed.delete(jobId)) this.#resolveProblems(kept, link.streamId);
    if (event.kind === 'finished') {
      void this.#record(kept, { kind: 'files-finished', jobId, files: files.map(movable) });
      return;
    }
    const { message } = event;
    const code = publicProblemCode(event.code, 'PROJECTION_FAILED');
    this.#problem(kept, { code, message, streamId: link.streamId });
    void this.#record(kept, { kind: 'projection-failed', jobId, code, message, files: files.map(movable) });
  }

  /** Hears the mixers. */
  onMix(event: MixEvent): void {
    const kept = this.#byJob.get(event.jobId);
    if (kept === undefined) return;
    const told = event.kind === 'mix-progressed' ? event.problem : event.kind === 'mix-failed' ? event : undefined;
    if (told !== undefined) {
      const code = publicProblemCode(told.code, 'MIX_FAILED');
      this.#problem(kept, { code, message: told.message, streamId: FILM_STREAM_ID });
    }
    this.#films.onMix(kept.model, event);
  }

  /** How far the film of a recording is. */
  filmProgress({ model }: KeptRecording): FilmProgress | undefined {
    const film = filmOf(model);
    return film === undefined ? undefined : this.#films.progress(film.jobId);
  }

  /** A projection cannot write for now; it is tried again. */
  projectionDelayed(jobId: string, code: string, message: string): void {
    const kept = this.#byJob.get(jobId);
    const link = kept?.model.links.find((candidate) => candidate.jobId === jobId);
    if (kept === undefined || link === undefined || kept.delayed.has(jobId)) return;
    kept.delayed.add(jobId);
    const name = publicProblemCode(code, 'PROJECTION_FAILED');
    this.#problem(kept, { code: name, message, streamId: link.streamId });
  }

  /** Closes the journals; recordings stay open for the next start. */
  async close(): Promise<void> {
    await Promise.all([...this.#byId.values()].map((kept) => kept.journal.close()));
  }

  async #begin(request: StartRecordingRequest, idempotencyKey: string | undefined): Promise<KeptRecording> {
    const { clock, log, ids, dataDirectory } = this.#options;
    const settings = mixSettingsOf(request);
    const recordingId = ids.next('rec');
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    const first = { kind: 'started' as const, at: clock.now(), recordingId, request, ...key };
    const directory = recordingDirectory(dataDirectory, recordingId);
    const journal = await Journal.begin({ directory, clock, log }, first);
    await mkdir(join(directory, 'files'), { recursive: true });
    const kept = keepRecording(beginModel(first), journal);
    this.#byId.set(recordingId, kept);
    this.#options.onChange(kept.model, stateOf(kept.model));
    if (settings !== undefined) await this.#openFilm(kept, settings);
    const streams = this.#options.streams.connected(request.roomId).filter((stream) => wants(kept.model, stream));
    await Promise.all(streams.map((stream) => this.#link(kept, stream)));
    return kept;
  }

  async #openFilm(kept: KeptRecording, settings: MixSettings): Promise<void> {
    const opening = this.#films.opening(kept.model, settings);
    this.#byJob.set(opening.jobId, kept);
    await this.#record(kept, opening);
  }

  async #link(kept: KeptRecording, stream: TapedStream): Promise<void> {
    if (kept.model.links.some((link) => isOpen(link) && !kept.ending.has(link.jobId) && isOf(link, stream))) return;
    const { streamId, userId } = stream;
    const userName = this.#options.streams.nameOf(stream);
    const fileName = nextFileName(kept.model, streamId);
    const jobId = this.#options.ids.next('file');
    const tapeId = this.#options.tapes.idFor(stream);
    this.#byJob.set(jobId, kept);
    const name = userName === undefined ? {} : { userName };
    await this.#record(kept, { kind: 'stream-linked', jobId, tapeId, streamId, userId, ...name, fileName });
    const link = kept.model.links.find((candidate) => candidate.jobId === jobId);
    if (link === undefined || !isOpen(link)) return;
    await this.#hold(kept, link, stream);
  }

  async #hold(kept: KeptRecording, link: StreamLink, stream: TapedStream): Promise<void> {
    const { tapes } = this.#options;
    const { recordingId } = kept.model;
    const held = tapes.hold(link.tapeId, stream, recordingId);
    if (isPaused(kept.model)) tapes.setPaused(link.tapeId, recordingId, true);
    const tape = await held;
    if (tape.mediaStartedAt !== undefined) this.#mediaStarted(kept, link);
    this.#options.onStreamChange(stream);
  }

  #mediaStarted(kept: KeptRecording, link: StreamLink): void {
    const current = kept.model.links.find((candidate) => candidate.jobId === link.jobId);
    if (current === undefined || !isOpen(current)) return;
    if (current.mediaStartedAt === undefined) void this.#record(kept, { kind: 'media-started', jobId: link.jobId });
    this.#project(kept, link);
  }

  /** Parts of a film have no files of their own. */
  #project(kept: KeptRecording, link: StreamLink): void {
    if (link.role !== 'stream') return;
    this.#options.projector.start(projectionJob(this.#options, kept.model, link), kept.model.pauses);
  }

  async #endLink(kept: KeptRecording, link: StreamLink, reason: string): Promise<void> {
    const { jobId, tapeId, streamId, userId } = link;
    if (kept.ending.has(jobId)) return;
    kept.ending.add(jobId);
    const stopAt = kept.model.stoppedAt ?? this.#options.clock.now();
    const { recordingId, request, pauses } = kept.model;
    // At once: nothing later is planned while what was captured before still arrives.
    this.#options.projector.setPauses(jobId, [...pauses, { fromAt: stopAt }]);
    const release = { reason, isLive: kept.model.stoppedAt !== undefined };
    const sequence = await this.#options.tapes.release(tapeId, recordingId, release).catch((error: unknown) => {
      this.#options.log.warn({ error, tapeId }, 'tape release failed');
      return undefined;
    });
    const started = kept.model.links.find((candidate) => candidate.jobId === jobId)?.mediaStartedAt !== undefined;
    if (started) {
      const upTo = sequence === undefined ? {} : { sequence };
      this.#options.projector.finish(jobId, { stopAt, ...upTo });
      await this.#record(kept, { kind: 'stream-ended', jobId, ...upTo });
    } else await this.#record(kept, { kind: 'stream-discarded', jobId });
    this.#options.onStreamChange({ roomId: request.roomId, streamId, userId });
  }

  /** After a restart: nothing is running, everything unfinished is put back to work. */
  #goOn(kept: KeptRecording): void {
    const { model } = kept;
    for (const link of model.links.filter(({ role, outcome }) => role !== 'film' && outcome === undefined)) {
      const stream = { roomId: model.request.roomId, streamId: link.streamId, userId: link.userId };
      // A crash may have come between the first media and its journal line, so every tape is looked at.
      if (link.mediaStartedAt === undefined) void this.#record(kept, { kind: 'media-started', jobId: link.jobId });
      this.#project(kept, link);
      if (link.end !== undefined) this.#options.projector.finish(link.jobId, link.end);
      else void this.#hold(kept, link, stream).then(() => this.#awaitStream(kept, link, stream));
    }
    this.#films.goOn(kept.model);
  }

  #awaitStream(kept: KeptRecording, link: StreamLink, stream: TapedStream): void {
    if (kept.model.stoppedAt === undefined) this.#options.streams.restore(stream);
    else void this.#endLink(kept, link, 'recording stopped');
  }

  async #setPaused(recordingId: string, paused: boolean): Promise<KeptRecording> {
    const kept = this.get(recordingId);
    if (kept.model.stoppedAt !== undefined) {
      throw refusal('INVALID_STATE', 'the recording is stopped', { state: stateOf(kept.model) });
    }
    if (isPaused(kept.model) === paused) return kept;
    await this.#record(kept, { kind: paused ? 'paused' : 'resumed' });
    const { pauses, request, links } = kept.model;
    for (const { jobId, tapeId, streamId, userId } of links.filter(isOpen)) {
      this.#options.tapes.setPaused(tapeId, recordingId, paused);
      this.#options.projector.setPauses(jobId, pauses);
      this.#options.onStreamChange({ roomId: request.roomId, streamId, userId });
    }
    return kept;
  }

  /** A problem that lasts is told once. */
  #problem(kept: KeptRecording, problem: { code: string; message: string; streamId: string }): void {
    const { code, streamId } = problem;
    const isKnown = kept.model.problems.some(
      (known) => known.code === code && known.streamId === streamId && known.resolvedAt === undefined,
    );
    if (!isKnown) void this.#record(kept, { kind: 'problem', ...problem });
  }

  #resolveProblems(kept: KeptRecording, streamId: string): void {
    for (const problem of kept.model.problems) {
      if (problem.resolvedAt !== undefined || problem.streamId !== streamId) continue;
      void this.#record(kept, { kind: 'problem-resolved', code: problem.code, streamId });
    }
  }

  #record(kept: KeptRecording, fact: JournalFact): Promise<boolean> {
    const event = { ...fact, at: this.#options.clock.now() } as JournalEvent;
    const before = stateOf(kept.model);
    kept.model = applyEvent(kept.model, event);
    const after = stateOf(kept.model);
    if (before !== after) this.#options.onChange(kept.model, after);
    const written = kept.journal.append(event);
    // What happens to the streams happens to their film.
    if (filmOf(kept.model) !== undefined) void written.then(() => this.#films.update(kept.model));
    return written;
  }

  #eachOpenLink(tapeId: string, action: (kept: KeptRecording, link: StreamLink) => void): void {
    for (const recordingId of this.#options.tapes.get(tapeId)?.holders.keys() ?? []) {
      const kept = this.#byId.get(recordingId);
      const link = kept?.model.links.find((candidate) => candidate.tapeId === tapeId && isOpen(candidate));
      if (kept !== undefined && link !== undefined) action(kept, link);
    }
  }
}

function isOf(link: StreamLink, stream: TapedStream): boolean {
  return link.streamId === stream.streamId && link.userId === stream.userId;
}
