// One received media SSRC: a track of a publication, or one simulcast layer of it. Unwraps, counts, asks for
// what is missing, and hands each packet once to whoever records or forwards. Sends nothing itself.

import type { CodecId, MediaKind, Ticks, UnixUs } from '@roomtape/media';
import {
  type KeyframeDemand,
  KeyframePolicy,
  NackGenerator,
  PacketRing,
  ReceptionStats,
  type RtpPacket,
  rtpPayload,
  SenderClock,
  type SenderReport,
  SequenceUnwrapper,
  startsKeyframe,
  TimestampUnwrapper,
} from '@roomtape/rtp';
import { CaptureTimes } from './capture-times.ts';
import { RateMeter } from './rate-meter.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';

/** A packet of an inbound track, unwrapped. */
export type InboundPacket = {
  readonly packet: RtpPacket;
  readonly sequence: number;
  readonly ticks: Ticks;
  readonly arrivedAt: UnixUs;
  /** A keyframe starts in it; always true for audio. */
  readonly startsKeyframe: boolean;
};

/** Receives what an inbound track lets through: each packet once, in the order of arrival. */
export interface InboundSink {
  onInboundPacket(track: InboundTrack, packet: InboundPacket): void;
  /** The sender restarted its numbering: what follows does not continue what came before. */
  onInboundRestart(track: InboundTrack): void;
  /** The sender's clock moved by `jumpUs` against ours. */
  onInboundJump(track: InboundTrack, jump: { fromTicks: Ticks; toTicks: Ticks; jumpUs: number }): void;
}

/** What an inbound track is. */
export type InboundTrackOptions = {
  readonly media: NegotiatedMedia;
  readonly ssrc: number;
  /** Simulcast layer; empty without simulcast. */
  readonly rid: string;
  readonly sink: InboundSink;
  /** Keeps all packets since the newest keyframe, for viewers that come later and cannot ask for another one. */
  readonly keepsKeyframe?: boolean;
};

/** Packets noted per track: 2.5 s of 1.5 Mbit/s video, 10 s of audio. */
const VIDEO_RING_PACKETS = 512;
const AUDIO_RING_PACKETS = 128;
/** Where a keyframe is kept: two seconds, between two of them, of 35 Mbit/s. */
const KEYFRAME_RING_PACKETS = 8192;
/** Silence after which a layer counts as switched off by its sender. */
const LIVE_US = 1_000_000;

/** State of one received SSRC; survives a change of the transport below it. */
export class InboundTrack {
  readonly media: NegotiatedMedia;
  readonly ssrc: number;
  readonly rid: string;
  readonly ring: PacketRing<RtpPacket>;
  readonly rate = new RateMeter();
  readonly clock: SenderClock;
  readonly keyframes: KeyframePolicy;
  readonly keepsKeyframe: boolean;
  /** The first packet of the newest keyframe, where it is kept. */
  newestKeyframe: InboundPacket | undefined;
  /** When the first packet after a silence came. */
  liveSince: UnixUs | undefined;
  lastPacketAt: UnixUs | undefined;
  /** SSRC of retransmissions, once known. */
  rtxSsrc: number | undefined;
  recoveredPackets = 0;
  discardedPackets = 0;
  readonly #sink: InboundSink;
  readonly #nack: NackGenerator | undefined;
  readonly #stats: ReceptionStats;
  readonly #captures: CaptureTimes;
  readonly #sequences = new SequenceUnwrapper();
  readonly #timestamps: TimestampUnwrapper;
  /** The last packet far off the numbering: the first of a new one, if the next follows it. */
  #suspect: RtpPacket | undefined;

