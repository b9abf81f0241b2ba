// One track of a tape while it is fed from the network: frames, configurations, sender clocks and losses of
// one source (or of the simulcast layer chosen at the moment) become entries. Never waits for the disk.

import {
  type CodecConfig,
  type CodecId,
  describeConfig,
  isSameConfig,
  type MediaKind,
  type Ticks,
  type TrackId,
  ticks,
  type UnixUs,
  usToTicks,
} from '@roomtape/media';
import type { DepacketizedFrame } from '@roomtape/rtp';
import type { TapeEntry } from '@roomtape/tape';
import { FrameAssembler, type FrameSink } from './frame-assembler.ts';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import { chooseRecordedLayer } from './recorded-layer.ts';

/** Codecs whose encoders may send pictures in another order than they are shown. */
const REORDERING_CODECS: ReadonlySet<CodecId> = new Set<CodecId>(['h264', 'h265']);
/** 16 pictures of reordering, the most H.264 and H.265 allow, at 16 pictures per second. */
const REORDER_US_MAX = 1_000_000;

/** What a taped track tells its tape. */
export interface TapedTrackOwner {
  append(entry: TapeEntry): number | undefined;
  requestKeyframe(track: InboundTrack): void;
  /** Whether frames are kept at the moment. */
  readonly paused: boolean;
  /** A frame is about to be written, the first after a break perhaps. */
  beforeFrame(arrivedAt: UnixUs): void;
  /** A frame was written. */
  afterFrame(track: TapedTrack, arrivedAt: UnixUs): void;
  onConfig(track: TapedTrack, config: CodecConfig): void;
}

/** A taped track is fed by one assembler; a second one runs only while a better layer is awaited. */
export class TapedTrack implements FrameSink {
  readonly trackId: TrackId;
  readonly kind: MediaKind;
  config: CodecConfig | undefined;
  frames = 0;
  /** When the last keyframe was written. */
  keyAt: UnixUs | undefined;
  readonly #owner: TapedTrackOwner;
  #source: FrameAssembler;
  #candidate: FrameAssembler | undefined;
  /** Added to the source's ticks: layers of one track count on one clock here. */
  #tickOffset = 0;
  #awaitsKey = true;
  /** The highest PTS written: what is shown last so far. */
  #highestPts: Ticks | undefined;
  /** The PTS written last, lower where pictures are sent out of the order they are shown in. */
  #lastPts: Ticks | undefined;
  /** What was written before the source changed: the present one's frames stay behind it. */
  #floorPts: Ticks | undefined;
  #lastArrivedAt: UnixUs | undefined;

  constructor(trackId: TrackId, source: InboundTrack, owner: TapedTrackOwner) {
    this.trackId = trackId;
    this.kind = source.kind;
    this.#owner = owner;
    this.#source = new FrameAssembler(source, this);
    this.#awaitsKey = this.kind === 'video';
  }

  /** The track or layer that is recorded now. */
  get source(): InboundTrack {
    return this.#source.track;
  }

