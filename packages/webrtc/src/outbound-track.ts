// What one viewer gets of one kind of media: a continuous stream of numbers over whatever source (publisher,
// simulcast layer) it is cut together from. Switches sources at keyframes only; answers NACKs from the
// sources' shared rings.

import { type Ticks, ticks, type UnixUs, unixUs, usToTicks } from '@roomtape/media';
import {
  type ClockPoint,
  nearestUnwrapped,
  parseRtpPacket,
  parseVp8Descriptor,
  type RtpPacket,
  rewriteVp8Descriptor,
  rtpPayload,
  type SenderReport,
  SenderReporter,
  wrapRtx,
} from '@roomtape/rtp';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';
import { type PacketRewriter, type RewriteProfile, rewriteProfile } from './packet-rewriter.ts';
import type { SentSsrcs } from './sdp-answer.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';

/** Where an outbound track's packets go. The bytes are only lent. */
export type PacketOutlet = {
  /** Sends a packet whose transport-wide sequence stands at the offset given (0: it has none). */
  sendRtp(bytes: Uint8Array, transportSequenceOffset: number, now: UnixUs): void;
};

/** What an outbound track is made of. */
export type OutboundTrackOptions = {
  readonly media: NegotiatedMedia;
  readonly ssrcs: SentSsrcs;
  readonly outlet: PacketOutlet;
};

/** A stretch of output that comes from one source. */
type Segment = {
  readonly source: InboundTrack;
  /** Added to the source's numbers. */
  readonly sequenceOffset: number;
  readonly tickOffset: number;
  readonly pictureIdOffset: number;
  readonly tl0Offset: number;
  /** First unwrapped sequences, of the source and of the output. */
  readonly fromSequence: number;
  readonly fromOutput: number;
  readonly fromTicks: Ticks;
  /** Source ticks up to which time is squeezed: what is before was over when this viewer came. */
  readonly squeezedTo: Ticks | undefined;
};

const SEGMENTS_MAX = 4;
/** Packets before the first of a keyframe that may still belong to it. */
const EARLY_PACKETS = 16;
const REPEAT_US = 10_000;
const ANSWERS_REMEMBERED = 256;
/** Packets of a replay sent at once: 38 Mbit/s every 20 ms. */
const REPLAY_PACKETS = 80;
/** How much faster than it was a replay is shown: two seconds within a picture's time. */
const SQUEEZE = 100;

/** One viewer's audio or video. */
export class OutboundTrack {
  readonly media: NegotiatedMedia;
  readonly ssrcs: SentSsrcs;
  readonly profile: RewriteProfile;
  /** The source wanted; the switch happens when a keyframe of it begins. */
  target: InboundTrack | undefined;
  sentPackets = 0;
  repeatedPackets = 0;
  roundTripUs = 0;
  lossRatio = 0;
  readonly #outlet: PacketOutlet;
  readonly #reporter: SenderReporter;
  readonly #segments: Segment[] = [];
  readonly #answeredAt = new Map<number, UnixUs>();
  /** The next packet of the source's ring that a replay sends. */
  #replayed: number | undefined;
  #lastOutput = -1;
  #lastTimestamp = 0;
  #lastSentAt: UnixUs = unixUs(0);
  #lastPictureId = -1;
  #lastTl0 = -1;
  #rtxSequence = 0;

  constructor(options: OutboundTrackOptions) {
    this.media = options.media;
    this.ssrcs = options.ssrcs;
    this.profile = rewriteProfile(options.media);
    this.#outlet = options.outlet;
    this.#reporter = new SenderReporter({ ssrc: options.ssrcs.media, clockRate: options.media.clockRate });
  }

  /** The source that is forwarded now. */
  get source(): InboundTrack | undefined {
    return this.#segments.at(-1)?.source;
  }

  /** Forgets the running source: it restarted its numbering. */
  restart(track: InboundTrack): void {
    if (this.source !== track) return;
    this.target = track;
    this.#segments.length = 0;
    this.#replayed = undefined;
  }

