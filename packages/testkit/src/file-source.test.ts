import { afterAll, describe, expect, it } from 'vitest';
import { createFileSource } from './file-source.ts';
import { KnownFiles } from './testing/known-files.ts';

const files = new KnownFiles();
afterAll(() => files.close());

describe('file source', () => {
  it('sends every picture and all sound of a file at its own times', () => {
    const source = createFileSource({ path: files.make({ seconds: 3, phaseS: 0.5 }) });
    const frames = Array.from({ length: 400 }, (_, i) => source.read(i * 10_000)).flat();
    const of = (kind: string): number[] => frames.filter((frame) => frame.kind === kind).map((frame) => frame.ptsUs);

    expect(of('video')).toHaveLength(90);
    expect(of('video').map((pts, i) => Math.abs(pts - (i * 1e6) / 30) < 20)).not.toContain(false);
    expect(of('audio').length).toBeGreaterThanOrEqual(149);
    expect(source.isEnded).toBe(true);
    source.close();
  });

  it('reads only as far as it is asked to', () => {
    const source = createFileSource({ path: files.make({ seconds: 3 }) });

    const frames = source.read(1_000_000);

    expect(Math.max(...frames.map((frame) => frame.ptsUs))).toBeLessThanOrEqual(1_000_000);
    expect(source.isEnded).toBe(false);
    source.close();
  });

  it('makes one of the next pictures a keyframe when asked', () => {
    const source = createFileSource({ path: files.make({ seconds: 2 }) });
    source.read(500_000);

    source.requestKeyframe();

    expect(source.read(1_500_000).some((frame) => frame.kind === 'video' && frame.type === 'key')).toBe(true);
    source.close();
  });

  it('says what is wrong with a file it cannot play', () => {
    expect(() => createFileSource({ path: '/nowhere/at-all.mp4' })).toThrow(/at-all.mp4/);
  });
});
