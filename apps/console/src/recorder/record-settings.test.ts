import { describe, expect, it } from 'vitest';
import { changeSettings, defaultSettings, filePathOf, recordConfigOf } from './record-settings.ts';

const KEEP = { kind: 'keep' } as const;
const FIRST = defaultSettings('aux');

describe('settings of the recorder page', () => {
  it('become what the SDK asks for', () => {
    const settings = changeSettings(FIRST, { name: ' lessons/one ', size: '1280x720', framesPerSecond: 24 });

    expect(recordConfigOf(settings, KEEP)).toEqual({
      filePath: 'lessons/one.mp4',
      recordType: 'audio-and-video',
      ifExists: 'rename',
      framesPerSecond: 24,
      videoCodec: 'h264',
      width: 1280,
      height: 720,
      progressIntervalMs: 500,
      target: KEEP,
    });
  });

  it('ask for no canvas when the picture keeps its size', () => {
    expect(recordConfigOf(FIRST, KEEP)).not.toHaveProperty('width');
  });

  it('say nothing of pictures for a file without', () => {
    const config = recordConfigOf(changeSettings(FIRST, { format: 'aac' }), KEEP);

    expect(config).toMatchObject({ filePath: 'aux-recording.aac', recordType: 'only-audio' });
    expect(config).not.toHaveProperty('videoCodec');
  });

  it('take the picture back when the format can hold one again', () => {
    const sound = changeSettings(FIRST, { format: 'aac' });

    expect(changeSettings(sound, { format: 'flv' }).content).toBe('audio-and-video');
  });

  it('keep what was chosen when another format is chosen', () => {
    const picture = changeSettings(FIRST, { content: 'only-video' });

    expect(changeSettings(picture, { format: 'flv' }).content).toBe('only-video');
    expect(filePathOf(changeSettings(picture, { format: 'flv' }))).toBe('aux-recording.flv');
  });
});
