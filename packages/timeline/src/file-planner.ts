// Plans one file: decides when its header can be written, interleaves the tracks, gives every frame its times
// and every hole its reason. Knows nothing of tapes, clocks or pauses.

import { assert, type MediaKind, mediaUs, OPUS_GUESS_US_MAX, unixUs } from '@roomtape/media';
import { DecodeOrder } from './decode-order.ts';
import type { FileContext } from './file-context.ts';
import { absentUs, type Carried, canBegin, carriedOf, FileCut, takeOver } from './file-cut.ts';
import { commonEnd, dropFrom } from './file-end.ts';
import { Lane, type PlacedFrame, reorderDepth } from './lane.ts';
import type { AudioPlan, FilePlan, FileTimeline, PlannedFrame, VideoPlan } from './plan.ts';

/** The other track's first frame is waited for this long before the header is written, µs. */
const OPEN_HOLD_US = 2_000_000;
/** A frame waits this long for its neighbours of the other track, µs. */
const INTERLEAVE_HOLD_US = 300_000;
/** Sound before a cut is waited for this long, µs: as long as before silence takes its place. */
const CUT_HOLD_US = 2_000_000;
/** With nothing else to wait for, a frame held back by unplaced frames goes after this, µs. */
const HELD_MAX_US = 5_000_000;
/** Sound that stays away is filled this far behind the picture, µs. */
const SILENCE_LAG_US = 2_000_000;
/** Holes in sound below this are rounding, µs: the shortest Opus packet. */
const SILENCE_MIN_US = 2500;
const AUDIO_HOLE_US = 10_000;
/** Where sound goes on a moment later and nobody said why: packets were lost, or the source stood still. */
const GUESSED: ReadonlySet<string> = new Set(['network-loss', 'dtx']);
const VIDEO_HOLE_US = 150_000;
const REORDER_MAX = 16;
/** A track that paused by itself for so long in all is one that does, µs: a screen that stands still. */
const ABSENT_MIN_US = 1_000_000;

/** One file in the making. */
export class FilePlanner {
  readonly originMedia: number;
  readonly #context: FileContext;
  readonly #lanes: Record<MediaKind, Lane | undefined> = { video: undefined, audio: undefined };
  readonly #cut: FileCut;
  #plan: FilePlan | undefined;
  #startWall: number;
  #closed = false;
  /** Where the file ends, once that is decided, µs. */
  #endUs: number | undefined;

  constructor(context: FileContext, originMedia: number, startWall: number) {
    this.#context = context;
    this.originMedia = originMedia;
    this.#startWall = startWall;
    this.#cut = new FileCut(context.newFile);
  }

  /** Whether the next keyframe of the pictures begins another file. */
  get awaitsKeyframe(): boolean {
    const { video } = this.#lanes;
    return this.#cut.isActive && video !== undefined && this.#plan?.video !== undefined && this.#isDue(video.endUs);
  }

  /** Whether everything that is sent after its first frame belongs to it, whatever became of the clocks. */
  get goesOn(): boolean {
    return this.#context.carried !== undefined;
  }

  /** The codec frames of this kind have so far in this file. */
  codecOf(kind: MediaKind): string | undefined {
    return this.#lanes[kind]?.codec;
  }

