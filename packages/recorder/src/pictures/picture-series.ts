// A picture every so many seconds of a tape, numbered from 1, and their list. Decodes the stretch before each wanted
// moment only. The same tape gives the same pictures under the same names, however often it is begun again.

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { encodePicture } from '@roomtape/ffmpeg';
import { type Log, toRfc3339, type UnixUs } from '@roomtape/media';
import { openTapeReader, type TapeBatch } from '@roomtape/tape';
import { createPlanner, type PlanKnowledge, type PlannedAction } from '@roomtape/timeline';
import type { OutputProjection, StepResult } from '../output-projection.ts';
import type { PauseSpan, PictureJob, ProjectedFile, ProjectionEnd } from '../projection-job.ts';
import { type CodedPicture, GopDecoder, lookaheadOf } from './gop-decoder.ts';
import { writeWhole } from './picture-file.ts';
import { PictureIndex } from './picture-index.ts';
import { PictureTimeline } from './picture-timeline.ts';
import { wallAfter } from './wall-time.ts';

/** Bytes of tape read, and pictures decoded, in one step. */
const STEP_BYTES = 256 * 1024;
const STEP_PICTURES = 8;
/** Encoded pictures kept without decoding them. */
const WAITING_BYTES = 8 * 1024 * 1024;
/** The tape is taken as it is when it has stood still so long before its end, µs. */
const STILL_US = 5_000_000;

/** Opens a series of pictures; throws when its directory cannot be used. */
export function createPictureSeries(job: PictureJob, log: Log): OutputProjection {
  return new PictureSeries(job, log.child({ jobId: job.jobId }));
}

/** One pass over the tape; another one begins with what was learned. */
class Pass {
  readonly reader: ReturnType<typeof openTapeReader>;
  readonly planner: ReturnType<typeof createPlanner>;
  readonly timeline = new PictureTimeline();
  readonly decoder = new GopDecoder();
  /** Pictures that were read and not looked at. */
  coded: CodedPicture[] = [];
  wantedUs = 0;
  /** Everything was read. */
  isRead = false;

  constructor({ tapeDirectory, startAt }: PictureJob, knowledge: PlanKnowledge) {
    this.reader = openTapeReader(tapeDirectory);
    this.planner = createPlanner({ media: 'audio-video', startAt, transcodesAudio: true, knowledge });
  }

  close(): void {
    this.reader.close();
    this.decoder.close();
  }
}

type Last = { readonly ptsUs: number; readonly data: Uint8Array; readonly width: number; readonly height: number };

class PictureSeries implements OutputProjection {
  readonly #job: PictureJob;
  readonly #log: Log;
  readonly #everyUs: number;
  readonly #index: PictureIndex;
  #knowledge: PlanKnowledge = { files: {} };
  #pauses: readonly PauseSpan[] = [];
  #end: ProjectionEnd | undefined;
  #pass: Pass;
  #stillSince: UnixUs | undefined;
  #bytes = 0;
  #last: Last | undefined;
  #size: { readonly width: number; readonly height: number } | undefined;
  #file: ProjectedFile | undefined;
  #passes = 0;

  constructor(job: PictureJob, log: Log) {
    this.#job = job;
    this.#log = log;
    this.#everyUs = job.everyMs * 1000;
    this.#index = new PictureIndex(job.outputDirectory, job.fileName, job.container);
    this.#pass = new Pass(job, this.#knowledge);
  }

  setPauses(pauses: readonly PauseSpan[]): void {
    this.#pauses = pauses;
    this.#pass.planner.setPauses(pauses);
  }

  finish(end: ProjectionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#pass.planner.setStop(end.stopAt);
  }