  constructor(options: InboundTrackOptions) {
    const { media, ssrc } = options;
    this.media = media;
    this.ssrc = ssrc;
    this.rid = options.rid;
    this.#sink = options.sink;
    this.keepsKeyframe = options.keepsKeyframe === true;
    const packets = media.kind === 'video' ? VIDEO_RING_PACKETS : AUDIO_RING_PACKETS;
    this.ring = new PacketRing<RtpPacket>(this.keepsKeyframe ? KEYFRAME_RING_PACKETS : packets);
    this.ring.hold(this.keepsKeyframe);
    this.clock = new SenderClock({ clockRate: media.clockRate });
    this.keyframes = createKeyframePolicy(media.feedback);
    this.#nack = media.feedback.includes('nack') ? new NackGenerator({ ageMsMax: NACK_AGE_MS }) : undefined;
    this.#stats = new ReceptionStats({ ssrc, clockRate: media.clockRate });
    this.#captures = new CaptureTimes(media.clockRate);
    this.#timestamps = new TimestampUnwrapper({ clockRate: media.clockRate });
  }

  get kind(): MediaKind {
    return this.media.kind;
  }

  get codec(): CodecId {
    return this.media.codec;
  }

  /** Whether lost packets are asked for again, so that waiting for them makes sense. */
  get repairs(): boolean {
    return this.#nack !== undefined;
  }

  /** Whether the sender's clock is known from capture times in its packets, not from its reports. */
  get tellsCaptureTimes(): boolean {
    return this.#captures.isKnown;
  }

  /** The newest media position, unwrapped. */
  get latestTicks(): Ticks | undefined {
    return this.#timestamps.latest;
  }

  /** The highest unwrapped sequence so far. */
  get highestSequence(): number | undefined {
    return this.#sequences.highest;
  }

  /** Tells whether packets arrived lately. */
  isLive(now: UnixUs): boolean {
    return this.lastPacketAt !== undefined && now - this.lastPacketAt < LIVE_US;
  }

  /** Takes a packet that arrived on the SSRC itself. */
  receive(packet: RtpPacket, now: UnixUs): void {
    const place = this.#sequences.unwrap(packet.sequence);
    if (place.kind === 'suspect') {
      this.discardedPackets += 1;
      this.#suspect = packet;
      return;
    }
    if (place.kind === 'restarted') {
      this.#restart();
      if (this.#suspect !== undefined) {
        // Likely the first packet of a keyframe: without it the next one would have to be asked for.
        this.discardedPackets -= 1;
        this.#take(this.#suspect, place.sequence - 1, now);
      }
    }
    this.#take(packet, place.sequence, now);
  }

