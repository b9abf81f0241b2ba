// Plays what comes through any packet pipe: sorts packets by SSRC and payload type, answers with NACK, PLI,
// receiver reports and transport-wide feedback, and hands out frames. Knows nothing of SDP, ICE or HTTP.

import type { CancelTimer, Clock, Ids, UnixUs } from '@roomtape/media';
import {
  type DepacketizedFrame,
  isRtcp,
  parseRtcp,
  parseRtpPacket,
  type ReportBlock,
  type RtcpPacket,
  type RtpPacket,
  readTransportSequence,
  TwccReceiver,
  unwrapRtx,
  writeRtcp,
} from '@roomtape/rtp';
import type { AnsweredMedia } from './client-offer.ts';
import { type ReceivedCounts, RtpReceiver } from './rtp-receiver.ts';

/** A frame that arrived whole. */
export type PlayedFrame = DepacketizedFrame & {
  readonly media: AnsweredMedia;
  /** When it was captured by the sender's clock; absent before the first sender report. */
  readonly capturedAt?: UnixUs;
};

/** What a player is made of. */
export type RtpPlayerOptions = {
  readonly media: readonly AnsweredMedia[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly send: (packet: Uint8Array) => boolean;
  /** Called for every whole frame, in order of each track. */
  readonly onFrame?: (frame: PlayedFrame) => void;
};

const TICK_MS = 10;
const REPORT_MS = 1000;
/** SSRCs followed at a time; a peer that invents more is ignored. */
const RECEIVERS_MAX = 8;

/** Plays one session; starts at once, ends with `close`. */
export class RtpPlayer {
  readonly #options: RtpPlayerOptions;
  readonly #receivers = new Map<number, RtpReceiver>();
  readonly #timers: CancelTimer[];
  readonly #ssrc: number;
  readonly #feedback: TwccReceiver;
  #isClosed = false;

  constructor(options: RtpPlayerOptions) {
    this.#options = options;
    this.#ssrc = options.ids.uint32();
    this.#feedback = new TwccReceiver({ senderSsrc: this.#ssrc });
    const { clock } = options;
    this.#timers = [clock.every(TICK_MS, () => this.#tick()), clock.every(REPORT_MS, () => this.#report())];
  }

  /** Counters per kind of media; a kind of which nothing came is absent. */
  get counts(): Partial<Record<'audio' | 'video', ReceivedCounts>> {
    const all = [...this.#receivers.values()];
    const sum = (kind: 'audio' | 'video'): ReceivedCounts | undefined =>
      all.filter((receiver) => receiver.kind === kind).reduce<ReceivedCounts | undefined>(added, undefined);
    const [audio, video] = [sum('audio'), sum('video')];
    return { ...(audio === undefined ? {} : { audio }), ...(video === undefined ? {} : { video }) };
  }

  /** Takes a packet that arrived. */
  handlePacket(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (isRtcp(bytes)) {
      for (const item of parseRtcp(bytes) ?? []) this.#handleRtcp(item);
      return;
    }
    const packet = parseRtpPacket(bytes);
    if (packet !== undefined) this.#handleRtp(packet);
  }

  /** Asks for a keyframe of every picture. */
  requestKeyframe(): void {
    const video = [...this.#receivers.values()].filter((receiver) => receiver.kind === 'video');
    this.#send(video.map(({ ssrc }) => ({ kind: 'picture-loss', senderSsrc: this.#ssrc, mediaSsrc: ssrc })));
  }

  /** Stops answering and receiving. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
  }

  #handleRtp(packet: RtpPacket): void {
    const now = this.#options.clock.now();
    const { payloadType } = packet;
    const media = this.#options.media.find((one) => one.payloadType === payloadType);
    const id = media?.transportSequenceId;
    const transportSequence = id === undefined ? undefined : readTransportSequence(packet, id);
    if (transportSequence !== undefined) this.#feedback.received(transportSequence, packet.ssrc, now);
    if (media !== undefined) {
      this.#receiverOf(media, packet.ssrc)?.receive(packet, now);
      return;
    }
    const rtx = this.#options.media.find((one) => one.rtxPayloadType === payloadType);
    const original = [...this.#receivers.values()].find((receiver) => receiver.media === rtx);
    if (rtx === undefined || original === undefined) return;
    const restored = unwrapRtx(packet, { ssrc: original.ssrc, payloadType: rtx.payloadType });
    if (restored !== undefined) original.receiveRepaired(restored, now);
  }

  #receiverOf(media: AnsweredMedia, ssrc: number): RtpReceiver | undefined {
    const known = this.#receivers.get(ssrc);
    if (known !== undefined || this.#receivers.size >= RECEIVERS_MAX) return known;
    const receiver = new RtpReceiver(media, ssrc, (from, frame) => {
      const capturedAt = from.capturedAt(frame.pts);
      this.#options.onFrame?.({ ...frame, media, ...(capturedAt === undefined ? {} : { capturedAt }) });
    });
    this.#receivers.set(ssrc, receiver);
    return receiver;
  }

  #handleRtcp(item: RtcpPacket): void {
    if (item.kind !== 'sender-report') return;
    this.#receivers.get(item.ssrc)?.senderReport(item, this.#options.clock.now());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const packets: RtcpPacket[] = [...this.#feedback.due(now)];
    for (const receiver of this.#receivers.values()) {
      const sequences = receiver.poll(now);
      const common = { senderSsrc: this.#ssrc, mediaSsrc: receiver.ssrc };
      if (sequences.length > 0) packets.push({ kind: 'nack', ...common, sequences });
      if (receiver.wantsKeyframe(now)) packets.push({ kind: 'picture-loss', ...common });
    }
    this.#send(packets);
  }

  #report(): void {
    const now = this.#options.clock.now();
    const reports = [...this.#receivers.values()].map((receiver) => receiver.report(now));
    const blocks = reports.filter((block): block is ReportBlock => block !== undefined);
    if (blocks.length > 0) this.#send([{ kind: 'receiver-report', ssrc: this.#ssrc, reports: blocks }]);
  }

  #send(packets: readonly RtcpPacket[]): void {
    if (packets.length > 0 && !this.#isClosed) this.#options.send(writeRtcp(packets));
  }
}

function added(sum: ReceivedCounts | undefined, receiver: RtpReceiver): ReceivedCounts {
  const { counts } = receiver;
  if (sum === undefined) return { ...counts };
  return {
    packets: sum.packets + counts.packets,
    bytes: sum.bytes + counts.bytes,
    frames: sum.frames + counts.frames,
    keyframes: sum.keyframes + counts.keyframes,
    lost: sum.lost + counts.lost,
    repaired: sum.repaired + counts.repaired,
  };
}
