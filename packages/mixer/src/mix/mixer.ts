// Makes one film: tapes in, a tape out, a bounded step at a time. Keeps nothing a restart would miss: what is on its
// own tape is done, everything else is made again from the tapes.

import type { MixSettings } from '@roomtape/api';
import { createVideoEncoder, type EncodedPacket, type VideoEncoder } from '@roomtape/ffmpeg';
import { type Clock, type Log, type MediaUs, mediaUs, type UnixUs } from '@roomtape/media';
import { followSpeaker, nobodySpeaking } from '../layout/follow-speaker.ts';
import type { MixFacts, MixJob } from '../mix-job.ts';
import type { OverlayPainter } from '../overlay/overlay-painter.ts';
import { Compositor, hashOf } from '../picture/compositor.ts';
import { FilmTime } from '../plan/film-time.ts';
import { firstSettings, framesIn, type MixScene, sceneAt } from '../plan/mix-plan.ts';
import type { StreamStory } from '../plan/stream-story.ts';
import type { LevelLine, TenthLevels } from '../sound/loudness.ts';
import { FilmTape, PACKET_SAMPLES, readFilmEnd } from './film-tape.ts';
import { LayeredLane, needsOf, type PictureNeed } from './layered-lane.ts';
import { LeftPictures } from './left-pictures.ts';
import { REORDER_US } from './picture-lane.ts';
import { ScenePainting } from './scene-painting.ts';
import { SoundDesk, type Voice } from './sound-desk.ts';
import { type FeedStart, TapeFeed } from './tape-feed.ts';

/** What a mixer needs. */
export type MixerOptions = {
  readonly job: MixJob;
  readonly facts: MixFacts;
  readonly clock: Clock;
  readonly log: Log;
  /** Draws text and images; without one there are none. */
  readonly painter?: OverlayPainter;
  /** The tapes grow no more: nothing is waited for. */
  readonly isComplete?: boolean;
  /** Threads of the video encoder; 0 is as many as the machine has. Default 1. */
  readonly threads?: number;
  /** A film of sound alone. */
  readonly isAudioOnly?: boolean;
  /** Told of every picture that cannot be had. */
  readonly onProblem?: (problem: { readonly code: string; readonly message: string }) => void;
  /** Told of every frame, with a number that differs where frames differ. Costs a little. */
  readonly onFrame?: (frame: number, hash: number) => void;
  /** Told how loud everybody was, once for every second of the film this mixer made. */
  readonly onLevels?: (line: LevelLine) => void;
};

/** What a step led to. */
export type MixStep =
  /** There is more to mix now. */
  | 'more'
  /** Everything that is surely known is mixed. */
  | 'caught-up'
  /** The film is whole and its tape sealed. */
  | 'finished';

/** The film is made this far behind the room, µs: what comes a little late is still in it. */
export const LATENCY_US = 2_000_000;
/** Known beyond a frame's moment before it is made, µs: reordered pictures and a block of sound. */
const MARGIN_US = REORDER_US + 100_000;
/** A stream whose clock is not known is waited for this long, µs. */
const PATIENCE_US = 8_000_000;
/** Sound is read from this much before it is mixed: its decoders warm up, µs. */
const SOUND_BEFORE_US = 1_000_000;
/** Frames made in one step. */
const STEP_FRAMES = 15;
const QUALITY = 23;
/** Looks of a film whose pictures are not asked for again while they are in force by turns. */
const PREPARED_MAX = 100;

type Input = { readonly feed: TapeFeed; readonly lane: LayeredLane };

/** Opens a mixer where its tape ends; rejects as `openTape` does. */
export async function openMixer(options: MixerOptions): Promise<Mixer> {
  const { job, facts, clock, log, isAudioOnly = false } = options;
  const { canvas, audio } = firstSettings(facts);
  const end = readFilmEnd(job.tapeDirectory, isAudioOnly ? undefined : canvas.fps);
  if (end.isSealed) return new Mixer(options, end, undefined);
  const tape = await FilmTape.open({
    directory: job.tapeDirectory,
    tapeId: job.jobId,
    startAt: facts.startAt,
    fps: canvas.fps,
    channels: audio.channels,
    hasVideo: !isAudioOnly,
    clock,
    log,
  });
  return new Mixer(options, end, tape);
}

