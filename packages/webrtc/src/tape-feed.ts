// Feeds one tape from a stream, across its republications: tracks begin and end, breaks become gaps, pauses
// and mutes are noted. Never waits for the disk and keeps no media beyond the jitter buffers.

import type { Clock, CodecConfig, MediaKind, TrackId, UnixUs } from '@roomtape/media';
import type { GapReason, RecoveredTape, TapeEntry } from '@roomtape/tape';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import type { TapeRequest } from './media-plane.ts';
import type { PublishSession } from './publish-session.ts';
import { TapedLayers } from './taped-layers.ts';
import { TapedTrack, type TapedTrackOwner } from './taped-track.ts';

/** The part of a tape writer that a feed uses. */
export type TapeAppender = {
  append(entry: TapeEntry): number | undefined;
  readonly nextSequence: number;
  readonly recovered: RecoveredTape | undefined;
};

/** What a feed is made of. */
export type TapeFeedOptions = {
  readonly request: TapeRequest;
  readonly writer: TapeAppender;
  readonly clock: Clock;
  /** The first keyframe, or the first sound of a stream without pictures, was appended. */
  readonly onStarted: (at: UnixUs) => void;
  readonly onConfig: (kind: MediaKind, config: CodecConfig) => void;
};

const LAYER_INTERVAL_US = 500_000;
/** A stream whose offer has video but that sends none counts as audio-only after this. */
const VIDEO_PATIENCE_US = 2_000_000;

type Break = { readonly reason: GapReason; readonly fromAt: UnixUs };

/** One tape's feed; the owner flushes and seals the writer. */
export class TapeFeed implements TapedTrackOwner {
  readonly request: TapeRequest;
  readonly #options: TapeFeedOptions;
  readonly #tracks = new Map<MediaKind, TapedTrack>();
  readonly #layers = new TapedLayers(this);
  readonly #muted = new Set<MediaKind>();
  #session: PublishSession | undefined;
  #nextTrackId: TrackId = 1;
  #break: Break | undefined;
  #lastFrameAt: UnixUs | undefined;
  #paused = false;
  #started = false;
  #attachedAt = 0;
  #layersAt = 0;

