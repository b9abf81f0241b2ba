import { unixUs } from '@roomtape/media';
import { parseRtpPacket, type RtpPacket, writeRtpPacket } from '@roomtape/rtp';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameAssembler } from './frame-assembler.ts';
import { type InboundPacket, InboundTrack } from './inbound-track.ts';
import { PlaneHarness } from './testing/plane-harness.ts';

const at = (ms: number) => unixUs(1_700_000_000_000_000 + Math.round(ms * 1000));
const START = 0xfffffff0;

/** A video track, the packets it let through, and what it told of restarts and jumps. */
function listen(feedback: readonly string[] = ['nack', 'nack pli']) {
  const packets: InboundPacket[] = [];
  const told: unknown[] = [];
  const track = new InboundTrack({
    media: {
      index: 0,
      mid: '0',
      kind: 'video',
      codec: 'h264',
      payloadType: 96,
      clockRate: 90_000,
      feedback,
      extensions: {},
      rids: [],
      channels: undefined,
      fmtp: undefined,
      rtxPayloadType: undefined,
      redPayloadType: undefined,
      ssrcs: [],
      rtxSsrcs: new Map(),
    },
    ssrc: 1,
    rid: '',
    sink: {
      onInboundPacket: (_, packet) => packets.push(packet),
      onInboundRestart: () => told.push('restart'),
      onInboundJump: (_, { jumpUs }) => told.push(Math.round(jumpUs / 1000)),
    },
  });
  return { track, packets, told };
}

function packetOf(sequence: number, timestamp: number): RtpPacket {
  const payload = new Uint8Array([0x41, 0x9a, 1, 2]);
  const header = { payloadType: 96, ssrc: 1, sequence: sequence & 0xffff, timestamp: timestamp >>> 0 };
  const packet = parseRtpPacket(writeRtpPacket({ ...header, marker: true, payload }));
  if (packet === undefined) throw new Error('not a packet');
  return packet;
}

describe('an inbound track whose sender restarts its sequence numbers', () => {
  it('keeps counting ticks where the timestamps go on', () => {
    const { track, packets, told } = listen();
    for (let i = 0; i < 5; i += 1) track.receive(packetOf(i, START + i * 3000), at(i * 33.3));
    // The first packet of the new numbering is suspect until the second follows it.
    for (let i = 5; i < 9; i += 1) track.receive(packetOf(40_000 + i, START + i * 3000), at(i * 33.3));
    expect(told).toEqual(['restart']);
    expect(packets.map(({ ticks }) => ticks - (packets[0]?.ticks ?? 0))).toEqual([
      0, 3000, 6000, 9000, 12000, 15000, 18000, 21000, 24000,
    ]);
  });

  it('counts ticks on and reports the jump where the timestamps begin anew', () => {
    const { track, packets, told } = listen();
    for (let i = 0; i < 5; i += 1) track.receive(packetOf(i, START + i * 3000), at(i * 33.3));
    track.senderReport(
      {
        kind: 'sender-report',
        ssrc: 1,
        ntpSeconds: 3_900_000_000,
        ntpFraction: 0,
        rtpTimestamp: START >>> 0,
        packetCount: 0,
        octetCount: 0,
        reports: [],
      },
      at(150),
    );
    expect(track.clock.anchor).toBeDefined();
    for (let i = 5; i < 9; i += 1) track.receive(packetOf(40_000 + i, 77 + i * 3000 + 90_000_000), at(i * 33.3));
    expect(told).toEqual(['restart', expect.any(Number)]);
    const ticks = packets.map((packet) => packet.ticks);
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    // What was known of the sender's wall clock belongs to the old timestamps.
    expect(track.clock.anchor).toBeUndefined();
  });
});

describe('a packet the jitter buffer gave up', () => {
  it('is not asked for any more', () => {
    const { track } = listen();
    const assembler = new FrameAssembler(track, { onFrame: () => {} });
    const push = (sequence: number, ms: number): void => {
      track.receive(packetOf(sequence, START + sequence * 3000), at(ms));
      assembler.push({
        packet: packetOf(sequence, 0),
        sequence: 0x10000 + sequence,
        ticks: track.latestTicks ?? (0 as never),
        arrivedAt: at(ms),
        startsKeyframe: false,
      });
    };
    push(0, 0);
    push(3, 10);
    expect(track.dueNacks(at(50))).toEqual([0x10001, 0x10002]);
    assembler.poll(at(811));
    expect(track.dueNacks(at(900))).toEqual([]);
    expect(track.describe(at(900)).nack).toMatchObject({ missing: 0, givenUp: 2 });
  });
});

describe('a tape of a sender that restarts', () => {
  let harness: PlaneHarness | undefined;
  afterEach(() => harness?.close());

  it.each([
    ['its sequence numbers', 0, []],
    ['its timestamps, too', 900_000_000, ['clock-jump']],
  ])('%s: time goes on by the clock of the source', async (_, tickStep, jumps) => {
    harness = new PlaneHarness();
    const { clock } = harness;
    const { publisher } = await harness.publish();
    await harness.tape();
    clock.advance(2000);
    const layer = publisher.layers[0];
    if (layer === undefined) throw new Error('no layer');
    layer.sequence += 20_000;
    layer.tickBase += tickStep;
    layer.wantsKey = true;
    clock.advance(3000);
    const entries = await harness.entries();
    const gaps = entries.filter((entry) => entry.kind === 'gap');
    expect(gaps.map((gap) => gap.reason).filter((reason) => reason === 'clock-jump')).toEqual(jumps);
    const video = entries.find((entry) => entry.kind === 'track-added' && entry.mediaKind === 'video');
    const pts = entries.flatMap((entry) =>
      entry.kind === 'frame' && video?.kind === 'track-added' && entry.trackId === video.trackId ? [entry.pts] : [],
    );
    const steps = pts.slice(1).map((point, index) => point - (pts[index] ?? 0));
    expect(steps.filter((step) => step <= 0)).toEqual([]);
    expect(steps.filter((step) => step > 9000 && step < 800_000_000)).toEqual([]);
    expect(steps.filter((step) => step >= 800_000_000).length).toBe(jumps.length);
    expect(pts.length).toBeGreaterThan(140);
  });
});

describe('asking for a keyframe', () => {
  it.each([
    [
      ['nack', 'nack pli', 'ccm fir'],
      ['pli', 'pli', 'pli', 'fir'],
    ],
    [
      ['nack', 'nack pli'],
      ['pli', 'pli', 'pli', 'pli'],
    ],
    [['ccm fir'], ['fir', 'fir', 'fir', 'fir']],
    [['nack'], [undefined, undefined, undefined, undefined]],
  ])('uses what the publisher offered: %j', (feedback, demands) => {
    const { track } = listen(feedback);
    expect([0, 3000, 6000, 9000].map((ms) => track.wishKeyframe(at(ms)))).toEqual(demands);
  });
});
