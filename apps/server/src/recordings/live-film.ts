// The film of a mixed recording as something to watch while it is made: a stream of its room, named by the recording.

import type { MediaKind } from '@roomtape/media';
import type { StreamKey, TapeSource } from '@roomtape/webrtc';
import { isSoundOnly } from './asked-outputs.ts';
import { filmOf, type RecordingModel } from './recording-model.ts';
import { tapeDirectory } from './recording-paths.ts';

/** The tape of a film that is being made in a room; `undefined` for anything else, and once it was stopped. */
export function liveFilmOf(
  model: RecordingModel | undefined,
  { roomId, dataDirectory }: { readonly roomId: string; readonly dataDirectory: string },
): TapeSource | undefined {
  const film = model === undefined ? undefined : filmOf(model);
  if (model?.request.roomId !== roomId || film === undefined || !isLive(model)) return undefined;
  return { directory: tapeDirectory(dataDirectory, film.tapeId), kinds: kindsOf(model) };
}

/** Where a film is watched while it is made; `undefined` when it is not made (any more). */
export function liveUrlOf(model: RecordingModel): string | undefined {
  return isLive(model) ? `/whep/${model.request.roomId}/${model.recordingId}` : undefined;
}

/** The stream that a recording's film is. */
export function filmStreamOf({ request, recordingId }: RecordingModel): StreamKey {
  return { roomId: request.roomId, streamId: recordingId };
}

function isLive(model: RecordingModel): boolean {
  const film = filmOf(model);
  return film !== undefined && film.outcome === undefined && film.end === undefined && model.stoppedAt === undefined;
}

function kindsOf({ request }: RecordingModel): MediaKind[] {
  if (isSoundOnly(request)) return ['audio'];
  const wanted = (request.outputs ?? [request]).map(({ media }) => media ?? 'audio-video');
  return (['audio', 'video'] as const).filter((kind) => wanted.some((media) => media.includes(kind)));
}
