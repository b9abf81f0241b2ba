// Publishes a source as RTP over any packet pipe: in real time by its clock, paced, with sender reports, and
// with the faults a test asks for. Answers NACK, PLI and FIR. Knows nothing of SDP, ICE or HTTP.

import type { CancelTimer, Clock, Ids, MediaKind, UnixUs } from '@roomtape/media';
import { isRtcp, parseRtcp, type RtcpPacket, writeRtcp } from '@roomtape/rtp';
import { createFakePipe, type FakePipe } from './fake-network.ts';
import type { MediaSource, SourceFrame } from './media-source.ts';
import type { PacketFaults } from './packet-faults.ts';
import { RtpSender, type RtpSenderOptions } from './rtp-sender.ts';

/** What is done to the stream on purpose. */
export type PublishFaults = {
  /** What the network does to packets on their way out. */
  readonly network?: PacketFaults;
  /** Holds packets of one kind back, ms: the arrival skew that sender reports must undo. */
  readonly delayMs?: Readonly<Partial<Record<MediaKind, number>>>;
  /** Sends no packets for silence but one every 400 ms, as Opus does with DTX (RFC 7587 §3.1.3). */
  readonly hasDtx?: boolean;
  /** No sender reports: a client that is not ours. */
  readonly isWithoutReports?: boolean;
};

/** What a publisher is made of. */
export type RtpPublisherOptions = {
  readonly source: MediaSource;
  readonly tracks: readonly RtpSenderOptions[];
  readonly clock: Clock;
  readonly ids: Ids;
  /** Takes one packet; `false` when it could not be sent. */
  readonly send: (packet: Uint8Array) => boolean;
  /** Wall time of the source's start. */
  readonly startAt: UnixUs;
  readonly faults?: PublishFaults;
};

/** What a publisher did so far. */
export type PublishCounts = {
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly packets: number;
  readonly bytes: number;
  readonly retransmitted: number;
  readonly keyframeRequests: number;
  readonly unsent: number;
  /** Pictures left out because this machine could not encode them in time. */
  readonly skippedPictures: number;
};

const TICK_MS = 5;
const REPORT_MS = 1000;
/** Packets that may leave in one tick without being spread: about 19 Mbit/s. */
const BURST_PACKETS = 10;
/** A packet waits at most this many ticks in the pacer. */
const SPREAD_TICKS = 4;
const DTX_PERIOD_US = 400_000;
/** Pictures later than this are left out: a receiver takes 5 s of lag for a jump of the sender's clock. */
const LATE_US_MAX = 1_000_000;

/** Publishes one source; starts at once, ends with `close`. The source is not closed with it. */
export class RtpPublisher {
  readonly #options: RtpPublisherOptions;
  readonly #senders: readonly RtpSender[];
  readonly #pipe: FakePipe;
  readonly #timers: CancelTimer[];
  readonly #muted = new Set<MediaKind>();
  readonly #queue: Uint8Array[] = [];
  #held: { readonly frame: SourceFrame; readonly dueUs: number }[] = [];
  #transportSequence = 0;
  #lastSoundUs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #unsent = 0;
  #skippedPictures = 0;
  #keyframeRequests = 0;
  #hasReported = false;
  #isClosed = false;

  constructor(options: RtpPublisherOptions) {
    this.#options = options;
    this.#senders = options.tracks.map((track) => new RtpSender(track, () => this.#transportSequence++));
    const { clock, ids } = options;
    const faults = options.faults?.network ?? {};
    this.#pipe = createFakePipe({ clock, ids, faults, deliver: (packet) => this.#deliver(packet) });
    this.#timers = [clock.every(TICK_MS, () => this.#tick()), clock.every(REPORT_MS, () => this.#report())];
  }

  /** Counters so far. */
  get counts(): PublishCounts {
    const sum = (pick: (sender: RtpSender) => number): number =>
      this.#senders.reduce((total, sender) => total + pick(sender), 0);
    const frames = (kind: MediaKind): number => this.#senderOf(kind)?.counts.frames ?? 0;
    return {
      videoFrames: frames('video'),
      audioFrames: frames('audio'),
      packets: sum((sender) => sender.counts.packets),
      bytes: this.#bytes,
      retransmitted: sum((sender) => sender.counts.retransmitted),
      keyframeRequests: this.#keyframeRequests,
      unsent: this.#unsent,
      skippedPictures: this.#skippedPictures,
    };
  }

  /** Takes a packet that came back; everything but RTCP is ignored. */
  handlePacket(packet: Uint8Array): void {
    if (!isRtcp(packet)) return;
    for (const item of parseRtcp(packet) ?? []) this.#handleRtcp(item);
  }

