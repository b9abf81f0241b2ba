import { createSeededIds, type MediaKind, ntpToUnixUs, splitNals } from '@roomtape/media';
import { isRtcp, parseRtcp, parseRtpPacket, type SenderReport } from '@roomtape/rtp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnsweredMedia } from './client-offer.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakePipe } from './fake-network.ts';
import type { MediaSource } from './media-source.ts';
import type { PacketFaults } from './packet-faults.ts';
import { createPreEncodedSource, type EncodedLoop, encodeLoop } from './pre-encoded-source.ts';
import { type PlayedFrame, RtpPlayer } from './rtp-player.ts';
import { type PublishFaults, RtpPublisher } from './rtp-publisher.ts';
import type { RtpSenderOptions } from './rtp-sender.ts';

let loop: EncodedLoop;
beforeAll(() => {
  loop = encodeLoop({ name: 'loop', participantIndex: 0, width: 320, height: 180, isBusy: true }, 2);
});

const MEDIA: readonly AnsweredMedia[] = [
  { kind: 'video', mid: '1', codec: 'h264', payloadType: 96, rtxPayloadType: 97, transportSequenceId: 3 },
  { kind: 'audio', mid: '0', codec: 'opus', payloadType: 111, transportSequenceId: 3 },
];

function senderOptions(media: AnsweredMedia, first: { sequence: number; timestamp: number }): RtpSenderOptions {
  return {
    kind: media.kind,
    codec: media.codec,
    payloadType: media.payloadType,
    ssrc: media.kind === 'video' ? 1000 : 2000,
    ...(media.rtxPayloadType === undefined ? {} : { rtx: { ssrc: 1001, payloadType: media.rtxPayloadType } }),
    mid: { extensionId: 4, value: media.mid },
    transportSequenceId: 3,
    cname: 'test',
    firstTimestamp: first.timestamp,
    firstSequence: first.sequence,
    clockPpm: 0,
  };
}

type RunOptions = {
  readonly seconds: number;
  readonly network?: PacketFaults;
  readonly faults?: PublishFaults;
  readonly first?: { sequence: number; timestamp: number };
  readonly at?: (run: { publisher: RtpPublisher }, second: number) => void;
};

