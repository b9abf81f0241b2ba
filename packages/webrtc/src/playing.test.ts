import {
  isRtcp,
  parseRtcp,
  parseRtpPacket,
  parseVp8Descriptor,
  type RtpPacket,
  rtpPayload,
  startsKeyframe,
  unwrapRtx,
  writeRtcp,
} from '@roomtape/rtp';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestClient } from './testing/plane-harness.ts';
import { PlaneHarness } from './testing/plane-harness.ts';

let harness: PlaneHarness;
afterEach(() => harness.close());

/** What a viewer saw, retransmissions put in their place. */
type Viewer = {
  readonly client: TestClient;
  readonly video: RtpPacket[];
  readonly audio: RtpPacket[];
  reports: number;
};

const watch = async (
  h: PlaneHarness,
  options: { drop?: (packet: RtpPacket) => boolean; codec?: 'h264' | 'vp8' } = {},
): Promise<Viewer> => {
  const video: RtpPacket[] = [];
  const audio: RtpPacket[] = [];
  let highest = -1;
  const viewer = { video, audio, reports: 0 };
  const { codec = 'h264' } = options;
  const client = await h.open({ kind: 'play', userId: 'viewer' }, { codec }, (bytes) => {
    if (isRtcp(bytes)) {
      viewer.reports += (parseRtcp(bytes) ?? []).filter((packet) => packet.kind === 'sender-report').length;
      return;
    }
    const packet = parseRtpPacket(bytes);
    if (packet === undefined || options.drop?.(packet) === true) return;
    if (packet.payloadType === 111) audio.push(packet);
    if (packet.payloadType === 97) {
      const restored = unwrapRtx(packet, { ssrc: video[0]?.ssrc ?? 0, payloadType: 96 });
      if (restored !== undefined) video.push(restored);
    }
    if (packet.payloadType !== 96) return;
    video.push(packet);
    if (highest >= 0 && packet.sequence > highest + 1) {
      const sequences = Array.from({ length: packet.sequence - highest - 1 }, (_, i) => highest + 1 + i);
      client.transport.send(writeRtcp([{ kind: 'nack', senderSsrc: 1, mediaSsrc: packet.ssrc, sequences }]));
    }
    highest = Math.max(highest, packet.sequence);
  });
  h.clock.advance(10);
  return Object.assign(viewer, { client });
};

const sorted = (packets: readonly RtpPacket[]): RtpPacket[] => {
  const bySequence = new Map(packets.map((packet) => [packet.sequence, packet]));
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
};

const expectContinuous = (packets: readonly RtpPacket[]): void => {
  packets.forEach((packet, index) => {
    const before = packets[index - 1];
    if (before !== undefined) expect(packet.sequence).toBe(before.sequence + 1);
  });
};

const LAYERS = [
  { rid: 'q', frameBytes: 400 },
  { rid: 'h', frameBytes: 1200 },
  { rid: 'f', frameBytes: 4000 },
];

describe('playing', () => {
  it('begins with a keyframe and forwards everything after it, with the same SSRC to all viewers', async () => {
    harness = new PlaneHarness({ seed: 3 });
    await harness.publish();
    harness.clock.advance(2000);
    const one = await watch(harness);
    const two = await watch(harness);
    harness.clock.advance(3000);
    for (const viewer of [one, two]) {
      const first = viewer.video[0];
      expect(first && startsKeyframe('h264', rtpPayload(first))).toBe(true);
      expectContinuous(viewer.video);
      expect(viewer.video.length).toBeGreaterThan(230);
      expect(viewer.audio.length).toBeGreaterThan(140);
      expect(viewer.reports).toBeGreaterThanOrEqual(4);
      expect(viewer.client.answer.answerSdp).toContain(`a=ssrc:${first?.ssrc} cname`);
    }
    expect(one.video[0]?.ssrc).toBe(two.video[0]?.ssrc);
  });

  it('sends lost packets again', async () => {
    harness = new PlaneHarness({ seed: 4 });
    await harness.publish();
    let count = 0;
    const viewer = await watch(harness, { drop: (packet) => packet.payloadType === 96 && ++count % 20 === 0 });
    harness.clock.advance(3000);
    const packets = sorted(viewer.video);
    expectContinuous(packets.slice(0, -20));
    expect(packets.length).toBeGreaterThan(230);
  });

  it('stays continuous when its publisher comes back', async () => {
    harness = new PlaneHarness({ seed: 5 });
    const first = await harness.publish();
    const viewer = await watch(harness);
    harness.clock.advance(2000);
    first.publisher.stop();
    harness.plane.closeSession(first.sessionId, 'gone');
    harness.clock.advance(2000);
    await harness.publish();
    harness.clock.advance(2000);
    expectContinuous(viewer.video);
    expect(viewer.video.length).toBeGreaterThan(300);
    const stamps = viewer.video.map((packet) => packet.timestamp);
    const ahead = stamps.slice(1).map((stamp, index) => (stamp - (stamps[index] ?? 0)) | 0);
    expect(Math.min(...ahead)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ahead)).toBeLessThan(90_000 * 2.2);
  });

  it('closes viewers of an ended stream, and those whose codec is gone', async () => {
    harness = new PlaneHarness({ seed: 6, limits: { viewerPatienceMs: 5000 } });
    const first = await harness.publish();
    await watch(harness);
    first.publisher.stop();
    harness.plane.closeSession(first.sessionId, 'gone');
    harness.clock.advance(6000);
    expect(harness.events.at(-1)).toMatchObject({ kind: 'session-closed', reason: 'stream-ended' });
    await harness.publish({ sessionId: 'h264' });
    await watch(harness);
    await harness.publish({ sessionId: 'vp8' }, { codec: 'vp8' });
    const reasons = harness.events.flatMap((event) => (event.kind === 'session-closed' ? [event.reason] : []));
    expect(reasons).toEqual(expect.arrayContaining(['replaced', 'codec-changed']));
  });

  it('refuses a viewer without the codec', async () => {
    harness = new PlaneHarness();
    await harness.publish({}, { codec: 'vp8' });
    await expect(harness.open({ kind: 'play' })).rejects.toMatchObject({ code: 'NOT_ACCEPTABLE' });
  });

  it('switches layers at keyframes with continuous numbers, timestamps and picture ids', async () => {
    harness = new PlaneHarness({ seed: 8 });
    await harness.publish({}, { codec: 'vp8', layers: LAYERS });
    harness.clock.advance(1500);
    const viewer = await watch(harness, { codec: 'vp8' });
    for (const rid of ['q', 'f', 'h', 'f']) {
      harness.plane.selectLayer(viewer.client.sessionId, rid);
      harness.clock.advance(1500);
    }
    expectContinuous(viewer.video);
    const frames = viewer.video.filter((packet) => parseVp8Descriptor(rtpPayload(packet))?.startsFrame === true);
    const ids = frames.map((packet) => parseVp8Descriptor(rtpPayload(packet))?.pictureId ?? -1);
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
    const keys = frames.filter((packet) => startsKeyframe('vp8', rtpPayload(packet)));
    const widths = keys.map((packet) => {
      const at = packet.payloadOffset + 4 + 6;
      return (packet.bytes[at] ?? 0) | ((packet.bytes[at + 1] ?? 0) << 8);
    });
    expect(widths.filter((width, index) => width !== widths[index - 1]).slice(-4)).toEqual([400, 4000, 1200, 4000]);
    frames.slice(1).forEach((packet, index) => {
      const step = (packet.timestamp - (frames[index]?.timestamp ?? 0)) | 0;
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThan(9000 * 2);
    });
  });
});