  /** Takes a packet of any layer; those of layers not recorded are ignored. */
  push(track: InboundTrack, packet: InboundPacket): void {
    if (track === this.#source.track) this.#source.push(packet);
    else if (track === this.#candidate?.track) this.#candidate.push(packet);
  }

  /** Releases what waited long enough, asks for keyframes, and looks for a better layer. */
  poll(now: UnixUs): void {
    this.#source.poll(now);
    this.#candidate?.poll(now);
    for (const assembler of [this.#source, this.#candidate]) {
      if (assembler?.wantsKeyframe(now) === true && assembler.track.isLive(now)) {
        this.#owner.requestKeyframe(assembler.track);
      }
    }
  }

  /** Chooses among the layers of the track's publication. */
  consider(layers: readonly InboundTrack[], now: UnixUs): void {
    if (layers.length === 0) return;
    const facts = layers.map((layer) => {
      layer.rate.settle(now);
      return { bitrateBps: layer.rate.bitrateBps, live: layer.isLive(now), liveSince: layer.liveSince };
    });
    const chosen = layers[chooseRecordedLayer(facts, layers.indexOf(this.#source.track), now)];
    if (chosen === undefined) {
      if (this.#candidate?.track.isLive(now) === false) this.#candidate = undefined;
      return;
    }
    if (this.#candidate?.track === chosen) return;
    this.#candidate = new FrameAssembler(chosen, this);
    this.#owner.requestKeyframe(chosen);
  }

  /** Writes the newest of what the sender says of its clock, when it is of the recorded source. */
  writeAnchor(track: InboundTrack): void {
    const anchor = track.clock.anchor;
    if (anchor === undefined || track !== this.#source.track) return;
    const { senderAt, arrivedAt } = anchor;
    const position = ticks(anchor.ticks + this.#tickOffset);
    const source = track.tellsCaptureTimes ? ({ source: 'capture-time' } as const) : {};
    this.#owner.append({
      kind: 'clock-anchor',
      trackId: this.trackId,
      ticks: position,
      senderAt,
      arrivedAt,
      ...source,
    });
  }

  /** The sender restarted its numbering: packets are ordered anew, the source's ticks go on. */
  restart(track: InboundTrack): void {
    if (track === this.#candidate?.track) this.#candidate = undefined;
    if (track !== this.#source.track) return;
    this.#source.flush();
    this.#source = new FrameAssembler(track, this);
    this.#floorPts = this.#highestPts;
  }

  /** Notes that the sender's clock jumped. */
  jump(track: InboundTrack, jump: { readonly fromTicks: Ticks; readonly toTicks: Ticks; readonly at: UnixUs }): void {
    if (track !== this.#source.track || this.#owner.paused) return;
    this.#owner.append({
      kind: 'gap',
      reason: 'clock-jump',
      trackId: this.trackId,
      fromAt: this.#lastArrivedAt ?? jump.at,
      toAt: jump.at,
      fromTicks: ticks(jump.fromTicks + this.#tickOffset),
      toTicks: ticks(jump.toTicks + this.#tickOffset),
    });
  }

  /** After a pause, video goes on at a keyframe. */
  awaitKeyframe(): void {
    if (this.kind !== 'video') return;
    this.#awaitsKey = true;
    this.#owner.requestKeyframe(this.#source.track);
  }

  /** Writes what still waits, then the losses after the last frame. */
  flush(now: UnixUs): void {
    this.#source.flush();
    this.#writeLosses(now, undefined);
  }

  onFrame(frame: DepacketizedFrame, assembler: FrameAssembler): void {
    if (assembler === this.#candidate && frame.type === 'key') this.#switchTo(assembler, frame);
    if (assembler !== this.#source) return;
    const position = this.#place(frame);
    if (this.#owner.paused || (this.#awaitsKey && frame.type !== 'key')) {
      assembler.takeLosses();
      return;
    }
    this.#awaitsKey = false;
    this.#owner.beforeFrame(frame.arrivedAt);
    this.#writeLosses(frame.arrivedAt, position);
    if (frame.type === 'key') {
      this.keyAt = frame.arrivedAt;
      this.#noteConfig(frame);
    }
    this.#lastPts = position;
    this.#highestPts = ticks(Math.max(position, this.#highestPts ?? position));
    this.#lastArrivedAt = frame.arrivedAt;
    this.frames += 1;
    const { trackId } = this;
    const { type, arrivedAt, data } = frame;
    this.#owner.append({ kind: 'frame', trackId, type, pts: position, dts: position, arrivedAt, data });
    this.#owner.afterFrame(this, arrivedAt);
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return {
      trackId: this.trackId,
      kind: this.kind,
      rid: this.source.rid,
      frames: this.frames,
      ...this.#source.describe(),
    };
  }

  /** Keeps the source's PTS, but for frames that would come before those of another source, or far too early. */
  #place(frame: DepacketizedFrame): Ticks {
    const position = ticks(frame.pts + this.#tickOffset);
    const highest = this.#highestPts;
    if (highest === undefined || position > highest || this.#isReordered(position, highest)) return position;
    return ticks(highest + 1);
  }

  #isReordered(position: Ticks, highest: Ticks): boolean {
    if (!REORDERING_CODECS.has(this.source.codec) || position === this.#lastPts || position === highest) return false;
    if (this.#floorPts !== undefined && position <= this.#floorPts) return false;
    return highest - position <= usToTicks(REORDER_US_MAX, this.source.media.clockRate);
  }

  #switchTo(assembler: FrameAssembler, frame: DepacketizedFrame): void {
    const from = this.#source;
    from.flush();
    this.#tickOffset = this.#offsetBySenderClock(from.track, assembler.track) ?? this.#offsetByArrival(frame);
    this.#source = assembler;
    this.#candidate = undefined;
    this.#floorPts = this.#highestPts;
    this.writeAnchor(assembler.track);
  }

  #offsetBySenderClock(from: InboundTrack, to: InboundTrack): number | undefined {
    const anchor = to.clock.anchor;
    const position = anchor === undefined ? undefined : from.clock.ticksOf(anchor.senderAt);
    if (anchor === undefined || position === undefined) return undefined;
    return position + this.#tickOffset - anchor.ticks;
  }

  #offsetByArrival(frame: DepacketizedFrame): number {
    if (this.#highestPts === undefined || this.#lastArrivedAt === undefined) return 0;
    const elapsedUs = Math.max(0, frame.arrivedAt - this.#lastArrivedAt);
    return this.#highestPts + usToTicks(elapsedUs, this.source.media.clockRate) - frame.pts;
  }

  #writeLosses(toAt: UnixUs, toTicks: Ticks | undefined): void {
    if (!this.#source.hasLosses) return;
    const losses = this.#source.takeLosses();
    if (this.#owner.paused) return;
    this.#owner.append({
      kind: 'gap',
      reason: 'network-loss',
      trackId: this.trackId,
      fromAt: this.#lastArrivedAt ?? toAt,
      toAt,
      ...(this.#highestPts === undefined ? {} : { fromTicks: this.#highestPts }),
      ...(toTicks === undefined ? {} : { toTicks }),
      ...losses,
    });
  }

  #noteConfig(frame: DepacketizedFrame): void {
    // Every audio frame is a keyframe and all say the same.
    if (this.kind === 'audio' && this.config !== undefined) return;
    const config = describeConfig(this.source.codec, frame.data);
    if (config === undefined || isSameConfig(config, this.config)) return;
    this.config = config;
    this.#owner.append({ kind: 'config-changed', at: frame.arrivedAt, trackId: this.trackId, ...config });
    this.#owner.onConfig(this, config);
  }
}
