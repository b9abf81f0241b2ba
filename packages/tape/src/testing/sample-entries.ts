// Entries for tests: a stream with a video and an audio track, with content that tells frames apart.

import { type Ticks, type TrackId, ticks, type UnixUs, unixUs } from '@roomtape/media';
import type { FrameEntry, SequencedEntry, TapeEntry } from '../entry.ts';
import type { TapeReader } from '../tape-reader.ts';

/** When the sample stream begins. */
export const SAMPLE_START_AT: UnixUs = unixUs(1_700_000_000_000_000);

/** The first entries of a stream with video as track 1 and audio as track 2. */
export function sampleStart(): TapeEntry[] {
  const at = SAMPLE_START_AT;
  return [
    { kind: 'tape-opened', at, tapeId: 'tp_sample', roomId: 'r', streamId: 's', userId: 'u' },
    { kind: 'track-added', at, trackId: 1, mediaKind: 'video', codec: 'h264', clockRate: 90_000 },
    {
      kind: 'config-changed',
      at,
      trackId: 1,
      codecString: 'avc1.42e01f',
      width: 640,
      height: 360,
      config: new Uint8Array([0, 0, 0, 1, 0x67, 0xf5, 0x52, 0x54, 0xe1]),
    },
    { kind: 'track-added', at, trackId: 2, mediaKind: 'audio', codec: 'opus', clockRate: 48_000, channels: 2 },
    { kind: 'clock-anchor', trackId: 1, ticks: ticks(900_000), senderAt: at, arrivedAt: at },
  ];
}

/** Video frame `index` of a 30 fps stream; every 30th is a keyframe. */
export function sampleVideo(index: number, bytes = 40): FrameEntry {
  return sampleFrame({
    trackId: 1,
    pts: ticks(900_000 + index * 3000),
    arrivedAt: unixUs(SAMPLE_START_AT + Math.round((index * 1_000_000) / 30)),
    key: index % 30 === 0,
    data: new Uint8Array(bytes).map((_, offset) => (index * 31 + offset * 7) & 255),
  });
}

/** Audio frame `index` of a 20 ms Opus stream. */
export function sampleAudio(index: number, bytes = 20): FrameEntry {
  return sampleFrame({
    trackId: 2,
    pts: ticks(index * 960),
    arrivedAt: unixUs(SAMPLE_START_AT + index * 20_000),
    key: true,
    data: new Uint8Array(bytes).fill(index & 255),
  });
}

/** Everything a reader has now. */
export function readAll(reader: TapeReader): SequencedEntry[] {
  const entries = [...reader];
  reader.close();
  return entries;
}

function sampleFrame(frame: {
  trackId: TrackId;
  pts: Ticks;
  arrivedAt: UnixUs;
  key: boolean;
  data: Uint8Array;
}): FrameEntry {
  const { trackId, pts, arrivedAt, key, data } = frame;
  return { kind: 'frame', trackId, type: key ? 'key' : 'delta', pts, dts: pts, arrivedAt, data };
}
