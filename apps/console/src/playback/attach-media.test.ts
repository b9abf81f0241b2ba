import { describe, expect, it } from 'vitest';
import { containerOf } from './attach-media.ts';

describe('containerOf', () => {
  it.each([
    ['lesson.mp4', 'mp4'],
    ['a/b.c/lesson.FLV', 'flv'],
    ['index.m3u8', 'hls'],
    ['voice.aac', 'aac'],
  ])('knows what %s is', (name, container) => {
    expect(containerOf(name)).toBe(container);
  });
});
