import { describe, expect, it } from 'vitest';
import { readQuality } from './quality.ts';

const SUBJECT = { streamId: 's', direction: 'publish' as const, atMs: 2000 };

function report(...stats: { id: string; [key: string]: unknown }[]): ReadonlyMap<string, unknown> {
  return new Map(stats.map((one) => [one.id, one]));
}

describe('readQuality', () => {
  it('turns two readings into rates and loss of the time between them', () => {
    const previous = { atMs: 1000, bytes: { audio: 1000, video: 10_000 }, packets: 100, lost: 1 };
    const stats = report(
      { id: 'a', type: 'outbound-rtp', kind: 'audio', bytesSent: 5000, packetsSent: 60, codecId: 'ca' },
      {
        id: 'v',
        type: 'outbound-rtp',
        kind: 'video',
        bytesSent: 135_000,
        packetsSent: 130,
        frameWidth: 640,
        frameHeight: 360,
        framesPerSecond: 30,
        codecId: 'cv',
        qualityLimitationReason: 'none',
      },
      { id: 'ri', type: 'remote-inbound-rtp', kind: 'video', packetsLost: 11 },
      { id: 'ca', type: 'codec', mimeType: 'audio/opus' },
      { id: 'cv', type: 'codec', mimeType: 'video/H264' },
      { id: 'cp', type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.0123 },
    );

    const { quality } = readQuality(stats, { ...SUBJECT, previous });

    expect(quality).toEqual({
      streamId: 's',
      direction: 'publish',
      videoCodec: 'h264',
      audioCodec: 'opus',
      width: 640,
      height: 360,
      framesPerSecond: 30,
      videoBitrateBps: 1_000_000,
      audioBitrateBps: 32_000,
      lostShare: 0.1,
      roundTripMs: 12,
    });
  });

  it('describes simulcast by its largest layer and adds all of their bytes', () => {
    const stats = report(
      { id: 'q', type: 'outbound-rtp', kind: 'video', bytesSent: 10, frameWidth: 320, frameHeight: 180 },
      { id: 'f', type: 'outbound-rtp', kind: 'video', bytesSent: 90, frameWidth: 1280, frameHeight: 720 },
    );

    const { quality, reading } = readQuality(stats, { ...SUBJECT, previous: undefined });

    expect(quality).toMatchObject({ width: 1280, height: 720, videoBitrateBps: 0 });
    expect(reading.bytes.video).toBe(100);
  });

  it('never shows a negative rate after counters began again', () => {
    const previous = { atMs: 1000, bytes: { audio: 9, video: 9_000 }, packets: 100, lost: 50 };

    const { quality } = readQuality(report(), { ...SUBJECT, previous });

    expect(quality).toMatchObject({ videoBitrateBps: 0, audioBitrateBps: 0, lostShare: 0 });
  });
});
