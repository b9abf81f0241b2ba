// One viewer's connection: sends what the forwarder gives, answers NACKs, passes keyframe wishes up, and chooses
// the simulcast layer its path carries. Receives RTCP only; media from a viewer is ignored.

import type { Clock, MediaKind, UnixUs } from '@roomtape/media';
import {
  BandwidthEstimator,
  isRtcp,
  LayerSelector,
  type PathState,
  parseRtcp,
  type ReportBlock,
  type RtcpPacket,
  roundTripUs,
  TwccSender,
  writeRtcp,
} from '@roomtape/rtp';
import type { InboundTrack } from './inbound-track.ts';
import { OutboundTrack, type PacketOutlet } from './outbound-track.ts';
import { PacketRewriter } from './packet-rewriter.ts';
import type { SentSsrcs } from './sdp-answer.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';
import type { RtcTransport } from './transport.ts';

/** What a play session asks of its stream. */
export type PlaySource = {
  layersOf(kind: MediaKind): readonly InboundTrack[];
  requestKeyframe(track: InboundTrack): void;
  /** Offset from the publisher's wall clock to ours, µs, once a sender report came. */
  readonly toOurClock: number | undefined;
};

/** What a play session is made of. */
export type PlaySessionOptions = {
  readonly media: readonly NegotiatedMedia[];
  readonly ssrcs: Readonly<Record<MediaKind, SentSsrcs>>;
  readonly source: PlaySource;
  readonly clock: Clock;
};

const SELECT_INTERVAL_US = 500_000;
const REPORT_INTERVAL_US = 1_000_000;
/** Packets sent again per second at most: half of what a 6 Mbit/s stream has. */
const REPEATS_PER_SECOND = 300;
/** Packets of one NACK that are looked at. */
const NACK_MAX = 300;

/** A viewer. */
export class PlaySession implements PacketOutlet {
  readonly tracks: readonly OutboundTrack[];
  connected = false;
  unsentPackets = 0;
  readonly #options: PlaySessionOptions;
  readonly #rewriter = new PacketRewriter();
  readonly #twcc: TwccSender | undefined;
  readonly #estimator = new BandwidthEstimator();
  readonly #selector = new LayerSelector();
  #path: PathState | undefined;
  #rembBps: number | undefined;
  #transport: RtcTransport | undefined;
  #wantedRid = 'auto';
  #selectedAt = 0;
  #reportedAt = 0;
  #repeatBudget = REPEATS_PER_SECOND;

  constructor(options: PlaySessionOptions) {
    this.#options = options;
    this.tracks = options.media.map((media) => {
      return new OutboundTrack({ media, ssrcs: options.ssrcs[media.kind], outlet: this });
    });
    const congestion = options.media.some((media) => media.extensions.transportSequence !== undefined);
    this.#twcc = congestion ? new TwccSender() : undefined;
  }

  /** Sends over this transport from now on. */
  useTransport(transport: RtcTransport | undefined): void {
    this.#transport = transport;
  }

  /** The viewer can receive: chooses sources and asks for keyframes. */
  start(now: UnixUs): void {
    this.connected = true;
    this.#select(now);
  }

  /** Chooses the layer the viewer gets: a rid, or `auto`. */
  selectLayer(rid: string, now: UnixUs): void {
    this.#wantedRid = rid;
    this.#select(now);
  }

  /** Takes one decrypted packet of the viewer. */
  receive(bytes: Uint8Array): void {
    if (!isRtcp(bytes)) return;
    const now = this.#options.clock.now();
    for (const packet of parseRtcp(bytes) ?? []) this.#receiveRtcp(packet, now);
  }

