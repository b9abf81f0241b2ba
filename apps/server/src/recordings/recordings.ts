// All recordings of the server: what users ask for becomes journal events, held tapes and projection jobs.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MixRequest, MixSettings, RenderRequest, SnapshotRequest, StartRecordingRequest } from '@roomtape/api';
import type { MixEvent } from '@roomtape/mixer';
import type { OutputFailure, ProjectionEvent } from '@roomtape/recorder';
import type { MediaEvent } from '@roomtape/webrtc';
import { requireOutputs } from './asked-outputs.ts';
import { type FilmProgress, Films } from './films.ts';
import { IdempotentStarts } from './idempotent-starts.ts';
import { Journal } from './journal.ts';
import type { JournalEvent, KeptRequest } from './journal-event.ts';
import { type KeptRecording, keepRecording } from './kept-recording.ts';
import { changedSettings, mixSettingsOf } from './mix-settings.ts';
import { publicProblemCode } from './problem-code.ts';
import {
  beginModel,
  FILM_STREAM_ID,
  type FileOwner,
  filmOf,
  isFinal,
  isPaused,
  type RecordingModel,
  stateOf,
} from './recording-model.ts';
import { movable, recordingDirectory } from './recording-paths.ts';
import { limitReached, refusal } from './recording-refusal.ts';
import { RecordingShelf } from './recording-shelf.ts';
import { type LoadedRecording, loadRecordings } from './recording-store.ts';
import type { RecordingsOptions } from './recordings-options.ts';
import { renderOriginOf } from './render-origin.ts';
import { Snapshots } from './snapshots.ts';
import { StreamLinks } from './stream-links.ts';
import type { TapedStream } from './tapes.ts';

/** A recording that was begun, or that the same call began before. */
export type Started = { readonly kept: KeptRecording; readonly isReplay: boolean };

type StartedEvent = JournalEvent & { readonly kind: 'started' };

