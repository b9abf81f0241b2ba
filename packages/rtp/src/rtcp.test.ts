import { createSeededIds } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRtcp, RTCP_PACKETS_MAX, type RtcpPacket, writeRtcp } from './rtcp.ts';
import type { TransportFeedback } from './rtcp-transport-feedback.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const block = fc.record({
  ssrc: u32,
  fractionLost: u8,
  cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  highestSequence: u32,
  jitter: u32,
  lastSenderReport: u32,
  delaySinceLastSenderReport: u32,
});
const blocks = fc.array(block, { maxLength: 31 });
const text = fc.string({ maxLength: 60, unit: 'grapheme' }).filter((s) => new TextEncoder().encode(s).length <= 255);
const of = <Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);
const steps = fc.array(fc.option(fc.integer({ min: -300, max: 700 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 300,
});

const packets: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    kind: of('sender-report'),
    ssrc: u32,
    ntpSeconds: u32,
    ntpFraction: u32,
    rtpTimestamp: u32,
    packetCount: u32,
    octetCount: u32,
    reports: blocks,
  }),
  fc.record({ kind: of('receiver-report'), ssrc: u32, reports: blocks }),
  fc.record({
    kind: of('source-description'),
    chunks: fc.array(fc.record({ ssrc: u32, cname: fc.option(text, { nil: undefined }) }), { maxLength: 31 }),
  }),
  fc.record({ kind: of('goodbye'), ssrcs: fc.array(u32, { maxLength: 31 }) }),
  fc.record({ kind: of('goodbye'), ssrcs: fc.array(u32, { maxLength: 31 }), reason: text }),
  fc.record({ kind: of('picture-loss'), senderSsrc: u32, mediaSsrc: u32 }),
  fc.record({
    kind: of('full-intra-request'),
    senderSsrc: u32,
    entries: fc.array(fc.record({ ssrc: u32, commandSequence: u8 }), { maxLength: 20 }),
  }),
  fc.record({
    kind: of('bitrate-estimate'),
    senderSsrc: u32,
    bitrateBps: fc.integer({ min: 0, max: 0x3ffff }).map((m) => m * 1024),
    ssrcs: fc.array(u32, { maxLength: 255 }),
  }),
  fc
    .record({
      kind: of('transport-feedback'),
      senderSsrc: u32,
      mediaSsrc: u32,
      baseSequence: u16,
      referenceTime: fc.integer({ min: 0, max: 0xffffff }),
      feedbackCount: u8,
      steps,
    })
    .map(({ steps, ...feedback }) => ({ ...feedback, arrivals: summed(steps) })),
);

function summed(steps: readonly (number | undefined)[]): (number | undefined)[] {
  let at = 0;
  return steps.map((step) => {
    if (step !== undefined) at += step;
    return step === undefined ? undefined : at;
  });
}

