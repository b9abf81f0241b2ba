// The planner: tape entries in, actions out. It places frames by their clocks, cuts pauses out, starts at the
// right frame and opens another file where a codec changes. Pure; the result depends only on the calls.

import { assert, type MediaKind, ticksToUs, type UnixUs } from '@roomtape/media';
import type { FrameEntry, Gap, TapeEntry, TrackAdded } from '@roomtape/tape';
import { Absences } from './absences.ts';
import { type FileContext, FilePlanner } from './file-planner.ts';
import type { PlacedFrame } from './lane.ts';
import type { FilePlan, FileTimeline, Pause, PlannedAction, Planner, PlannerOptions, Timeline } from './plan.ts';
import { reportBias } from './report-bias.ts';
import { sectionOrigin } from './section-origin.ts';
import { type Section, Sections } from './sections.ts';
import { type Connection, newConnection, SenderClock } from './sender-clock.ts';
import {
  configFrom,
  describeAudio,
  describeVideo,
  durationOf,
  placeFrame,
  type TapeTrack,
  type TimedFrame,
} from './tape-track.ts';

/** Frames wait this long for sender reports before arrival times must do, µs. */
const ANCHOR_HOLD_US = 3_000_000;
/**
 * After these, pictures cannot be decoded before the next keyframe. Not after loss on the network: capture hands on
 * only what can be decoded, and may rightly go on with pictures that refer to nothing lost (temporal layers).
 */
const BREAKING = new Set<string>(['overload', 'disk-full', 'process-restart', 'reconnect']);

/** Creates a planner at the beginning of a tape. */
export function createPlanner(options: PlannerOptions): Planner {
  return new TapePlanner(options);
}

