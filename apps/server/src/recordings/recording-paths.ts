// Where a recording and its tapes are in the data directory, and the projection job of one of its streams.

import { basename, join } from 'node:path';
import type { OutputRequest } from '@roomtape/api';
import type { FileOutput, ProjectedFile, ProjectionJob, ProjectionOutput } from '@roomtape/recorder';
import type { RecordingModel, StreamLink } from './recording-model.ts';

const PICTURES_EVERY_SECONDS = 10;

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
  const facts = {
    jobId: link.jobId,
    tapeDirectory: tapeDirectory(settings.dataDirectory, link.tapeId),
    outputDirectory: join(recordingDirectory(settings.dataDirectory, recordingId), 'files'),
    fileName: link.fileName,
    startAt: link.linkedAt,
    fragmentMs: settings.fragmentMs,
  };
  const { format = 'auto', outputs } = request;
  if (outputs !== undefined) return { ...facts, outputs: outputs.map(outputOf) };
  return { ...facts, ...fileOutput(format, request) };
}

function outputOf(output: OutputRequest): ProjectionOutput {
  const { format, everySeconds = PICTURES_EVERY_SECONDS, width } = output;
  if (format !== 'jpeg' && format !== 'webp') return fileOutput(format, output);
  return { container: format, everyMs: everySeconds * 1000, ...(width === undefined ? {} : { width }) };
}

function fileOutput(container: FileOutput['container'], asked: Partial<OutputRequest>): FileOutput {
  const { media = 'audio-video', audioCodec = 'aac', segmentSeconds, newFileSeconds, newFileMegabytes } = asked;
  return {
    container,
    media,
    audioCodec,
    ...(segmentSeconds === undefined ? {} : { segmentMs: segmentSeconds * 1000 }),
    ...(newFileSeconds === undefined ? {} : { newFileMs: newFileSeconds * 1000 }),
    ...(newFileMegabytes === undefined ? {} : { newFileBytes: newFileMegabytes * 1_000_000 }),
  };
}

/** A journal names files from its own directory, so that a recording can be moved. */
export function movable(file: ProjectedFile): ProjectedFile {
  return { ...file, path: `files/${basename(file.path)}` };
}
