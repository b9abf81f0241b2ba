// Everything that touches bytes from the network, fed with damage: nothing throws, nothing grows.

import { createSeededIds, type UnixUs, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { readAudioLevel, readHeaderExtension, readTextExtension, readTransportSequence } from './header-extension.ts';
import { JitterBuffer } from './jitter-buffer.ts';
import { NackGenerator } from './nack-generator.ts';
import { isRtcp, parseRtpPacket, type RtpPacket, rtpPayload, writeRtpPacket } from './packet.ts';
import { ReceptionStats } from './reception-stats.ts';
import { parseRtcp, writeRtcp } from './rtcp.ts';
import { unwrapRtx, wrapRtx } from './rtx.ts';
import { SequenceUnwrapper } from './sequence-unwrapper.ts';
import { TimestampUnwrapper } from './timestamp-unwrapper.ts';
import { TwccReceiver } from './twcc-receiver.ts';

const PACKETS = 100_000;
const HELD_MAX = 256;
const START_US = 1_700_000_000_000_000;

/** One incoming stream as a session would wire it up. */
class Receiving {
  readonly sequences = new SequenceUnwrapper();
  readonly timestamps = new TimestampUnwrapper({ clockRate: 90_000 });
  readonly nack = new NackGenerator({ missingMax: 500 });
  readonly twcc = new TwccReceiver({ senderSsrc: 1 });
  readonly stats = new ReceptionStats({ ssrc: 7, clockRate: 90_000 });
  lastReleased = -1;
  readonly jitter = new JitterBuffer<RtpPacket>(
    {
      deliver: (_packet, sequence) => this.#released(sequence),
      lost: (from, count) => this.#released(from + count - 1),
    },
    { waitMsMax: 300, packetsMax: HELD_MAX },
  );

  take(bytes: Uint8Array, now: UnixUs): void {
    if (isRtcp(bytes)) {
      parseRtcp(bytes);
      return;
    }
    const packet = parseRtpPacket(bytes);
    if (packet === undefined) return;
    this.#readAll(packet);
    const unwrapped = this.sequences.unwrap(packet.sequence);
    if (unwrapped.kind === 'suspect') return;
    if (unwrapped.kind === 'restarted') {
      this.jitter.reset();
      this.nack.reset();
      this.stats.restart();
    }
    this.timestamps.unwrap(packet.timestamp, now);
    this.stats.received(unwrapped.sequence, packet.timestamp, now);
    this.nack.received(unwrapped.sequence, now);
    this.jitter.push(packet, unwrapped.sequence, now);
    this.jitter.poll(now);
    const wanted = this.nack.due(now);
    if (wanted.length > 0) {
      expect(writeRtcp([{ kind: 'nack', senderSsrc: 1, mediaSsrc: 7, sequences: wanted }]).length).toBeLessThan(1200);
    }
    for (const feedback of this.twcc.due(now)) expect(writeRtcp([feedback]).length).toBeLessThan(1400);
  }

  #readAll(packet: RtpPacket): void {
    for (const id of [1, 3, 15, 200]) {
      readHeaderExtension(packet, id);
      readTextExtension(packet, id);
      readAudioLevel(packet, id);
    }
    this.twcc.received(readTransportSequence(packet, 3) ?? 0, packet.ssrc, unixUs(START_US));
    expect(rtpPayload(packet).length).toBe(packet.payloadBytes);
    const restored = unwrapRtx(packet, { ssrc: 1, payloadType: 2 });
    if (restored !== undefined) wrapRtx(restored, { ssrc: 3, payloadType: 4 }, 5);
  }

  #released(sequence: number): void {
    expect(sequence).toBeGreaterThan(this.lastReleased);
    this.lastReleased = sequence;
  }
}

describe('the receiving path', () => {
  test.each([1, 2])(`survives ${PACKETS} mutated packets with bounded memory (seed %i)`, (seed) => {
    const random = createSeededIds(seed);
    const receiving = new Receiving();
    let mutatedParsed = 0;
    for (let i = 0; i < PACKETS; i += 1) {
      const bytes = mutate(makePacket(i), random.uint32);
      if (parseRtpPacket(bytes) !== undefined) mutatedParsed += 1;
      receiving.take(bytes, unixUs(START_US + i * 2000));
      expect(receiving.jitter.stats.held).toBeLessThanOrEqual(HELD_MAX);
      expect(receiving.nack.stats.missing).toBeLessThanOrEqual(500);
    }
    // The damage must not be so heavy that nothing beyond the first check is exercised.
    expect(mutatedParsed).toBeGreaterThan(PACKETS / 3);
    expect(receiving.jitter.stats.delivered).toBeGreaterThan(PACKETS / 5);
  });

  test('survives pure noise', () => {
    const random = createSeededIds(3);
    const receiving = new Receiving();
    for (let i = 0; i < 20_000; i += 1) {
      const bytes = Uint8Array.from({ length: random.uint32() % 80 }, () => random.uint32());
      if (bytes.length > 1 && i % 2 === 0) bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
      receiving.take(bytes, unixUs(START_US + i * 2000));
    }
    expect(receiving.jitter.stats.held).toBeLessThanOrEqual(HELD_MAX);
  });
});

function makePacket(i: number): Uint8Array {
  return writeRtpPacket({
    payloadType: 96,
    sequence: i,
    timestamp: Math.floor(i / 4) * 3000,
    ssrc: 7,
    marker: i % 4 === 3,
    payload: new Uint8Array(i % 40),
    ...(i % 5 === 0 ? { csrcs: [1, 2] } : {}),
    ...(i % 7 === 0 ? { paddingBytes: 9 } : {}),
    extensions: [
      { id: 1, data: new Uint8Array([104, 105]) },
      { id: 3, data: new Uint8Array([i >>> 8, i]) },
      ...(i % 3 === 0 ? [{ id: 200, data: new Uint8Array(20) }] : []),
    ],
  });
}

/** Half of the packets stay whole; the others lose their tail or get a few wrong bytes, mostly in the header. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  if (random() % 2 === 0) return bytes;
  const cut = random() % 4 === 0 ? bytes.slice(0, random() % (bytes.length + 1)) : bytes;
  for (let n = random() % 3; n >= 0 && cut.length > 0; n -= 1) {
    cut[random() % Math.min(cut.length, random() % 2 === 0 ? 16 : cut.length)] = random();
  }
  return cut;
}
