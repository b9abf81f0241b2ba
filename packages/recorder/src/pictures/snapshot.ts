// Takes one picture of a tape, which may still grow: the newest, or the one at a time. In small steps, so that what
// else the process does goes on; it decodes from the last keyframe only.

import type { NativePicture } from '@roomtape/ffmpeg';
import { RoomtapeError, type UnixUs } from '@roomtape/media';
import { newestChunkStart, openTapeReader, type TapeBatch, type TapeReader } from '@roomtape/tape';
import { createPlanner, type PlanKnowledge, type PlannedAction } from '@roomtape/timeline';
import type { PauseSpan, ProjectedFile, ProjectionEnd } from '../projection-job.ts';
import { GopDecoder, lookaheadOf } from './gop-decoder.ts';
import { type PictureLook, writePicture } from './picture-file.ts';
import { PictureTimeline } from './picture-timeline.ts';
import { wallAfter } from './wall-time.ts';

/** A picture that is wanted: plain data, so that it crosses a process boundary. */
export type SnapshotJob = PictureLook & {
  readonly tapeDirectory: string;
  /** The file; its directory exists. */
  readonly path: string;
  /** As in the projection of the tape, so that times are the same in its files. */
  readonly media: 'audio-video' | 'audio' | 'video';
  readonly startAt: UnixUs;
  readonly pauses: readonly PauseSpan[];
  /** Absent while the tape goes on. */
  readonly end?: ProjectionEnd;
  /** Time in the tape's files, one after the other, µs. Absent: the newest picture. */
  readonly atUs?: number;
};

/** Bytes of tape read, and pictures decoded, until others get their turn. */
const STEP_BYTES = 256 * 1024;
const STEP_PICTURES = 8;
/** Encoded pictures kept without decoding them. */
const WAITING_BYTES = 32 * 1024 * 1024;
/** How far before its newest chunk a tape is read when that has no picture, entries; then eight times as far. */
const BACK_ENTRIES = 20_000;
/** A time this much after the end is taken for the end: players round, µs. */
const END_TOLERANCE_US = 100_000;

/**
 * Writes the picture; its `startedAt` is when it was seen. Rejects with NO_PICTURE and NO_VIDEO,
 * with INVALID_REQUEST for a time that has no picture, and with what codec and disk throw.
 */
export async function takeSnapshot(job: SnapshotJob): Promise<ProjectedFile> {
  const newest = job.atUs === undefined ? newestChunkStart(job.tapeDirectory) : 0;
  for (let [fromSequence, back] = [newest, BACK_ENTRIES]; ; back *= 8) {
    const search = await searchFrom(job, fromSequence);
    try {
      const { picture } = search;
      if (picture !== undefined) return writeFile(job, picture, search.originAt);
      if (fromSequence === 0) throw whyNone(job, search);
    } finally {
      search.close();
    }
    fromSequence = Math.max(0, newest - back);
  }
}

function writeFile(job: SnapshotJob, picture: NativePicture, originAt: UnixUs): ProjectedFile {
  const { width, height, data } = writePicture(job.path, picture, job);
  return {
    path: job.path,
    container: job.format,
    state: 'finished',
    bytes: data.length,
    durationUs: 0,
    startedAt: wallAfter(originAt, picture.ptsUs, job.pauses),
    width,
    height,
    missingUs: {},
  };
}

function whyNone({ atUs, end }: SnapshotJob, search: Search): RoomtapeError {
  const lengthMs = Math.floor(search.lengthUs / 1000);
  if (search.hasPictures && atUs !== undefined) {
    const message = search.isBeyondEnd ? `atMs is after the end (${lengthMs})` : 'atMs is before the first picture';
    const details = { field: 'atMs', lengthMs };
    return new RoomtapeError('INVALID_REQUEST', message, { blame: 'caller', retryable: false, details });
  }
  if (search.hasVideo || end === undefined)
    return new RoomtapeError('NO_PICTURE', 'there is no picture yet', { blame: 'source', retryable: true });
  return new RoomtapeError('NO_VIDEO', 'the stream had only sound', { blame: 'caller', retryable: false });
}