/** Publishes the loop into a player through a fake network and returns what came out. */
function run(options: RunOptions) {
  const clock = createFakeClock();
  const ids = createSeededIds(1);
  const frames: PlayedFrame[] = [];
  const reports: { report: SenderReport; elapsedUs: number }[] = [];
  const wire: Uint8Array[] = [];
  let player: RtpPlayer | undefined;
  const startAt = clock.now();
  const deliver = (packet: Uint8Array): void => {
    wire.push(packet);
    if (isRtcp(packet)) {
      for (const item of parseRtcp(packet) ?? []) {
        if (item.kind !== 'sender-report') continue;
        reports.push({ report: item, elapsedUs: ntpToUnixUs(item.ntpSeconds, item.ntpFraction) - startAt });
      }
    }
    player?.handlePacket(packet);
  };
  const up = createFakePipe({ clock, ids, faults: options.network ?? {}, deliver });
  const publisher = new RtpPublisher({
    source: createPreEncodedSource(loop),
    tracks: MEDIA.map((media) => senderOptions(media, options.first ?? { sequence: 7, timestamp: 1_000_000 })),
    clock,
    ids,
    send: (packet) => {
      up.send(packet);
      return true;
    },
    startAt,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const down = createFakePipe({
    clock,
    ids,
    faults: options.network ?? {},
    deliver: (packet) => publisher.handlePacket(packet),
  });
  player = new RtpPlayer({
    media: MEDIA,
    clock,
    ids,
    send: (packet) => {
      down.send(packet);
      return true;
    },
    onFrame: (frame) => frames.push(frame),
  });
  for (let second = 0; second < options.seconds; second++) {
    options.at?.({ publisher }, second);
    clock.advance(1000);
  }
  const { counts } = publisher;
  publisher.close();
  clock.advance(1000);
  const received = player.counts;
  player.close();
  return { frames, reports, wire, counts, received };
}

function ptsOf(frames: readonly PlayedFrame[], kind: MediaKind): number[] {
  return frames.filter((frame) => frame.media.kind === kind).map((frame) => frame.pts);
}

describe('publisher and player', () => {
  it('carry every frame as it was encoded', () => {
    const { frames, received } = run({ seconds: 4 });
    const video = frames.filter((frame) => frame.media.kind === 'video');
    const sent = loop.frames.filter((frame) => frame.kind === 'video');

    expect(received.video).toMatchObject({ lost: 0, repaired: 0 });
    expect(video.length).toBeGreaterThanOrEqual(119);
    const nals = (data: Uint8Array): number[] => splitNals(data).map((nal) => nal.length);
    expect(video.slice(0, 60).map((frame) => nals(frame.data))).toEqual(sent.map((frame) => nals(frame.data)));
    expect(ptsOf(frames, 'audio').length).toBeGreaterThanOrEqual(198);
  });

  it('keep their steps across the wrap of sequence and timestamp', () => {
    const { frames, received } = run({ seconds: 4, first: { sequence: 65_500, timestamp: 2 ** 32 - 100_000 } });
    const steps = new Set(ptsOf(frames, 'audio').map((pts, i, all) => pts - (all[i - 1] ?? pts - 960)));

    expect([...steps]).toEqual([960]);
    expect(received.video?.lost).toBe(0);
  });

  it('repair 5 % loss in both directions', () => {
    const network = { lossRate: 0.05, delayMs: 20, jitterMs: 5 };

    const { received, counts } = run({ seconds: 20, network });

    expect(received.video?.repaired).toBeGreaterThan(25);
    expect(received.video?.lost).toBe(0);
    expect(counts.retransmitted).toBeGreaterThanOrEqual(received.video?.repaired ?? 0);
    // Nobody can ask for the very first packet; the loop makes no keyframe on demand, so that may cost 60 pictures.
    expect(received.video?.frames).toBeGreaterThan(20 * 30 - 65);
  });

  it('relate RTP time to wall time exactly in every sender report', () => {
    const { reports } = run({ seconds: 5, first: { sequence: 1, timestamp: 2 ** 32 - 200_000 } });

    for (const { report, elapsedUs } of reports) {
      const rate = report.ssrc === 2000 ? 48_000 : 90_000;
      const expected = (2 ** 32 - 200_000 + (elapsedUs * rate) / 1e6) % 2 ** 32;
      expect(Math.abs(report.rtpTimestamp - expected)).toBeLessThan(2);
    }
    expect(reports.length).toBeGreaterThanOrEqual(10);
  });

  it('know when each frame was captured, once a report has come', () => {
    const { frames } = run({ seconds: 3, network: { delayMs: 80 } });
    const known = frames.filter((frame) => frame.capturedAt !== undefined);
    const errors = known.map((frame) => {
      const rate = frame.media.kind === 'audio' ? 48_000 : 90_000;
      const sentUs = ((frame.pts - 2 ** 32 - 1_000_000) * 1e6) / rate;
      return Math.abs((frame.capturedAt ?? 0) - 1_700_000_000_000_000 - sentUs);
    });

    expect(known.length).toBeGreaterThan(frames.length - 10);
    expect(Math.max(...errors)).toBeLessThan(50);
  });

  it('send nothing of what is muted and number on without a hole', () => {
    const { frames, wire } = run({
      seconds: 6,
      at: ({ publisher }, second) => publisher.setMuted('audio', second >= 2 && second < 4),
    });
    const gaps = ptsOf(frames, 'audio').map((pts, i, all) => pts - (all[i - 1] ?? pts));
    const packets = wire.filter((packet) => !isRtcp(packet)).map((packet) => parseRtpPacket(packet));
    const sequences = packets.filter((packet) => packet?.ssrc === 2000).map((packet) => packet?.sequence ?? -1);

    expect(Math.abs(Math.max(...gaps) - 2 * 48_000)).toBeLessThan(1200);
    expect(sequences).toEqual(sequences.map((_, i) => 7 + i));
  });

  it('leave silence out with DTX and mark where sound begins again', () => {
    const { frames, wire } = run({ seconds: 6, faults: { hasDtx: true } });
    const packets = wire.filter((packet) => !isRtcp(packet)).map((packet) => parseRtpPacket(packet));
    const marked = packets.filter((packet) => packet?.ssrc === 2000 && packet.marker);

    // Six of fifty blocks a second hold sound or its edge, two more keep the stream alive.
    expect(ptsOf(frames, 'audio').length).toBeLessThan(6 * 12);
    expect(marked.length).toBeGreaterThanOrEqual(6);
  });

  it('hold one kind of media back without touching its time', () => {
    const { frames } = run({ seconds: 3, faults: { delayMs: { audio: 300 } } });
    const lateness = (kind: MediaKind, rate: number): number => {
      const frame = frames.find((one) => one.media.kind === kind);
      return (frame?.arrivedAt ?? 0) - 1_700_000_000_000_000 - (((frame?.pts ?? 0) - 2 ** 32 - 1_000_000) * 1e6) / rate;
    };

    expect(lateness('video', 90_000)).toBeLessThan(40_000);
    expect(lateness('audio', 48_000)).toBeGreaterThan(300_000);
    expect(lateness('audio', 48_000)).toBeLessThan(340_000);
  });
});

describe('a publisher that cannot keep up', () => {
  it('leaves pictures out instead of sending them ever later', () => {
    const clock = createFakeClock();
    const skippedTo: number[] = [];
    const source: MediaSource = {
      video: loop.video,
      audio: undefined,
      isEnded: false,
      read: () => [],
      requestKeyframe: () => undefined,
      skipPicturesBefore: (us) => {
        skippedTo.push(us);
        return 1;
      },
      close: () => undefined,
    };
    const publisher = new RtpPublisher({
      source,
      tracks: [],
      clock,
      ids: createSeededIds(1),
      send: () => true,
      startAt: clock.now(),
    });

    clock.advance(5000);

    expect(skippedTo.at(-1)).toBe(4_000_000);
    expect(publisher.counts.skippedPictures).toBe(skippedTo.length);
    publisher.close();
  });
});
