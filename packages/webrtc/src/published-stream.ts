// One stream by its key, whoever publishes it at the moment: hands each packet to its tapes and its viewers.
// Outlives publications, so that a reconnecting publisher continues tapes and keeps its viewers.

import type { CodecConfig, Ids, MediaKind, UnixUs } from '@roomtape/media';
import { Forwarder } from './forwarder.ts';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { PublishedTrack, StreamKey } from './media-plane.ts';
import type { PlaySource } from './play-session.ts';
import type { PublishSession, PublishSink } from './publish-session.ts';
import type { SentSsrcs } from './sdp-answer.ts';
import type { PlayableTrack } from './sdp-negotiate.ts';
import type { TapeFeed } from './tape-feed.ts';
import type { TapePlayback } from './tape-playback.ts';

/** A stream's present publication. */
export type Publication = { readonly sessionId: string; readonly userId: string; readonly session: PublishSession };

/** How long a tape is played on when nobody watches any more, µs: a viewer may come back. */
const UNWATCHED_US = 5_000_000;

/** A stream. */
export class PublishedStream implements PublishSink, PlaySource {
  readonly key: StreamKey;
  readonly forwarder = new Forwarder();
  /** Feeds of the tapes the stream is written to, by tape id. */
  readonly feeds = new Map<string, TapeFeed>();
  /** SSRCs all viewers get, so that one rewritten packet serves many. */
  readonly ssrcs: Readonly<Record<MediaKind, SentSsrcs>>;
  /** Operations under way that will need the stream. */
  holds = 0;
  /** When the last publication ended; `undefined` while there is one. */
  unpublishedAt: UnixUs | undefined;
  toOurClock: number | undefined;
  readonly #configs = new Map<MediaKind, CodecConfig>();
  readonly #muted = new Set<MediaKind>();
  #publication: Publication | undefined;
  #playback: TapePlayback | undefined;
  #watchedAt = 0;

  constructor(key: StreamKey, ids: Ids) {
    this.key = key;
    this.ssrcs = {
      audio: { media: ids.uint32(), rtx: ids.uint32() },
      video: { media: ids.uint32(), rtx: ids.uint32() },
    };
  }

  get publication(): Publication | undefined {
    return this.#publication;
  }

  /** The tape that is played as this stream. */
  get playback(): TapePlayback | undefined {
    return this.#playback;
  }

  /** Whether nothing needs the stream any more. */
  get idle(): boolean {
    const used = this.#publication !== undefined || this.feeds.size > 0 || this.forwarder.viewers.size > 0;
    return !used && this.holds === 0 && this.#playback === undefined;
  }

  /** Begins a publication. */
  publish(publication: Publication): void {
    this.#publication = publication;
    this.unpublishedAt = undefined;
    this.toOurClock = undefined;
    this.#configs.clear();
    for (const feed of this.feeds.values()) feed.attach(publication.session);
  }

