// One publisher's connection: decrypted packets in, tracks out, feedback back (RR, NACK, PLI, FIR, transport-wide
// feedback). Its state outlives the transport below it, so that an ICE restart loses a few packets and no more.

import type { Clock, Ids, Log, MediaKind, UnixUs } from '@roomtape/media';
import {
  isRtcp,
  parseRtcp,
  parseRtpPacket,
  type RtcpPacket,
  type RtpPacket,
  readAbsoluteCaptureTime,
  readTransportSequence,
  type SenderReport,
  TwccReceiver,
  unwrapRtx,
  writeRtcp,
} from '@roomtape/rtp';
import { InboundDemux } from './inbound-demux.ts';
import type { InboundSink, InboundTrack } from './inbound-track.ts';
import { unwrapRed } from './red-unwrapper.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';
import type { RtcTransport } from './transport.ts';

/** Receives what a publish session lets through. */
export interface PublishSink extends InboundSink {
  /** A sender report became the track's newest anchor. */
  onSenderClock(track: InboundTrack): void;
}

/** What a publish session is made of. */
export type PublishSessionOptions = {
  readonly media: readonly NegotiatedMedia[];
  /** Whether the publisher takes RTCP without a leading report (RFC 5506). */
  readonly reducedSize: boolean;
  readonly sink: PublishSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

const REPORT_INTERVAL_US = 1_000_000;
/** Between two transport-wide feedback packets, once the sender has found its bitrate; 50 before. */
const SETTLED_FEEDBACK_MS = 100;

/** A publisher's media, whatever transport it comes over. */
export class PublishSession {
  readonly media: readonly NegotiatedMedia[];
  readonly demux: InboundDemux;
  receivedPackets = 0;
  malformedPackets = 0;
  lastPacketAt: UnixUs | undefined;
  readonly #options: PublishSessionOptions;
  readonly #ssrc: number;
  readonly #twcc: TwccReceiver;
  /** SSRCs whose last word was a goodbye: they may be silent. */
  readonly #resting = new Set<number>();
  #transport: RtcTransport | undefined;
  #reportedAt = 0;
  #firSequence = 0;

  constructor(options: PublishSessionOptions) {
    this.#options = options;
    this.media = options.media;
    this.#ssrc = options.ids.uint32();
    this.demux = new InboundDemux(options.media, options.sink);
    this.#twcc = new TwccReceiver({ senderSsrc: this.#ssrc, settledIntervalMs: SETTLED_FEEDBACK_MS });
  }

  /** Whether something should come: a track began, and did not say goodbye since. */
  get isSending(): boolean {
    return this.demux.tracks.some((track) => !this.#resting.has(track.ssrc));
  }

  /** Sends feedback over this transport from now on. */
  useTransport(transport: RtcTransport | undefined): void {
    this.#transport = transport;
    this.#twcc.renewPath();
  }

  /** Takes one decrypted packet; keeps its bytes. Never throws for what is in it. */
  receive(bytes: Uint8Array): void {
    const now = this.#options.clock.now();
    this.lastPacketAt = now;
    if (isRtcp(bytes)) {
      this.#receiveRtcp(bytes, now);
      return;
    }
    const packet = parseRtpPacket(bytes);
    if (packet === undefined) {
      this.malformedPackets += 1;
      return;
    }
    this.receivedPackets += 1;
    const route = this.demux.route(packet, now);
    if (route === undefined) return;
    if (this.#resting.size > 0) this.#resting.delete(packet.ssrc);
    this.#noteTransportSequence(packet, route.track.media, now);
    if (route.role === 'rtx') {
      this.#receiveRtx(packet, route.track, now);
      return;
    }
    if (route.role === 'media') route.track.receive(packet, now);
    else this.#receiveRed(packet, route.track, now);
    this.#noteCaptureTime(packet, route.track, now);
  }

  /** Asks for a keyframe of a track; repeated wishes become one request. */
  requestKeyframe(track: InboundTrack): void {
    const demand = track.wishKeyframe(this.#options.clock.now());
    if (demand !== undefined) this.#sendKeyframeRequest(track, demand);
  }

  /** Does what is due; called often by the owner's one timer. */
  poll(now: UnixUs): void {
    for (const track of this.demux.tracks) {
      const sequences = track.dueNacks(now);
      if (sequences.length > 0) {
        this.#send([{ kind: 'nack', senderSsrc: this.#ssrc, mediaSsrc: track.ssrc, sequences }]);
      }
      const demand = track.isLive(now) ? track.keyframes.poll(now) : undefined;
      if (demand !== undefined) this.#sendKeyframeRequest(track, demand);
    }
    for (const feedback of this.#twcc.due(now)) this.#send([feedback]);
    if (now - this.#reportedAt >= REPORT_INTERVAL_US) this.#report(now);
  }

  /** Live tracks of a kind. */
  tracksOf(kind: MediaKind): InboundTrack[] {
    return this.demux.tracks.filter((track) => track.kind === kind);
  }

  /** Plain data for debugging. */
  describe(now: UnixUs): Record<string, unknown> {
    return {
      received: this.receivedPackets,
      malformed: this.malformedPackets,
      unrouted: this.demux.unroutedPackets,
      tracks: this.demux.tracks.map((track) => track.describe(now)),
    };
  }

  #noteTransportSequence(packet: RtpPacket, media: NegotiatedMedia, now: UnixUs): void {
    const id = media.extensions.transportSequence;
    if (id === undefined) return;
    const sequence = readTransportSequence(packet, id);
    if (sequence !== undefined) this.#twcc.received(sequence, packet.ssrc, now);
  }

  #noteCaptureTime(packet: RtpPacket, track: InboundTrack, now: UnixUs): void {
    const id = track.media.extensions.absoluteCaptureTime;
    const captured = id === undefined ? undefined : readAbsoluteCaptureTime(packet, id);
    if (captured === undefined) return;
    if (track.captured(packet.timestamp, captured, now)) this.#options.sink.onSenderClock(track);
  }

  #receiveRtx(packet: RtpPacket, track: InboundTrack, now: UnixUs): void {
    const { payloadType } = track.media;
    const original = unwrapRtx(packet, { ssrc: track.ssrc, payloadType });
    if (original !== undefined) track.receiveRepaired(original, now);
  }

  #receiveRed(packet: RtpPacket, track: InboundTrack, now: UnixUs): void {
    const blocks = unwrapRed(packet, track.media.payloadType);
    if (blocks === undefined) {
      this.malformedPackets += 1;
      return;
    }
    // What only the redundancy still has comes first, so that forwarding stays in order.
    for (const repaired of blocks.redundant) {
      if (!track.hasSequence(repaired.sequence)) track.receiveRepaired(repaired, now);
    }
    track.receive(blocks.primary, now);
  }

  #receiveRtcp(bytes: Uint8Array, now: UnixUs): void {
    const packets = parseRtcp(bytes);
    if (packets === undefined) {
      this.malformedPackets += 1;
      return;
    }
    for (const packet of packets) {
      if (packet.kind === 'sender-report') this.#receiveSenderReport(packet, now);
      else if (packet.kind === 'goodbye') this.#rest(packet.ssrcs);
    }
  }

  #rest(ssrcs: readonly number[]): void {
    for (const ssrc of ssrcs) if (this.demux.trackOf(ssrc) !== undefined) this.#resting.add(ssrc);
  }

  #receiveSenderReport(report: SenderReport, now: UnixUs): void {
    const track = this.demux.trackOf(report.ssrc);
    if (track?.senderReport(report, now) === true) this.#options.sink.onSenderClock(track);
  }

  #sendKeyframeRequest(track: InboundTrack, demand: 'pli' | 'fir'): void {
    if (demand === 'pli') {
      this.#send([{ kind: 'picture-loss', senderSsrc: this.#ssrc, mediaSsrc: track.ssrc }]);
      return;
    }
    this.#firSequence = (this.#firSequence + 1) & 0xff;
    const entries = [{ ssrc: track.ssrc, commandSequence: this.#firSequence }];
    this.#send([{ kind: 'full-intra-request', senderSsrc: this.#ssrc, entries }]);
  }

  #report(now: UnixUs): void {
    const blocks = this.demux.tracks.flatMap((track) => track.reportBlock(now) ?? []);
    if (blocks.length === 0) return;
    this.#reportedAt = now;
    this.#transport?.send(
      writeRtcp([
        { kind: 'receiver-report', ssrc: this.#ssrc, reports: blocks.slice(0, 31) },
        { kind: 'source-description', chunks: [{ ssrc: this.#ssrc, cname: 'roomtape' }] },
      ]),
    );
  }

  #send(packets: RtcpPacket[]): void {
    const { reducedSize } = this.#options;
    const compound = reducedSize
      ? packets
      : [{ kind: 'receiver-report' as const, ssrc: this.#ssrc, reports: [] }, ...packets];
    this.#transport?.send(writeRtcp(compound));
  }
}
