// Sender and receiver of one stream over a bad network in fake time: packet ring, RTX, NACK and
// jitter buffer working together.

import { createSeededIds, type UnixUs, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import { JitterBuffer } from './jitter-buffer.ts';
import { NackGenerator } from './nack-generator.ts';
import { parseRtpPacket, type RtpPacket, rtpPayload, writeRtpPacket } from './packet.ts';
import { PacketRing } from './packet-ring.ts';
import { parseRtcp, writeRtcp } from './rtcp.ts';
import { unwrapRtx, wrapRtx } from './rtx.ts';
import { SequenceUnwrapper } from './sequence-unwrapper.ts';
import { nearestUnwrapped } from './serial-number.ts';

type Network = {
  readonly lossPercent: number;
  readonly oneWayMs: number;
  readonly jitterMs: number;
  /** Nothing passes between these, ms. */
  readonly outage?: readonly [fromMs: number, toMs: number];
};
type Flying = { readonly arrivesMs: number; readonly bytes: Uint8Array };

const MEDIA = { ssrc: 1, payloadType: 96 };
const RTX = { ssrc: 2, payloadType: 97 };
const at = (ms: number): UnixUs => unixUs(1_700_000_000_000_000 + ms * 1000);

/** Runs 30 s of 500 packets a second and returns what the receiver's sink saw. */
function transmit(network: Network) {
  const random = createSeededIds(42);
  const ring = new PacketRing<RtpPacket>(4096);
  ring.hold(true);
  let newest = 0;
  const down: Flying[] = [];
  const up: Flying[] = [];
  const payloads: number[] = [];
  let lost = 0;
  let heldMsMax = 0;
  let nowMs = 0;
  const jitter = new JitterBuffer<RtpPacket>(
    {
      deliver: (packet) => {
        const number = new DataView(rtpPayload(packet).slice().buffer).getUint32(0);
        payloads.push(number);
        heldMsMax = Math.max(heldMsMax, nowMs - number * 2 - network.oneWayMs);
      },
      lost: (_from, count) => {
        lost += count;
      },
    },
    { waitMsMax: 800 },
  );
  const nack = new NackGenerator({ ageMsMax: 800, roundTripMs: network.oneWayMs * 2 });
  const sequences = new SequenceUnwrapper();
  let rtxSequence = 65_000;
  const put = (on: Flying[], bytes: Uint8Array): void => {
    const [from, to] = network.outage ?? [0, 0];
    if (random.uint32() % 100 < network.lossPercent || (nowMs >= from && nowMs < to)) return;
    on.push({ arrivesMs: nowMs + network.oneWayMs + (random.uint32() % (network.jitterMs + 1)), bytes });
  };
  const send = (number: number): void => {
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setUint32(0, number);
    const bytes = writeRtpPacket({ ...MEDIA, sequence: 64_000 + number, timestamp: number * 180, payload });
    const packet = parseRtpPacket(bytes);
    newest = 64_000 + number;
    if (packet !== undefined) ring.note(packet, newest);
    put(down, bytes);
  };
  const receive = (bytes: Uint8Array): void => {
    const arrived = parseRtpPacket(bytes);
    const isRtx = arrived?.ssrc === RTX.ssrc;
    const packet = arrived === undefined || !isRtx ? arrived : unwrapRtx(arrived, MEDIA);
    if (packet === undefined) return;
    const unwrapped = isRtx ? undefined : sequences.unwrap(packet.sequence);
    const sequence =
      unwrapped === undefined || unwrapped.kind === 'suspect' ? sequences.peek(packet.sequence) : unwrapped.sequence;
    if (sequence === undefined) return;
    nack.received(sequence, at(nowMs));
    jitter.push(packet, sequence, at(nowMs));
  };
  const answer = (bytes: Uint8Array): void => {
    for (const message of parseRtcp(bytes) ?? []) {
      for (const wanted of message.kind === 'nack' ? message.sequences : []) {
        const packet = ring.find(nearestUnwrapped(newest, wanted, 0x10000));
        if (packet !== undefined) put(down, wrapRtx(packet, RTX, rtxSequence++ & 0xffff));
      }
    }
  };
  for (; nowMs < 32_000; nowMs += 1) {
    if (nowMs % 2 === 0 && nowMs < 30_000) send(nowMs / 2);
    for (const bytes of arriving(down, nowMs)) receive(bytes);
    for (const bytes of arriving(up, nowMs)) answer(bytes);
    const wanted = nack.due(at(nowMs));
    if (wanted.length > 0) put(up, writeRtcp([{ kind: 'nack', senderSsrc: 9, mediaSsrc: 1, sequences: wanted }]));
    jitter.poll(at(nowMs));
  }
  return { payloads, lost, heldMsMax, requested: nack.stats.requested, recovered: nack.stats.recovered };
}

function arriving(on: Flying[], nowMs: number): Uint8Array[] {
  const due = on.filter((f) => f.arrivesMs <= nowMs).sort((a, b) => a.arrivesMs - b.arrivesMs);
  if (due.length > 0) on.splice(0, on.length, ...on.filter((f) => f.arrivesMs > nowMs));
  return due.map((f) => f.bytes);
}

describe('one stream over a bad network', () => {
  test('adds no delay and asks for nothing while nothing is lost', () => {
    const seen = transmit({ lossPercent: 0, oneWayMs: 20, jitterMs: 0 });
    expect(seen).toMatchObject({ lost: 0, requested: 0, heldMsMax: 0 });
    expect(seen.payloads).toHaveLength(15_000);
  });

  test.each([2, 5, 10, 20])(
    'recovers every packet of 15,000 at %i percent loss both ways, 60 ms round trip',
    (lossPercent) => {
      const seen = transmit({ lossPercent, oneWayMs: 30, jitterMs: 10 });
      expect(seen.lost).toBe(0);
      // The very first packets may be lost before the receiver knows that there was anything.
      expect(seen.payloads.length).toBeGreaterThan(14_990);
      expect(seen.payloads).toEqual(seen.payloads.map((_, i) => (seen.payloads[0] ?? 0) + i));
      // The wait counts from when the gap was seen: the next packet that came, with the network's own delays.
      expect(seen.heldMsMax).toBeLessThan(850);
    },
  );

  test('loses nothing to an outage of 400 ms, and only the outage to one of 5 s', () => {
    const short = transmit({ lossPercent: 0, oneWayMs: 30, jitterMs: 5, outage: [10_000, 10_400] });
    expect(short).toMatchObject({ lost: 0 });
    expect(short.payloads).toHaveLength(15_000);
    const long = transmit({ lossPercent: 0, oneWayMs: 30, jitterMs: 5, outage: [10_000, 15_000] });
    expect(long.payloads.length + long.lost).toBe(15_000);
    expect(long.lost).toBeLessThanOrEqual(2500);
    expect(long.payloads).toEqual([...long.payloads].sort((a, b) => a - b));
  });
});