async function searchFrom(job: SnapshotJob, fromSequence: number): Promise<Search> {
  let knowledge: PlanKnowledge = { files: {} };
  for (;;) {
    const search = new Search(job, knowledge);
    await search.run(fromSequence);
    if (search.replanned === undefined) return search;
    knowledge = search.replanned;
    search.close();
  }
}

/** One pass over a tape, or over its end; whoever makes it closes it, unless `run` rejects. */
class Search {
  hasVideo = false;
  hasPictures = false;
  replanned: PlanKnowledge | undefined;
  readonly #job: SnapshotJob;
  readonly #decoder = new GopDecoder();
  readonly #wantedUs: number;
  readonly #planner: ReturnType<typeof createPlanner>;
  readonly #timeline = new PictureTimeline();
  #isDone = false;

  constructor(job: SnapshotJob, knowledge: PlanKnowledge) {
    const { atUs, media, startAt, pauses, end } = job;
    this.#job = job;
    this.#wantedUs = atUs ?? Number.POSITIVE_INFINITY;
    const wanted = atUs === undefined ? 'video' : media;
    this.#planner = createPlanner({ media: wanted, startAt, transcodesAudio: true, knowledge });
    this.#planner.setPauses(pauses);
    if (end !== undefined) this.#planner.setStop(end.stopAt);
  }

  /** Wall time of the timeline's beginning. */
  get originAt(): UnixUs {
    return this.#timeline.originAt ?? this.#job.startAt;
  }

  /** Length of what was read, µs. */
  get lengthUs(): number {
    return this.#timeline.lengthUs;
  }

  /** The picture wanted, until `close`. */
  get picture(): NativePicture | undefined {
    return this.isBeyondEnd ? undefined : this.#decoder.newest;
  }

  /** Whether the time wanted is not part of what is recorded. */
  get isBeyondEnd(): boolean {
    return this.#job.atUs !== undefined && !this.#isDone && this.#job.atUs > this.lengthUs + END_TOLERANCE_US;
  }

  /** Reads until the picture is surely found, or to the end. */
  async run(fromSequence: number): Promise<void> {
    const reader = openTapeReader(this.#job.tapeDirectory, { fromSequence });
    try {
      await this.#read(reader);
      if (!this.#isDone && this.replanned === undefined) this.#execute(this.#planner.finish());
      if (this.replanned !== undefined) return;
      await this.#decode();
      this.#decoder.flush(this.#wantedUs);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      reader.close();
    }
  }

  /** Gives everything back. */
  close(): void {
    this.#decoder.close();
  }

  async #read(reader: TapeReader): Promise<void> {
    for (;;) {
      const batch = reader.readBatch({ bytesMax: STEP_BYTES });
      this.#take(batch);
      if (this.#isDone || batch.atEnd || this.replanned !== undefined) return;
      if (this.#decoder.waitingBytes > WAITING_BYTES) await this.#decode();
      await yieldOnce();
    }
  }

  #take({ entries }: TapeBatch): void {
    const last = this.#job.end?.sequence ?? Number.POSITIVE_INFINITY;
    for (const { sequence, entry } of entries) {
      if (sequence > last || this.#isDone || this.replanned !== undefined) return;
      if (entry.kind === 'track-added' && entry.mediaKind === 'video') this.hasVideo = true;
      this.#execute(this.#planner.push(entry));
    }
  }

  #execute(actions: readonly PlannedAction[]): void {
    for (const action of actions) {
      if (action.kind === 'replan') this.replanned = action.knowledge;
      const picture = this.#timeline.take(action);
      if (picture === undefined) continue;
      this.hasPictures = true;
      if (picture.dtsUs > this.#wantedUs + lookaheadOf(picture.plan)) this.#isDone = true;
      if (this.#isDone) return;
      this.#decoder.add(picture, this.#wantedUs);
    }
  }

  async #decode(): Promise<void> {
    while (!this.#decoder.decodeSome(STEP_PICTURES, this.#wantedUs)) await yieldOnce();
  }
}

function yieldOnce(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
