import { describe, expect, it } from 'vitest';
import { findAv1SequenceHeader, normalizeAv1 } from './av1.ts';
import type { VideoCodec } from './codec.ts';
import { describeConfig, isKeyframe, isSameConfig } from './config.ts';
import { findH264Sps, mayReorderH264 } from './h264.ts';
import { findH265Sps } from './h265.ts';
import { parseVp8Header } from './vp8.ts';
import { parseVp9Header, splitVp9Superframe, vp9SuperframeIndex } from './vp9.ts';

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const H264_IDR = '00000001 6588843a';
const H265_IDR = '00000001 2801af';

// Heads of keyframes made with ffmpeg 5.1 (x264, x265, libvpx, SVT-AV1); strings and sizes as ffprobe states them.
type Sample = readonly [
  name: string,
  codec: VideoCodec,
  hex: string,
  codecString: string,
  width: number,
  height: number,
];
const SAMPLES: readonly Sample[] = [
  [
    'constrained baseline, cropped',
    'h264',
    `000000016742c00cda05467889b0110000030001000003001e8f142aa00000000168ce0fc8${H264_IDR}`,
    'avc1.42c00c',
    322,
    182,
  ],
  [
    'high, interlaced, scaling matrix, HRD',
    'h264',
    `0000000167640028acd94078044fde022000000300200000064c4c001e848003d09c98601f162d960000000168febcc030${H264_IDR}`,
    'avc1.640028',
    1920,
    1080,
  ],
  [
    'high 4:4:4 10 bit',
    'h264',
    `0000000167f4000d90d9681519e3e2f011000003000100000300320f142aa00000000168ce0f1920${H264_IDR}`,
    'avc1.f4000d',
    322,
    182,
  ],
  [
    'high 4:2:2 with B-frames',
    'h264',
    `00000001677a001ebcd940a02ff89c0440000003004000000c83c58b65800000000168ebe3cb22c0${H264_IDR}`,
    'avc1.7a001e',
    640,
    360,
  ],
  [
    'main, cropped',
    'h265',
    `0000000140010c01ffff01600000030090000003000003003cba02400000000142010101600000030090000003000003003ca00a880c1c44d96e92930bc05a020000030002000003001e10000000014401c073c189${H265_IDR}`,
    'hvc1.1.6.L60.90',
    322,
    182,
  ],
  [
    'main 10',
    'h265',
    `0000000140010c01ffff02200000030090000003000003003c9594090000000142010102200000030090000003000003003ca00a880c1c44cd965654a4c2f0168080000003008000000c84000000014401c073c189${H265_IDR}`,
    'hvc1.2.4.L60.90',
    322,
    182,
  ],
  [
    'main, high tier',
    'h265',
    `0000000140010c01ffff21600000030090000003000003009695940900000001420101216000000300900000030000030096a00280802d16595952930bc05a020000030002000003003210000000014401c073c189${H265_IDR}`,
    'hvc1.1.6.H150.90',
    1280,
    720,
  ],
  ['key', 'vp8', '1067009d012a4201b6000007088585889984880202b305fd', 'vp8', 322, 182],
  ['profile 0', 'vp9', '824983420014100b560638241c184a000b905fc9f7fbfc9f', 'vp09.00.11.08', 322, 182],
  ['profile 3, 12 bit', 'vp9', 'b124c1a14000a0805ab031c120e0c2e0006b805f7f07e2fb', 'vp09.03.11.12', 322, 182],
  ['main', 'av1', '12000a0b000000043d06d4fbf90040 3204 140021a0', 'av01.0.00M.08', 322, 182],
  ['main, 10 bit', 'av1', '12000a0b000000043d06d4fbf94040 3204 14002210', 'av01.0.00M.10', 322, 182],
];

