// Sends one track as RTP: packetizes, numbers, keeps for retransmission, reports. Knows no source and no time
// of its own; `rtp-publisher.ts` drives it.

import { type MediaKind, ticks, type UnixUs, unixUsToNtp, usToTicks, type VideoCodec } from '@roomtape/media';
import {
  createPacketizer,
  type HeaderExtension,
  nearestUnwrapped,
  type Packetizer,
  PacketRing,
  parseRtpPacket,
  type RtcpPacket,
  wrapRtx,
  writeRtpPacket,
} from '@roomtape/rtp';
import type { SourceFrame } from './media-source.ts';

/** How one track is sent. */
export type RtpSenderOptions = {
  readonly kind: MediaKind;
  readonly codec: VideoCodec | 'opus';
  readonly payloadType: number;
  readonly ssrc: number;
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number };
  readonly mid?: { readonly extensionId: number; readonly value: string };
  readonly transportSequenceId?: number;
  readonly cname: string;
  /** RTP timestamp of the source's start; near 2^32 to make it wrap. */
  readonly firstTimestamp: number;
  readonly firstSequence: number;
  /** How much faster than real time the track's clock runs, parts per million. */
  readonly clockPpm: number;
};

/** What a sender did so far. */
export type RtpSenderCounts = {
  frames: number;
  packets: number;
  payloadBytes: number;
  retransmitted: number;
};

/** Makes the next transport-wide sequence; shared by all tracks of a transport. */
export type TransportSequencer = () => number;

const PAYLOAD_BYTES_MAX = 1170;
/** Five seconds of 1.5 Mbit/s. */
const SENT_PACKETS = 1024;

/** Turns the frames of one track into packets. */
export class RtpSender {
  readonly counts: RtpSenderCounts = { frames: 0, packets: 0, payloadBytes: 0, retransmitted: 0 };
  readonly #options: RtpSenderOptions;
  readonly #packetizer: Packetizer;
  readonly #sent = new PacketRing<Uint8Array>(SENT_PACKETS);
  readonly #nextTransportSequence: TransportSequencer;
  /** The next packet's, unwrapped. */
  #sequence: number;
  #rtxSequence = 0;
  #isFirstAfterPause = true;

  constructor(options: RtpSenderOptions, nextTransportSequence: TransportSequencer) {
    this.#options = options;
    this.#nextTransportSequence = nextTransportSequence;
    this.#sequence = options.firstSequence & 0xffff;
    this.#sent.hold(options.kind === 'video');
    this.#packetizer = createPacketizer(options.codec, { payloadBytesMax: PAYLOAD_BYTES_MAX });
  }

  get options(): RtpSenderOptions {
    return this.#options;
  }

  /** Says that nothing was sent for a while: the next sound packet begins a talk spurt (RFC 7587 §4.1). */
  paused(): void {
    this.#isFirstAfterPause = true;
  }

  /** Packets of one frame, ready to be sent in order. */
  packetsOf(frame: SourceFrame): Uint8Array[] {
    const pts = ticks(usToTicks(frame.ptsUs, this.#clockRate) + this.#options.firstTimestamp);
    const payloads = this.#packetizer.packetize({ type: frame.type, pts, data: frame.data });
    const isSpurt = this.#options.kind === 'audio' && this.#isFirstAfterPause;
    this.#isFirstAfterPause = false;
    this.counts.frames++;
    return payloads.map(({ payload, marker }) => this.#packetOf({ payload, marker: marker || isSpurt, pts }));
  }

  /** Packets that answer a NACK: as RTX where negotiated, else the originals again. */
  answerNack(sequences: readonly number[]): Uint8Array[] {
    return sequences.flatMap((sequence) => {
      const original = this.#sent.find(nearestUnwrapped(this.#sequence, sequence, 0x10000));
      const parsed = original === undefined ? undefined : parseRtpPacket(original);
      if (original === undefined || parsed === undefined) return [];
      this.counts.retransmitted++;
      const { rtx } = this.#options;
      return [rtx === undefined ? original : wrapRtx(parsed, rtx, this.#rtxSequence++ & 0xffff)];
    });
  }

  /** The sender report and name for this moment, `elapsedUs` after the source's start. */
  report(now: UnixUs, elapsedUs: number): RtcpPacket[] {
    const { ssrc, cname, firstTimestamp, clockPpm } = this.#options;
    const ntp = unixUsToNtp(now);
    const elapsedTicks = usToTicks(elapsedUs * (1 + clockPpm / 1e6), this.#clockRate);
    return [
      {
        kind: 'sender-report',
        ssrc,
        ntpSeconds: ntp.seconds,
        ntpFraction: ntp.fraction,
        rtpTimestamp: (firstTimestamp + elapsedTicks) % 2 ** 32,
        packetCount: this.counts.packets % 2 ** 32,
        octetCount: this.counts.payloadBytes % 2 ** 32,
        reports: [],
      },
      { kind: 'source-description', chunks: [{ ssrc, cname }] },
    ];
  }

  get #clockRate(): number {
    return this.#options.kind === 'audio' ? 48_000 : 90_000;
  }

  #packetOf(part: { payload: Uint8Array; marker: boolean; pts: number }): Uint8Array {
    const { payloadType, ssrc } = this.#options;
    const sequence = this.#sequence;
    this.#sequence += 1;
    const packet = writeRtpPacket({
      payloadType,
      ssrc,
      sequence: sequence & 0xffff,
      timestamp: ((part.pts % 2 ** 32) + 2 ** 32) % 2 ** 32,
      payload: part.payload,
      marker: part.marker,
      extensions: this.#extensions(),
    });
    this.counts.packets++;
    this.counts.payloadBytes += part.payload.length;
    this.#sent.note(packet, sequence);
    return packet;
  }

  #extensions(): HeaderExtension[] {
    const { mid, transportSequenceId } = this.#options;
    const extensions: HeaderExtension[] = [];
    if (mid !== undefined) extensions.push({ id: mid.extensionId, data: new TextEncoder().encode(mid.value) });
    if (transportSequenceId !== undefined) {
      const sequence = this.#nextTransportSequence() & 0xffff;
      extensions.push({ id: transportSequenceId, data: Uint8Array.of(sequence >> 8, sequence & 255) });
    }
    return extensions;
  }
}
