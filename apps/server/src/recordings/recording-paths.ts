// Where a recording and its tapes are in the data directory, and the projection job of one of its streams.

import { basename, join } from 'node:path';
import type { ProjectedFile, ProjectionJob } from '@roomtape/recorder';
import type { RecordingModel, StreamLink } from './recording-model.ts';

/** Directory of a recording: its journal, links to its tapes, its files. */
export function recordingDirectory(dataDirectory: string, recordingId: string): string {
  return join(dataDirectory, 'recordings', recordingId);
}

/** Directory of a tape. */
export function tapeDirectory(dataDirectory: string, tapeId: string): string {
  return join(dataDirectory, 'tapes', tapeId);
}

/** The job that makes the files of one stream of a recording. */
export function projectionJob(
  settings: { readonly dataDirectory: string; readonly fragmentMs: number },
  { request, recordingId }: RecordingModel,
  link: StreamLink,
): ProjectionJob {
  return {
    jobId: link.jobId,
    tapeDirectory: tapeDirectory(settings.dataDirectory, link.tapeId),
    outputDirectory: join(recordingDirectory(settings.dataDirectory, recordingId), 'files'),
    fileName: link.fileName,
    container: request.format ?? 'auto',
    media: request.media ?? 'audio-video',
    audioCodec: request.audioCodec ?? 'aac',
    startAt: link.linkedAt,
    fragmentMs: settings.fragmentMs,
    ...(request.segmentSeconds === undefined ? {} : { segmentMs: request.segmentSeconds * 1000 }),
  };
}

/** A journal names files from its own directory, so that a recording can be moved. */
export function movable(file: ProjectedFile): ProjectedFile {
  return { ...file, path: `files/${basename(file.path)}` };
}