/** One film in the making. */
export class Mixer {
  readonly #options: MixerOptions;
  readonly #fps: number;
  readonly #inputs = new Map<string, Input>();
  /** What the tapes of inputs that are gone said: layouts ask for it. */
  readonly #gone = new Map<string, StreamStory>();
  readonly #left: LeftPictures;
  readonly #tape: FilmTape | undefined;
  readonly #compositor: Compositor | undefined;
  readonly #encoder: VideoEncoder | undefined;
  readonly #painting: ScenePainting;
  readonly #desk: SoundDesk;
  #facts: MixFacts;
  #time: FilmTime;
  #scene: MixScene | undefined;
  #sceneOf = '';
  #speaker = nobodySpeaking();
  /** The next frame to make; frames given to the encoder may not be on the tape yet. */
  #frame: number;
  /** Settings that were looked at, the newest whose pictures were asked for, and the asking that is under way. */
  #settingsSeen = 0;
  readonly #prepared = new Set<string>();
  #preparing: Promise<void> | undefined;
  #onTape: number;
  #lastSequence: number;
  #isFinished: boolean;

  constructor(
    options: MixerOptions,
    end: { frames: number; packets: number; nextSequence: number },
    tape: FilmTape | undefined,
  ) {
    const { facts } = options;
    const { canvas, audio } = firstSettings(facts);
    const isAudioOnly = options.isAudioOnly === true;
    const { width, height, fps } = canvas;
    this.#options = options;
    this.#left = new LeftPictures(options.log);
    this.#facts = facts;
    this.#fps = fps;
    this.#time = new FilmTime(facts);
    this.#tape = tape;
    this.#isFinished = tape === undefined;
    this.#lastSequence = end.nextSequence - 1;
    this.#frame = isAudioOnly ? Math.floor((end.packets * fps) / 50) : end.frames;
    this.#onTape = this.#frame;
    this.#painting = new ScenePainting(options.painter, { width, height });
    if (!isAudioOnly && tape !== undefined) {
      this.#compositor = new Compositor({ width, height });
      this.#encoder = openEncoder(canvas, options.threads ?? 1);
    }
    this.#desk = new SoundDesk({
      ...audio,
      firstPacket: end.packets,
      onPacket: (index, data) => this.#tape?.addSound(index, data),
      onTenth: (levels, filmUs) => this.#follow(levels, filmUs),
      onSecond: (line) => {
        if (line.filmUs + 1e6 > (end.packets * PACKET_SAMPLES * 1e6) / 48_000) options.onLevels?.(line);
      },
    });
    this.setFacts(facts);
  }

  /** Length of the film that is on its tape, µs. */
  get mixedUs(): MediaUs {
    const known = this.#time.knownUs;
    const us = Math.round((this.#onTape * 1e6) / this.#fps);
    return mediaUs(this.#isFinished && Number.isFinite(known) ? Math.round(known) : us);
  }

  /** Wall time of the next frame. */
  get nextAt(): UnixUs {
    return this.#time.wallOf((this.#frame * 1e6) / this.#fps);
  }

  /** Sequence of the last entry of the film's tape. */
  get lastSequence(): number {
    return this.#tape?.lastSequence ?? this.#lastSequence;
  }

  /** Replaces the facts; film that is made already does not change. */
  setFacts(facts: MixFacts): void {
    this.#facts = facts;
    this.#time = new FilmTime(facts);
    this.#scene = undefined;
    for (const { settings } of facts.settings.slice(this.#settingsSeen)) this.#prepare(settings);
    this.#settingsSeen = facts.settings.length;
    for (const stream of facts.streams) {
      if (this.#gone.has(stream.inputId)) continue;
      const known = this.#inputs.get(stream.inputId);
      if (known !== undefined) known.feed.setStream(stream);
      else {
        const { log, isAudioOnly = false } = this.#options;
        const feed = new TapeFeed(stream, { log, isAudioOnly, start: this.#feedStart() });
        this.#inputs.set(stream.inputId, { feed, lane: new LayeredLane(feed) });
      }
    }
  }

  /** Makes some frames. Throws operating errors; a mixer opened anew goes on from the tape. */
  async step(): Promise<MixStep> {
    if (this.#isFinished) return 'finished';
    // So that a film made later has the same pictures in it; loading has its own limits of time.
    await this.#preparing;
    for (const { feed } of this.#inputs.values()) feed.poll();
    for (let made = 0; made < STEP_FRAMES; made += 1) {
      const filmUs = (this.#frame * 1e6) / this.#fps;
      const known = this.#time.knownUs;
      if (this.#frame >= framesIn(known, this.#fps)) {
        if (this.#facts.stopAt === undefined) return 'caught-up';
        await this.#finish(known);
        return 'finished';
      }
      if (!this.#isKnown(this.#time.wallOf(filmUs))) return 'caught-up';
      this.#make(filmUs);
    }
    await this.#tape?.drain();
    return 'more';
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    const inputs = [...this.#inputs].map(([inputId, { feed, lane }]) => ({
      inputId,
      isOver: feed.isOver,
      hasPicture: lane.current !== undefined,
      waiting: feed.video.length + feed.audio.length + lane.waiting,
      errors: lane.errors,
    }));
    const { jobId } = this.#options.job;
    return {
      jobId,
      nextFrame: this.#frame,
      framesOnTape: this.#onTape,
      painted: this.#compositor?.paintedTiles,
      inputs,
      left: this.#left.inputIds,
    };
  }

  /** Lets go of everything; the tape stays as it is and can be continued. */
  async close(): Promise<void> {
    this.#isFinished = true;
    this.#release();
    await this.#tape?.close();
  }

  #feedStart(): FeedStart {
    return { pictureWall: this.nextAt, soundWall: this.#time.wallOf(this.#desk.mixedUs) - SOUND_BEFORE_US };
  }

  #prepare(settings: MixSettings): void {
    const { painter, onProblem } = this.#options;
    const key = JSON.stringify([settings.layout, settings.canvas, settings.overlays.watermarks]);
    if (painter === undefined || this.#prepared.has(key)) return;
    this.#prepared.add(key);
    const [oldest] = this.#prepared;
    if (this.#prepared.size > PREPARED_MAX && oldest !== undefined) this.#prepared.delete(oldest);
    const before = this.#preparing;
    this.#preparing = (async () => {
      await before;
      for (const { error } of await painter.prepare(settings))
        onProblem?.({ code: error.code, message: error.message });
      this.#painting.refresh();
    })();
  }

  #release(): void {
    for (const { feed, lane } of this.#inputs.values()) {
      lane.close();
      feed.close();
    }
    this.#inputs.clear();
    this.#left.keepOnly(new Set());
    this.#encoder?.close();
    this.#compositor?.close();
    this.#desk.close();
  }

  /** Reads on; whether everything that is seen or heard at a wall time is known. */
  #isKnown(wall: number): boolean {
    const { clock, isComplete = false } = this.#options;
    if (!isComplete && clock.now() < wall + LATENCY_US) return false;
    let isKnown = true;
    for (const { feed } of this.#inputs.values()) {
      feed.readTo(wall + MARGIN_US, isComplete);
      if (feed.knownTo >= wall + MARGIN_US) continue;
      // A stream that broke off before its clock was known must not hold the whole room up.
      if (!isComplete && clock.now() > wall + PATIENCE_US) feed.placeHeld();
      else isKnown = false;
    }
    return isKnown;
  }

  #make(filmUs: number): void {
    const wall = this.#time.wallOf(filmUs);
    // Who is there decides who is heard; who is heard decides who speaks.
    this.#sceneAt(wall);
    while (this.#desk.mixedUs <= filmUs) this.#desk.mixBlock(this.#voices(), this.#time);
    // The nearest picture, not the last: what is seen is neither early nor late on average.
    const scene = this.#sceneAt(wall);
    if (this.#compositor !== undefined) this.#compose(scene, { wall, nearest: wall + 5e5 / this.#fps });
    this.#frame += 1;
    if (this.#compositor === undefined) this.#onTape = this.#frame;
    if (this.#frame % this.#fps === 0) this.#forget(wall);
  }

  #compose(scene: MixScene, at: { wall: UnixUs; nearest: number }): void {
    const compositor = this.#compositor;
    const encoder = this.#encoder;
    if (compositor === undefined || encoder === undefined) return;
    const needs = needsOf(scene.tiles);
    for (const [inputId, { lane }] of this.#inputs) lane.advance(at.nearest, needs.get(inputId));
    this.#showLeft(needs, at.wall);
    const painted = this.#painting.paintedAt(scene, at.wall);
    compositor.setScene(painted);
    compositor.paint(
      painted.tiles.map((tile) => {
        const { inputId } = tile.tile;
        const lane = inputId === undefined ? undefined : (this.#inputs.get(inputId)?.lane ?? this.#left.of(inputId));
        return this.#painting.contentOf(tile, lane, at.wall);
      }),
    );
    const frame = this.#frame;
    compositor.take((picture) => {
      this.#options.onFrame?.(frame, hashOf(picture));
      this.#write(encoder.encode(picture, Math.round((frame * 1e6) / this.#fps)));
    });
  }

  /** Who is gone may have a tile again. */
  #showLeft(needs: ReadonlyMap<string, PictureNeed>, wall: UnixUs): void {
    for (const [inputId, need] of needs) {
      if (this.#gone.get(inputId)?.at(wall)?.hasVideo !== true) continue;
      const stream = this.#facts.streams.find((candidate) => candidate.inputId === inputId);
      if (stream !== undefined) this.#left.show(stream, wall, need);
    }
  }

  #write(packets: readonly EncodedPacket[]): void {
    for (const packet of packets) {
      const frame = Math.round((packet.ptsUs * this.#fps) / 1e6);
      this.#tape?.addPicture(frame, packet);
      this.#onTape = frame + 1;
    }
  }

  #voices(): Voice[] {
    const { volumes } = this.#scene?.settings.audio ?? firstSettings(this.#facts).audio;
    return this.#facts.streams.flatMap(({ inputId, streamId }): Voice[] => {
      const feed = this.#inputs.get(inputId)?.feed;
      return feed === undefined ? [] : [{ inputId, feed, gain: (volumes[streamId] ?? 100) / 100 }];
    });
  }

  #sceneAt(wall: UnixUs): MixScene {
    let versions = this.#speaker.inputId ?? '';
    for (const { feed } of this.#inputs.values()) versions += ` ${feed.storyVersion}`;
    const isCurrent = this.#scene !== undefined && wall < this.#scene.untilAt && versions === this.#sceneOf;
    if (isCurrent && this.#scene !== undefined) return this.#scene;
    const stories = new Map(this.#gone);
    for (const [inputId, { feed }] of this.#inputs) stories.set(inputId, feed.story);
    const scene = sceneAt(this.#facts, stories, { at: wall, speaker: this.#speaker.inputId });
    this.#scene = scene;
    this.#sceneOf = versions;
    return scene;
  }

  #follow(levels: TenthLevels, filmUs: MediaUs): void {
    const present = (this.#scene?.inputs ?? []).filter((input) => input.hasLeft !== true);
    const heard = present.map(({ inputId }) => ({ inputId, loudness: levels.get(inputId) ?? 0 }));
    this.#speaker = followSpeaker(this.#speaker, heard, filmUs);
  }

  /** Lets go of inputs that left and have no tile any more. */
  #forget(wall: number): void {
    const seen = new Set(this.#scene?.tiles.map((tile) => tile.inputId));
    this.#left.keepOnly(seen);
    for (const { inputId, leftAt } of this.#facts.streams) {
      const input = this.#inputs.get(inputId);
      const isGone = leftAt !== undefined && leftAt + LATENCY_US < wall && !seen.has(inputId);
      if (input === undefined || !isGone || !input.feed.isOver) continue;
      input.lane.close();
      input.feed.close();
      this.#desk.forget(inputId);
      this.#inputs.delete(inputId);
      this.#gone.set(inputId, input.feed.story);
    }
  }

  async #finish(knownUs: number): Promise<void> {
    while (this.#desk.mixedUs < knownUs) this.#desk.mixBlock(this.#voices(), this.#time);
    this.#desk.finish();
    if (this.#encoder !== undefined) this.#write(this.#encoder.flush());
    this.#tape?.flushSound();
    this.#lastSequence = (await this.#tape?.seal()) ?? this.#lastSequence;
    this.#isFinished = true;
    this.#release();
  }
}

/** Pictures in order, keyframes every two seconds, as live viewers and segments need them. */
function openEncoder(canvas: MixSettings['canvas'], threads: number): VideoEncoder {
  const { width, height, fps, bitrate, quality } = canvas;
  const film = { preset: 'veryfast', threads, ...(bitrate === undefined ? { quality: quality ?? QUALITY } : {}) };
  return createVideoEncoder({ codec: 'h264', width, height, fps, bitrate: bitrate ?? 0, gopFrames: 2 * fps, film });
}
