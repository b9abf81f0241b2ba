import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileMuxer } from '@roomtape/ffmpeg';
import { describeConfig, type VideoCodec } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import { analyseFile } from './analyse-file.ts';
import type { Analysis } from './analysis.ts';
import type { SourceFrame } from './media-source.ts';
import { createPreEncodedSource, encodeLoop } from './pre-encoded-source.ts';
import { createSyntheticSource, type SyntheticSource, type SyntheticSourceOptions } from './synthetic-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomtape-synthetic-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sound arrives with the codec's 6.5 ms of lead-in before 0: the file starts that much later for all. */
const LEAD_US = 6500;

type Making = Partial<SyntheticSourceOptions> & {
  readonly seconds?: number;
  readonly during?: (source: SyntheticSource, second: number) => void;
};

/** Encodes a synthetic participant into a file without a network and analyses it. */
function analyseSynthetic({ seconds = 4, during, ...options }: Making): Analysis {
  const source = createSyntheticSource({ name: 'ada', participantIndex: 4, width: 320, height: 180, ...options });
  const frames: SourceFrame[] = [];
  for (let tenth = 1; tenth <= seconds * 10; tenth++) {
    if (tenth % 10 === 1) during?.(source, (tenth - 1) / 10);
    frames.push(...source.read(tenth * 100_000 - 1));
  }
  source.close();
  return analyseFile(writeFile(frames, source.video?.codec ?? 'h264'), { participantIndex: 4 });
}

function writeFile(frames: readonly SourceFrame[], codec: VideoCodec): string {
  const container = codec === 'vp8' || codec === 'vp9' ? 'webm' : 'mp4';
  const path = join(folder, `${codec}-${Math.round(frames.length)}.${container}`);
  const first = frames.find((frame) => frame.kind === 'video')?.data ?? new Uint8Array(0);
  const { width = 320, height = 180, config } = describeConfig(codec, first) ?? {};
  const muxer = createFileMuxer({
    path,
    container,
    fragmentMs: 500,
    tracks: [
      { codec, width, height, ...(config === undefined ? {} : { config }) },
      { codec: 'opus', channels: 1, sampleRate: 48_000 },
    ],
  });
  for (const frame of frames) {
    const ptsUs = frame.ptsUs + LEAD_US;
    const [track, durationUs] = frame.kind === 'video' ? [0, 33_333] : [1, 20_000];
    muxer.write({ track, ptsUs, dtsUs: ptsUs, durationUs, key: frame.type === 'key', data: frame.data });
  }
  muxer.finish();
  return path;
}

describe('synthetic source', () => {
  it('survives encoding, muxing and decoding with sound and picture together, in every codec', () => {
    for (const codec of ['h264', 'h265', 'vp8', 'vp9', 'av1'] as const) {
      const analysis = analyseSynthetic({ codec, seconds: 3, signalStartUs: 700_000 });

      expect({ codec, faults: analysis.faults }).toEqual({ codec, faults: [] });
      expect(Math.abs(analysis.offset?.meanMs ?? 99)).toBeLessThan(5);
      expect(analysis.video?.counter.first).toBe(0);
    }
  });

  it('keeps its counter readable at a low bitrate', () => {
    const analysis = analyseSynthetic({ videoBitrateBps: 60_000, isBusy: true });

    expect(analysis.video?.counter).toMatchObject({ unreadable: 0, missing: 0 });
    expect(analysis.faults).toEqual([]);
  });

  it('moves its sound by what it is told to', () => {
    const analysis = analyseSynthetic({ audioSkewUs: 80_000, signalStartUs: 500_000 });

    expect(Math.abs((analysis.offset?.meanMs ?? 0) - 80)).toBeLessThan(2);
  });

  it('runs its microphone fast against its camera', () => {
    // The samples of 8 s come from a clock 1000 ppm fast: read at 48 kHz they last 8 ms longer.
    const analysis = analyseSynthetic({ audioClockPpm: 1000, seconds: 8, signalStartUs: 500_000 });

    expect(Math.abs((analysis.offset?.driftMsPer10Min ?? 0) - 600)).toBeLessThan(40);
  });

  it('changes its size in mid-stream without losing count', () => {
    const analysis = analyseSynthetic({
      seconds: 4,
      during: (source, second) => {
        if (second === 2) source.setSize(640, 360);
      },
    });

    expect(analysis.video?.sizes).toEqual(['320x180', '640x360']);
    expect(analysis.video?.counter).toMatchObject({ missing: 0, unreadable: 0, frames: 120 });
  });

  it('makes keyframes when asked, but not too often', () => {
    const source = createSyntheticSource({ name: 'x', participantIndex: 0, width: 320, height: 180, media: 'video' });
    const keys: number[] = [];
    for (let ms = 0; ms < 1500; ms += 10) {
      if (ms === 500 || ms === 510 || ms === 1000) source.requestKeyframe();
      for (const frame of source.read(ms * 1000)) if (frame.type === 'key') keys.push(frame.ptsUs);
    }
    source.close();

    // Asked for again 10 ms later, it comes when the shortest distance is over.
    expect(keys.map((us) => Math.round(us / 1000))).toEqual([0, 500, 767, 1033]);
  });

  it('plays a loop of itself with rising times and beeps on the beat', () => {
    const loop = encodeLoop({ name: 'loop', participantIndex: 4, width: 320, height: 180, signalStartUs: 500_000 }, 2);
    const source = createPreEncodedSource(loop);
    const frames = Array.from({ length: 60 }, (_, i) => source.read((i + 1) * 100_000 - 1)).flat();

    const analysis = analyseFile(writeFile(frames, 'h264'), { participantIndex: 4, cutsMax: 9 });

    expect(analysis.faults).toEqual([]);
    expect(analysis.seconds.filter((second) => second.flash?.isPresent)).toHaveLength(6);
    expect(analysis.video?.counter.restarts).toBe(2);
  });
});
