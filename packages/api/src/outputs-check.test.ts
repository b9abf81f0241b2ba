import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { OUTPUTS_MAX } from './outputs.ts';
import { type AskedOutputs, checkOutputs } from './outputs-check.ts';
import { StartRecordingRequest } from './recordings.ts';

const fits = (asked: unknown): boolean =>
  Value.Check(StartRecordingRequest, { roomId: 'r', mode: 'single', ...(asked as object) });

describe('outputs', () => {
  it.each<[string, AskedOutputs]>([
    ['nothing', {}],
    ['one format with new files', { format: 'mp4', newFileSeconds: 600, newFileMegabytes: 500 }],
    ['sound only', { format: 'mp3', media: 'audio' }],
    [
      'pictures and sound apart',
      {
        outputs: [
          { format: 'mp4', media: 'video' },
          { format: 'mp4', media: 'audio' },
        ],
      },
    ],
    [
      'series of pictures',
      { outputs: [{ format: 'jpeg' }, { format: 'jpeg', everySeconds: 1 }, { format: 'webp', width: 320 }] },
    ],
    [
      'eight',
      { outputs: [2, 3, 4, 5, 6, 7, 8, 9].map((segmentSeconds) => ({ format: 'hls' as const, segmentSeconds })) },
    ],
  ])('may be %s', (_, asked) => {
    expect(fits(asked)).toBe(true);
    expect(checkOutputs(asked)).toBeUndefined();
  });

  it.each<[string, AskedOutputs, string, string]>([
    ['beside a format', { format: 'mp4', outputs: [{ format: 'mp3' }] }, 'format', 'each output has its own'],
    [
      'beside a limit',
      { newFileSeconds: 60, outputs: [{ format: 'mp3' }] },
      'newFileSeconds',
      'each output has its own',
    ],
    [
      'as pictures of sound',
      { outputs: [{ format: 'mp4' }, { format: 'mp3', media: 'video' }] },
      'outputs.1.media',
      'mp3 holds sound only',
    ],
    ['as pictures of sound alone', { format: 'wav', media: 'video' }, 'media', 'wav holds sound only'],
    [
      'as new files of HLS',
      { outputs: [{ format: 'hls', newFileSeconds: 60 }] },
      'outputs.0.newFileSeconds',
      'HLS is cut into segments',
    ],
    [
      'as new files of HLS alone',
      { format: 'hls', newFileMegabytes: 5 },
      'newFileMegabytes',
      'HLS is cut into segments',
    ],
    [
      'as new files of pictures',
      { outputs: [{ format: 'webp', newFileMegabytes: 5 }] },
      'outputs.0.newFileMegabytes',
      'each picture is a file',
    ],
    [
      'as sound of pictures',
      { outputs: [{ format: 'jpeg', media: 'audio' }] },
      'outputs.0.media',
      'jpeg is a series of pictures',
    ],
    [
      'as pictures each second of MP4',
      { outputs: [{ format: 'mp4', everySeconds: 5 }] },
      'outputs.0.everySeconds',
      'only jpeg and webp',
    ],
    [
      'as narrow WebM',
      { outputs: [{ format: 'mp3' }, { format: 'webm', width: 320 }] },
      'outputs.1.width',
      'only jpeg and webp',
    ],
    [
      'twice',
      { outputs: [{ format: 'mp3' }, { format: 'mp4' }, { format: 'mp4', media: 'audio-video' }] },
      'outputs.2',
      'the same as outputs.1',
    ],
  ])('are refused %s', (_, asked, field, why) => {
    expect(fits(asked)).toBe(true);
    const problem = checkOutputs(asked);

    expect(problem).toMatchObject({ code: 'INVALID_REQUEST', details: { problems: [{ field }] } });
    expect(problem?.message).toMatch(new RegExp(`^${field} must `));
    expect(problem?.message).toContain(why);
  });

  it.each<[string, object]>([
    ['none', { outputs: [] }],
    ['more than eight', { outputs: Array.from({ length: OUTPUTS_MAX + 1 }, () => ({ format: 'mp4' })) }],
    ['without a format', { outputs: [{ media: 'audio' }] }],
    ['unknown', { outputs: [{ format: 'avi' }] }],
    ['too short', { newFileSeconds: 9 }],
    ['too long', { newFileSeconds: 86_401 }],
    ['too small', { newFileMegabytes: 0 }],
    ['too large', { newFileMegabytes: 100_001 }],
    ['too often', { outputs: [{ format: 'jpeg', everySeconds: 0 }] }],
    ['too seldom', { outputs: [{ format: 'jpeg', everySeconds: 3601 }] }],
    ['too narrow', { outputs: [{ format: 'jpeg', width: 62 }] }],
    ['too wide', { outputs: [{ format: 'jpeg', width: 3842 }] }],
    ['odd', { outputs: [{ format: 'jpeg', width: 321 }] }],
    ['with more', { outputs: [{ format: 'mp4', quality: 5 }] }],
  ])('do not fit the schema: %s', (_, asked) => {
    expect(fits(asked)).toBe(false);
  });
});
