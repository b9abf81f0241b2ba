// What an authenticated publisher can do wrong on purpose: RTP and RTCP that decrypt well and lie about lengths,
// numbers, times and identities. The same seed makes the same packets.

import { isRtcp, writeRtcp } from '@roomtape/rtp';
import { Mutator } from './mutation.ts';

/** Where a sender's SSRC stands: RFC 3550 §5.1 and §6.4.1. */
const RTP_SSRC_AT = 8;
const RTCP_SSRC_AT = 4;

/** Attacks, by name; each makes one packet of a real one. */
const ATTACKS = {
  flipped: (random, packet) => random.flipped(packet),
  truncated: (random, packet) => packet.slice(0, 12 + random.below(8)),
  'padding beyond the payload': (_, packet) => {
    packet[0] = (packet[0] ?? 0) | 0x20;
    packet[packet.length - 1] = 255;
    return packet;
  },
  'more sources than bytes': (_, packet) => {
    packet[0] = (packet[0] ?? 0) | 0x0f;
    return packet;
  },
  'extension of any length': (random, packet) => {
    packet[0] = (packet[0] ?? 0) | 0x10;
    write16(packet, 14, random.below(2) === 0 ? 65_535 : random.below(400));
    return packet;
  },
  'elements longer than their extension': (random, packet) => {
    // The first element's length nibble, where the two one-byte extensions of our client stand.
    if (packet.length > 17) packet[16] = ((packet[16] ?? 0) & 0xf0) | random.below(16);
    return packet;
  },
  'sequence jump': (_, packet) => packet,
  'timestamp jump': (random, packet) => write16(packet, 4, random.below(65_536)),
  'another payload type': (random, packet) => {
    packet[1] = random.below(256);
    return packet;
  },
  'fragments without end': (random, packet) => fragment(random, packet),
  'aggregate of impossible sizes': (random, packet) => {
    const at = payloadAt(packet);
    packet[at] = 24;
    for (let index = at + 1; index < packet.length; index += 7) packet[index] = random.below(256);
    return packet;
  },
  'noise as payload': (random, packet) => {
    packet.set(random.noise(packet.length - payloadAt(packet)), payloadAt(packet));
    return packet;
  },
  'reports without end': (random) => reports(random),
  'report block count that lies': (random, packet) => {
    const report = reports(random);
    report[0] = 0x9f;
    write16(report, 2, random.below(65_536));
    return report.subarray(0, Math.min(report.length, packet.length + 8));
  },
  'feedback bomb': (random) => feedback(random),
  'a goodbye of everybody': (random) => {
    return writeRtcp([{ kind: 'goodbye', ssrcs: Array.from({ length: 31 }, () => random.below(2 ** 31)) }]);
  },
  'RTCP noise': (random) => Uint8Array.of(0x80 | random.below(32), 200 + random.below(8), ...random.noise(300)),
} satisfies Record<string, (random: Mutator, packet: Uint8Array) => Uint8Array>;

/** Names of all attacks. */
export const ATTACK_NAMES = Object.keys(ATTACKS) as readonly (keyof typeof ATTACKS)[];

/**
 * Makes hostile packets of the real packets of a publisher, all attacks in turn. They keep the sender's own sources
 * and get fresh numbers, as an SRTP library sends no others.
 */
export class RtpAttack {
  readonly #random: Mutator;
  readonly #sequences = new Map<number, number>();
  #next = 0;

  /** `samples` may grow later. */
  constructor(samples: readonly Uint8Array[], seed: number) {
    this.#random = new Mutator(samples, seed);
  }

  /** The next hostile packet. */
  next(): Uint8Array {
    const name = ATTACK_NAMES[this.#next++ % ATTACK_NAMES.length] ?? 'flipped';
    const sample = this.#random.sample();
    const source = sample.slice(RTP_SSRC_AT, RTP_SSRC_AT + 4);
    const hostile = ATTACKS[name](this.#random, sample);
    const at = isRtcp(hostile) ? RTCP_SSRC_AT : RTP_SSRC_AT;
    if (hostile.length >= at + source.length) hostile.set(source, at);
    if (isRtcp(hostile) || hostile.length < RTP_SSRC_AT + source.length) return hostile;
    if (name === 'sequence jump') this.#jump(hostile);
    return this.numbered(hostile);
  }

  /** The packet with the next number of its source. */
  numbered(packet: Uint8Array): Uint8Array {
    const ssrc = ssrcOf(packet);
    const sequence = this.#sequences.get(ssrc) ?? read16(packet, 2);
    this.#sequences.set(ssrc, (sequence + 1) & 0xffff);
    return write16(packet, 2, sequence);
  }

  #jump(packet: Uint8Array): void {
    const ssrc = ssrcOf(packet);
    const sequence = this.#sequences.get(ssrc) ?? read16(packet, 2);
    this.#sequences.set(ssrc, (sequence + this.#random.below(20_000)) & 0xffff);
  }
}

/** FU-A (RFC 6184 §5.8) that begins or goes on and never ends, with numbers that follow each other. */
function fragment(random: Mutator, packet: Uint8Array): Uint8Array {
  const at = payloadAt(packet);
  if (packet.length < at + 2) return packet;
  packet[1] = (packet[1] ?? 0) & 0x7f;
  packet[at] = 0x7c;
  packet[at + 1] = random.below(50) === 0 ? 0x85 : 0x05;
  return packet;
}

/** Empty receiver reports up to the size of a datagram. */
function reports(random: Mutator): Uint8Array {
  const one = writeRtcp([{ kind: 'receiver-report', ssrc: random.below(2 ** 31), reports: [] }]);
  return Uint8Array.from({ length: one.length * 150 }, (_, index) => one[index % one.length] ?? 0);
}

/** A NACK of everything, picture loss and full intra requests, as only a viewer would send them. */
function feedback(random: Mutator): Uint8Array {
  const [senderSsrc, mediaSsrc] = [random.below(2 ** 31), random.below(2 ** 31)];
  const first = random.below(30_000);
  const sequences = Array.from({ length: 2000 }, (_, index) => first + index);
  const entries = Array.from({ length: 20 }, (_, index) => ({ ssrc: mediaSsrc, commandSequence: index }));
  return writeRtcp([
    { kind: 'nack', senderSsrc, mediaSsrc, sequences },
    { kind: 'picture-loss', senderSsrc, mediaSsrc },
    { kind: 'full-intra-request', senderSsrc, entries },
  ]);
}

/** Where the payload of one of our client's own packets begins (RFC 3550 §5.1, §5.3.1). */
function payloadAt(packet: Uint8Array): number {
  const [first = 0] = packet;
  const fixed = 12 + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return fixed;
  return fixed + 4 + 4 * (((packet[fixed + 2] ?? 0) << 8) | (packet[fixed + 3] ?? 0));
}

function ssrcOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(RTP_SSRC_AT);
}

function read16(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}

function write16(packet: Uint8Array, at: number, value: number): Uint8Array {
  if (packet.length < at + 2) return packet;
  packet[at] = value >> 8;
  packet[at + 1] = value & 255;
  return packet;
}