  /** Takes a frame; what it leads to is emitted by `advance`. */
  add(frame: PlacedFrame): void {
    let lane = this.#lanes[frame.kind];
    if (lane === undefined) {
      lane = new Lane(frame.kind, frame.codec, this.#startWall);
      this.#lanes[frame.kind] = lane;
    }
    lane.queue.push(frame);
  }

  /** Emits what is due when the newest arrival is `now`; all when `flush`ed. Returns a frame that is for `handOver`. */
  advance(now: number, flush: boolean): PlacedFrame | undefined {
    if (this.#plan === undefined && !this.#open(now, flush)) return undefined;
    for (let lane = this.#due(now, flush); lane !== undefined && !this.#closed; lane = this.#due(now, flush)) {
      if (!flush && this.#isCutAt(lane)) return lane.queue[0];
      const frame = lane.queue.shift();
      assert(frame !== undefined, 'a lane that is due has a frame');
      if (lane.kind === 'video') this.#emitVideo(lane, frame);
      else this.#emitAudio(lane, frame);
    }
    this.#fillAbsentSound();
    return undefined;
  }

  /** Ends the file before a frame; returns what waits, and what the next file must know of this one. */
  handOver(first: PlacedFrame): { readonly waiting: readonly PlacedFrame[]; readonly carried: Carried } {
    const { audio, video } = this.#lanes;
    const waiting = [video, audio].flatMap((lane) => lane?.queue.splice(0) ?? []);
    const facts = { plan: this.#plan, before: this.#context.carried, originMedia: this.originMedia };
    const carried = carriedOf([video, audio], { ...facts, leadIn: this.#cut.leadIn(first.media) });
    this.#close(Math.max(first.media - this.originMedia, video?.lastPts ?? 0, audio?.lastPts ?? 0));
    return { waiting, carried };
  }

  /** Ends the file where another one goes on; sound from `cutMedia` on is returned. */
  cut(now: number, cutMedia: number): PlacedFrame[] {
    const { audio, video } = this.#lanes;
    const kept = audio?.queue.filter((frame) => frame.media >= cutMedia) ?? [];
    if (audio !== undefined) audio.queue = audio.queue.filter((frame) => frame.media < cutMedia);
    this.advance(now, true);
    this.#close(Math.max(audio?.endUs ?? 0, video?.endUs ?? 0));
    return kept;
  }

  /** Ends the recording: both tracks at one point, not after `endMedia`. What lies beyond is dropped. */
  finish(now: number, endMedia: number): void {
    const { audio, video } = this.#lanes;
    const lanes = [video, audio].filter((lane) => lane !== undefined);
    const isExplained = (lane: Lane, endUs: number): boolean => this.#isAbsent(lane, endUs);
    const end = commonEnd(lanes, { stopUs: endMedia - this.originMedia, originMedia: this.originMedia, isExplained });
    for (const lane of lanes)
      for (let count = dropFrom(lane, end + this.originMedia); count > 0; count -= 1) this.#context.drop('after-end');
    this.#endUs = end;
    this.advance(now, true);
    this.#close(Math.max(end, video?.lastPts ?? 0, audio?.lastPts ?? 0));
  }

  /** The account so far; `undefined` while the file is not open. */
  timeline(): FileTimeline | undefined {
    if (this.#plan === undefined) return undefined;
    const { audio, video } = this.#lanes;
    return {
      file: this.#context.file,
      startedAt: unixUs(Math.round(this.#startWall)),
      durationUs: Math.max(audio?.endUs ?? 0, video?.endUs ?? 0),
      closed: this.#closed,
      ...(video === undefined || this.#plan.video === undefined ? {} : { video: video.timeline() }),
      ...(audio === undefined || this.#plan.audio === undefined ? {} : { audio: audio.timeline() }),
    };
  }

  #open(now: number, flush: boolean): boolean {
    const { video, audio } = this.#lanes;
    const first = video?.queue[0] ?? audio?.queue[0];
    if (first === undefined) return false;
    const known = this.#context.known;
    const missing = (['video', 'audio'] as const).some(
      (kind) => this.#mayBegin(kind) && known?.[kind] === undefined && this.#lanes[kind] === undefined,
    );
    const waited = now - Math.min(video?.queue[0]?.arrivedAt ?? now, audio?.queue[0]?.arrivedAt ?? now);
    if (missing && !flush && waited < OPEN_HOLD_US) return false;
    // One more picture tells how pictures are ordered; B-frames show within the first few.
    if (video !== undefined && known?.video === undefined && !flush && waited < INTERLEAVE_HOLD_US) return false;
    const plan: FilePlan = { ...this.#videoPlan(), ...this.#audioPlan() };
    this.#plan = plan;
    if (plan.audio !== undefined) this.#lanes.audio ??= new Lane('audio', plan.audio.codec, this.#startWall);
    if (video !== undefined) video.order = new DecodeOrder(plan.video?.reorder ?? 0);
    const startedAt = unixUs(Math.round(this.#startWall));
    this.#context.emit({ kind: 'open', file: this.#context.file, startedAt, plan });
    if (this.#context.carried !== undefined) this.#goOn(this.#context.carried);
    return true;
  }

  /** Goes on where the file before was cut. */
  #goOn(carried: Carried): void {
    for (const lane of Object.values(this.#lanes)) takeOver(lane, carried, this.originMedia);
    if (!this.#context.transcodesAudio || this.#plan?.audio === undefined) return;
    for (const { media, data } of carried.leadIn)
      this.#context.emit({ kind: 'lead-in', file: this.#context.file, ptsUs: mediaUs(media - this.originMedia), data });
  }

  /** Whether the file may have such a track: after a cut without pictures, these begin a file of their own. */
  #mayBegin(kind: MediaKind): boolean {
    const isLater = this.#context.carried !== undefined && this.#lanes.video?.queue[0]?.media !== this.originMedia;
    return this.#context.wants(kind) && !(kind === 'video' && isLater);
  }

  #videoPlan(): { video?: VideoPlan } {
    const known = this.#context.known?.video;
    const queue = this.#lanes.video?.queue ?? [];
    if (known === undefined && !this.#mayBegin('video')) return {};
    const facts = queue.length > 0 ? (queue[0]?.describes ?? this.#context.describeVideo()) : known;
    if (facts === undefined) return {};
    const carried = this.#context.carried?.reorder ?? 0;
    return { video: { ...facts, reorder: Math.max(known?.reorder ?? 0, carried, reorderDepth(queue)) } };
  }

  #audioPlan(): { audio?: AudioPlan } {
    const known = this.#context.known?.audio;
    const queue = this.#lanes.audio?.queue ?? [];
    const facts = queue.length > 0 ? this.#context.describeAudio() : known;
    if (facts === undefined) return {};
    return { audio: { ...facts, stereo: (known?.stereo ?? false) || queue.some((frame) => frame.stereo) } };
  }

  #close(endUs: number): void {
    if (this.#closed || this.#plan === undefined) return;
    const { audio, video } = this.#lanes;
    if (audio !== undefined && this.#plan.audio !== undefined)
      this.#silence(audio, endUs, this.#endReason(audio, endUs));
    if (video !== undefined && endUs - video.endUs > VIDEO_HOLE_US)
      video.miss(video.endUs, endUs, this.#endReason(video, endUs));
    // Sound is cut there, or goes on in the next file; a picture lasts until the next one, though that is not taken.
    if (audio !== undefined) audio.endUs = Math.min(audio.endUs, endUs);
    this.#closed = true;
    this.#context.emit({ kind: 'close', file: this.#context.file, endUs: mediaUs(endUs) });
  }

  /** Whether a track is known to send nothing now and then, so that its end is not the end. */
  #isAbsent(lane: Lane, endUs: number): boolean {
    if (absentUs(lane) >= ABSENT_MIN_US) return true;
    const fromWall = lane.queue.at(-1)?.wall ?? lane.endWall;
    return this.#context.absences.reasonFor(lane.kind, fromWall, fromWall + endUs - lane.endUs) !== undefined;
  }

  /** The lane whose first frame goes next; `undefined` when it is better to wait. */
  #due(now: number, flush: boolean): Lane | undefined {
    const { video, audio } = this.#lanes;
    const v = video?.queue[0];
    const a = audio?.queue[0];
    if (v === undefined && a === undefined) return undefined;
    const lane = v === undefined || (a !== undefined && a.media < v.media) ? audio : video;
    const head = lane === audio ? a : v;
    if (lane === undefined || head === undefined) return undefined;
    if (flush) return lane;
    const age = now - head.arrivedAt;
    if (lane.kind === 'video' && lane.queue.length < 2 && age < INTERLEAVE_HOLD_US) return undefined;
    const other = lane === audio ? 'video' : 'audio';
    if (this.#lanes[other]?.queue[0] !== undefined) return lane;
    if (this.#context.isHeld(other) && age < HELD_MAX_US) return undefined;
    const holdUs = this.#isCutAt(lane) ? CUT_HOLD_US : INTERLEAVE_HOLD_US;
    return this.#plan?.[other] === undefined || age >= holdUs ? lane : undefined;
  }

  /** Whether another file is to begin with the next frame of a lane. */
  #isCutAt(lane: Lane): boolean {
    const { video, audio } = this.#lanes;
    const head = lane.queue[0];
    if (!this.#cut.isActive || head === undefined || (video?.frames ?? 0) + (audio?.frames ?? 0) === 0) return false;
    const isDue = this.#isDue(head.media - this.originMedia);
    if (lane.kind === 'video') {
      // A file that was begun without pictures ends where they come, in place of projecting all files again.
      const ends = isDue || (this.#plan?.video === undefined && this.#context.carried !== undefined);
      return ends && canBegin(lane.queue);
    }
    if (!isDue || (video?.queue.length ?? 0) > 0) return false;
    return this.#plan?.video === undefined || (video !== undefined && !this.#context.hasTrack('video'));
  }

  #isDue(atUs: number): boolean {
    return this.#cut.isReached(atUs, this.#lanes.audio?.endUs ?? 0, this.#plan?.audio?.stereo ?? false);
  }

  #emitVideo(lane: Lane, frame: PlacedFrame): void {
    const known = this.#plan?.video;
    if (known === undefined) {
      const facts = this.#context.describeVideo();
      if (facts !== undefined) this.#replan('video appeared', { video: { ...facts, reorder: 0 } });
      return;
    }
    let pts = frame.media - this.originMedia;
    const dts = this.#dtsOf(lane, frame, pts);
    if (dts === undefined) {
      const reorder = Math.min(REORDER_MAX, Math.max(2, known.reorder * 2));
      this.#replan('pictures are reordered', { video: { ...known, reorder } });
      return;
    }
    pts = Math.max(pts, dts);
    this.#account(lane, frame, pts);
    const next = lane.queue[0];
    const spacing = next === undefined ? 0 : next.media - frame.media;
    if (spacing > 0 && spacing < VIDEO_HOLE_US) lane.nominalUs = spacing;
    if (spacing > 0) lane.spacingUs = spacing;
    const rest = next === undefined && this.#endUs !== undefined ? this.#endUs - pts : 0;
    this.#put(lane, frame, { pts, dts, durationUs: Math.max(1, spacing > 0 ? spacing : rest || lane.nominalUs) });
  }

  /** `undefined` when the pictures turn out to be reordered deeper than planned. */
  #dtsOf(lane: Lane, frame: PlacedFrame, pts: number): number | undefined {
    if (frame.explicitDts !== undefined) return Math.max(frame.explicitDts - this.originMedia, lane.lastDts + 1);
    const dts = lane.order.next(pts);
    if (dts !== undefined && dts > lane.lastDts) return dts;
    // Going back on the source's own clock is reordering; otherwise the map moved, and time stands still a moment.
    const reordered = frame.clockEpoch === this.#lastEpoch && frame.ticks < this.#maxTicks;
    return reordered && (this.#plan?.video?.reorder ?? 0) < REORDER_MAX ? undefined : lane.lastDts + 1;
  }

  #lastEpoch = -1;
  #maxTicks = 0;

  #emitAudio(lane: Lane, frame: PlacedFrame): void {
    const known = this.#plan?.audio;
    if (known === undefined || (frame.stereo && !known.stereo && this.#context.transcodesAudio)) {
      const facts = known ?? this.#context.describeAudio();
      if (facts !== undefined) this.#replan('audio appeared', { audio: { ...facts, stereo: frame.stereo } });
      return;
    }
    const pts = frame.media - this.originMedia;
    if (pts - lane.endUs > SILENCE_MIN_US) this.#silence(lane, pts, this.#reasonOf(lane, frame));
    if (lane.endUs - pts > AUDIO_HOLE_US && !this.#context.transcodesAudio) {
      this.#context.drop('overlap');
      return;
    }
    if (frame.codec !== lane.codec) this.#changeSource(lane, frame);
    const placed = Math.max(pts, lane.lastDts + 1);
    this.#put(lane, frame, { pts: placed, dts: placed, durationUs: frame.durationUs });
  }

  #changeSource(lane: Lane, frame: PlacedFrame): void {
    lane.codec = frame.codec;
    const facts = this.#context.describeAudio();
    if (facts === undefined) return;
    const config = facts.config === undefined ? {} : { config: facts.config };
    this.#context.emit({ kind: 'audio-source', file: this.#context.file, codec: facts.codec, ...config });
  }

  #put(lane: Lane, frame: PlacedFrame, times: { pts: number; dts: number; durationUs: number }): void {
    if (lane.kind === 'video') {
      if (frame.clockEpoch !== this.#lastEpoch) this.#maxTicks = frame.ticks;
      this.#maxTicks = Math.max(this.#maxTicks, frame.ticks);
      this.#lastEpoch = frame.clockEpoch;
    }
    this.#cut.take(frame);
    lane.frames += 1;
    lane.firstUs ??= times.pts;
    lane.lastDts = times.dts;
    lane.lastPts = Math.max(lane.lastPts, times.pts);
    lane.lastConnection = frame.connection;
    lane.endUs = Math.max(lane.endUs, times.pts + times.durationUs);
    lane.endWall = frame.wall + times.durationUs;
    const size =
      frame.width === undefined || frame.height === undefined ? {} : { width: frame.width, height: frame.height };
    const action: PlannedFrame = {
      kind: 'frame',
      file: this.#context.file,
      track: lane.kind,
      ptsUs: mediaUs(times.pts),
      dtsUs: mediaUs(times.dts),
      durationUs: times.durationUs,
      key: frame.key,
      data: frame.data,
      ...size,
    };
    this.#context.emit(action);
  }

  #account(lane: Lane, frame: PlacedFrame, pts: number): void {
    if (pts - lane.endUs > Math.max(VIDEO_HOLE_US, 3 * lane.nominalUs))
      lane.miss(lane.endUs, pts, this.#reasonOf(lane, frame));
  }

  #silence(lane: Lane, toUs: number, reason: string): void {
    if (toUs - lane.endUs <= SILENCE_MIN_US) return;
    if (toUs - lane.endUs > AUDIO_HOLE_US || lane.missing.length > 0) lane.miss(lane.endUs, toUs, reason);
    const { file } = this.#context;
    const isLoss = GUESSED.has(reason) && toUs - lane.endUs <= OPUS_GUESS_US_MAX;
    const what = isLoss ? { isLoss } : {};
    this.#context.emit({ kind: 'silence', file, fromUs: mediaUs(lane.endUs), toUs: mediaUs(toUs), ...what });
    lane.endWall += toUs - lane.endUs;
    lane.endUs = toUs;
  }

  #fillAbsentSound(): void {
    const { audio, video } = this.#lanes;
    if (this.#closed || audio === undefined || video === undefined || this.#plan?.audio === undefined) return;
    const to = video.endUs - SILENCE_LAG_US;
    if (audio.queue.length > 0 || to - audio.endUs < SILENCE_LAG_US / 10 || this.#context.isHeld('audio')) return;
    this.#silence(audio, to, this.#endReason(audio, to));
  }

  #reasonOf(lane: Lane, frame: PlacedFrame): string {
    const stated = this.#context.absences.reasonFor(lane.kind, lane.endWall, frame.wall);
    if (stated !== undefined) return stated;
    if (lane.lastConnection === -1) return 'not-started';
    if (lane.lastConnection !== frame.connection) return 'reconnect';
    return lane.kind === 'audio' ? 'dtx' : 'idle';
  }

  #endReason(lane: Lane, toUs: number): string {
    const stated = this.#context.absences.reasonFor(lane.kind, lane.endWall, lane.endWall + toUs - lane.endUs);
    return stated ?? (lane.lastConnection === -1 ? 'not-started' : lane.kind === 'audio' ? 'dtx' : 'idle');
  }

  #replan(reason: string, addition: FilePlan): void {
    this.#closed = true;
    this.#context.replan(reason, { ...this.#plan, ...addition });
  }
}
