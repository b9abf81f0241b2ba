// What files a recording is asked for: checked before it begins, and whether pictures are in any of them.

import { checkOutputs, type StartRecordingRequest } from '@roomtape/api';
import { refusal } from './recording-refusal.ts';

const SOUND_FORMATS: ReadonlySet<string> = new Set(['aac', 'mp3', 'ogg', 'wav']);

/** Throws why the outputs a request asks for cannot be made. */
export function requireOutputs(request: Parameters<typeof checkOutputs>[0]): void {
  const problem = checkOutputs(request);
  if (problem !== undefined) throw refusal(problem.code, problem.message, { ...problem.details });
}

/** Whether nothing a recording is asked for has pictures in it. */
export function isSoundOnly(request: Pick<StartRecordingRequest, 'format' | 'media' | 'outputs'>): boolean {
  const outputs = request.outputs ?? [{ format: request.format ?? 'auto', media: request.media }];
  return outputs.every(({ format, media }) => media === 'audio' || SOUND_FORMATS.has(format));
}
