import { type Ticks, ticks, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';
import { createPacketizer } from './create-packetizer.ts';
import type { DepacketizedFrame, DepacketizerPacket } from './depacketizer.ts';
import { startsKeyframe } from './payload-descriptor-keyframe.ts';

const VIDEO = ['h264', 'h265', 'vp8', 'vp9', 'av1'] as const;
const CODECS = [...VIDEO, 'opus'] as const;
type Codec = (typeof CODECS)[number];
type Frame = { readonly type: 'key' | 'delta'; readonly data: Uint8Array };

/** Bytes that hold no start code and end in no zero, as entropy-coded data never does. */
const body = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 61, max: 3000 }), fc.integer({ min: 1, max: 255 }))
      .map(([length, seed]) => Array.from({ length }, (_, i) => 1 + ((i * seed) % 255))),
  },
);

const START = [0, 0, 0, 1];
const HEADS = {
  h264: { sets: [[0x67, 0x42], [0x68]], extra: [0x06], key: [0x65], delta: [0x41] },
  h265: {
    sets: [
      [0x40, 1],
      [0x42, 1],
      [0x44, 1],
    ],
    extra: [0x4e, 1],
    key: [0x26, 1],
    delta: [0x02, 1],
  },
} as const;

function nalFrame(codec: 'h264' | 'h265', key: boolean): fc.Arbitrary<number[]> {
  const { sets, extra, key: keyHead, delta } = HEADS[codec];
  const slices = fc.array(body, { minLength: 1, maxLength: 4 }).map((bodies) =>
    // The top bit after the NAL header says that the first slice of the picture is here.
    bodies.flatMap((bytes, i) => [...START, ...(key ? keyHead : delta), i === 0 ? 0x88 : 0x40, ...bytes, 0x80]),
  );
  const head = fc
    .tuple(fc.array(body, { minLength: sets.length, maxLength: sets.length }), fc.option(body))
    .map(([bodies, sei]) => [
      ...(key ? sets.flatMap((set, i) => [...START, ...set, ...(bodies[i] ?? []), 0x80]) : []),
      ...(sei === null ? [] : [...START, ...extra, ...sei, 0x80]),
    ]);
  return fc.tuple(head, slices).map(([a, b]) => [...a, ...b]);
}

function av1Frame(key: boolean): fc.Arbitrary<number[]> {
  const sequence = [0x0a, 0x0b, 0, 0, 0, 0x04, 0x3d, 0x06, 0xd4, 0xfb, 0xf9, 0x00, 0x40];
  const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, n >>> 7]);
  const obu = (head: number[], bytes: number[]): number[] => [...head, ...leb(bytes.length), ...bytes];
  return fc
    .tuple(fc.array(body, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([bodies, extended]) => [
      ...(key ? sequence : []),
      ...obu(extended ? [0x36, 0x08] : [0x32], [key ? 0x10 : 0x30, ...(bodies[0] ?? [])]),
      ...bodies.slice(1).flatMap((bytes) => obu(extended ? [0x26, 0x08] : [0x22], bytes)),
    ]);
}

const VP8_KEY = [0x10, 0x67, 0, 0x9d, 0x01, 0x2a, 0x42, 0x01, 0xb6, 0];
const VP9_KEY = [0x82, 0x49, 0x83, 0x42, 0x00, 0x14, 0x10, 0x0b, 0x56, 0x06];
const VP9_DELTA = [0x86, 0, 0x40, 0x92, 0xf1, 0x21, 0x40, 0, 0, 0x68, 0x7f];

function frameOf(codec: Codec, key: boolean): fc.Arbitrary<Frame> {
  const bytes: Record<Codec, () => fc.Arbitrary<number[]>> = {
    h264: () => nalFrame('h264', key),
    h265: () => nalFrame('h265', key),
    vp8: () => body.map((rest) => [...(key ? VP8_KEY : [0x51, 0x19, 0]), ...rest]),
    vp9: () => body.map((rest) => [...(key ? VP9_KEY : VP9_DELTA), ...rest]),
    av1: () => av1Frame(key),
    opus: () => body.map((rest) => [0x78, ...rest.slice(0, 1275)]),
  };
  const type = key || codec === 'opus' ? 'key' : 'delta';
  return bytes[codec]().map((data) => ({ type, data: new Uint8Array(data) }));
}

