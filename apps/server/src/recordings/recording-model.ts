// What a recording is: a pure reduction of its journal. No files, clocks or processes here.

import type { MixSettings, RecordingState, StreamKind } from '@roomtape/api';
import { type UnixUs, unixUs } from '@roomtape/media';
import type { PauseSpan, ProjectedFile } from '@roomtape/recorder';
import type { JournalEvent, KeptRequest, RenderOrigin } from './journal-event.ts';

/** The stream id under which the film of a mixed recording is listed. */
export const FILM_STREAM_ID = 'mix';

/** One stream of a recording, or its film: its tape, its projection, its files. */
export type StreamLink = {
  /** `stream`: taped and projected; `part`: taped and mixed into the film; `film`: the mix itself. */
  readonly role: 'stream' | 'part' | 'film';
  readonly jobId: string;
  readonly tapeId: string;
  readonly streamId: string;
  readonly userId: string;
  readonly userName: string;
  readonly streamKind: StreamKind;
  readonly fileName: string;
  readonly linkedAt: UnixUs;
  readonly mediaStartedAt?: UnixUs;
  /** Taped no more since. */
  readonly end?: { readonly stopAt: UnixUs; readonly sequence?: number };
  readonly outcome?: 'finished' | 'failed' | 'discarded' | 'mixed';
  readonly files: readonly ProjectedFile[];
};

/** Whatever has files: a stream, a film, or a picture that was taken. */
export type FileOwner = Pick<StreamLink, 'jobId' | 'streamId' | 'userId' | 'outcome' | 'files'>;

/** Something that went wrong. */
export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly streamId?: string;
  readonly at: UnixUs;
  readonly resolvedAt?: UnixUs;
};

/** A recording as its journal tells it. */
export type RecordingModel = {
  readonly recordingId: string;
  readonly request: KeptRequest;
  readonly idempotencyKey?: string;
  readonly createdAt: UnixUs;
  readonly updatedAt: UnixUs;
  readonly stoppedAt?: UnixUs;
  readonly pauses: readonly PauseSpan[];
  readonly links: readonly StreamLink[];
  /** How the film looks, each from a wall time on; empty unless it is a mixed recording. */
  readonly settings: readonly { readonly at: UnixUs; readonly settings: MixSettings }[];
  readonly problems: readonly Problem[];
  /** Pictures that were taken, oldest first. */
  readonly snapshots: readonly FileOwner[];
  /** What a film that is made later is made of. */
  readonly origin?: RenderOrigin;
};

/** Problems kept per recording; a failing disk must not grow the model without end. */
export const PROBLEMS_MAX = 100;

/** Reduces a whole journal; `undefined` when it does not begin with `started`. */
export function reduceJournal(events: readonly JournalEvent[]): RecordingModel | undefined {
  const [first, ...rest] = events;
  if (first?.kind !== 'started') return undefined;
  return rest.reduce(applyEvent, beginModel(first));
}

/** The model after its first event. */
export function beginModel(event: JournalEvent & { kind: 'started' }): RecordingModel {
  return {
    recordingId: event.recordingId,
    request: event.request,
    ...(event.idempotencyKey === undefined ? {} : { idempotencyKey: event.idempotencyKey }),
    createdAt: event.at,
    updatedAt: event.at,
    pauses: [],
    links: [],
    settings: [],
    problems: [],
    snapshots: [],
    ...(event.render === undefined ? {} : renderedFilm(event.render, event.at)),
  };
}

/** The model after one more event. Events that make no sense in this state change nothing. */
export function applyEvent(model: RecordingModel, event: JournalEvent): RecordingModel {
  return { ...model, ...changesOf(model, event), updatedAt: unixUs(Math.max(model.updatedAt, event.at)) };
}

/** The state the API shows. */
export function stateOf(model: RecordingModel): RecordingState {
  if (model.stoppedAt !== undefined) return endStateOf(model);
  if (isPaused(model)) return 'paused';
  return model.links.some((link) => link.mediaStartedAt !== undefined) ? 'recording' : 'starting';
}

/** Whether the recording is paused and not stopped. */
export function isPaused(model: RecordingModel): boolean {
  const last = model.pauses.at(-1);
  return model.stoppedAt === undefined && last !== undefined && last.toAt === undefined;
}

/** Whether nothing can change any more. */
export function isFinal(model: RecordingModel): boolean {
  return model.stoppedAt !== undefined && model.links.every((link) => link.outcome !== undefined);
}

/** A link that is still being taped for this recording. Films are not taped, they are mixed. */
export function isOpen(link: StreamLink): boolean {
  return link.role !== 'film' && link.end === undefined && link.outcome === undefined;
}

/** The film of a mixed recording. */
export function filmOf(model: RecordingModel): StreamLink | undefined {
  return model.links.find((link) => link.role === 'film');
}

/** Everything of a recording that has files, in the order they are listed. */
export function fileOwners({ links, snapshots }: RecordingModel): readonly FileOwner[] {
  return [...links, ...snapshots];
}

/** Whether the recording wants a stream, now or later. */
export function wants(model: RecordingModel, stream: { roomId: string; streamId: string }): boolean {
  if (model.stoppedAt !== undefined || model.request.roomId !== stream.roomId) return false;
  return model.request.streams === undefined || model.request.streams.includes(stream.streamId);
}

/** Name for the next file of a stream. A dot cannot stand in an id, so no two streams share a name. */
export function nextFileName(model: RecordingModel, streamId: string): string {
  const nth = model.links.filter((link) => link.streamId === streamId).length + 1;
  return `${streamId}.${nth}`;
}

