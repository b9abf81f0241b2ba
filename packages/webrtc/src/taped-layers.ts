// The simulcast layers of a stream's picture on its tape, each in a track of its own besides the best one: a layer's
// track ends while the best track holds that layer, so that nothing is written twice. For mixes; files do without.

import type { TrackId, UnixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import { TapedTrack, type TapedTrackOwner } from './taped-track.ts';

/** What layers need of the tape's feed. */
export interface TapedLayersOwner {
  append(entry: TapeEntry): number | undefined;
  requestKeyframe(track: InboundTrack): void;
  readonly paused: boolean;
  /** Writes that a track begins; returns its number. */
  beginTrack(source: InboundTrack, at: UnixUs, rid: string): TrackId;
}

/** Layers besides the best one. */
const LAYERS_MAX = 3;
/** A tile that grows must find a keyframe not far back; a picture nobody sees is not decoded from there on, µs. */
const KEYFRAME_PERIOD_US = 8_000_000;
/** An encoder that begins slowly is not asked for keyframes meanwhile, µs. */
const SETTLE_US = 5_000_000;

/** Tapes the layers of one publication after the other. */
export class TapedLayers implements TapedTrackOwner {
  readonly #owner: TapedLayersOwner;
  readonly #tracks = new Map<string, TapedTrack>();
  #isWanted = false;
  #settledAt = Number.POSITIVE_INFINITY;

  constructor(owner: TapedLayersOwner) {
    this.#owner = owner;
  }

  get paused(): boolean {
    return this.#owner.paused;
  }

  /** A publication begins. */
  attach(now: UnixUs): void {
    this.#settledAt = now + SETTLE_US;
  }

  /** Keeps layers from now on, or no more. */
  setWanted(isWanted: boolean, now: UnixUs): void {
    this.#isWanted = isWanted;
    if (!isWanted) this.endAll(now, 'layers-not-wanted');
  }

  /** Takes a packet of any track of the stream, after the best one's track took it. */
  push(track: InboundTrack, packet: InboundPacket, best: TapedTrack): void {
    if (track === best.source) {
      this.#end(track.rid, packet.arrivedAt, 'recorded-as-best');
      return;
    }
    const isTaped = this.#tracks.get(track.rid)?.source === track;
    if (!isTaped && !this.#begin(track, packet.arrivedAt)) return;
    this.#tracks.get(track.rid)?.push(track, packet);
  }

  /** Does what is due; `best` is the track of the best layer. */
  poll(now: UnixUs, best: TapedTrack | undefined): void {
    if (this.#tracks.size === 0 || best === undefined) return;
    for (const track of this.#tracks.values()) track.poll(now);
    for (const track of [best, ...this.#tracks.values()]) {
      const isOld = now - (track.keyAt ?? now) >= KEYFRAME_PERIOD_US;
      if (isOld && !this.paused && track.source.isLive(now)) this.#owner.requestKeyframe(track.source);
    }
  }

  writeAnchor(source: InboundTrack): void {
    this.#tracks.get(source.rid)?.writeAnchor(source);
  }

  restart(source: InboundTrack): void {
    this.#tracks.get(source.rid)?.restart(source);
  }

  jump(source: InboundTrack, jump: Parameters<TapedTrack['jump']>[1]): void {
    this.#tracks.get(source.rid)?.jump(source, jump);
  }

  /** After a pause. */
  awaitKeyframes(): void {
    for (const track of this.#tracks.values()) track.awaitKeyframe();
  }

  /** Something of the tape was lost on the way to the disk. */
  requestKeyframes(): void {
    for (const track of this.#tracks.values()) this.requestKeyframe(track.source);
  }

  /** Ends all: the publication is over, or nobody wants layers any more. */
  endAll(at: UnixUs, reason: string): void {
    for (const rid of [...this.#tracks.keys()]) this.#end(rid, at, reason);
  }

  append(entry: TapeEntry): number | undefined {
    return this.#owner.append(entry);
  }

  requestKeyframe(track: InboundTrack): void {
    this.#owner.requestKeyframe(track);
  }

  // What the room is told of a stream, and when its tape has begun, is the best layer's to say.
  beforeFrame(): void {}
  afterFrame(): void {}
  onConfig(): void {}

  /** Plain data for debugging. */
  describe(): Record<string, unknown>[] {
    return [...this.#tracks.values()].map((track) => track.describe());
  }

  #begin(source: InboundTrack, at: UnixUs): boolean {
    const { rid } = source;
    if (!this.#isWanted || rid === '' || at < this.#settledAt) return false;
    if (this.#tracks.has(rid)) this.#end(rid, at, 'replaced');
    if (this.#tracks.size >= LAYERS_MAX) return false;
    const track = new TapedTrack(this.#owner.beginTrack(source, at, rid), source, this);
    this.#tracks.set(rid, track);
    track.writeAnchor(source);
    this.requestKeyframe(source);
    return true;
  }

  #end(rid: string, at: UnixUs, reason: string): void {
    const track = this.#tracks.get(rid);
    if (track === undefined) return;
    this.#tracks.delete(rid);
    track.flush(at);
    this.append({ kind: 'track-ended', at, trackId: track.trackId, reason });
  }
}