  /** Does what is due. */
  poll(now: UnixUs): void {
    if (!this.connected) return;
    if (now - this.#selectedAt >= SELECT_INTERVAL_US || this.#hasStaleTarget()) this.#select(now);
    if (now - this.#reportedAt >= REPORT_INTERVAL_US) this.#report(now);
    for (const track of this.tracks) {
      if (track.replay(this.#rewriter, now)) continue;
      // A switch that waits for its keyframe keeps asking; requests are merged at the source.
      if (track.target !== undefined && track.target !== track.source)
        this.#options.source.requestKeyframe(track.target);
    }
  }

  sendRtp(bytes: Uint8Array, transportSequenceOffset: number, now: UnixUs): void {
    if (transportSequenceOffset > 0 && this.#twcc !== undefined) {
      const sequence = this.#twcc.stamp(bytes.length, now);
      bytes[transportSequenceOffset] = sequence >>> 8;
      bytes[transportSequenceOffset + 1] = sequence;
    }
    if (this.#transport?.send(bytes) !== true) this.unsentPackets += 1;
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return {
      connected: this.connected,
      layer: this.#wantedRid,
      path: this.#path,
      rembBps: this.#rembBps,
      unsent: this.unsentPackets,
      tracks: this.tracks.map((track) => track.describe()),
    };
  }

  /** A new publication brings new sources, which should be seen at once. */
  #hasStaleTarget(): boolean {
    return this.tracks.some(({ target, media }) => {
      const layers = this.#options.source.layersOf(media.kind);
      return layers.length > 0 && (target === undefined || !layers.includes(target));
    });
  }

  #select(now: UnixUs): void {
    this.#selectedAt = now;
    for (const track of this.tracks) {
      const layers = this.#options.source.layersOf(track.media.kind).filter((l) => l.codec === track.media.codec);
      const target = track.media.kind === 'audio' || layers.length <= 1 ? layers[0] : this.#chooseLayer(layers, now);
      if (target === undefined || target === track.target) continue;
      track.target = target;
      if (target !== track.source) this.#options.source.requestKeyframe(target);
    }
  }

  #chooseLayer(layers: readonly InboundTrack[], now: UnixUs): InboundTrack | undefined {
    const live = layers.filter((layer) => layer.isLive(now));
    const wanted = live.find((layer) => layer.rid === this.#wantedRid);
    if (wanted !== undefined) return wanted;
    const offers = live.map((layer) => ({ rid: layer.rid, bitrateBps: layer.rate.bitrateBps }));
    const rid = this.#selector.select(offers, this.#pathNow(), now);
    return live.find((layer) => layer.rid === rid) ?? live[0] ?? layers[0];
  }

  #pathNow(): PathState {
    if (this.#path !== undefined) return this.#path;
    const lossRatio = Math.max(0, ...this.tracks.map((track) => track.lossRatio));
    return { bitrateBps: this.#rembBps ?? 0, deliveredBps: 0, lossRatio, delay: 'normal' };
  }

  #receiveRtcp(packet: RtcpPacket, now: UnixUs): void {
    switch (packet.kind) {
      case 'receiver-report':
      case 'sender-report':
        for (const block of packet.reports) this.#receiveReport(block, now);
        return;
      case 'nack':
        this.#receiveNack(packet.mediaSsrc, packet.sequences, now);
        return;
      case 'picture-loss':
        this.#wishKeyframe(packet.mediaSsrc);
        return;
      case 'full-intra-request':
        for (const entry of packet.entries) this.#wishKeyframe(entry.ssrc);
        return;
      case 'bitrate-estimate':
        this.#rembBps = packet.bitrateBps;
        return;
      case 'transport-feedback': {
        const report = this.#twcc?.feedback(packet, now);
        if (report !== undefined) this.#path = this.#estimator.report(report, now);
        return;
      }
      default:
        return;
    }
  }

  #receiveReport(block: ReportBlock, now: UnixUs): void {
    const track = this.tracks.find((candidate) => candidate.ssrcs.media === block.ssrc);
    if (track === undefined) return;
    track.lossRatio = block.fractionLost / 256;
    track.roundTripUs = roundTripUs(block, now) ?? track.roundTripUs;
  }

  #receiveNack(mediaSsrc: number, sequences: readonly number[], now: UnixUs): void {
    const track = this.tracks.find((candidate) => candidate.ssrcs.media === mediaSsrc);
    if (track === undefined) return;
    for (const sequence of sequences.slice(0, NACK_MAX)) {
      if (this.#repeatBudget <= 0) return;
      this.#repeatBudget -= 1;
      track.repeat(sequence, this.#rewriter, now);
    }
  }

  #wishKeyframe(mediaSsrc: number): void {
    const track = this.tracks.find((candidate) => candidate.ssrcs.media === mediaSsrc);
    const source = track?.source ?? track?.target;
    if (source !== undefined) this.#options.source.requestKeyframe(source);
  }

  #report(now: UnixUs): void {
    this.#reportedAt = now;
    this.#repeatBudget = REPEATS_PER_SECOND;
    for (const track of this.tracks) {
      const report = track.senderReport(now, this.#options.source.toOurClock);
      if (report === undefined) continue;
      const chunks = [{ ssrc: track.ssrcs.media, cname: 'roomtape' }];
      this.#transport?.send(writeRtcp([report, { kind: 'source-description', chunks }]));
    }
  }
}
