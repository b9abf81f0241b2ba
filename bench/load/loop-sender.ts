// Sends a packet loop as one RTP stream, as cheaply as JavaScript can: a hundred of them share one core with
// what they load. Answers NACKs from the loop; keyframes come when the loop has one.

import type { MediaKind } from '@roomtape/media';
import { unixUs, unixUsToNtp, usToTicks } from '@roomtape/media';
import { isRtcp, parseRtcp, parseRtpPacket, wrapRtx, writeRtcp } from '@roomtape/rtp';
import type { LoopPacket, PacketLoop } from './packet-loop.ts';

/** How one track's packets are numbered. */
export type SentTrack = {
  readonly kind: MediaKind;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number };
  readonly mid?: { readonly extensionId: number; readonly value: string };
  readonly transportSequenceId?: number;
};

/** What a sender is made of. */
export type LoopSenderOptions = {
  readonly loop: PacketLoop;
  readonly tracks: readonly SentTrack[];
  /** Takes one packet; its bytes are used again afterwards, unless `keepsBytes`. */
  readonly send: (packet: Uint8Array, kind: MediaKind) => boolean;
  readonly keepsBytes?: boolean;
  /** Wall time of the first packet, µs. */
  readonly startAt: number;
};

/** What a sender did. */
export type SentCounts = { packets: number; bytes: number; retransmitted: number; unsent: number };

type Track = SentTrack & { sent: number; payloadBytes: number; rtxSequence: number };

/** Header with both extensions: 12 + 4 + 8 bytes. */
const HEADER_BYTES = 24;
/** Packets behind the newest one that a NACK may still ask for. */
const NACK_REACH = 1000;
const FIRST_SEQUENCE = 1000;
const FIRST_TIMESTAMP = 1_000_000;

/** One stream on its way out; `poll` sends what is due. */
export class LoopSender {
  readonly counts: SentCounts = { packets: 0, bytes: 0, retransmitted: 0, unsent: 0 };
  readonly #options: LoopSenderOptions;
  readonly #tracks: Partial<Record<MediaKind, Track>> = {};
  readonly #scratch = new Uint8Array(1500);
  #next = 0;
  #round = 0;
  #transportSequence = 0;
  #reportAt: number;

  constructor(options: LoopSenderOptions) {
    this.#options = options;
    this.#reportAt = options.startAt;
    for (const track of options.tracks) {
      this.#tracks[track.kind] = { ...track, sent: 0, payloadBytes: 0, rtxSequence: 0 };
    }
  }

  /** Sends every packet that is due at a wall time, and a sender report once a second. */
  poll(now: number): void {
    const elapsedUs = now - this.#options.startAt;
    if (elapsedUs < 0) return;
    const { packets, durationUs } = this.#options.loop;
    for (;;) {
      const packet = packets[this.#next];
      if (packet === undefined) {
        this.#next = 0;
        this.#round += 1;
        continue;
      }
      const ptsUs = packet.ptsUs + this.#round * durationUs;
      if (ptsUs > elapsedUs) break;
      this.#sendNext(packet, ptsUs);
      this.#next += 1;
    }
    if (now < this.#reportAt) return;
    this.#reportAt += 1_000_000;
    this.#report(now, elapsedUs);
  }

  /** Takes a packet that came back; answers NACKs, ignores the rest. */
  handlePacket(bytes: Uint8Array): void {
    if (!isRtcp(bytes)) return;
    for (const item of parseRtcp(bytes) ?? []) {
      if (item.kind !== 'nack') continue;
      const track = Object.values(this.#tracks).find(({ ssrc }) => ssrc === item.mediaSsrc);
      if (track !== undefined) for (const sequence of item.sequences) this.#sendAgain(track, sequence & 0xffff);
    }
  }

  #sendNext(packet: LoopPacket, ptsUs: number): void {
    const track = this.#tracks[packet.kind];
    if (track === undefined) return;
    const bytes = this.#write(track, packet, { number: track.sent, ptsUs });
    track.sent += 1;
    track.payloadBytes += packet.payload.length;
    this.#send(bytes, packet.kind);
  }

  #send(bytes: Uint8Array, kind: MediaKind): void {
    if (this.#options.send(this.#options.keepsBytes === true ? bytes.slice() : bytes, kind)) {
      this.counts.packets += 1;
      this.counts.bytes += bytes.length;
    } else this.counts.unsent += 1;
  }

  #write(track: Track, packet: LoopPacket, place: { number: number; ptsUs: number }): Uint8Array {
    const out = this.#scratch;
    const sequence = (FIRST_SEQUENCE + place.number) & 0xffff;
    const timestamp = (FIRST_TIMESTAMP + usToTicks(place.ptsUs, clockRateOf(track.kind))) >>> 0;
    out[0] = 0x90;
    out[1] = track.payloadType | (packet.marker ? 0x80 : 0);
    put16(out, 2, sequence);
    put32(out, 4, timestamp);
    put32(out, 8, track.ssrc);
    put32(out, 12, 0xbede0002);
    out.fill(0, 16, HEADER_BYTES);
    let at = 16;
    if (track.mid !== undefined) {
      out[at] = track.mid.extensionId << 4;
      out[at + 1] = track.mid.value.charCodeAt(0);
      at += 2;
    }
    if (track.transportSequenceId !== undefined) {
      out[at] = (track.transportSequenceId << 4) | 1;
      put16(out, at + 1, this.#transportSequence);
      this.#transportSequence = (this.#transportSequence + 1) & 0xffff;
    }
    out.set(packet.payload, HEADER_BYTES);
    return out.subarray(0, HEADER_BYTES + packet.payload.length);
  }

  #sendAgain(track: Track, sequence: number): void {
    const back = (FIRST_SEQUENCE + track.sent - sequence) & 0xffff;
    const number = track.sent - back;
    const ofKind = this.#options.loop.byKind[track.kind];
    const packet = ofKind[number % ofKind.length];
    if (back === 0 || back > NACK_REACH || number < 0 || packet === undefined) return;
    const ptsUs = packet.ptsUs + Math.floor(number / ofKind.length) * this.#options.loop.durationUs;
    const original = this.#write(track, packet, { number, ptsUs });
    this.counts.retransmitted += 1;
    const parsed = track.rtx === undefined ? undefined : parseRtpPacket(original);
    if (track.rtx === undefined || parsed === undefined) {
      this.#send(original, track.kind);
      return;
    }
    this.#send(wrapRtx(parsed, track.rtx, track.rtxSequence & 0xffff), track.kind);
    track.rtxSequence += 1;
  }

  #report(now: number, elapsedUs: number): void {
    const ntp = unixUsToNtp(unixUs(now));
    for (const track of Object.values(this.#tracks)) {
      const report = writeRtcp([
        {
          kind: 'sender-report',
          ssrc: track.ssrc,
          ntpSeconds: ntp.seconds,
          ntpFraction: ntp.fraction,
          rtpTimestamp: (FIRST_TIMESTAMP + usToTicks(elapsedUs, clockRateOf(track.kind))) >>> 0,
          packetCount: track.sent % 2 ** 32,
          octetCount: track.payloadBytes % 2 ** 32,
          reports: [],
        },
        { kind: 'source-description', chunks: [{ ssrc: track.ssrc, cname: 'bench' }] },
      ]);
      this.#options.send(report, track.kind);
    }
  }
}

function clockRateOf(kind: MediaKind): number {
  return kind === 'audio' ? 48_000 : 90_000;
}

function put16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

function put32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}
