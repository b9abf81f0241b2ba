// The films of mixed recordings: the streams' tapes are mixed into a tape, and that one is projected to a file like any
// other. Knows no streams and no HTTP; what becomes true is recorded by its owner.

import type { MixSettings } from '@roomtape/api';
import { type Ids, type UnixUs, unixUs } from '@roomtape/media';
import type { MixEvent, MixFacts } from '@roomtape/mixer';
import type { MixPlane } from '../processes/mix-fleet.ts';
import type { Projector } from '../processes/worker-fleet.ts';
import { isSoundOnly } from './asked-outputs.ts';
import type { JournalFact } from './journal-event.ts';
import { filmStartOf, mixFactsOf } from './mix-facts.ts';
import { FILM_STREAM_ID, filmOf, nextFileName, type RecordingModel, type StreamLink } from './recording-model.ts';
import { projectionJob, tapeDirectory } from './recording-paths.ts';

/** What films need of the recordings. */
export type FilmsOptions = {
  readonly dataDirectory: string;
  readonly fragmentMs: number;
  readonly ids: Ids;
  readonly mixes: MixPlane;
  readonly projector: Projector;
  /** Makes a fact of a recording true. */
  readonly record: (recordingId: string, fact: JournalFact) => Promise<unknown>;
};

/** How far a film is. */
export type FilmProgress = { readonly mixedUs: number; readonly lagMs: number };

/** Films made later that are in work at once: those of rooms that are live come first. */
const RENDERS_AT_ONCE = 1;

/** Keeps the films that are being made. */
export class Films {
  readonly #options: FilmsOptions;
  readonly #progress = new Map<string, FilmProgress>();
  /** Films made later: jobs in work, and those that wait in the order they were asked for. */
  readonly #rendering = new Set<string>();
  readonly #waiting = new Map<string, RecordingModel>();

  constructor(options: FilmsOptions) {
    this.#options = options;
  }

  /** The fact that a recording has a film. */
  opening(model: RecordingModel, settings: MixSettings): JournalFact & { readonly kind: 'film-opened' } {
    const { ids } = this.#options;
    const fileName = nextFileName(model, FILM_STREAM_ID);
    return { kind: 'film-opened', jobId: ids.next('file'), tapeId: ids.next('tape'), fileName, settings };
  }

  /** How far a film is; `undefined` before its first frame and in recordings of an earlier start. */
  progress(jobId: string): FilmProgress | undefined {
    return this.#progress.get(jobId);
  }

  /** Facts of a recording changed: its film begins, goes on otherwise, or ends. Does nothing for other recordings. */
  update(model: RecordingModel): void {
    const film = filmOf(model);
    if (film === undefined || film.end !== undefined || film.outcome !== undefined) return;
    const facts = mixFactsOf(model, this.#options.dataDirectory);
    if (facts === undefined) {
      const isOver =
        model.stoppedAt !== undefined && model.links.every(({ role, outcome }) => role === 'film' || outcome);
      if (isOver) void this.#options.record(model.recordingId, { kind: 'stream-discarded', jobId: film.jobId });
      return;
    }
    if (model.origin === undefined) this.#mix(model, film, facts);
    else if (!this.#rendering.has(film.jobId)) {
      this.#waiting.set(film.jobId, model);
      this.#renderNext();
    }
  }

  /** After a restart: the film goes on, or its file is finished. */
  goOn(model: RecordingModel): void {
    const film = filmOf(model);
    if (film?.end === undefined || film.outcome !== undefined) {
      this.update(model);
      return;
    }
    this.#options.projector.start(this.#projectionOf(model, film), []);
    this.#options.projector.finish(film.jobId, film.end);
  }

  /** A mixer told something of the film of this recording. */
  onMix(model: RecordingModel, event: MixEvent): void {
    const { recordingId } = model;
    const { jobId } = event;
    if (event.kind !== 'mix-progressed' && this.#rendering.delete(jobId)) this.#renderNext();
    if (event.kind === 'mix-failed') {
      const { code, message } = event;
      void this.#options.record(recordingId, { kind: 'projection-failed', jobId, code, message, files: [] });
      return;
    }
    if (event.kind === 'mix-progressed') {
      this.#progress.set(jobId, { mixedUs: event.mixedUs, lagMs: event.lagMs });
      return;
    }
    this.#progress.set(jobId, { mixedUs: event.mixedUs, lagMs: 0 });
    const end = { stopAt: endOf(model, event.mixedUs), sequence: event.lastSequence };
    this.#options.projector.finish(jobId, end);
    void this.#options.record(recordingId, { kind: 'stream-ended', jobId, sequence: event.lastSequence });
  }

  #mix(model: RecordingModel, film: StreamLink, facts: MixFacts): void {
    const { jobId, tapeId } = film;
    const job = {
      jobId,
      tapeDirectory: tapeDirectory(this.#options.dataDirectory, tapeId),
      ...(model.origin === undefined ? {} : { isComplete: true }),
      ...(isSoundOnly(model.request) ? { isAudioOnly: true } : {}),
    };
    this.#options.mixes.start(job, facts);
    this.#options.projector.start(this.#projectionOf(model, film), []);
  }

  /** The films made later whose turn it is. */
  #renderNext(): void {
    for (const [jobId, model] of this.#waiting) {
      if (this.#rendering.size >= RENDERS_AT_ONCE) return;
      this.#waiting.delete(jobId);
      const film = filmOf(model);
      const facts = mixFactsOf(model, this.#options.dataDirectory);
      if (film === undefined || facts === undefined) continue;
      this.#rendering.add(jobId);
      this.#mix(model, film, facts);
    }
  }

  #projectionOf(model: RecordingModel, film: StreamLink): ReturnType<typeof projectionJob> {
    return { ...projectionJob(this.#options, model, film), startAt: filmStartOf(model) ?? film.linkedAt };
  }
}

/** A film's tape runs on the film's own time: pauses are closed up in it already. */
function endOf(model: RecordingModel, mixedUs: number): UnixUs {
  return unixUs((filmStartOf(model) ?? model.createdAt) + mixedUs);
}
