// The planner: tape entries in, actions out. It places frames by their clocks, cuts pauses out, starts at the
// right frame and opens another file where a codec changes. Pure; the result depends only on the calls.

import { assert, type MediaKind, type UnixUs } from '@roomtape/media';
import type { FrameEntry, Gap, TapeEntry } from '@roomtape/tape';
import { Absences } from './absences.ts';
import type { FileContext } from './file-context.ts';
import type { Carried } from './file-cut.ts';
import { FilePlanner } from './file-planner.ts';
import type { PlacedFrame } from './lane.ts';
import { LowerLayers } from './lower-layers.ts';
import type { FilePlan, FileTimeline, Pause, PlannedAction, Planner, PlannerOptions, Timeline } from './plan.ts';
import { sectionOrigin } from './section-origin.ts';
import { type Section, Sections } from './sections.ts';
import { TapePlacer } from './tape-placer.ts';
import { describeAudio, describeVideo, durationOf, placeFrame, type TapeTrack, type TimedFrame } from './tape-track.ts';

/**
 * After these, pictures cannot be decoded before the next keyframe. Not after loss on the network: capture hands on
 * only what can be decoded, and may rightly go on with pictures that refer to nothing lost (temporal layers).
 */
const BREAKING = new Set<string>(['overload', 'disk-full', 'process-restart', 'reconnect']);

/** Whether pictures cannot be decoded after a gap before the next keyframe. */
export function isBreaking(gap: Gap): boolean {
  return BREAKING.has(gap.reason) && gap.framesDropped !== 0;
}

/** Creates a planner at the beginning of a tape. */
export function createPlanner(options: PlannerOptions): Planner {
  return new TapePlanner(options);
}

class TapePlanner implements Planner {
  readonly #options: PlannerOptions;
  readonly #sections: Sections;
  readonly #absences = new Absences();
  readonly #layers = new LowerLayers();
  readonly #placer = new TapePlacer({
    onFrame: (item) => this.#accept(item),
    onClock: (event) => tally(this.#clocks, event),
    onLost: (frames) => {
      for (let i = 0; i < frames; i += 1) this.#drop('clock-jump');
    },
  });
  readonly #latest: Record<MediaKind, TapeTrack | undefined> = { video: undefined, audio: undefined };
  readonly #dropped: Record<string, number> = {};
  readonly #clocks: Record<string, number> = {};
  readonly #past: FileTimeline[] = [];
  #waiting: TimedFrame[] = [];
  #file: FilePlanner | undefined;
  #files = 0;
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
      this.#file?.finish(this.#placer.now, this.#sections.endMedia());
      this.#retire();
    }
    this.#ended = true;
    return this.#drain();
  }

  get awaitsKeyframe(): boolean {
    return this.#file?.awaitsKeyframe ?? false;
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
    if (this.#layers.ridOf(entry) !== undefined) return;
    switch (entry.kind) {
      case 'frame':
        this.#takeFrame(entry);
        return;
      case 'track-added':
      case 'config-changed':
      case 'clock-anchor':
        this.#placer.push(entry);
        return;
      case 'gap':
        this.#takeGap(entry);
        return;
      case 'muted':
      case 'unmuted':
        this.#absences.takeMute(entry, this.#placer.track(entry.trackId)?.added.mediaKind);
        return;
      case 'paused':
      case 'resumed':
        this.#sections.taped(entry.kind, entry.at);
        return;
      case 'track-ended': {
        const track = this.#placer.track(entry.trackId);
        this.#placer.push(entry);
        if (track !== undefined) this.#absences.end('muted', track.added.mediaKind, entry.at);
        return;
      }
      case 'tape-opened':
      case 'tape-sealed':
        return;
    }
  }

  #takeGap(gap: Gap): void {
    const track = gap.trackId === undefined ? undefined : this.#placer.track(gap.trackId);
    this.#absences.add(gap.reason, track?.added.mediaKind, { from: gap.fromAt, to: gap.toAt });
    this.#placer.push(gap);
    if (!isBreaking(gap)) return;
    const concerned = gap.trackId === undefined ? this.#placer.tracks() : track === undefined ? [] : [track];
    for (const each of concerned) each.awaitsKey = true;
  }

  #takeFrame(frame: FrameEntry): void {
    const track = this.#placer.track(frame.trackId);
    if (track !== undefined && this.#wants(track.added.mediaKind)) this.#placer.push(frame);
  }

  /** Gives a frame of a placed track its section. */
  #accept(item: TimedFrame): void {
    if (item.frame.arrivedAt < this.#options.startAt) {
      this.#drop('before-start');
      return;
    }
    const section = this.#sections.at(Math.max(item.wall, this.#options.startAt));
    if (section === undefined) {
      this.#drop('paused');
      return;
    }
    if (section.originWall !== undefined) this.#put(item, section);
    else this.#waiting.push(item);
  }

  /** Everything that depends on time having passed. */
  #settle(flush: boolean): void {
    this.#placer.settle(flush);
    while (this.#waiting.length > 0 && this.#beginSection(flush));
    for (let first = this.#advance(); first !== undefined; first = this.#advance()) this.#goOn(first);
  }

  #advance(): PlacedFrame | undefined {
    return this.#ended ? undefined : this.#file?.advance(this.#placer.now, false);
  }

  /** Begins another file with a frame the current one was cut before. */
  #goOn(first: PlacedFrame): void {
    const handed = this.#file?.handOver(first);
    this.#retire();
    if (handed === undefined) return;
    this.#file = this.#openFile(first, handed.carried);
    for (const frame of handed.waiting) this.#file.add(frame);
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
      now: this.#placer.now,
      flush,
      wantsVideo: this.#wants('video'),
      videoIsHeld: this.#placer.isHeld('video'),
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
    if (placed.media + placed.durationUs <= this.#file.originMedia && !this.#file.goesOn) {
      this.#drop('cut');
      return;
    }
    this.#file.add(placed);
  }

  #cut(first: PlacedFrame): void {
    const kept = this.#file?.cut(this.#placer.now, first.media) ?? [];
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

  #openFile(first: PlacedFrame, carried?: Carried): FilePlanner {
    const file = this.#files;
    this.#files += 1;
    const known = this.#options.knowledge?.files[file];
    const context: FileContext = {
      file,
      wants: (kind) => this.#wants(kind),
      transcodesAudio: this.#options.transcodesAudio,
      known: carried?.audio === undefined ? known : { audio: carried.audio, ...known },
      newFile: this.#options.newFile,
      carried,
      absences: this.#absences,
      describeVideo: () => describeVideo(this.#latest.video),
      describeAudio: () => describeAudio(this.#latest.audio),
      isHeld: (kind) => this.#placer.isHeld(kind),
      hasTrack: (kind) => [...this.#placer.tracks()].some((track) => track.added.mediaKind === kind),
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

  #drop(reason: string): void {
    tally(this.#dropped, reason);
  }
}

const NOTHING: PlannedAction[] = [];

function tally(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
