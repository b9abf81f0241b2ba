import { describe, expect, it } from 'vitest';
import { RoomtapeClientError } from '../errors.ts';
import type { DataRecordConfig } from './record-config.ts';
import { checkRecordConfig, containerOfPath, kindsToRecord } from './record-path.ts';

const both = { video: true, audio: true };

function codeOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof RoomtapeClientError ? error.code : error;
  }
}

function codeOfConfig(config: object): unknown {
  return codeOf(() => checkRecordConfig({ filePath: 'a.mp4', ...config } as DataRecordConfig));
}

describe('path of a recording', () => {
  it.each([
    ['a.mp4', 'mp4'],
    ['lessons/2026/a b.FLV', 'flv'],
    ['übung.zwei.aac', 'aac'],
    [`${'ä'.repeat(509)}.mp4`, 'mp4'],
  ])('takes %s', (path, container) => {
    expect(containerOfPath(path)).toBe(container);
  });

  it.each([
    ['', 'RECORD_PATH_INVALID'],
    ['lessons/', 'RECORD_PATH_INVALID'],
    ['/a.mp4', 'RECORD_PATH_INVALID'],
    ['a//b.mp4', 'RECORD_PATH_INVALID'],
    ['../a.mp4', 'RECORD_PATH_INVALID'],
    ['a/./b.mp4', 'RECORD_PATH_INVALID'],
    ['a\\b.mp4', 'RECORD_PATH_INVALID'],
    ['a\u0000.mp4', 'RECORD_PATH_INVALID'],
    ['\ud800.mp4', 'RECORD_PATH_INVALID'],
    ['.mp4', 'RECORD_PATH_INVALID'],
    [undefined, 'RECORD_PATH_INVALID'],
    [7, 'RECORD_PATH_INVALID'],
    ['a', 'RECORD_SUFFIX_NOT_SUPPORTED'],
    ['a.mkv', 'RECORD_SUFFIX_NOT_SUPPORTED'],
    ['a.mp4.', 'RECORD_SUFFIX_NOT_SUPPORTED'],
    ['a.constructor', 'RECORD_SUFFIX_NOT_SUPPORTED'],
    [`${'ä'.repeat(510)}.mp4`, 'RECORD_PATH_TOO_LONG'],
    ['a'.repeat(5_000_000), 'RECORD_PATH_TOO_LONG'],
  ])('refuses %j', (path, code) => {
    expect(codeOf(() => containerOfPath(path))).toBe(code);
  });
});

describe('configuration of a recording', () => {
  it('takes everything within its range', () => {
    const config: DataRecordConfig = {
      filePath: 'a.flv',
      recordType: 'audio-and-video',
      ifExists: 'rename',
      progressIntervalMs: 10_000,
      videoCodec: 'h265',
      width: 641,
      height: 361,
      framesPerSecond: 60,
      videoBitrateBps: 10_000,
      audioBitrateBps: 96_000,
      keyframeIntervalMs: 100,
      target: { kind: 'download' },
    };
    expect(checkRecordConfig(config)).toBe('flv');
  });

  it.each([
    { progressIntervalMs: 99 },
    { progressIntervalMs: Number.NaN },
    { width: Number.NaN },
    { height: Number.POSITIVE_INFINITY },
    { width: '640' },
    { framesPerSecond: 0 },
    { framesPerSecond: 61 },
    { videoBitrateBps: -1 },
    { keyframeIntervalMs: null },
    { recordType: 'both' },
    { ifExists: '' },
    { videoCodec: 'vp8' },
    { target: { kind: 'mail' } },
    { target: null },
    { target: { kind: 'file-handle' } },
    { filePath: 'a.aac', recordType: 'only-video' },
  ])('refuses %j with the argument in the details', (config) => {
    expect(codeOfConfig(config)).toBe('INVALID_ARGUMENT');
  });

  it('refuses what is no configuration', () => {
    expect(codeOf(() => checkRecordConfig(undefined as unknown as DataRecordConfig))).toBe('INVALID_ARGUMENT');
  });

  it('refuses H.265 where there is no picture', () => {
    expect(codeOfConfig({ filePath: 'a.aac', videoCodec: 'h265' })).toBe('RECORD_CODEC_NOT_ALLOWED');
  });
});

describe('what is recorded', () => {
  const kinds = (recordType: DataRecordConfig['recordType'], has: { video: boolean; audio: boolean }, path = 'a.mp4') =>
    kindsToRecord({ filePath: path, ...(recordType === undefined ? {} : { recordType }) }, containerOfPath(path), has);

  it('is what the channel has by default', () => {
    expect(kinds(undefined, both)).toEqual(both);
    expect(kinds('default', { video: true, audio: false })).toEqual({ video: true, audio: false });
  });

  it('is both when both are asked for and one is there', () => {
    expect(kinds('audio-and-video', { video: false, audio: true })).toEqual(both);
  });

  it('is never a picture in .aac', () => {
    expect(kinds('audio-and-video', both, 'a.aac')).toEqual({ video: false, audio: true });
  });

  it.each([
    ['only-video', { video: false, audio: true }, 'a.mp4'],
    ['only-audio', { video: true, audio: false }, 'a.mp4'],
    ['default', { video: false, audio: false }, 'a.mp4'],
    ['default', { video: true, audio: false }, 'a.aac'],
  ] as const)('is nothing for %s of %j in %s', (type, has, path) => {
    expect(codeOf(() => kinds(type, has, path))).toBe('RECORD_NOTHING_TO_RECORD');
  });
});