describe('describeConfig', () => {
  it.each(SAMPLES)('reads %s of %s', (_name, codec, hex, codecString, width, height) => {
    const data = bytes(hex);

    expect(describeConfig(codec, data)).toMatchObject({ codecString, width, height });
    expect(isKeyframe(codec, data)).toBe(true);
  });

  it('gives the parameter sets of H.264 and H.265 alone, in Annex B', () => {
    for (const [, codec, hex] of SAMPLES.filter(([, codec]) => codec === 'h264' || codec === 'h265')) {
      const slice = codec === 'h264' ? H264_IDR : H265_IDR;
      expect(describeConfig(codec, bytes(hex))?.config).toEqual(bytes(hex.slice(0, -slice.length)));
    }
  });

  it('gives the sequence header OBU of AV1 alone', () => {
    expect(describeConfig('av1', bytes('12000a0b000000043d06d4fbf9004032021400'))?.config).toEqual(
      bytes('0a0b000000043d06d4fbf90040'),
    );
  });

  it('describes Opus by name and AAC by its AudioSpecificConfig', () => {
    expect(describeConfig('opus', bytes('fcff'))).toEqual({ codecString: 'opus' });
    expect(describeConfig('aac', bytes('1190'))).toEqual({ codecString: 'mp4a.40.2', config: bytes('1190') });
    expect(isKeyframe('opus', bytes('fcff')) && isKeyframe('aac', bytes('21'))).toBe(true);
  });

  it.each([
    ['h264', '00000001419a'],
    ['h264', '00000001 0605 00000001 419a'],
    ['h265', '000000010201d0'],
    ['vp8', '5119000d113c'],
    ['vp9', '86004092f121'],
    ['av1', '3203300000'],
    ['av1', '12000a0b000000043d06d4fbf90040 32023000 3000'],
  ] as const)('takes no delta frame of %s for a keyframe (%s)', (codec, hex) => {
    expect(isKeyframe(codec, bytes(hex))).toBe(false);
  });

  it('compares configurations by what they say', () => {
    const a = describeConfig('av1', bytes('12000a0b000000043d06d4fbf90040'));
    const b = describeConfig('av1', bytes('0a0b000000043d06d4fbf90040'));

    expect(isSameConfig(a, b)).toBe(true);
    expect(isSameConfig(a, describeConfig('av1', bytes('0a0b000000043d06d4fbf94040')))).toBe(false);
    expect(isSameConfig(a, undefined)).toBe(false);
    expect(isSameConfig(undefined, undefined)).toBe(true);
  });
});

describe('bitstream details', () => {
  it('tells from an SPS whether frames may be reordered', () => {
    const facts = SAMPLES.slice(0, 4).map(([, , hex]) => {
      const sps = findH264Sps(bytes(hex));
      return sps === undefined ? 'none' : [sps.bitDepth, mayReorderH264(sps)];
    });

    expect(facts).toEqual([
      [8, false],
      [8, true],
      [10, false],
      [8, true],
    ]);
    expect(SAMPLES.slice(4, 7).map(([, , hex]) => findH265Sps(bytes(hex))?.numReorderFrames)).toEqual([0, 2, 2]);
  });

  it('reads the VP8 header of a delta frame and refuses a keyframe without start code', () => {
    expect(parseVp8Header(bytes('511900'))).toEqual({ keyframe: false, shown: true });
    expect(parseVp8Header(bytes('1067009d012b4201b600'))).toBeUndefined();
  });

  it('reads the size an inter-coded VP9 frame gives itself', () => {
    // Non-key, shown, not error resilient; refresh and references; no size from a reference; 640x360.
    const bits = `10 0 0 0 1 1 0 00 00000001 ${'000 0 '.repeat(3)} 0 0 0 ${(639).toString(2).padStart(16, '0')} ${(359).toString(2).padStart(16, '0')}`;
    const text = bits.replaceAll(' ', '').padEnd(80, '0');
    const data = Uint8Array.from(text.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));

    expect(parseVp9Header(data)).toEqual({ profile: 0, keyframe: false, shown: true, width: 640, height: 360 });
  });

  it('splits a superframe by its index and describes its largest layer', () => {
    const layers = [bytes('824983420014100b5606'), bytes('8249834200 27f0167000 00')];
    const index = vp9SuperframeIndex(layers.map((layer) => layer.length)) ?? new Uint8Array(0);
    const data = bytes([...layers, index].map((part) => Buffer.from(part).toString('hex')).join(''));

    expect(splitVp9Superframe(data)).toEqual(layers);
    expect(describeConfig('vp9', data)).toMatchObject({ width: 640, height: 360 });
    expect(vp9SuperframeIndex([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeUndefined();
  });

  it('writes AV1 in normal form: sizes everywhere, no delimiter, no padding', () => {
    expect(normalizeAv1(bytes('1200 7a0100 0a01aa 30bbcc'))).toEqual(bytes('0a01aa 3202bbcc'));
    expect(normalizeAv1(bytes('36010203'))).toBeUndefined();
    expect(normalizeAv1(bytes('1200'))).toBeUndefined();
  });

  it('reads an AV1 sequence header with timing and decoder model', () => {
    // profile 0; timing 64 bits, equal interval with uvlc 0; decoder model of 4-bit delays; one point, level 8, high tier.
    const bits =
      `000 0 0 1 ${'0'.repeat(63)}1 1 1 1 00011 ${'0'.repeat(32)} 00000 00000 0 00000` +
      ` ${'0'.repeat(12)} 01000 1 1 0000 0000 0 ` +
      `1010 1001 ${(1279).toString(2).padStart(11, '0')} ${(719).toString(2).padStart(10, '0')}` +
      ' 0 000 0000 0 1 1 000 0 0'.padEnd(80, '0');
    const text = bits.replaceAll(' ', '');
    const data = Uint8Array.from(text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? [], (byte) =>
      Number.parseInt(byte, 2),
    );
    const obu = new Uint8Array([0x0a, data.length, ...data]);

    expect(findAv1SequenceHeader(obu)).toMatchObject({ levelIdx: 8, highTier: true, width: 1280, height: 720 });
  });
});