  /** Takes a packet restored from a retransmission or from redundancy; it says nothing about the path. */
  receiveRepaired(packet: RtpPacket, now: UnixUs): void {
    const sequence = this.#sequences.peek(packet.sequence);
    if (sequence === undefined || Math.abs(sequence - (this.highestSequence ?? 0)) > VIDEO_RING_PACKETS) return;
    if (this.#accept(packet, sequence, now)) this.recoveredPackets += 1;
  }

  /** Whether a 16-bit sequence near the newest one already arrived. */
  hasSequence(wire: number): boolean {
    const sequence = this.#sequences.peek(wire);
    return sequence !== undefined && this.ring.has(sequence);
  }

  /** Takes the sender's report on this SSRC; returns whether it became an anchor. */
  senderReport(report: SenderReport, now: UnixUs): boolean {
    this.#stats.senderReport(report, now);
    if (this.#captures.isKnown) return false;
    const position = this.#timestamps.peek(report.rtpTimestamp);
    const result = this.clock.report(report, { position, latest: this.#timestamps.latest, arrivedAt: now });
    return result.kind === 'accepted';
  }

  /**
   * Takes when the sender captured what is at an RTP timestamp; returns whether it became an anchor. From the
   * first one on, sender reports are none: browsers report when sound was encoded, not when it was heard.
   */
  captured(timestamp: number, ntp: Pick<SenderReport, 'ntpSeconds' | 'ntpFraction'>, now: UnixUs): boolean {
    const position = this.#timestamps.peek(timestamp);
    const chosen = position === undefined ? undefined : this.#captures.add(position, ntp, now);
    if (chosen === undefined) return false;
    const { latest } = this.#timestamps;
    return this.clock.report(chosen, { ...chosen, latest }).kind === 'accepted';
  }

  /** The block of the next receiver report. */
  reportBlock(now: UnixUs): ReturnType<ReceptionStats['report']> {
    return this.#stats.report(now);
  }

  /** Unwrapped sequences to ask for now. */
  dueNacks(now: UnixUs): readonly number[] {
    return this.#nack === undefined || this.#nack.stats.missing === 0 ? NOTHING : this.#nack.due(now);
  }

  /** Gives up missing packets before an unwrapped sequence. */
  forgetBefore(sequence: number): void {
    this.#nack?.forgetBefore(sequence);
  }

  /** Wishes for a keyframe; returns what to send now. */
  wishKeyframe(now: UnixUs): KeyframeDemand | undefined {
    return this.kind === 'video' && this.#canAskForKeyframe ? this.keyframes.request(now) : undefined;
  }

  /** Plain data for debugging. */
  describe(now: UnixUs): Record<string, unknown> {
    this.rate.settle(now);
    return {
      kind: this.kind,
      codec: this.codec,
      ssrc: this.ssrc,
      ...(this.rid === '' ? {} : { rid: this.rid }),
      live: this.isLive(now),
      bitrateBps: Math.round(this.rate.bitrateBps),
      ...this.#stats.figures,
      recovered: this.recoveredPackets,
      discarded: this.discardedPackets,
      nack: this.#nack?.stats,
      keyframeDemands: this.keyframes.demands,
      hasSenderClock: this.clock.anchor !== undefined,
    };
  }

  get #canAskForKeyframe(): boolean {
    return this.media.feedback.includes('nack pli') || this.media.feedback.includes('ccm fir');
  }

  #take(packet: RtpPacket, sequence: number, now: UnixUs): void {
    this.#stats.received(sequence, packet.timestamp, now);
    this.rate.add(packet.bytes.length, now);
    if (!this.isLive(now)) this.liveSince = now;
    this.lastPacketAt = now;
    this.#accept(packet, sequence, now);
  }

  #accept(packet: RtpPacket, sequence: number, now: UnixUs): boolean {
    if (!this.ring.note(packet, sequence)) return false;
    this.#nack?.received(sequence, now);
    const place = this.#timestamps.unwrap(packet.timestamp, now);
    if (place.kind === 'jumped') {
      const { previousTicks: fromTicks, ticks: toTicks, jumpUs } = place;
      // What reports said of the old timestamps is not true of the new ones.
      this.clock.reset();
      this.#captures.reset();
      this.#sink.onInboundJump(this, { fromTicks, toTicks, jumpUs });
    }
    const starts = this.kind === 'audio' || startsKeyframe(this.codec, rtpPayload(packet));
    if (starts) this.keyframes.keyframeSeen();
    const inbound = { packet, sequence, ticks: place.ticks, arrivedAt: now, startsKeyframe: starts };
    // More than one packet of a keyframe may look like its first.
    if (starts && this.keepsKeyframe && this.newestKeyframe?.ticks !== inbound.ticks) this.newestKeyframe = inbound;
    this.#sink.onInboundPacket(this, inbound);
    return true;
  }

  /** New sequence numbers; the timestamps mostly go on, and if not, their unwrapper reports the jump. */
  #restart(): void {
    this.#nack?.reset();
    this.#stats.restart();
    this.ring.clear();
    this.#sink.onInboundRestart(this);
  }
}

/** Feedback that was not offered must not be sent (RFC 4585 §4.2). */
function createKeyframePolicy(feedback: readonly string[]): KeyframePolicy {
  const firAllowed = feedback.includes('ccm fir');
  return new KeyframePolicy({ firAllowed, ...(feedback.includes('nack pli') ? {} : { pliTriesMax: 0 }) });
}

const NACK_AGE_MS = 1000;
const NOTHING: readonly number[] = Object.freeze([]);
