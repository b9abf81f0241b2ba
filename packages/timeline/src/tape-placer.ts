// Tape entries in, frames with their place on our wall clock out: the clocks of one tape's tracks, without any
// opinion on files, pauses or layouts. Pure; the result depends only on the calls and their order.

import { ticksToUs } from '@roomtape/media';
import type { FrameEntry, TapeEntry, TrackAdded } from '@roomtape/tape';
import { ConnectionClock } from './connection-clock.ts';
import { reportBias } from './report-bias.ts';
import { SenderClock } from './sender-clock.ts';
import { configFrom, durationOf, type TapeTrack, type TimedFrame } from './tape-track.ts';

/** What a placer tells its owner. */
export type TapePlacerHandlers = {
  /** A frame has its place; frames of one track come in the tape's order. */
  readonly onFrame: (item: TimedFrame) => void;
  /** Something about the clocks happened: `fallback`, `reset`, `sender-step`, `outlier`. */
  readonly onClock?: (event: string) => void;
  /** So many frames can never be placed, because the source's clock was set before it was known. */
  readonly onLost?: (frames: number) => void;
};

/** Frames wait this long for sender reports before arrival times must do, µs. */
const ANCHOR_HOLD_US = 3_000_000;

/** Places the frames of one tape. */
export class TapePlacer {
  readonly #handlers: TapePlacerHandlers;
  readonly #tracks = new Map<number, TapeTrack>();
  #connection = new ConnectionClock();
  #connections = 0;
  #clockEpochs = 0;
  #unplaced = 0;
  #now = 0;

  constructor(handlers: TapePlacerHandlers) {
    this.#handlers = handlers;
  }

  /** Arrival of the newest frame taken, wall µs; 0 before the first. */
  get now(): number {
    return this.#now;
  }

  /** Arrival of the oldest frame that waits for its place, wall µs; `undefined` when none does. */
  get heldSince(): number | undefined {
    if (this.#unplaced === 0) return undefined;
    let oldest: number | undefined;
    for (const { held } of this.#tracks.values()) {
      const since = held[0]?.arrivedAt;
      if (since !== undefined) oldest = Math.min(oldest ?? since, since);
    }
    return oldest;
  }

  /** A track that was added and has not ended. */
  track(trackId: number): TapeTrack | undefined {
    return this.#tracks.get(trackId);
  }

  /** All tracks that were added and have not ended. */
  tracks(): IterableIterator<TapeTrack> {
    return this.#tracks.values();
  }

  /** Whether frames of this kind arrived that cannot be placed yet. */
  isHeld(kind: string): boolean {
    if (this.#unplaced === 0) return false;
    for (const track of this.#tracks.values()) if (track.added.mediaKind === kind && track.held.length > 0) return true;
    return false;
  }

  /** Takes the next entry of the tape; kinds that say nothing about time are ignored. */
  push(entry: TapeEntry): void {
    if (entry.kind === 'frame') this.#takeFrame(entry);
    else if (entry.kind === 'track-added') this.#addTrack(entry);
    else if (entry.kind === 'track-ended') this.#endTrack(entry.trackId);
    else if (entry.kind === 'config-changed') {
      const track = this.#tracks.get(entry.trackId);
      if (track !== undefined) track.config = entry;
    } else if (entry.kind === 'clock-anchor') {
      const track = this.#tracks.get(entry.trackId);
      track?.clock.anchor(entry);
      if (track !== undefined) this.#place(track, false);
    } else if (entry.kind === 'gap' && entry.reason === 'clock-jump') {
      for (const track of this.#tracks.values())
        if (entry.trackId === undefined || entry.trackId === track.added.trackId) this.#jump(track);
    }
  }

  /** Places what has waited long enough for sender reports; everything when `flush`ed. */
  settle(flush: boolean): void {
    if (this.#unplaced === 0) return;
    for (const track of this.#tracks.values()) {
      const since = track.held[0]?.arrivedAt ?? this.#now;
      if (flush || this.#now - since >= ANCHOR_HOLD_US) this.#place(track, true);
    }
  }

  #addTrack(entry: TrackAdded): void {
    // Layers of one picture are one connection's.
    const kind = entry.rid === undefined ? entry.mediaKind : `${entry.mediaKind} ${entry.rid}`;
    if (entry.rid === undefined && this.#connection.kinds.has(kind)) this.#newConnection();
    this.#connection.kinds.add(kind);
    const observe = (event: string): void => this.#handlers.onClock?.(event);
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
    this.#connection = new ConnectionClock();
    this.#connections += 1;
  }

  #endTrack(trackId: number): void {
    const track = this.#tracks.get(trackId);
    if (track === undefined) return;
    this.#place(track, true);
    this.#tracks.delete(trackId);
    const others = [...this.#tracks.values()].some((other) => other.connection === this.#connections);
    if (!others) this.#newConnection();
  }

  #jump(track: TapeTrack): void {
    this.#place(track, true);
    track.clock.reset();
    this.#forgetTime(track);
  }

  #forgetTime(track: TapeTrack): void {
    this.#clockEpochs += 1;
    track.clockEpoch = this.#clockEpochs;
    track.lastUs = undefined;
  }

  #takeFrame(frame: FrameEntry): void {
    const track = this.#tracks.get(frame.trackId);
    if (track === undefined) return;
    this.#now = Math.max(this.#now, frame.arrivedAt);
    if (track.config === undefined && frame.type === 'key') track.config = configFrom(track.added, frame);
    if (track.clock.arrive(frame, durationOf(track.added, frame.data))) {
      this.#forgetTime(track);
      this.#handlers.onLost?.(track.held.length);
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

  #accept(track: TapeTrack, frame: FrameEntry): void {
    const us = ticksToUs(frame.pts, track.added.clockRate);
    const wall = track.clock.wallOf(us, track.lastUs === undefined ? 0 : us - track.lastUs);
    track.lastUs = Math.max(track.lastUs ?? us, us);
    this.#handlers.onFrame({ track, frame, wall });
  }
}