class TapePlanner implements Planner {
  readonly #options: PlannerOptions;
  readonly #sections: Sections;
  readonly #absences = new Absences();
  readonly #tracks = new Map<number, TapeTrack>();
  readonly #latest: Record<MediaKind, TapeTrack | undefined> = { video: undefined, audio: undefined };
  readonly #dropped: Record<string, number> = {};
  readonly #clocks: Record<string, number> = {};
  readonly #past: FileTimeline[] = [];
  #connection: Connection = newConnection();
  #connections = 0;
  #clockEpochs = 0;
  #unplaced = 0;
  #waiting: TimedFrame[] = [];
  #file: FilePlanner | undefined;
  #files = 0;
  #now = 0;
  #actions: PlannedAction[] = [];
  #ended = false;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#sections = new Sections(options.startAt);
  }

  push(entry: TapeEntry): PlannedAction[] {
    if (this.#ended) return [];
    this.#take(entry);
    this.#settle(false);
    return this.#drain();
  }

  setPauses(pauses: readonly Pause[]): void {
    this.#sections.setPauses(pauses);
  }

  setStop(stopAt: UnixUs): void {
    this.#sections.stop(stopAt);
  }

  finish(): PlannedAction[] {
    if (this.#ended) return [];
    this.#settle(true);
    if (!this.#ended) {
      this.#file?.finish(this.#now, this.#sections.endMedia());
      this.#retire();
    }
    this.#ended = true;
    return this.#drain();
  }

  summary(): Timeline {
    const current = this.#file?.timeline();
    const files = current === undefined ? [...this.#past] : [...this.#past, current];
    return { files, dropped: { ...this.#dropped }, clocks: { ...this.#clocks } };
  }

  #drain(): PlannedAction[] {
    if (this.#actions.length === 0) return NOTHING;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #take(entry: TapeEntry): void {
    switch (entry.kind) {
      case 'frame':
        this.#takeFrame(entry);
        return;
      case 'track-added':
        this.#addTrack(entry);
        return;
      case 'config-changed': {
        const track = this.#tracks.get(entry.trackId);
        if (track !== undefined) track.config = entry;
        return;
      }
      case 'clock-anchor': {
        const track = this.#tracks.get(entry.trackId);
        track?.clock.anchor(entry);
        if (track !== undefined) this.#place(track, false);
        return;
      }
      case 'gap':
        this.#takeGap(entry);
        return;
      case 'muted':
      case 'unmuted':
        this.#absences.takeMute(entry, this.#tracks.get(entry.trackId)?.added.mediaKind);
        return;
      case 'paused':
      case 'resumed':
        this.#sections.taped(entry.kind, entry.at);
        return;
      case 'track-ended':
        this.#endTrack(entry.trackId, entry.at);
        return;
      case 'tape-opened':
      case 'tape-sealed':
        return;
    }
  }

  #addTrack(entry: TrackAdded): void {
    if (this.#connection.kinds.has(entry.mediaKind)) this.#newConnection();
    this.#connection.kinds.add(entry.mediaKind);
    const observe = (event: string): void => tally(this.#clocks, event);
    const facts = { rate: entry.clockRate, connection: this.#connection, bias: reportBias(entry) };
    this.#clockEpochs += 1;
    this.#tracks.set(entry.trackId, {
      added: entry,
      connection: this.#connections,
      clock: new SenderClock({ ...facts, observe }),
      config: undefined,
      held: [],
      clockEpoch: this.#clockEpochs,
      awaitsKey: true,
      section: undefined,
      lastUs: undefined,
    });
  }

  #newConnection(): void {
    if (this.#connection.kinds.size === 0) return;
    this.#connection = newConnection();
    this.#connections += 1;
  }

  #endTrack(trackId: number, at: UnixUs): void {
    const track = this.#tracks.get(trackId);
    if (track === undefined) return;
    this.#place(track, true);
    this.#absences.end('muted', track.added.mediaKind, at);
    this.#tracks.delete(trackId);
    const others = [...this.#tracks.values()].some((other) => other.connection === this.#connections);
    if (!others) this.#newConnection();
  }

  #takeGap(gap: Gap): void {
    const track = gap.trackId === undefined ? undefined : this.#tracks.get(gap.trackId);
    const kind = track?.added.mediaKind;
    this.#absences.add(gap.reason, kind, { from: gap.fromAt, to: gap.toAt });
    const concerned = gap.trackId === undefined ? [...this.#tracks.values()] : track === undefined ? [] : [track];
    for (const each of concerned) {
      if (gap.reason === 'clock-jump') {
        this.#place(each, true);
        each.clock.reset();
        this.#forgetTime(each);
      }
      if (BREAKING.has(gap.reason) && gap.framesDropped !== 0) each.awaitsKey = true;
    }
  }

  #forgetTime(track: TapeTrack): void {
    this.#clockEpochs += 1;
    track.clockEpoch = this.#clockEpochs;
    track.lastUs = undefined;
  }

  #takeFrame(frame: FrameEntry): void {
    const track = this.#tracks.get(frame.trackId);
    if (track === undefined || !this.#wants(track.added.mediaKind)) return;
    this.#now = Math.max(this.#now, frame.arrivedAt);
    if (track.config === undefined && frame.type === 'key') track.config = configFrom(track.added, frame);
    if (track.clock.arrive(frame, durationOf(track.added, frame.data))) {
      this.#forgetTime(track);
      for (const _ of track.held) this.#drop('clock-jump');
      if (track.held.length > 0) this.#unplaced -= 1;
      track.held = [];
    }
    if (track.clock.placed) {
      this.#accept(track, frame);
      return;
    }
    if (track.held.length === 0) this.#unplaced += 1;
    track.held.push(frame);
    this.#place(track, false);
  }

  /** Places a track whose frames are held, if it can be placed now. */
  #place(track: TapeTrack, force: boolean): void {
    if (track.held.length === 0 || !track.clock.tryPlace(force)) return;
    const held = track.held;
    track.held = [];
    this.#unplaced -= 1;
    for (const frame of held) this.#accept(track, frame);
  }

  /** Gives a frame of a placed track its wall time and its section. */
  #accept(track: TapeTrack, frame: FrameEntry): void {
    const us = ticksToUs(frame.pts, track.added.clockRate);
    const wall = track.clock.wallOf(us, track.lastUs === undefined ? 0 : us - track.lastUs);
    track.lastUs = Math.max(track.lastUs ?? us, us);
    if (frame.arrivedAt < this.#options.startAt) {
      this.#drop('before-start');
      return;
    }
    const section = this.#sections.at(Math.max(wall, this.#options.startAt));
    if (section === undefined) {
      this.#drop('paused');
      return;
    }
    if (section.originWall !== undefined) {
      this.#put({ track, frame, wall }, section);
      return;
    }
    this.#waiting.push({ track, frame, wall });
  }

  /** Everything that depends on time having passed. */
  #settle(flush: boolean): void {
    if (this.#unplaced > 0) {
      for (const track of this.#tracks.values()) {
        const since = track.held[0]?.arrivedAt ?? this.#now;
        if (flush || this.#now - since >= ANCHOR_HOLD_US) this.#place(track, true);
      }
    }
    while (this.#waiting.length > 0 && this.#beginSection(flush));
    if (!this.#ended) this.#file?.advance(this.#now, false);
  }

  /** Starts the section the first waiting frame belongs to; false when it is better to wait. */
  #beginSection(flush: boolean): boolean {
    const first = this.#waiting[0];
    assert(first !== undefined, 'a frame waits');
    const section = this.#sections.at(Math.max(first.wall, this.#options.startAt));
    if (section === undefined) {
      this.#waiting.shift();
      this.#drop('paused');
      return true;
    }
    const origin = section.originWall ?? this.#originOf(section, flush);
    if (origin === undefined) return false;
    if (section.originWall === undefined) this.#sections.begin(section, origin);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const item of waiting) {
      const own = this.#sections.at(Math.max(item.wall, this.#options.startAt));
      if (own !== section) this.#waiting.push(item);
      else if (item.wall + durationOf(item.track.added, item.frame.data) > origin) this.#put(item, section);
      else this.#drop('before-start');
    }
    return true;
  }

  #originOf(section: Section, flush: boolean): number | undefined {
    const origin = sectionOrigin(this.#waiting, {
      toWall: section.toWall,
      now: this.#now,
      flush,
      wantsVideo: this.#wants('video'),
      videoIsHeld: this.#isHeld('video'),
    });
    if (origin !== undefined) return origin;
    // Pictures that nothing can start with would wait for ever.
    if (flush) this.#waiting = [];
    else this.#dropUndecodable();
    return undefined;
  }

  #dropUndecodable(): void {
    const kept = this.#waiting.filter((item) => item.frame.type === 'key' || item.track.added.mediaKind === 'audio');
    for (let i = kept.length; i < this.#waiting.length; i += 1) this.#drop('undecodable');
    this.#waiting = kept;
  }

  /** Hands a placed frame to its file; opens another one where the codec forces it. */
  #put(item: TimedFrame, section: Section): void {
    if (this.#ended) return;
    const { track, frame, wall } = item;
    const kind = track.added.mediaKind;
    if (kind === 'video') {
      if (track.section !== section) track.awaitsKey = true;
      track.section = section;
      if (track.awaitsKey && frame.type !== 'key') {
        this.#drop('undecodable');
        return;
      }
      track.awaitsKey = false;
    }
    section.plannedTo = Math.max(section.plannedTo, wall + 1);
    this.#latest[kind] = track;
    const media = wall - (section.originWall ?? wall) + section.originMedia;
    const placed = placeFrame(item, Math.round(media));
    const current = this.#file?.codecOf(kind);
    // Re-encoded sound takes any source; AAC is kept as it is and cannot become something else within a file.
    const absorbed = kind === 'audio' && this.#options.transcodesAudio && current === 'opus';
    const forced = current !== undefined && current !== track.added.codec && !absorbed;
    if (forced) this.#cut(placed);
    if (this.#ended) return;
    if (this.#file === undefined) this.#file = this.#openFile(placed);
    if (placed.media + placed.durationUs <= this.#file.originMedia) {
      this.#drop('cut');
      return;
    }
    this.#file.add(placed);
  }

  #cut(first: PlacedFrame): void {
    const kept = this.#file?.cut(this.#now, first.media) ?? [];
    this.#retire();
    if (this.#ended) return;
    this.#file = this.#openFile(first);
    for (const frame of kept) this.#file.add(frame);
  }

  #retire(): void {
    const timeline = this.#file?.timeline();
    if (timeline !== undefined) this.#past.push(timeline);
    this.#file = undefined;
  }

  #openFile(first: PlacedFrame): FilePlanner {
    const file = this.#files;
    this.#files += 1;
    const context: FileContext = {
      file,
      wants: (kind) => this.#wants(kind),
      transcodesAudio: this.#options.transcodesAudio,
      known: this.#options.knowledge?.files[file],
      absences: this.#absences,
      describeVideo: () => describeVideo(this.#latest.video),
      describeAudio: () => describeAudio(this.#latest.audio),
      isHeld: (kind) => this.#isHeld(kind),
      emit: (action) => this.#actions.push(action),
      replan: (reason, plan) => this.#replan(reason, file, plan),
      drop: (reason) => this.#drop(reason),
    };
    return new FilePlanner(context, file === 0 ? 0 : first.media, file === 0 ? first.wall - first.media : first.wall);
  }

  #replan(reason: string, file: number, plan: FilePlan): void {
    this.#ended = true;
    const known = this.#options.knowledge?.files ?? {};
    this.#actions.push({ kind: 'replan', reason, knowledge: { files: { ...known, [file]: plan } } });
  }

  #wants(kind: MediaKind): boolean {
    return this.#options.media === 'audio-video' || this.#options.media === kind;
  }

  #isHeld(kind: MediaKind): boolean {
    if (this.#unplaced === 0) return false;
    for (const track of this.#tracks.values()) if (track.added.mediaKind === kind && track.held.length > 0) return true;
    return false;
  }

  #drop(reason: string): void {
    tally(this.#dropped, reason);
  }
}

const NOTHING: PlannedAction[] = [];

function tally(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
