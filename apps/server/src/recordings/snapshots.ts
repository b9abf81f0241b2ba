// Pictures of recordings, taken when they are asked for: chooses the tape and the place in it, has a worker make the
// file, and records that it is there. Decodes nothing itself.

import { basename, join } from 'node:path';
import type { SnapshotRequest } from '@roomtape/api';
import { type Ids, RoomtapeError } from '@roomtape/media';
import { type ProjectedFile, type SnapshotJob, wallAfter } from '@roomtape/recorder';
import type { SnapshotPlane } from '../processes/worker-fleet.ts';
import type { KeptRecording } from './kept-recording.ts';
import { filmStartOf } from './mix-facts.ts';
import type { FileOwner, RecordingModel, StreamLink } from './recording-model.ts';
import { movable, recordingDirectory, tapeDirectory } from './recording-paths.ts';
import type { RecordingShelf } from './recording-shelf.ts';
import { chooseTaped, type TapedMoment } from './taped-moment.ts';

/** How pictures are taken. */
export type SnapshotsOptions = {
  readonly dataDirectory: string;
  readonly ids: Ids;
  readonly projector: SnapshotPlane;
};

/** Pictures in the making of one recording, and of all: others shall not wait for them. */
const AT_ONCE_EACH_MAX = 2;
const AT_ONCE_MAX = 8;
/** Pictures one recording may have. */
const KEPT_MAX = 1_000;
const EXTENSION = { jpeg: 'jpg', webp: 'webp' } as const;

/** Takes pictures. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #shelf: RecordingShelf;
  readonly #running = new Map<string, number>();
  /** Number of the last picture begun, by recording. */
  readonly #lastNumbers = new Map<string, number>();

  constructor(options: SnapshotsOptions, shelf: RecordingShelf) {
    this.#options = options;
    this.#shelf = shelf;
  }

  /** Takes a picture and lists it with the recording. Rejects with why there is none. */
  async take(kept: KeptRecording, request: SnapshotRequest): Promise<FileOwner> {
    const { recordingId } = kept.model;
    const moment = chooseTaped(kept, request);
    const running = this.#running.get(recordingId) ?? 0;
    this.#checkLimits(kept.model, running);
    this.#running.set(recordingId, running + 1);
    try {
      const file = await this.#options.projector.takeSnapshot(this.#jobOf(kept.model, moment, request));
      return await this.#keep(kept, moment.link, file);
    } finally {
      const left = (this.#running.get(recordingId) ?? 1) - 1;
      if (left > 0) this.#running.set(recordingId, left);
      else this.#running.delete(recordingId);
    }
  }

  async #keep(kept: KeptRecording, { role, streamId, userId }: StreamLink, file: ProjectedFile): Promise<FileOwner> {
    const jobId = this.#options.ids.next('file');
    this.#shelf.addJob(jobId, kept);
    const placed = role === 'film' ? { ...file, startedAt: filmWallOf(kept.model, file) } : file;
    const picture = { jobId, streamId, userId, file: movable(placed) };
    await this.#shelf.record(kept, { kind: 'snapshot-taken', ...picture });
    return { jobId, streamId, userId, outcome: 'finished', files: [picture.file] };
  }

  #jobOf(model: RecordingModel, { link, atUs }: TapedMoment, request: SnapshotRequest): SnapshotJob {
    const { recordingId, pauses } = model;
    const { format = 'jpeg', width } = request;
    const { dataDirectory } = this.#options;
    const name = `${link.streamId}.snapshot-${this.#nextNumber(model)}.${EXTENSION[format]}`;
    const isFilm = link.role === 'film';
    return {
      tapeDirectory: tapeDirectory(dataDirectory, link.tapeId),
      path: join(recordingDirectory(dataDirectory, recordingId), 'files', name),
      format,
      media: model.request.media ?? 'audio-video',
      startAt: (isFilm ? filmStartOf(model) : undefined) ?? link.linkedAt,
      // A film's tape runs on the film's own time: pauses are closed up in it already.
      pauses: isFilm ? [] : pauses,
      ...(link.end === undefined ? {} : { end: link.end }),
      ...(atUs === undefined ? {} : { atUs }),
      ...(width === undefined ? {} : { width }),
    };
  }

  #nextNumber({ recordingId, snapshots }: RecordingModel): number {
    const known = this.#lastNumbers.get(recordingId) ?? Math.max(0, ...snapshots.map(numberOf));
    this.#lastNumbers.set(recordingId, known + 1);
    return known + 1;
  }

  #checkLimits({ snapshots }: RecordingModel, running: number): void {
    if (snapshots.length >= KEPT_MAX) {
      const details = { limit: 'snapshots of a recording', max: KEPT_MAX };
      throw new RoomtapeError('LIMIT_REACHED', 'the recording has too many pictures', { ...SYSTEM, details });
    }
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    if (running < AT_ONCE_EACH_MAX && all < AT_ONCE_MAX) return;
    throw new RoomtapeError('TOO_MANY_REQUESTS', 'pictures are being taken: wait for them', {
      blame: 'caller',
      retryable: true,
      details: { atOnceMax: running < AT_ONCE_EACH_MAX ? AT_ONCE_MAX : AT_ONCE_EACH_MAX },
    });
  }
}

const SYSTEM = { blame: 'system', retryable: true } as const;

function numberOf({ files }: FileOwner): number {
  return Number(/\.snapshot-(\d+)\.\w+$/.exec(basename(files[0]?.path ?? ''))?.[1] ?? 0);
}

function filmWallOf(model: RecordingModel, { startedAt }: ProjectedFile): ProjectedFile['startedAt'] {
  const begunAt = filmStartOf(model) ?? startedAt;
  return wallAfter(begunAt, startedAt - begunAt, model.origin?.pauses ?? model.pauses);
}
