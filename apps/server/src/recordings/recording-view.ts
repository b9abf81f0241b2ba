// A recording as the API shows it, and the names of its files. Pure.

import type { Recording, RecordingFile } from '@roomtape/api';
import { toRfc3339, type UnixUs, unixUs, usToMsFloor } from '@roomtape/media';
import type { ProjectedFile } from '@roomtape/recorder';
import type { FilmProgress } from './films.ts';
import type { KeptRequest } from './journal-event.ts';
import { liveUrlOf } from './live-film.ts';
import { renderLengthUs } from './mix-facts.ts';
import { type FileOwner, fileOwners, type RecordingModel, stateOf } from './recording-model.ts';
import { tapedLinks } from './render-origin.ts';

/** Files of each projection as they are now, by job; finished ones are in the model. */
export type GrowingFiles = ReadonlyMap<string, readonly ProjectedFile[]>;

type OutputFields = 'media' | 'format' | 'audioCodec' | 'newFileSeconds' | 'newFileMegabytes' | 'outputs';

/** Shows a recording. The `url` of a file is its path without a token. */
export function viewOf(model: RecordingModel, growing: GrowingFiles, film?: FilmProgress): Recording {
  const { request } = model;
  const files = fileOwners(model).flatMap((owner) => filesOf(owner, growing));
  const firstAt = firstMediaAt(model, growing);
  const problems = model.problems.map(({ at, resolvedAt, ...problem }) => ({
    ...problem,
    at: toRfc3339(at),
    ...(resolvedAt === undefined ? {} : { resolvedAt: toRfc3339(resolvedAt) }),
  }));
  return {
    recordingId: model.recordingId,
    roomId: request.roomId,
    mode: request.mode,
    ...filmView(model, film),
    ...(request.renderedFrom === undefined ? {} : { renderedFrom: request.renderedFrom }),
    ...(request.streams === undefined ? {} : { streams: [...request.streams] }),
    ...recordedView(model),
    ...outputsView(request),
    state: stateOf(model),
    createdAt: toRfc3339(model.createdAt),
    updatedAt: toRfc3339(model.updatedAt),
    ...(model.stoppedAt === undefined ? {} : { stoppedAt: toRfc3339(model.stoppedAt) }),
    ...(firstAt === undefined ? {} : { firstKeyframeAt: toRfc3339(firstAt) }),
    problems: stateOf(model) === 'finished' && files.length === 0 ? [...problems, nothingRecorded(model)] : problems,
    files,
  };
}

/** The projection job a file id belongs to; `undefined` when it is no file id. */
export function jobOfFile(fileId: string): string | undefined {
  return /^(file_[0-9a-z]{20})(-[1-9]\d{0,4}){1,2}$/.exec(fileId)?.[1];
}

/** A file by its id, among those of one stream, film or picture. */
export function fileOfOwner(owner: FileOwner, growing: GrowingFiles, fileId: string): ProjectedFile | undefined {
  return projectedFiles(owner, growing).find((file, index) => fileIdOf(owner, file, index) === fileId);
}

/** Files of one stream, film or picture: final ones from the journal, else as they grow. */
export function projectedFiles(owner: FileOwner, growing: GrowingFiles): readonly ProjectedFile[] {
  return owner.outcome === undefined ? (growing.get(owner.jobId) ?? []) : owner.files;
}

function filmView(model: RecordingModel, film: FilmProgress = { mixedUs: 0, lagMs: 0 }): Pick<Recording, 'film'> {
  const current = model.settings.at(-1)?.settings;
  if (current === undefined) return {};
  const liveUrl = liveUrlOf(model);
  const live = liveUrl === undefined ? {} : { liveUrl };
  const total = model.origin === undefined ? {} : { totalMs: usToMsFloor(renderLengthUs(model.origin)) };
  return { film: { ...current, mixedMs: usToMsFloor(film.mixedUs), lagMs: film.lagMs, ...live, ...total } };
}

/** Whose media is in it: a stream that came back is one of them. */
function recordedView(model: RecordingModel): Pick<Recording, 'recordedStreams'> {
  const streams =
    model.origin?.streams ?? tapedLinks(model).map(({ streamKind, ...link }) => ({ ...link, kind: streamKind }));
  const byId = new Map(
    streams.map(({ streamId, userId, userName, kind }) => [streamId, { streamId, userId, userName, kind }]),
  );
  return byId.size === 0 ? {} : { recordedStreams: [...byId.values()] };
}

/** A recording that ended without files says so: that nothing failed does not mean that something is there. */
function nothingRecorded({ request, stoppedAt, updatedAt }: RecordingModel): Recording['problems'][number] {
  const wanted = request.streams === undefined ? 'no stream' : `none of the streams ${request.streams.join(', ')}`;
  const message = `${wanted} of room ${request.roomId} had media before the recording was stopped`;
  return { code: 'NOTHING_RECORDED', message, at: toRfc3339(stoppedAt ?? updatedAt) };
}

/** The files of one stream, film or picture as the API shows them. */
export function filesOf(owner: FileOwner, growing: GrowingFiles): RecordingFile[] {
  return projectedFiles(owner, growing).map((file, index) => {
    const fileId = fileIdOf(owner, file, index);
    return {
      fileId,
      streamId: owner.streamId,
      userId: owner.userId,
      name: file.path.slice(file.path.lastIndexOf('/') + 1),
      state: file.state,
      container: file.container,
      ...(file.output === undefined ? {} : { output: file.output }),
      ...(file.part === undefined ? {} : { part: file.part }),
      ...(file.videoCodec === undefined ? {} : { videoCodec: file.videoCodec }),
      ...(file.audioCodec === undefined ? {} : { audioCodec: file.audioCodec }),
      ...(file.width === undefined ? {} : { width: file.width }),
      ...(file.height === undefined ? {} : { height: file.height }),
      bytes: file.bytes,
      durationMs: usToMsFloor(file.durationUs),
      startedAt: toRfc3339(file.startedAt),
      missingMs: Object.fromEntries(Object.entries(file.missingUs).map(([why, us]) => [why, usToMsFloor(us)])),
      url: `/v1/files/${fileId}`,
    };
  });
}

/** A file keeps its id while files of other outputs come before it. */
function fileIdOf({ jobId }: FileOwner, { output = 0, part }: ProjectedFile, index: number): string {
  return `${jobId}${output === 0 ? '' : `-${output + 1}`}-${part ?? index + 1}`;
}

function outputsView(request: KeptRequest): Pick<Recording, OutputFields> {
  const { newFileSeconds, newFileMegabytes, outputs } = request;
  const { media = 'audio-video', format = 'auto', audioCodec = 'aac' } = outputs?.[0] ?? request;
  return {
    ...{ media, format, audioCodec },
    ...(newFileSeconds === undefined ? {} : { newFileSeconds }),
    ...(newFileMegabytes === undefined ? {} : { newFileMegabytes }),
    ...(outputs === undefined ? {} : { outputs }),
  };
}

function firstMediaAt(model: RecordingModel, growing: GrowingFiles): UnixUs | undefined {
  const points = model.links.flatMap((link) => [
    ...(link.mediaStartedAt === undefined ? [] : [link.mediaStartedAt]),
    ...projectedFiles(link, growing).map((file) => file.startedAt),
  ]);
  return points.length === 0 ? undefined : unixUs(Math.min(...points));
}