  /** Ends a publication, if it still is the present one. */
  unpublish(session: PublishSession, reason: string, now: UnixUs): void {
    if (this.#publication?.session !== session) return;
    this.#publication = undefined;
    this.unpublishedAt = now;
    for (const feed of this.feeds.values()) feed.detach(reason);
  }

  /**
   * Plays a tape to the viewers until nobody has watched for some seconds. Its media reaches viewers only: what is
   * played from a tape is never taped.
   */
  play(playback: TapePlayback, now: UnixUs): void {
    this.#playback = playback;
    this.#watchedAt = now;
    this.toOurClock = 0;
  }

  /** Ends a playback. */
  stopPlaying(): void {
    this.#playback?.close();
    this.#playback = undefined;
  }

  /** Adds a tape's feed and begins feeding it. */
  addFeed(tapeId: string, feed: TapeFeed): void {
    this.feeds.set(tapeId, feed);
    for (const kind of this.#muted) feed.setMuted(kind, true);
    if (this.#publication !== undefined) feed.attach(this.#publication.session);
  }

  /** Notes what the publisher says it sends. */
  setMuted(kind: MediaKind, muted: boolean): void {
    if (muted) this.#muted.add(kind);
    else this.#muted.delete(kind);
    for (const feed of this.feeds.values()) feed.setMuted(kind, muted);
  }

  /** Whether the publisher says that it sends nothing at all. */
  get isMuted(): boolean {
    return this.#publication?.session.media.every(({ kind }) => this.#muted.has(kind)) ?? false;
  }

  /** Notes a configuration; `true` when it is news. */
  noteConfig(kind: MediaKind, config: CodecConfig): boolean {
    const old = this.#configs.get(kind);
    this.#configs.set(kind, config);
    return old?.width !== config.width || old?.height !== config.height || old?.codecString !== config.codecString;
  }

  /** The tracks as their owner is told about them. */
  publishedTracks(): PublishedTrack[] {
    return (this.#publication?.session.media ?? []).map((media) => {
      const { width, height } = this.#configs.get(media.kind) ?? {};
      const size = width === undefined || height === undefined ? {} : { width, height };
      return { kind: media.kind, codec: media.codec, ...size };
    });
  }

  /** The tracks as a viewer's offer is matched against them. */
  playableTracks(): PlayableTrack[] {
    return (this.#origin?.media ?? []).map((media) => {
      const parameters = new Map((media.fmtp ?? '').split(';').map((pair) => splitPair(pair)));
      return { kind: media.kind, codec: media.codec, parameters };
    });
  }

  /** Asks for keyframes of everything that is recorded or watched. */
  requestKeyframes(): void {
    const session = this.#publication?.session;
    for (const track of session?.tracksOf('video') ?? []) session?.requestKeyframe(track);
  }

  layersOf(kind: MediaKind): readonly InboundTrack[] {
    return this.#origin?.tracksOf(kind) ?? [];
  }

  requestKeyframe(track: InboundTrack): void {
    this.#origin?.requestKeyframe(track);
  }

  onInboundPacket(track: InboundTrack, packet: InboundPacket): void {
    for (const feed of this.feeds.values()) feed.push(track, packet);
    this.forwarder.push(track, packet);
  }

  onInboundRestart(track: InboundTrack): void {
    for (const feed of this.feeds.values()) feed.restart(track);
    this.forwarder.restart(track);
  }

  onInboundJump(track: InboundTrack, jump: Parameters<PublishSink['onInboundJump']>[1]): void {
    const at = track.lastPacketAt;
    if (at === undefined) return;
    for (const feed of this.feeds.values()) feed.jump(track, { ...jump, at });
  }

  onSenderClock(track: InboundTrack): void {
    const anchor = track.clock.anchor;
    if (anchor === undefined) return;
    // One offset for all tracks of the publication, or the viewer would lose lip sync.
    this.toOurClock ??= anchor.arrivedAt - anchor.senderAt;
    for (const feed of this.feeds.values()) feed.writeAnchor(track);
  }

  /** Does what is due for the tapes. */
  poll(now: UnixUs): void {
    for (const feed of this.feeds.values()) feed.poll(now);
    if (this.#playback === undefined) return;
    this.#playback.poll(now);
    if (this.forwarder.viewers.size > 0 || this.holds > 0) this.#watchedAt = now;
    else if (now - this.#watchedAt > UNWATCHED_US) this.stopPlaying();
  }

  /** Plain data for debugging. */
  describe(now: UnixUs): Record<string, unknown> {
    return {
      ...this.key,
      sessionId: this.#publication?.sessionId,
      ...(this.#playback === undefined ? {} : { playback: this.#playback.describe(now) }),
      viewers: this.forwarder.viewers.size,
      forwarded: this.forwarder.forwardedPackets,
      tapes: [...this.feeds].map(([tapeId, feed]) => ({ tapeId, ...feed.describe() })),
    };
  }

  get #origin(): MediaOrigin | undefined {
    return this.#publication?.session ?? this.#playback;
  }
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 0) return [pair.trim().toLowerCase(), ''];
  return [
    pair.slice(0, equals).trim().toLowerCase(),
    pair
      .slice(equals + 1)
      .trim()
      .toLowerCase(),
  ];
}