  step(now: UnixUs): StepResult {
    const pass = this.#pass;
    if (pass.coded.length > 0) {
      this.#look(pass, now);
      return 'more';
    }
    if (pass.isRead) return this.#close(pass, now);
    const batch = pass.reader.readBatch({ bytesMax: STEP_BYTES });
    for (const range of batch.skipped) this.#log.warn({ ...range }, 'tape range skipped');
    this.#read(pass, batch);
    if (pass !== this.#pass || pass.coded.length > 0 || !batch.atEnd) return 'more';
    if (!this.#isOver(pass, batch, now)) return 'caught-up';
    pass.isRead = true;
    this.#plan(pass, pass.planner.finish());
    return 'more';
  }

  restart(): void {
    this.#begin(true);
  }

  abandon(): void {
    this.#pass.close();
  }

  files(): readonly ProjectedFile[] {
    return this.#file === undefined ? [] : [this.#file];
  }

  describe(): Record<string, unknown> {
    const { reader, wantedUs, decoder } = this.#pass;
    const { nextSequence } = reader;
    const { jobId } = this.#job;
    return { jobId, nextSequence, wantedUs, waitingBytes: decoder.waitingBytes, passes: this.#passes };
  }

  #begin(isSame: boolean): void {
    this.#pass.close();
    this.#passes += 1;
    this.#index.restart(isSame);
    this.#bytes = 0;
    this.#last = undefined;
    this.#pass = new Pass(this.#job, this.#knowledge);
    this.#pass.planner.setPauses(this.#pauses);
    if (this.#end !== undefined) this.#pass.planner.setStop(this.#end.stopAt);
  }

  #read(pass: Pass, { entries }: TapeBatch): void {
    const last = this.#end?.sequence ?? Number.POSITIVE_INFINITY;
    for (const { sequence, entry } of entries) {
      if (sequence > last || pass !== this.#pass) return;
      this.#plan(pass, pass.planner.push(entry));
    }
  }

  #plan(pass: Pass, actions: readonly PlannedAction[]): void {
    for (const action of actions) {
      if (action.kind === 'replan') {
        this.#log.info({ reason: action.reason }, 'series planned anew');
        this.#knowledge = action.knowledge;
        this.#begin(false);
        return;
      }
      const picture = pass.timeline.take(action);
      if (picture !== undefined) pass.coded.push(picture);
    }
  }

  /** Goes through what was read, as far as to the next thing that takes time. */
  #look(pass: Pass, now: UnixUs): void {
    let looked = 0;
    for (const picture of pass.coded) {
      if (picture.dtsUs > pass.wantedUs + lookaheadOf(picture.plan)) {
        if (this.#isMade(pass) || pass.decoder.decodeSome(STEP_PICTURES, pass.wantedUs)) this.#take(pass, now);
        break;
      }
      if (pass.decoder.waitingBytes > WAITING_BYTES) {
        pass.decoder.decodeSome(STEP_PICTURES, pass.wantedUs);
        break;
      }
      pass.decoder.add(picture, pass.wantedUs);
      looked += 1;
    }
    pass.coded.splice(0, looked);
  }

  /** The moments between the last picture and the end, then the end. */
  #close(pass: Pass, now: UnixUs): StepResult {
    if (pass.wantedUs < pass.timeline.lengthUs) {
      if (!pass.decoder.decodeSome(STEP_PICTURES, pass.wantedUs)) return 'more';
      pass.decoder.flush(pass.wantedUs);
      this.#take(pass, now);
      return 'more';
    }
    if (this.#index.count > 0) this.#index.finish();
    this.#tell(pass, 'finished');
    pass.close();
    return 'finished';
  }

  #isMade(pass: Pass): boolean {
    return this.#index.earlier(Math.round(pass.wantedUs / 1000)) !== undefined;
  }

  /** Makes the picture of the wanted moment and goes on to the next; before the first picture there is none to make. */
  #take(pass: Pass, now: UnixUs): void {
    const atMs = Math.round(pass.wantedUs / 1000);
    const path = this.#index.nextPath;
    const made = this.#index.earlier(atMs);
    if (made !== undefined) {
      this.#index.add(made);
      this.#size = { width: made.width, height: made.height };
      this.#bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    } else if (pass.decoder.newest !== undefined) {
      const { data, width, height } = this.#encode(pass.decoder.newest);
      writeWhole(path, data);
      const { originAt = this.#job.startAt } = pass.timeline;
      const wallTime = toRfc3339(wallAfter(originAt, pass.wantedUs, this.#pauses));
      this.#index.add({ name: basename(path), atMs, wallTime, width, height });
      this.#size = { width, height };
      this.#bytes += data.length;
    }
    pass.wantedUs += this.#everyUs;
    this.#index.write(now);
    this.#tell(pass, 'recording');
  }

  /** A picture that stands still is encoded once. */
  #encode(picture: NonNullable<GopDecoder['newest']>): Last {
    const { container, width } = this.#job;
    if (this.#last?.ptsUs !== picture.ptsUs) {
      const look = { format: container, ...(width === undefined ? {} : { width }) };
      this.#last = { ...encodePicture(picture, look), ptsUs: picture.ptsUs };
    }
    return this.#last;
  }

  #tell({ timeline }: Pass, state: ProjectedFile['state']): void {
    if (this.#index.count === 0) return;
    this.#file = {
      path: this.#index.path,
      container: this.#job.container,
      state,
      bytes: this.#bytes,
      durationUs: Math.round(timeline.lengthUs),
      startedAt: timeline.originAt ?? this.#job.startAt,
      ...this.#size,
      missingUs: {},
    };
  }

  #isOver({ reader }: Pass, { sealed, entries }: TapeBatch, now: UnixUs): boolean {
    const last = this.#end?.sequence;
    if (this.#end === undefined || entries.length > 0) this.#stillSince = undefined;
    if (this.#end === undefined) return false;
    this.#stillSince ??= now;
    const isWhole = sealed || last === undefined || reader.nextSequence > last;
    return isWhole || now - this.#stillSince >= STILL_US;
  }
}