  /** Stops or resumes sending one kind of media; its sequence numbers stay without a hole. */
  setMuted(kind: MediaKind, isMuted: boolean): void {
    if (isMuted) this.#muted.add(kind);
    else if (this.#muted.delete(kind) && kind === 'video') this.#options.source.requestKeyframe();
    if (isMuted) this.#senderOf(kind)?.paused();
  }

  /** Replaces what the network does from now on. */
  setNetwork(faults: PacketFaults): void {
    this.#pipe.setFaults(faults);
  }

  /** Stops sending; with `isPolite`, a goodbye is the last packet (RFC 3550 §6.6). Idempotent. */
  close(isPolite = true): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    const ssrcs = this.#senders.map((sender) => sender.options.ssrc);
    if (isPolite) this.#options.send(writeRtcp([{ kind: 'goodbye', ssrcs }]));
    this.#pipe.close();
  }

  #tick(): void {
    const elapsedUs = this.#options.clock.now() - this.#options.startAt;
    if (elapsedUs < 0) return;
    this.#skippedPictures += this.#options.source.skipPicturesBefore?.(elapsedUs - LATE_US_MAX) ?? 0;
    for (const frame of this.#options.source.read(elapsedUs)) {
      const delayMs = this.#options.faults?.delayMs?.[frame.kind] ?? 0;
      if (delayMs <= 0) this.#sendFrame(frame);
      else this.#held.push({ frame, dueUs: elapsedUs + delayMs * 1000 });
    }
    const due = this.#held.filter((one) => one.dueUs <= elapsedUs);
    if (due.length > 0) this.#held = this.#held.filter((one) => one.dueUs > elapsedUs);
    for (const { frame } of due) this.#sendFrame(frame);
    this.#drain();
  }

  #sendFrame(frame: SourceFrame): void {
    const sender = this.#senderOf(frame.kind);
    if (sender === undefined || this.#muted.has(frame.kind) || this.#isSuppressed(frame, sender)) return;
    const { clockPpm } = sender.options;
    // Sound is stamped by its own samples; a picture's clock can only be made to drift here.
    const ptsUs = frame.kind === 'video' ? frame.ptsUs * (1 + clockPpm / 1e6) : frame.ptsUs;
    for (const packet of sender.packetsOf({ ...frame, ptsUs })) this.#queue.push(packet);
    if (!this.#hasReported) this.#reportSoon();
  }

  #isSuppressed(frame: SourceFrame, sender: RtpSender): boolean {
    if (this.#options.faults?.hasDtx !== true || frame.kind !== 'audio') return false;
    const isDue = frame.ptsUs - this.#lastSoundUs >= DTX_PERIOD_US;
    if (frame.isSilent === true && !isDue) {
      sender.paused();
      return true;
    }
    this.#lastSoundUs = frame.ptsUs;
    return false;
  }

  /** Spreads a large frame over a few ticks instead of flooding the receiver's socket. */
  #drain(): void {
    const count = Math.max(BURST_PACKETS, Math.ceil(this.#queue.length / SPREAD_TICKS));
    for (const packet of this.#queue.splice(0, count)) this.#pipe.send(packet);
  }

  #deliver(packet: Uint8Array): void {
    if (this.#options.send(packet)) this.#bytes += packet.length;
    else this.#unsent++;
  }

  /** The first report leaves with the first packets: a receiver can align sound and picture from the start. */
  #reportSoon(): void {
    this.#hasReported = true;
    this.#options.clock.after(0, () => this.#report());
  }

  #report(): void {
    if (this.#isClosed || !this.#hasReported || this.#options.faults?.isWithoutReports === true) return;
    const now = this.#options.clock.now();
    for (const sender of this.#senders) {
      if (sender.counts.packets === 0 || this.#muted.has(sender.options.kind)) continue;
      this.#options.send(writeRtcp(sender.report(now, now - this.#options.startAt)));
    }
  }

  #handleRtcp(item: RtcpPacket): void {
    if (item.kind === 'nack') {
      const sender = this.#senders.find((one) => one.options.ssrc === item.mediaSsrc);
      const packets = sender?.answerNack(item.sequences) ?? [];
      for (const packet of packets) this.#pipe.send(packet);
    }
    if (item.kind === 'picture-loss' || item.kind === 'full-intra-request') {
      this.#keyframeRequests++;
      this.#options.source.requestKeyframe();
    }
  }

  #senderOf(kind: MediaKind): RtpSender | undefined {
    return this.#senders.find((sender) => sender.options.kind === kind);
  }
}