  /** Tells whether this viewer gets the packet; switches the source when it begins a wanted keyframe. */
  takes(track: InboundTrack, inbound: InboundPacket): boolean {
    // Where a keyframe is kept, `replay` begins with it.
    const begins = inbound.startsKeyframe && !track.keepsKeyframe;
    if (begins && this.target === track && this.source !== track) this.#switchTo(track, inbound);
    const segment = this.#segments.at(-1);
    if (segment === undefined || segment.source !== track || this.#replayed !== undefined) return false;
    if (inbound.sequence >= segment.fromSequence) return true;
    const early = this.#segments.length === 1 && inbound.sequence >= segment.fromSequence - EARLY_PACKETS;
    return early && inbound.ticks === segment.fromTicks;
  }

  /**
   * Sends what the wanted source keeps since its newest keyframe, so that its picture is there at once: all of it
   * within a moment, then what comes. Call it often; `false` when there is nothing to replay (any more).
   */
  replay(rewriter: PacketRewriter, now: UnixUs): boolean {
    const from = this.target?.newestKeyframe;
    if (this.#replayed === undefined) {
      if (this.target === undefined || from === undefined || this.target === this.source) return false;
      this.#switchTo(this.target, from, this.target.latestTicks);
      this.#replayed = from.sequence;
    }
    const segment = this.#segments.at(-1);
    for (let sent = 0; segment !== undefined && sent < REPLAY_PACKETS; sent += 1) {
      const sequence: number = this.#replayed;
      const packet = segment.source.ring.find(sequence);
      if (packet === undefined) break;
      this.#replayed = sequence + 1;
      if (!rewriter.write(packet, segment.source.media.extensions, this.profile)) continue;
      const ticksAt = ticks(segment.fromTicks + ((packet.timestamp - segment.fromTicks) | 0));
      this.forward({ packet, sequence, ticks: ticksAt }, rewriter, now);
    }
    if (segment?.source.ring.find(this.#replayed) !== undefined) return true;
    this.#replayed = undefined;
    return false;
  }

  /** Sends a packet that `takes` accepted and the rewriter holds with this track's profile. */
  forward(inbound: Pick<InboundPacket, 'packet' | 'sequence' | 'ticks'>, rewriter: PacketRewriter, now: UnixUs): void {
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    const output = inbound.sequence + segment.sequenceOffset;
    const timestamp = inbound.ticks + segment.tickOffset + squeezed(segment, inbound.packet);
    this.#patch(inbound.packet, rewriter, { segment, output, repeated: false });
    if (output > this.#lastOutput) {
      this.#lastOutput = output;
      this.#lastTimestamp = timestamp;
      this.#lastSentAt = now;
    }
    this.sentPackets += 1;
    this.#reporter.sent(timestamp, inbound.packet.payloadBytes, now);
    this.#outlet.sendRtp(rewriter.bytes, rewriter.transportSequenceOffset, now);
  }

  /** Sends a packet again that the viewer misses, by its 16-bit output sequence. */
  repeat(wire: number, rewriter: PacketRewriter, now: UnixUs): void {
    if (this.#lastOutput < 0) return;
    const output = nearestUnwrapped(this.#lastOutput, wire, 0x10000);
    if (now - (this.#answeredAt.get(output) ?? 0) < Math.max(REPEAT_US, this.roundTripUs)) return;
    const segment = this.#segments.findLast((candidate) => output >= candidate.fromOutput - EARLY_PACKETS);
    const packet = segment?.source.ring.find(output - segment.sequenceOffset);
    if (segment === undefined || packet === undefined) return;
    if (!rewriter.write(packet, segment.source.media.extensions, this.profile)) return;
    this.#patch(packet, rewriter, { segment, output, repeated: true });
    this.#noteAnswer(output, now);
    this.repeatedPackets += 1;
    this.#sendAgain(rewriter, now);
  }

  /** Makes a sender report; `toOurClock` turns the publisher's wall clock into ours. */
  senderReport(now: UnixUs, toOurClock: number | undefined): SenderReport | undefined {
    const segment = this.#segments.at(-1);
    const anchor = segment?.source.clock.anchor;
    if (segment === undefined || anchor === undefined || toOurClock === undefined) return this.#reporter.report(now);
    const point: ClockPoint = {
      timestamp: anchor.ticks + segment.tickOffset,
      at: unixUs(anchor.senderAt + toOurClock),
    };
    return this.#reporter.report(now, point);
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return {
      kind: this.media.kind,
      payloadType: this.media.payloadType,
      rid: this.source?.rid,
      wantedRid: this.target?.rid,
      sent: this.sentPackets,
      repeated: this.repeatedPackets,
      lossRatio: this.lossRatio,
      roundTripMs: this.roundTripUs / 1000,
    };
  }

  #patch(
    packet: RtpPacket,
    rewriter: PacketRewriter,
    place: { readonly segment: Segment; readonly output: number; readonly repeated: boolean },
  ): void {
    const { segment, output, repeated } = place;
    rewriter.patch({
      sequence: output & 0xffff,
      timestamp: packet.timestamp + squeezed(segment, packet) + (segment.tickOffset % 0x100000000),
      ssrc: this.ssrcs.media,
    });
    if (this.media.codec !== 'vp8') return;
    const descriptor = parseVp8Descriptor(rtpPayload(packet));
    if (descriptor?.pictureId === undefined) return;
    const pictureId = (descriptor.pictureId + segment.pictureIdOffset) & 0x7fff;
    const tl0PicIdx = ((descriptor.tl0PicIdx ?? 0) + segment.tl0Offset) & 0xff;
    rewriteVp8Descriptor(rewriter.payload, { pictureId, tl0PicIdx });
    if (repeated) return;
    this.#lastPictureId = pictureId;
    this.#lastTl0 = tl0PicIdx;
  }

  #sendAgain(rewriter: PacketRewriter, now: UnixUs): void {
    const payloadType = this.media.rtxPayloadType;
    const { transportSequenceOffset } = rewriter;
    if (payloadType === undefined) {
      this.#outlet.sendRtp(rewriter.bytes, transportSequenceOffset, now);
      return;
    }
    const packet = parseRtpPacket(rewriter.bytes);
    if (packet === undefined) return;
    const wrapped = wrapRtx(packet, { ssrc: this.ssrcs.rtx, payloadType }, this.#rtxSequence);
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    this.#outlet.sendRtp(wrapped, transportSequenceOffset, now);
  }

  #noteAnswer(output: number, now: UnixUs): void {
    this.#answeredAt.set(output, now);
    if (this.#answeredAt.size <= ANSWERS_REMEMBERED) return;
    const oldest = this.#answeredAt.keys().next().value;
    if (oldest !== undefined) this.#answeredAt.delete(oldest);
  }

  #switchTo(track: InboundTrack, inbound: InboundPacket, squeezedTo?: Ticks): void {
    const first = this.#lastOutput < 0;
    const fromOutput = first ? inbound.sequence : this.#lastOutput + 1;
    const descriptor = track.codec === 'vp8' ? parseVp8Descriptor(rtpPayload(inbound.packet)) : undefined;
    const pictureId = descriptor?.pictureId ?? 0;
    const tl0 = descriptor?.tl0PicIdx ?? 0;
    this.#segments.push({
      source: track,
      sequenceOffset: fromOutput - inbound.sequence,
      tickOffset: first ? 0 : this.#continuedTicks(track, inbound) - inbound.ticks,
      pictureIdOffset: this.#lastPictureId < 0 ? 0 : this.#lastPictureId + 1 - pictureId,
      tl0Offset: this.#lastTl0 < 0 ? 0 : this.#lastTl0 + 1 - tl0,
      fromSequence: inbound.sequence,
      fromOutput,
      fromTicks: inbound.ticks,
      squeezedTo,
    });
    if (this.#segments.length > SEGMENTS_MAX) this.#segments.shift();
  }

  /** Where the new source's packet lies on the output's clock: by sender reports if both have one, else by time. */
  #continuedTicks(track: InboundTrack, inbound: InboundPacket): number {
    const old = this.#segments.at(-1);
    const anchor = track.clock.anchor;
    const shared = old !== undefined && anchor !== undefined ? old.source.clock.ticksOf(anchor.senderAt) : undefined;
    const elapsedUs = Math.max(0, inbound.arrivedAt - this.#lastSentAt);
    const byTime = this.#lastTimestamp + usToTicks(elapsedUs, this.media.clockRate);
    let position = byTime;
    if (old !== undefined && anchor !== undefined && shared !== undefined) {
      const bySender = shared + old.tickOffset + (inbound.ticks - anchor.ticks);
      // Two publications have two sender clocks, perhaps on two machines: then only time relates them.
      if (Math.abs(bySender - byTime) < this.media.clockRate) position = bySender;
    }
    return Math.max(position, this.#lastTimestamp + 1);
  }
}

/** By how many ticks a packet is shown later than its timestamp says. */
function squeezed({ squeezedTo }: Segment, packet: RtpPacket): number {
  if (squeezedTo === undefined) return 0;
  const before = (squeezedTo - packet.timestamp) | 0;
  return before <= 0 ? 0 : before - Math.ceil(before / SQUEEZE);
}
