// Receives one track as RTP: reorders, repairs by NACK and RTX, puts frames together, reports. Driven by
// `rtp-player.ts`, which owns timers and sending.

import { type MediaKind, ntpToUnixUs, type Ticks, ticksToUs, type UnixUs, unixUs } from '@roomtape/media';
import {
  createDepacketizer,
  type DepacketizedFrame,
  type Depacketizer,
  JitterBuffer,
  NackGenerator,
  ReceptionStats,
  type ReportBlock,
  type RtpPacket,
  rtpPayload,
  type SenderReport,
  SequenceUnwrapper,
  TimestampUnwrapper,
} from '@roomtape/rtp';
import type { AnsweredMedia } from './client-offer.ts';

/** What one track delivered so far. */
export type ReceivedCounts = {
  packets: number;
  bytes: number;
  frames: number;
  keyframes: number;
  /** Packets that never came, after all repair. */
  lost: number;
  repaired: number;
};

type Item = { readonly packet: RtpPacket; readonly arrivedAt: UnixUs };

const VIDEO_WAIT_MS = 500;
const AUDIO_WAIT_MS = 150;
/** While pictures are missing, a keyframe is asked for no more often than this. */
const KEYFRAME_REQUEST_US = 500_000;

/** Receives the packets of one SSRC. */
export class RtpReceiver {
  readonly kind: MediaKind;
  readonly ssrc: number;
  readonly media: AnsweredMedia;
  readonly counts: ReceivedCounts = { packets: 0, bytes: 0, frames: 0, keyframes: 0, lost: 0, repaired: 0 };
  readonly #depacketizer: Depacketizer;
  readonly #jitter: JitterBuffer<Item>;
  readonly #sequences = new SequenceUnwrapper();
  readonly #timestamps: TimestampUnwrapper;
  readonly #nack: NackGenerator | undefined;
  readonly #stats: ReceptionStats;
  readonly #onFrame: (receiver: RtpReceiver, frame: DepacketizedFrame) => void;
  #keyframeAskedAt = Number.NEGATIVE_INFINITY;
  /** The sender's clock by its last report: this point of its RTP time was at this wall time. */
  #anchor: { readonly position: Ticks; readonly at: UnixUs } | undefined;

  constructor(media: AnsweredMedia, ssrc: number, onFrame: (receiver: RtpReceiver, frame: DepacketizedFrame) => void) {
    const clockRate = media.kind === 'audio' ? 48_000 : 90_000;
    this.kind = media.kind;
    this.media = media;
    this.ssrc = ssrc;
    this.#onFrame = onFrame;
    this.#depacketizer = createDepacketizer(media.codec);
    this.#timestamps = new TimestampUnwrapper({ clockRate });
    this.#stats = new ReceptionStats({ ssrc, clockRate });
    this.#nack = media.kind === 'video' ? new NackGenerator({ ageMsMax: VIDEO_WAIT_MS }) : undefined;
    const waitMsMax = media.kind === 'video' ? VIDEO_WAIT_MS : AUDIO_WAIT_MS;
    this.#jitter = new JitterBuffer<Item>(
      {
        deliver: (item, sequence) => this.#deliver(item, sequence),
        lost: (_, count) => {
          this.counts.lost += count;
        },
      },
      { waitMsMax },
    );
  }

  /** Takes a packet of the SSRC itself. */
  receive(packet: RtpPacket, now: UnixUs): void {
    const place = this.#sequences.unwrap(packet.sequence);
    if (place.kind === 'suspect') return;
    if (place.kind === 'restarted') {
      this.#jitter.reset();
      this.#nack?.reset();
    }
    this.#stats.received(place.sequence, packet.timestamp, now);
    this.#accept(packet, place.sequence, now);
  }

  /** Takes a packet restored from its retransmission. */
  receiveRepaired(packet: RtpPacket, now: UnixUs): void {
    const sequence = this.#sequences.peek(packet.sequence);
    if (sequence === undefined) return;
    this.counts.repaired++;
    this.#accept(packet, sequence, now);
  }

  /** Takes the sender's report on this SSRC. */
  senderReport(report: SenderReport, now: UnixUs): void {
    this.#stats.senderReport(report, now);
    const position = this.#timestamps.peek(report.rtpTimestamp);
    if (position !== undefined) this.#anchor = { position, at: ntpToUnixUs(report.ntpSeconds, report.ntpFraction) };
  }

  /** When the sender captured a point of RTP time, by its own clock; `undefined` before its first report. */
  capturedAt(pts: Ticks): UnixUs | undefined {
    if (this.#anchor === undefined) return undefined;
    const rate = this.kind === 'audio' ? 48_000 : 90_000;
    return unixUs(this.#anchor.at + ticksToUs(pts, rate) - ticksToUs(this.#anchor.position, rate));
  }

  /** The block of the next receiver report. */
  report(now: UnixUs): ReportBlock | undefined {
    return this.#stats.report(now);
  }

  /** Lets waiting packets go whose time is over; returns the sequences to ask for again. */
  poll(now: UnixUs): number[] {
    this.#jitter.poll(now);
    return this.#nack?.due(now) ?? [];
  }

  /** Whether a keyframe has to be asked for now; counts as asked. */
  wantsKeyframe(now: UnixUs): boolean {
    if (this.kind !== 'video' || !this.#depacketizer.needsKeyframe) return false;
    if (now - this.#keyframeAskedAt < KEYFRAME_REQUEST_US) return false;
    this.#keyframeAskedAt = now;
    return true;
  }

  #accept(packet: RtpPacket, sequence: number, now: UnixUs): void {
    this.counts.packets++;
    this.counts.bytes += packet.bytes.length;
    this.#nack?.received(sequence, now);
    this.#jitter.push({ packet, arrivedAt: now }, sequence, now);
  }

  #deliver({ packet, arrivedAt }: Item, sequence: number): void {
    const place = this.#timestamps.unwrap(packet.timestamp, arrivedAt);
    const frames = this.#depacketizer.push({
      payload: rtpPayload(packet),
      marker: packet.marker,
      sequence,
      timestamp: place.ticks,
      arrivedAt,
    });
    for (const frame of frames) {
      this.counts.frames++;
      if (frame.type === 'key') this.counts.keyframes++;
      this.#onFrame(this, frame);
    }
  }
}
