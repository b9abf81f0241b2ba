// Which tape of a recording has the picture that is asked for, and where in it. Pure.

import type { SnapshotRequest } from '@roomtape/api';
import { type UnixUs, unixUs } from '@roomtape/media';
import { isSoundOnly } from './asked-outputs.ts';
import type { KeptRecording } from './kept-recording.ts';
import { filmStartOf } from './mix-facts.ts';
import { FILM_STREAM_ID, filmOf, type RecordingModel, type StreamLink } from './recording-model.ts';
import { refusal } from './recording-refusal.ts';
import { projectedFiles } from './recording-view.ts';

/** A place on a tape: absent time is the newest. */
export type TapedMoment = { readonly link: StreamLink; readonly atUs?: number };

/** Chooses the tape and the time on it. Throws why there cannot be such a picture. */
export function chooseTaped(kept: KeptRecording, { streamId, atMs }: SnapshotRequest): TapedMoment {
  const { model } = kept;
  if (model.request.mode === 'upload')
    throw refusal('NOT_SUPPORTED', 'an uploaded file has no tape', { supported: ['single', 'mix'] });
  if (isSoundOnly(model.request)) throw refusal('NO_VIDEO', 'the recording is of sound only', {});
  const links = linksOf(model, streamId);
  const last = links.at(-1);
  if (last === undefined) throw refusal('NO_PICTURE', 'no stream has been recorded yet', {});
  if (atMs === undefined) return { link: links.findLast(hasMedia) ?? last };
  const atUs = atMs * 1000;
  const begun = links.map((link) => ({ link, fromUs: timeOf(kept, startOf(kept, link)) }));
  const chosen = begun.findLast(({ fromUs }) => fromUs <= atUs);
  if (chosen !== undefined) return { link: chosen.link, atUs: atUs - chosen.fromUs };
  const firstMs = Math.ceil((begun[0]?.fromUs ?? 0) / 1000);
  throw refusal('INVALID_REQUEST', `the stream began later, at ${firstMs} ms`, { field: 'atMs', firstMs });
}

/** The links of the stream that is meant, in order. */
function linksOf(model: RecordingModel, streamId: string | undefined): StreamLink[] {
  const film = filmOf(model);
  if (film !== undefined && (streamId === undefined || streamId === FILM_STREAM_ID)) return [film];
  const links = model.links.filter(({ role, outcome }) => role !== 'film' && outcome !== 'discarded');
  const streams = [...new Set(links.map((link) => link.streamId))];
  const [only, another] = streams;
  if (streamId === undefined && another !== undefined)
    throw refusal('INVALID_REQUEST', 'streamId must say which stream', { field: 'streamId', streams });
  if (streamId !== undefined && !streams.includes(streamId))
    throw refusal('STREAM_NOT_FOUND', 'the recording has no such stream', { streamId, streams });
  return links.filter((link) => link.streamId === (streamId ?? only));
}

function hasMedia(link: StreamLink): boolean {
  return link.role === 'film' || link.mediaStartedAt !== undefined;
}

/** When the first media of a link was recorded, as exactly as is known. */
function startOf({ model, growing }: KeptRecording, link: StreamLink): UnixUs {
  if (link.role === 'film') return filmStartOf(model) ?? link.linkedAt;
  const starts = projectedFiles(link, growing).map(({ startedAt }) => startedAt);
  return starts.length === 0 ? (link.mediaStartedAt ?? link.linkedAt) : unixUs(Math.min(...starts));
}

/** The time of a recording at a wall time, µs: from its first media on, pauses left out. */
function timeOf(kept: KeptRecording, wall: UnixUs): number {
  const { model } = kept;
  const taped = model.links.filter((link) => link.role !== 'film' && hasMedia(link));
  const begunAt = filmStartOf(model) ?? Math.min(wall, ...taped.map((link) => startOf(kept, link)));
  const pausedUs = model.pauses.reduce((sum, { fromAt, toAt = wall }) => {
    return sum + Math.max(0, Math.min(toAt, wall) - Math.max(fromAt, begunAt));
  }, 0);
  return Math.max(0, wall - begunAt - pausedUs);
}