/** Frames of one stream: the first is a keyframe, about a quarter of the others too. */
function framesOf(codec: Codec): fc.Arbitrary<Frame[]> {
  const any = fc.oneof({ weight: 1, arbitrary: frameOf(codec, true) }, { weight: 3, arbitrary: frameOf(codec, false) });
  return fc.tuple(frameOf(codec, true), fc.array(any, { maxLength: 8 })).map(([first, rest]) => [first, ...rest]);
}

type Sent = DepacketizerPacket & { readonly frame: number };

function send(codec: Codec, frames: readonly Frame[], payloadBytesMax: number): Sent[] {
  const packetizer = createPacketizer(codec, { payloadBytesMax });
  let sequence = 65_530;
  return frames.flatMap((frame, i) => {
    const pts = ptsOf(i);
    return packetizer.packetize({ ...frame, pts }).map(({ payload, marker }) => {
      expect(codec === 'opus' || payload.length <= payloadBytesMax).toBe(true);
      sequence += 1;
      return { payload, marker, sequence, timestamp: pts, arrivedAt: unixUs(1000 * sequence), frame: i };
    });
  });
}

function ptsOf(index: number): Ticks {
  return ticks(2 ** 32 - 9000 + 3000 * index);
}

function receive(codec: Codec, packets: readonly DepacketizerPacket[]): DepacketizedFrame[] {
  const depacketizer = createDepacketizer(codec);
  return packets.flatMap((packet) => [...depacketizer.push(packet)]);
}

function summary(frames: readonly Frame[], indexes: readonly number[]): object[] {
  return indexes.map((i) => ({ pts: ptsOf(i), type: frames[i]?.type, data: frames[i]?.data }));
}

const payloadBytes = fc.integer({ min: 64, max: 1400 });

describe.each(CODECS)('a stream of %s', (codec) => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(framesOf(codec), payloadBytes, (frames, size) => {
        const packets = send(codec, frames, size);
        const got = receive(codec, packets);
        expect(got.map(({ arrivedAt: _, ...frame }) => frame)).toEqual(summary(frames, [...frames.keys()]));
        for (const [i, frame] of got.entries()) {
          expect(frame.arrivedAt).toBe(packets.filter((packet) => packet.frame === i).at(-1)?.arrivedAt);
        }
      }),
    );
  });

  it('comes out in whole frames that can be decoded, exactly those, whatever is lost', () => {
    fc.assert(
      fc.property(framesOf(codec), payloadBytes, fc.infiniteStream(fc.nat(5)), (frames, size, dice) => {
        const packets = send(codec, frames, size);
        const kept = packets.filter(() => dice.next().value !== 0);
        const whole = frames.map((_, i) => {
          const ofFrame = (packet: Sent): boolean => packet.frame === i;
          return packets.filter(ofFrame).length === kept.filter(ofFrame).length;
        });
        const expected: number[] = [];
        for (const [i, frame] of frames.entries()) {
          if (whole[i] && (frame.type === 'key' || expected.at(-1) === i - 1)) expected.push(i);
        }
        expect(receive(codec, kept).map(({ arrivedAt: _, ...frame }) => frame)).toEqual(summary(frames, expected));
      }),
      { numRuns: 300 },
    );
  });

  it('ignores padding, repeated and late packets', () => {
    fc.assert(
      fc.property(framesOf(codec), payloadBytes, fc.infiniteStream(fc.nat(3)), (frames, size, dice) => {
        const noisy: DepacketizerPacket[] = [];
        let sequence = 0;
        for (const packet of send(codec, frames, size)) {
          sequence += 1;
          noisy.push({ ...packet, sequence });
          const roll = dice.next().value;
          if (roll === 0) noisy.push({ ...packet, sequence });
          if (roll === 1) noisy.push({ ...packet, sequence: sequence - 3 });
          if (roll === 2) {
            sequence += 1;
            noisy.push({ ...packet, sequence, payload: new Uint8Array(0), marker: false });
          }
        }
        expect(receive(codec, noisy).map(({ data }) => data)).toEqual(frames.map(({ data }) => data));
      }),
    );
  });
});