  constructor(options: TapeFeedOptions) {
    this.#options = options;
    this.request = options.request;
    const { writer, clock } = options;
    if (writer.nextSequence === 0) this.#open();
    else if (writer.recovered !== undefined) this.#continue(writer.recovered, clock.now());
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Takes the tracks of a publication from now on, each beginning at its next packet; asks for keyframes. */
  attach(session: PublishSession): void {
    this.detach('replaced');
    this.#session = session;
    this.#attachedAt = this.#options.clock.now();
    this.#layers.attach(this.#options.clock.now());
    this.requestKeyframes();
  }

  /** Ends the tracks of the publication; a later one continues the tape after a gap. */
  detach(reason: string): void {
    if (this.#session === undefined) return;
    this.#session = undefined;
    const at = this.#options.clock.now();
    this.#layers.endAll(at, reason);
    for (const track of this.#tracks.values()) {
      track.flush(at);
      this.append({ kind: 'track-ended', at, trackId: track.trackId, reason });
    }
    this.#tracks.clear();
    if (this.#lastFrameAt !== undefined) this.#break ??= { reason: 'reconnect', fromAt: this.#lastFrameAt };
  }

  /** Takes a packet of the attached publication. */
  push(track: InboundTrack, packet: InboundPacket): void {
    const taped = this.#tracks.get(track.kind) ?? this.#addTrack(track, packet);
    taped.push(track, packet);
    if (track.rid !== '') this.#layers.push(track, packet, taped);
  }

  /** Keeps every simulcast layer in a track of its own from now on, or the best one only. */
  setLayersWanted(isWanted: boolean): void {
    this.#layers.setWanted(isWanted, this.#options.clock.now());
  }

  /** Does what is due. */
  poll(now: UnixUs): void {
    for (const track of this.#tracks.values()) track.poll(now);
    this.#layers.poll(now, this.#tracks.get('video'));
    if (now - this.#layersAt < LAYER_INTERVAL_US) return;
    this.#layersAt = now;
    const video = this.#tracks.get('video');
    const layers = this.#session?.tracksOf('video') ?? [];
    const settled = layers.length > 1 || (video !== undefined && layers[0] !== video.source);
    if (video !== undefined && settled) video.consider(layers, now);
    const audio = this.#tracks.get('audio');
    if (audio !== undefined && audio.source !== this.#session?.tracksOf('audio')[0]) {
      audio.consider(this.#session?.tracksOf('audio') ?? [], now);
    }
  }

  /** Writes a sender report as it arrived. */
  writeAnchor(track: InboundTrack): void {
    this.#tracks.get(track.kind)?.writeAnchor(track);
    this.#layers.writeAnchor(track);
  }

  /** Passes on that a sender restarted its numbering. */
  restart(track: InboundTrack): void {
    this.#tracks.get(track.kind)?.restart(track);
    this.#layers.restart(track);
  }

  /** Passes on that a sender's clock jumped. */
  jump(track: InboundTrack, jump: Parameters<TapedTrack['jump']>[1]): void {
    this.#tracks.get(track.kind)?.jump(track, jump);
    this.#layers.jump(track, jump);
  }

  /** Keeps frames or not; resuming video begins at a keyframe. */
  setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    const at = this.#options.clock.now();
    this.#paused = paused;
    this.append({ kind: paused ? 'paused' : 'resumed', at });
    // What was missing before the pause is not a gap after it.
    if (paused) this.#break = undefined;
    else {
      for (const track of this.#tracks.values()) track.awaitKeyframe();
      this.#layers.awaitKeyframes();
    }
  }

  /** Notes what the sender says of one kind of media. */
  setMuted(kind: MediaKind, muted: boolean): void {
    if (muted === this.#muted.has(kind)) return;
    if (muted) this.#muted.add(kind);
    else this.#muted.delete(kind);
    const track = this.#tracks.get(kind);
    if (track === undefined) return;
    this.append({ kind: muted ? 'muted' : 'unmuted', at: this.#options.clock.now(), trackId: track.trackId });
  }

  /** Asks for a keyframe of what is recorded, or of everything while nothing is. */
  requestKeyframes(): void {
    const taped = this.#tracks.get('video')?.source;
    for (const track of taped === undefined ? (this.#session?.tracksOf('video') ?? []) : [taped]) {
      this.requestKeyframe(track);
    }
    this.#layers.requestKeyframes();
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return {
      paused: this.#paused,
      started: this.#started,
      tracks: [...this.#tracks.values()].map((track) => track.describe()),
      layers: this.#layers.describe(),
    };
  }

  append(entry: TapeEntry): number | undefined {
    return this.#options.writer.append(entry);
  }

  requestKeyframe(track: InboundTrack): void {
    this.#session?.requestKeyframe(track);
  }

  beforeFrame(arrivedAt: UnixUs): void {
    const open = this.#break;
    if (open === undefined) return;
    this.#break = undefined;
    this.append({ kind: 'gap', reason: open.reason, fromAt: open.fromAt, toAt: arrivedAt });
  }

  afterFrame(track: TapedTrack, arrivedAt: UnixUs): void {
    this.#lastFrameAt = arrivedAt;
    if (this.#started) return;
    if (track.kind === 'audio' && this.#mayStillShowVideo(arrivedAt)) return;
    this.#started = true;
    this.#options.onStarted(arrivedAt);
  }

  onConfig(track: TapedTrack, config: CodecConfig): void {
    this.#options.onConfig(track.kind, config);
  }

  #mayStillShowVideo(now: UnixUs): boolean {
    const offersVideo = this.#session?.media.some((media) => media.kind === 'video') ?? false;
    return offersVideo && (this.#tracks.has('video') || now - this.#attachedAt < VIDEO_PATIENCE_US);
  }

  /** Writes that a track begins; with a `rid` it is a layer besides the best one. */
  beginTrack(source: InboundTrack, at: UnixUs, rid?: string): TrackId {
    const trackId = this.#nextTrackId;
    this.#nextTrackId += 1;
    const { codec, kind: mediaKind } = source;
    const { clockRate, channels, senderEngine } = source.media;
    this.append({
      kind: 'track-added',
      at,
      trackId,
      mediaKind,
      codec,
      clockRate,
      ...(channels === undefined ? {} : { channels }),
      ...(senderEngine === undefined ? {} : { senderEngine }),
      ...(rid === undefined ? {} : { rid }),
    });
    return trackId;
  }

  #addTrack(source: InboundTrack, first: InboundPacket): TapedTrack {
    const at = first.arrivedAt;
    const trackId = this.beginTrack(source, at);
    const track = new TapedTrack(trackId, source, this);
    this.#tracks.set(source.kind, track);
    if (this.#muted.has(source.kind)) this.append({ kind: 'muted', at, trackId });
    track.writeAnchor(source);
    // A second keyframe at the start of a stream would cost an encoder that begins slowly its picture size.
    if (!first.startsKeyframe) this.requestKeyframe(source);
    return track;
  }

  #open(): void {
    const { tapeId, roomId, streamId, userId } = this.request;
    this.append({ kind: 'tape-opened', at: this.#options.clock.now(), tapeId, roomId, streamId, userId });
  }

  /** An earlier process wrote this tape: its tracks ended when it did. */
  #continue(recovered: RecoveredTape, now: UnixUs): void {
    const at = recovered.lastAt ?? now;
    for (const { trackId } of recovered.openTracks) {
      this.append({ kind: 'track-ended', at, trackId, reason: 'process-restart' });
    }
    this.#nextTrackId = recovered.nextTrackId;
    this.#paused = recovered.paused;
    if (recovered.lastAt !== undefined) this.#break = { reason: 'process-restart', fromAt: recovered.lastAt };
  }
}