describe('RTCP', () => {
  test('compounds of every kind come back as written', () => {
    fc.assert(
      fc.property(fc.array(packets, { maxLength: 8 }), (written) => {
        const bytes = writeRtcp(written);
        expect(bytes.length % 4).toBe(0);
        expect(parseRtcp(bytes)).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  test('NACKs come back as the same set, packed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(u16, { maxLength: 100 }), (sequences) => {
        const nack: RtcpPacket = { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences };
        const [back] = parseRtcp(writeRtcp([nack])) ?? [];
        const got = back?.kind === 'nack' ? [...back.sequences] : [];
        expect(got.sort((a, b) => a - b)).toEqual([...sequences].sort((a, b) => a - b));
      }),
    );
    const across = writeRtcp([{ kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [65_535, 0, 15, 16] }]);
    expect([...across.subarray(12)]).toEqual([0xff, 0xff, 0x80, 0x01, 0, 16, 0, 0]);
  });

  test('skips what it does not know and reads on', () => {
    const app = [0x81, 204, 0, 2, 0, 0, 0, 1, 0x52, 0x54, 0x43, 0x50];
    const extendedReport = [0x80, 207, 0, 1, 0, 0, 0, 1];
    const pli = writeRtcp([{ kind: 'picture-loss', senderSsrc: 1, mediaSsrc: 2 }]);
    expect(parseRtcp(new Uint8Array([...app, ...extendedReport, ...pli]))).toEqual([
      { kind: 'picture-loss', senderSsrc: 1, mediaSsrc: 2 },
    ]);
  });

  test.each([
    ['a length beyond the end', [0x80, 201, 0, 2, 0, 0, 0, 1]],
    ['a tail shorter than a header', [0x80, 201, 0, 1, 0, 0, 0, 1, 0x80]],
    ['version 1', [0x40, 201, 0, 1, 0, 0, 0, 1]],
    ['padding longer than the packet', [0xa0, 201, 0, 1, 0, 0, 0, 9]],
  ])('refuses %s', (_name, bytes) => {
    expect(parseRtcp(new Uint8Array(bytes))).toBeUndefined();
  });

  test.each([
    ['more report blocks than bytes', [0x9f, 201, 0, 1, 0, 0, 0, 1]],
    ['an SDES item beyond the end', [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 65, 66]],
    ['a goodbye reason beyond the end', [0x81, 203, 0, 2, 0, 0, 0, 1, 200, 65, 66, 67]],
    [
      'a REMB that counts more SSRCs than it has',
      [0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4d, 0x42, 9, 0, 0, 1],
    ],
    ['transport feedback without its chunks', [0x8f, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0x1f, 0xff, 0, 0, 0, 0]],
    ['an endless run of length zero', [0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]],
    [
      'transport feedback that counts 65535',
      [0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0x1f, 0xff, 0x1f, 0xff],
    ],
  ])('leaves out %s', (_name, bytes) => {
    expect(parseRtcp(new Uint8Array(bytes))).toEqual([]);
  });

  test('reads the transport feedback of the draft: run length, both vectors, small and large deltas', () => {
    const header = [0x8f, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0, 24, 0, 0, 5, 7];
    const runOf3Small = [0x20, 0x03];
    const oneBitVector = [0b1010_0000, 0b0000_0001];
    const twoBitVector = [0b1101_1000, 0b0000_0000];
    const deltas = [4, 4, 4, 8, 12, 1, 0xff, 0xf6];
    const bytes = new Uint8Array([...header, ...runOf3Small, ...oneBitVector, ...twoBitVector, ...deltas, 0, 0]);
    const [feedback] = (parseRtcp(bytes) ?? []) as TransportFeedback[];
    const expected: (number | undefined)[] = new Array(24).fill(undefined);
    for (const [i, at] of [
      [0, 4],
      [1, 8],
      [2, 12],
      [3, 20],
      [16, 32],
      [17, 33],
      [18, 23],
    ] as const)
      expected[i] = at;
    expect(feedback).toMatchObject({ baseSequence: 0xfffe, referenceTime: 5, feedbackCount: 7 });
    expect(feedback?.arrivals).toEqual(expected);
  });

  test('looks at a bounded number of packets', () => {
    const many = new Array(200).fill({ kind: 'picture-loss', senderSsrc: 1, mediaSsrc: 2 } satisfies RtcpPacket);
    expect(parseRtcp(writeRtcp(many))).toHaveLength(RTCP_PACKETS_MAX);
  });

  test('never throws on 100,000 mutated compounds, and whatever parses can be written again', () => {
    const random = createSeededIds(11);
    const corpus = fc
      .sample(fc.array(packets, { minLength: 1, maxLength: 4 }), { numRuns: 100, seed: 5 })
      .map(writeRtcp);
    for (let i = 0; i < 100_000; i += 1) {
      const bytes = (corpus[i % corpus.length] as Uint8Array).slice(0, random.uint32() % 1500);
      for (let n = random.uint32() % 4; n >= 0 && bytes.length > 0; n -= 1) {
        bytes[random.uint32() % bytes.length] = random.uint32();
      }
      const parsed = parseRtcp(bytes);
      if (parsed !== undefined && i % 50 === 0) expect(writeRtcp(parsed.filter(isWritable)).length % 4).toBe(0);
    }
  });
});

/** A mutated feedback may state no status at all, which our writer never does. */
function isWritable(packet: RtcpPacket): boolean {
  return packet.kind !== 'transport-feedback' || packet.arrivals.length > 0;
}