describe.each(VIDEO)('video in %s', (codec) => {
  it('needs no marker: a new timestamp ends a frame', () => {
    fc.assert(
      fc.property(framesOf(codec), payloadBytes, (frames, size) => {
        const packets = send(codec, frames, size).map((packet) => ({ ...packet, marker: false }));
        const all = [...frames.keys()];
        expect(receive(codec, packets).map(({ arrivedAt: _, ...frame }) => frame)).toEqual(
          summary(frames, all.slice(0, -1)),
        );
      }),
    );
  });

  it('says when it needs a keyframe, and counts what it drops', () => {
    fc.assert(
      fc.property(frameOf(codec, true), frameOf(codec, false), (key, delta) => {
        const packets = send(codec, [key, delta, delta, delta, key, delta], 200);
        const depacketizer = createDepacketizer(codec);
        expect(depacketizer.needsKeyframe).toBe(true);
        const firstLost = packets.findIndex((packet) => packet.frame === 2);
        const needs: boolean[] = [];
        for (const [i, packet] of packets.entries()) {
          if (i === firstLost) continue;
          depacketizer.push(packet);
          if (packet.marker) needs[packet.frame] = depacketizer.needsKeyframe;
        }
        expect([needs[0], needs[1], needs[3], needs[4], needs[5]]).toEqual([false, false, true, false, false]);
        const { framesDroppedBy, framesDropped, frames } = depacketizer.stats;
        const partly = packets.filter((packet) => packet.frame === 2).length > 1;
        expect(frames).toBe(4);
        expect(framesDropped).toBe(partly ? 2 : 1);
        expect(framesDroppedBy['packet-loss'] + framesDroppedBy['missing-reference']).toBe(framesDropped);
      }),
      { numRuns: 30 },
    );
  });

  it('shows a forwarder where keyframes start', () => {
    fc.assert(
      fc.property(framesOf(codec), payloadBytes, (frames, size) => {
        for (const [i, packet] of send(codec, frames, size).entries()) {
          const starts = startsKeyframe(codec, packet.payload);
          if (frames[packet.frame]?.type === 'delta') expect(starts).toBe(false);
          else if (i === 0) expect(starts).toBe(true);
        }
      }),
    );
  });

  it('gives up a frame above the limit and goes on with the next keyframe', () => {
    fc.assert(
      fc.property(frameOf(codec, true), (key) => {
        const huge = { ...key, data: new Uint8Array([...key.data, ...new Array(20_000).fill(0x55)]) };
        const depacketizer = createDepacketizer(codec, { frameBytesMax: 10_000 });
        const packets = send(codec, codec === 'av1' ? [key, key] : [huge, key], 500);
        const got = packets.flatMap((packet) => [...depacketizer.push(packet)]);
        expect(got.map(({ data }) => data)).toEqual(codec === 'av1' ? [key.data, key.data] : [key.data]);
        expect(depacketizer.stats.framesDroppedBy['too-large']).toBe(codec === 'av1' ? 0 : 1);
      }),
      { numRuns: 10 },
    );
  });
});

describe('hostile payloads', () => {
  const packetOf = fc.record({
    payload: fc.uint8Array({ maxLength: 80 }),
    marker: fc.boolean(),
    step: fc.constantFrom(1, 1, 1, 1, 2, -1),
    later: fc.boolean(),
  });

  it.each(CODECS)('never make the %s depacketizer throw or give more than it got', (codec) => {
    fc.assert(
      fc.property(fc.array(packetOf, { maxLength: 30 }), (packets) => {
        const depacketizer = createDepacketizer(codec);
        let sequence = 0;
        let timestamp = 0;
        let bytes = 0;
        for (const { payload, marker, step, later } of packets) {
          sequence += step;
          timestamp += later ? 3000 : 0;
          bytes += payload.length;
          startsKeyframe(codec, payload);
          const packet = { payload, marker, sequence, timestamp: ticks(timestamp), arrivedAt: unixUs(0) };
          for (const frame of depacketizer.push(packet)) expect(frame.data.length).toBeLessThanOrEqual(8 * bytes);
        }
        depacketizer.flush();
      }),
      { numRuns: 1500 },
    );
  });

  it.each(CODECS)('never make the %s depacketizer throw when real packets are damaged', (codec) => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(framesOf(codec), edits, fc.nat(), (frames, changes, cut) => {
        const packets = send(codec, frames, 100);
        for (const [which, at, value] of changes) {
          const payload = packets[which % packets.length]?.payload;
          if (payload !== undefined) payload[at] = value;
        }
        const short = packets.map((packet, i) =>
          i === cut % packets.length ? { ...packet, payload: packet.payload.subarray(0, cut % 7) } : packet,
        );
        expect(() => receive(codec, short)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
