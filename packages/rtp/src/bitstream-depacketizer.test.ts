// Real encoders' output through packetizer, loss and depacketizer; facts compared with what ffprobe says.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CodecId,
  describeConfig,
  isKeyframe,
  normalizeAv1,
  opusDurationTicks,
  splitNals,
  ticks,
  unixUs,
} from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';
import { createPacketizer } from './create-packetizer.ts';
import { encodeSample, type FfmpegSample } from './testing/ffmpeg-sample.ts';

type Codec = Exclude<CodecId, 'aac'>;
type Encoding = { readonly codec: Codec; readonly file: string; readonly options: string };

const ENCODINGS: readonly Encoding[] = [
  {
    codec: 'h264',
    file: 'a.h264',
    options: '-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -x264-params aud=1',
  },
  { codec: 'h264', file: 'b.h264', options: '-c:v libx264 -preset veryfast -bf 2 -g 10' },
  {
    codec: 'h265',
    file: 'a.h265',
    options: '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=10:aud=1',
  },
  { codec: 'vp8', file: 'vp8.ivf', options: '-c:v libvpx -deadline realtime -cpu-used 8 -g 10' },
  { codec: 'vp9', file: 'vp9.ivf', options: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 10' },
  {
    codec: 'vp9',
    file: 'altref.ivf',
    options: '-c:v libvpx-vp9 -deadline good -cpu-used 5 -auto-alt-ref 1 -lag-in-frames 8 -g 10',
  },
  { codec: 'av1', file: 'svt.ivf', options: '-c:v libsvtav1 -preset 12 -g 10' },
  { codec: 'av1', file: 'aom.ivf', options: '-c:v libaom-av1 -usage realtime -cpu-used 8 -g 10' },
];

const directory = mkdtempSync(join(tmpdir(), 'roomtape-bitstream-'));
const samples = new Map<string, FfmpegSample>();

function encode(file: string, input: string, options: string): void {
  samples.set(file, encodeSample(join(directory, file), input, options));
}

/** Brings a demuxer's frame into the form of `EncodedFrame.data`. */
function normalize(codec: Codec, data: Uint8Array): Uint8Array {
  if (codec === 'av1') return normalizeAv1(data) ?? new Uint8Array(0);
  if (codec !== 'h264' && codec !== 'h265') return data;
  const isDelimiter = (nal: Uint8Array): boolean =>
    codec === 'h264' ? ((nal[0] ?? 0) & 31) === 9 : (nal[0] ?? 0) >>> 1 === 35;
  const kept = splitNals(data).filter((nal) => !isDelimiter(nal));
  return Uint8Array.from(kept.flatMap((nal) => [0, 0, 0, 1, ...nal]));
}

function sampleOf(file: string): FfmpegSample {
  const sample = samples.get(file);
  if (sample === undefined) throw new Error(`no sample ${file}`);
  return sample;
}

beforeAll(() => {
  for (const { file, options } of ENCODINGS)
    encode(file, 'testsrc2=size=322x182:rate=15:duration=2', `-pix_fmt yuv420p ${options}`);
  encode('opus.ogg', 'sine=duration=1', '-c:a libopus -frame_duration 20');
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(ENCODINGS)('$codec made with $options', ({ codec, file }) => {
  it('has the keyframes and the size ffprobe finds', () => {
    const { stream, frames } = sampleOf(file);

    expect(frames.length).toBeGreaterThanOrEqual(29);
    expect(frames.map(({ data }) => isKeyframe(codec, data))).toEqual(frames.map(({ key }) => key));
    for (const { key, data } of frames) {
      const config = describeConfig(codec, data);
      if (key) expect(config).toMatchObject({ width: stream.width, height: stream.height });
      else expect(config).toBeUndefined();
    }
  });

  it('survives RTP unchanged, and loses only what it must', () => {
    const { frames } = sampleOf(file);
    const packetizer = createPacketizer(codec, { payloadBytesMax: 1188 });
    const depacketizer = createDepacketizer(codec);
    const expected: Uint8Array[] = [];
    const got: Uint8Array[] = [];
    let sequence = 0;
    let whole = false;
    frames.forEach(({ key, data }, i) => {
      const payloads = packetizer.packetize({ type: key ? 'key' : 'delta', pts: ticks(i), data });
      const lost = i % 7 === 5;
      whole = !lost && (key || whole);
      if (whole) expected.push(normalize(codec, data));
      for (const [k, { payload, marker }] of payloads.entries()) {
        sequence += 1;
        if (lost && k === payloads.length - 1) continue;
        const packet = { payload, marker, sequence, timestamp: ticks(6000 * i), arrivedAt: unixUs(0) };
        got.push(...depacketizer.push(packet).map((frame) => frame.data));
      }
    });

    expect(expected.length).toBeGreaterThan(5);
    expect(got).toEqual(expected);
  });
});

describe('Opus made with libopus', () => {
  it('has packets of the length asked for, and survives RTP unchanged', () => {
    const { frames } = sampleOf('opus.ogg');
    const depacketizer = createDepacketizer('opus');
    const got = frames.flatMap(({ data }, i) =>
      depacketizer
        .push({ payload: data, marker: false, sequence: i, timestamp: ticks(960 * i), arrivedAt: unixUs(0) })
        .map((frame) => frame.data),
    );

    expect(frames.map(({ data }) => opusDurationTicks(data))).toEqual(frames.map(() => 960));
    expect(got).toEqual(frames.map(({ data }) => data));
  });
});
