// Numbers of a recording that are derived from what was asked for: canvas, bitrates, the codec's name and level. Pure.

import type { DataRecordConfig } from './record-config.ts';

/** A size in pixels. */
export type PictureSize = { readonly width: number; readonly height: number };

/** What a recording's pictures are encoded as. */
export type PictureSettings = PictureSize & {
  readonly codec: 'h264' | 'h265';
  readonly framesPerSecond: number;
  readonly bitrateBps: number;
  readonly keyframeIntervalUs: number;
};

const FRAMES_PER_SECOND = 30;
const KEYFRAME_INTERVAL_MS = 500;
const PIXELS_PER_SECOND_720P30 = 1280 * 720 * 30;
const BITRATE_720P30_BPS = 1_500_000;
/** Pictures twice as large need less than twice the bits for the same look. */
const BITRATE_EXPONENT = 0.8;
const BITRATE_BPS = { least: 200_000, most: 20_000_000 };

/** Settings of the pictures, once the size of the first one is known. */
export function pictureSettingsOf(config: DataRecordConfig, first: PictureSize): PictureSettings {
  const { width, height } = canvasSizeOf(config, first);
  const framesPerSecond = config.framesPerSecond ?? FRAMES_PER_SECOND;
  const codec = config.videoCodec ?? 'h264';
  const pixels = width * height * framesPerSecond;
  const byDefault = BITRATE_720P30_BPS * (pixels / PIXELS_PER_SECOND_720P30) ** BITRATE_EXPONENT;
  const bitrateBps = Math.min(BITRATE_BPS.most, Math.max(BITRATE_BPS.least, Math.round(byDefault)));
  return {
    width,
    height,
    codec,
    framesPerSecond,
    bitrateBps: Math.round(config.videoBitrateBps ?? bitrateBps),
    keyframeIntervalUs: (config.keyframeIntervalMs ?? KEYFRAME_INTERVAL_MS) * 1000,
  };
}

/** Bits per second of the sound. */
export function audioBitrateOf(config: DataRecordConfig, channelCount: 1 | 2): number {
  return Math.round(config.audioBitrateBps ?? channelCount * 64_000);
}

/** The file's canvas: as asked for, one side asked for and the other by the first picture's shape, or as that. Even. */
export function canvasSizeOf(asked: Partial<PictureSize>, first: PictureSize): PictureSize {
  const shape = first.width / first.height;
  const width = asked.width ?? (asked.height === undefined ? first.width : asked.height * shape);
  const height = asked.height ?? (asked.width === undefined ? first.height : asked.width / shape);
  return { width: even(width), height: even(height) };
}

/** Where a picture goes on the canvas without changing its shape: as large as it fits, in the middle. */
export function letterbox(picture: PictureSize, canvas: PictureSize): PictureSize & { x: number; y: number } {
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
  // Whole even pixels: chroma of a border through the middle of a 2x2 block would bleed into the bar.
  const width = Math.min(canvas.width, even(Math.round(picture.width * scale)));
  const height = Math.min(canvas.height, even(Math.round(picture.height * scale)));
  return { width, height, x: evenDown((canvas.width - width) / 2), y: evenDown((canvas.height - height) / 2) };
}

/** Macroblocks per picture and per second of the H.264 levels (ITU-T H.264 table A-1). */
const H264_LEVELS: readonly (readonly [number, number, number])[] = [
  [0x1e, 1620, 40_500],
  [0x1f, 3600, 108_000],
  [0x20, 5120, 216_000],
  [0x28, 8192, 245_760],
  [0x2a, 8704, 522_240],
  [0x32, 22_080, 589_824],
  [0x33, 36_864, 983_040],
  [0x34, 36_864, 2_073_600],
];

/** The name WebCodecs knows an H.264 profile by, with the lowest level that takes the pictures. */
export function h264Name(settings: PictureSettings, profile: 'constrained-baseline' | 'high'): string {
  const blocks = Math.ceil(settings.width / 16) * Math.ceil(settings.height / 16);
  const rate = blocks * settings.framesPerSecond;
  const level = H264_LEVELS.find(([, size, speed]) => blocks <= size && rate <= speed)?.[0] ?? 0x34;
  return `avc1.${profile === 'high' ? '6400' : '42E0'}${level.toString(16).padStart(2, '0')}`;
}

/** The name of H.265 Main, with a level wide enough for the pictures (ITU-T H.265 table A.8). */
export function h265Name(settings: PictureSettings): string {
  const pixels = settings.width * settings.height;
  const level = pixels <= 983_040 ? 93 : pixels <= 2_228_224 ? 123 : 156;
  return `hvc1.1.6.L${level}.B0`;
}

function even(size: number): number {
  return Math.max(2, evenDown(size));
}

function evenDown(size: number): number {
  return Math.floor(size / 2) * 2;
}