/** Keeps all recordings. */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #shelf: RecordingShelf;
  readonly #links: StreamLinks;
  readonly #starts = new IdempotentStarts<KeptRecording>();
  readonly #films: Films;
  readonly #snapshots: Snapshots;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    // What happens to the streams happens to their film.
    this.#shelf = new RecordingShelf({ ...options, onWritten: ({ model }) => this.#films.update(model) });
    this.#links = new StreamLinks(options, this.#shelf);
    this.#snapshots = new Snapshots(options, this.#shelf);
    this.#films = new Films({
      ...options,
      record: (recordingId, fact) => this.#shelf.record(this.get(recordingId), fact),
    });
  }

  /** Reads every journal and goes on with what is not final. Call once, before anything else. */
  async recover(): Promise<void> {
    for (const loaded of await loadRecordings(this.#options)) this.adopt(loaded);
    for (const kept of this.#shelf.all()) if (!isFinal(kept.model)) this.#goOn(kept);
  }

  /** Keeps a recording that is on disk already, with its journal. */
  adopt({ model, journal }: LoadedRecording): KeptRecording {
    const kept = keepRecording(model, journal);
    this.#shelf.add(kept);
    this.#starts.remember(model.idempotencyKey, model.request, Promise.resolve(kept));
    return kept;
  }

  /** Starts a recording, or returns the one the idempotency key began. */
  start(request: StartRecordingRequest, idempotencyKey?: string): Promise<Started> {
    return this.#startOnce({ request, idempotencyKey }, () => this.#begin(request, idempotencyKey));
  }

  /**
   * Begins a film of a finished recording, which is a recording of its own, or returns the one the idempotency key
   * began. Throws why there can be none.
   */
  async render(recordingId: string, asked: RenderRequest, idempotencyKey?: string): Promise<Started> {
    const source = this.get(recordingId).model;
    const request = { ...asked, roomId: source.request.roomId, mode: 'mix' as const, renderedFrom: recordingId };
    return this.#startOnce({ request, idempotencyKey }, () => this.#beginRender(source, request, idempotencyKey));
  }

  /** Takes a picture of a recording, which lists it as a file. Rejects with why there is none. */
  takeSnapshot(recordingId: string, request: SnapshotRequest): Promise<FileOwner> {
    return this.#snapshots.take(this.get(recordingId), request);
  }

  /** Stops a recording; idempotent. Its files are finished soon after. */
  async stop(recordingId: string): Promise<KeptRecording> {
    const kept = this.get(recordingId);
    if (kept.model.stoppedAt !== undefined) return kept;
    await this.#shelf.record(kept, { kind: 'stopped' });
    this.#links.endAll(kept);
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
    await this.#shelf.record(kept, { kind: 'layout-changed', settings });
    return kept;
  }

  /** A recording by id. Throws RECORDING_NOT_FOUND. */
  get(recordingId: string): KeptRecording {
    return this.#shelf.get(recordingId);
  }

  /** A recording by id, where there may be none. */
  find(recordingId: string): KeptRecording | undefined {
    return this.#shelf.find(recordingId);
  }

  /** All recordings, newest first. */
  list(): KeptRecording[] {
    return [...this.#shelf.all()].sort((a, b) => b.model.createdAt - a.model.createdAt);
  }

  /** The recording that a projection job belongs to. */
  ofJob(jobId: string): KeptRecording | undefined {
    return this.#shelf.ofJob(jobId);
  }

  /** How many recordings are not final. */
  get activeCount(): number {
    return this.#shelf.activeCount;
  }

  /** Whether a stream is taped for a recording that is not paused. */
  isRecorded(stream: TapedStream): boolean {
    return this.#links.isRecorded(stream);
  }

  /** A stream is about to be published: recordings that want it hold its tape before its first packet. */
  streamClaimed(stream: TapedStream): Promise<void> {
    return this.#links.streamClaimed(stream);
  }

  /** A stream will not come back: its tape is sealed and its files are finished. */
  streamGone(stream: TapedStream): void {
    this.#links.streamGone(stream);
  }

  /** Hears the media processes. */
  onMedia(event: MediaEvent): void {
    this.#links.onMedia(event);
  }

  /** A tape cannot be written for now; capture tries again by itself. */
  tapeFailed(tapeId: string, code: string, message: string): void {
    this.#links.tapeFailed(tapeId, code, message);
  }

  /** A tape cannot be continued (it was sealed just before a crash): the stream goes on in another one. */
  tapeRefused(tapeId: string, message: string): void {
    this.#links.tapeRefused(tapeId, message);
  }

  /** Hears the workers. */
  onProjection(event: ProjectionEvent): void {
    const kept = this.#shelf.ofJob(event.jobId);
    const link = kept?.model.links.find((candidate) => candidate.jobId === event.jobId);
    if (kept === undefined || link === undefined || link.outcome !== undefined) return;
    const { jobId, files } = event;
    if (event.kind === 'progressed') {
      kept.growing.set(jobId, files);
      if (event.stalled === undefined && kept.delayed.delete(jobId)) this.#shelf.resolveProblems(kept, link.streamId);
      else if (event.stalled !== undefined) this.projectionDelayed(jobId, event.stalled.code, event.stalled.message);
      this.#tellGivenUp(kept, link.streamId, event.givenUp);
      if (event.awaitsKeyframe === true && !isPaused(kept.model)) this.#options.tapes.requestKeyframe(link.tapeId);
      return;
    }
    kept.growing.delete(jobId);
    if (kept.delayed.delete(jobId)) this.#shelf.resolveProblems(kept, link.streamId);
    if (event.kind === 'finished') {
      this.#tellGivenUp(kept, link.streamId, event.givenUp);
      void this.#shelf.record(kept, { kind: 'files-finished', jobId, files: files.map(movable) });
      return;
    }
    const { message } = event;
    const code = publicProblemCode(event.code, 'PROJECTION_FAILED');
    this.#shelf.problem(kept, { code, message, streamId: link.streamId });
    void this.#shelf.record(kept, { kind: 'projection-failed', jobId, code, message, files: files.map(movable) });
  }

  /** Hears the mixers. */
  onMix(event: MixEvent): void {
    const kept = this.#shelf.ofJob(event.jobId);
    if (kept === undefined) return;
    const told = event.kind === 'mix-progressed' ? event.problem : event.kind === 'mix-failed' ? event : undefined;
    if (told !== undefined) {
      const code = publicProblemCode(told.code, 'MIX_FAILED');
      this.#shelf.problem(kept, { code, message: told.message, streamId: FILM_STREAM_ID });
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
    const kept = this.#shelf.ofJob(jobId);
    const link = kept?.model.links.find((candidate) => candidate.jobId === jobId);
    if (kept === undefined || link === undefined || kept.delayed.has(jobId)) return;
    kept.delayed.add(jobId);
    const name = publicProblemCode(code, 'PROJECTION_FAILED');
    this.#shelf.problem(kept, { code: name, message, streamId: link.streamId });
  }

  /** Closes the journals; recordings stay open for the next start. */
  async close(): Promise<void> {
    await Promise.all([...this.#shelf.all()].map((kept) => kept.journal.close()));
  }

  /** Outputs that cannot be made, while others of their stream can. */
  #tellGivenUp(kept: KeptRecording, streamId: string, outputs: readonly OutputFailure[] = []): void {
    for (const { code, message } of outputs)
      this.#shelf.problem(kept, { code: publicProblemCode(code, 'PROJECTION_FAILED'), message, streamId });
  }

  /** Begins something unless its idempotency key began it already, or too much is going on. */
  async #startOnce(
    { request, idempotencyKey }: { request: KeptRequest; idempotencyKey: string | undefined },
    begin: () => Promise<KeptRecording>,
  ): Promise<Started> {
    const known = this.#starts.find(idempotencyKey, request);
    if (known !== undefined) return { kept: await known, isReplay: true };
    if (this.activeCount >= this.#options.activeMax) throw limitReached(this.#options.activeMax);
    const result = begin();
    this.#starts.remember(idempotencyKey, request, result);
    return { kept: await result, isReplay: false };
  }

  async #begin(request: StartRecordingRequest, idempotencyKey: string | undefined): Promise<KeptRecording> {
    requireOutputs(request);
    const settings = mixSettingsOf(request);
    const kept = await this.#keep({ request, idempotencyKey });
    if (settings !== undefined) await this.#openFilm(kept, settings);
    await this.#links.linkConnected(kept);
    return kept;
  }

  async #beginRender(
    source: RecordingModel,
    request: KeptRequest,
    idempotencyKey: string | undefined,
  ): Promise<KeptRecording> {
    requireOutputs(request);
    const { dataDirectory, ids } = this.#options;
    const origin = renderOriginOf(source, request, dataDirectory);
    const film = { jobId: ids.next('file'), tapeId: ids.next('tape'), fileName: `${FILM_STREAM_ID}.1` };
    const kept = await this.#keep({ request, idempotencyKey, render: { origin, ...film } });
    this.#films.update(kept.model);
    return kept;
  }

  /** Writes the first line of a recording's journal and keeps it. */
  async #keep(
    begun: Pick<StartedEvent, 'request' | 'render'> & { readonly idempotencyKey: string | undefined },
  ): Promise<KeptRecording> {
    const { clock, log, ids, dataDirectory } = this.#options;
    const { request, idempotencyKey, render } = begun;
    const recordingId = ids.next('rec');
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    const film = render === undefined ? {} : { render };
    const first = { kind: 'started' as const, at: clock.now(), recordingId, request, ...key, ...film };
    const directory = recordingDirectory(dataDirectory, recordingId);
    const journal = await Journal.begin({ directory, clock, log }, first);
    await mkdir(join(directory, 'files'), { recursive: true });
    const kept = keepRecording(beginModel(first), journal);
    this.#shelf.add(kept);
    this.#options.onChange(kept.model, stateOf(kept.model));
    return kept;
  }

  async #openFilm(kept: KeptRecording, settings: MixSettings): Promise<void> {
    const opening = this.#films.opening(kept.model, settings);
    this.#shelf.addJob(opening.jobId, kept);
    await this.#shelf.record(kept, opening);
  }

  /** After a restart: nothing is running, everything unfinished is put back to work. */
  #goOn(kept: KeptRecording): void {
    this.#links.goOn(kept);
    this.#films.goOn(kept.model);
  }

  async #setPaused(recordingId: string, paused: boolean): Promise<KeptRecording> {
    const kept = this.get(recordingId);
    if (kept.model.stoppedAt !== undefined) {
      throw refusal('INVALID_STATE', 'the recording is stopped', { state: stateOf(kept.model) });
    }
    if (isPaused(kept.model) === paused) return kept;
    await this.#shelf.record(kept, { kind: paused ? 'paused' : 'resumed' });
    this.#links.pausesChanged(kept);
    return kept;
  }
}