function endStateOf(model: RecordingModel): RecordingState {
  if (!isFinal(model)) return 'finishing';
  const failed = model.links.some((link) => link.outcome === 'failed');
  const saved = model.links.some((link) => link.outcome === 'finished');
  return failed && !saved ? 'failed' : 'finished';
}

function changesOf(model: RecordingModel, event: JournalEvent): Partial<RecordingModel> {
  switch (event.kind) {
    case 'started':
      return {};
    case 'stream-linked':
      return { links: [...model.links, linkOf(model, event)] };
    case 'film-opened':
      return filmOf(model) === undefined ? openFilm(model, event) : {};
    case 'layout-changed':
      return { settings: [...model.settings, { at: event.at, settings: event.settings }] };
    case 'paused':
      return isPaused(model) || model.stoppedAt !== undefined
        ? {}
        : { pauses: [...model.pauses, { fromAt: event.at }] };
    case 'resumed':
      return isPaused(model) ? { pauses: closePause(model.pauses, event.at) } : {};
    case 'stopped':
      return model.stoppedAt === undefined ? { stoppedAt: event.at } : {};
    case 'snapshot-taken': {
      const { jobId, streamId, userId, file } = event;
      const taken: FileOwner = { jobId, streamId, userId, outcome: 'finished', files: [file] };
      return { snapshots: [...model.snapshots, taken] };
    }
    case 'problem':
      return { problems: addProblem(model.problems, event) };
    case 'problem-resolved':
      return { problems: model.problems.map((problem) => resolve(problem, event)) };
    default:
      return {
        links: changeLink(model.links, event.jobId, (link) => ({
          ...link,
          ...linkChanges(link, event, model.stoppedAt),
        })),
      };
  }
}

function linkOf(model: RecordingModel, event: JournalEvent & { kind: 'stream-linked' }): StreamLink {
  const { jobId, tapeId, streamId, userId, userName = userId, streamKind = 'camera', fileName, at } = event;
  const role = filmOf(model) === undefined ? 'stream' : 'part';
  return { role, jobId, tapeId, streamId, userId, userName, streamKind, fileName, linkedAt: at, files: [] };
}

function openFilm(model: RecordingModel, event: JournalEvent & { kind: 'film-opened' }): Partial<RecordingModel> {
  const { settings, at } = event;
  return { links: [...model.links, filmLink(event, at)], settings: [{ at, settings }] };
}

function filmLink(film: Pick<StreamLink, 'jobId' | 'tapeId' | 'fileName'>, linkedAt: UnixUs): StreamLink {
  const { jobId, tapeId, fileName } = film;
  const whose = { streamId: FILM_STREAM_ID, userId: FILM_STREAM_ID, userName: FILM_STREAM_ID };
  return { role: 'film', jobId, tapeId, ...whose, streamKind: 'camera', fileName, linkedAt, files: [] };
}

type Render = NonNullable<(JournalEvent & { kind: 'started' })['render']>;

/** A film made later has all its facts at once: its recording is stopped from the first. */
function renderedFilm(render: Render, at: UnixUs): Partial<RecordingModel> {
  const { origin } = render;
  return { origin, settings: origin.settings, links: [filmLink(render, at)], stoppedAt: at };
}

function linkChanges(
  link: StreamLink,
  event: JournalEvent & {
    kind: 'media-started' | 'stream-ended' | 'stream-discarded' | 'files-finished' | 'projection-failed';
  },
  stoppedAt: UnixUs | undefined,
): Partial<StreamLink> {
  if (link.outcome !== undefined) return {};
  switch (event.kind) {
    case 'media-started':
      return link.mediaStartedAt === undefined ? { mediaStartedAt: event.at } : {};
    case 'stream-ended': {
      const sequence = event.sequence === undefined ? {} : { sequence: event.sequence };
      if (link.end !== undefined) return {};
      const end = { end: { stopAt: stoppedAt ?? event.at, ...sequence } };
      return link.role === 'part' ? { ...end, outcome: 'mixed' } : end;
    }
    case 'stream-discarded':
      return { outcome: 'discarded' };
    case 'files-finished':
      return { outcome: 'finished', files: event.files };
    case 'projection-failed':
      return { outcome: 'failed', files: event.files };
  }
}

function changeLink(
  links: readonly StreamLink[],
  jobId: string,
  change: (link: StreamLink) => StreamLink,
): readonly StreamLink[] {
  return links.map((link) => (link.jobId === jobId ? change(link) : link));
}

function closePause(pauses: readonly PauseSpan[], toAt: UnixUs): readonly PauseSpan[] {
  return pauses.map((span, index) => (index === pauses.length - 1 ? { ...span, toAt } : span));
}

function addProblem(problems: readonly Problem[], event: JournalEvent & { kind: 'problem' }): readonly Problem[] {
  const isSame = (problem: Problem): boolean =>
    problem.code === event.code && problem.streamId === event.streamId && problem.resolvedAt === undefined;
  if (problems.some(isSame)) return problems;
  const { code, message, at } = event;
  const streamId = event.streamId === undefined ? {} : { streamId: event.streamId };
  return [...problems, { code, message, at, ...streamId }].slice(-PROBLEMS_MAX);
}

function resolve(problem: Problem, event: JournalEvent & { kind: 'problem-resolved' }): Problem {
  const concerned = problem.code === event.code && problem.streamId === event.streamId;
  return concerned && problem.resolvedAt === undefined ? { ...problem, resolvedAt: event.at } : problem;
}
