import { describe, expect, it } from 'vitest';
import { canvasSizeOf, h264Name, letterbox, pictureSettingsOf } from './record-settings.ts';

const config = { filePath: 'a.mp4' };
const hd = { width: 1280, height: 720 };

describe('settings of a recording', () => {
  it('are 1.5 Mbps at 720p30 and less than half of twice the pixels more', () => {
    expect(pictureSettingsOf(config, hd)).toEqual({
      ...hd,
      codec: 'h264',
      framesPerSecond: 30,
      bitrateBps: 1_500_000,
      keyframeIntervalUs: 500_000,
    });
    expect(pictureSettingsOf({ ...config, framesPerSecond: 60 }, hd).bitrateBps).toBe(2_611_652);
    expect(pictureSettingsOf(config, { width: 64, height: 64 }).bitrateBps).toBe(200_000);
  });

  it('have an even canvas of the first picture, or of the shape it has', () => {
    expect(canvasSizeOf({}, { width: 641, height: 361 })).toEqual({ width: 640, height: 360 });
    expect(canvasSizeOf({ width: 640 }, hd)).toEqual({ width: 640, height: 360 });
    expect(canvasSizeOf({ height: 181 }, hd)).toEqual({ width: 320, height: 180 });
    expect(canvasSizeOf({ width: 333.3, height: 100 }, hd)).toEqual({ width: 332, height: 100 });
  });

  it('fit pictures of another shape in, in the middle and on even pixels', () => {
    expect(letterbox({ width: 360, height: 640 }, { width: 640, height: 360 })).toEqual({
      x: 218,
      y: 0,
      width: 202,
      height: 360,
    });
    expect(letterbox({ width: 320, height: 180 }, hd)).toEqual({ ...hd, x: 0, y: 0 });
  });

  it.each([
    [{ width: 640, height: 360 }, 'avc1.42E01e'],
    [hd, 'avc1.42E01f'],
    [{ width: 1920, height: 1080 }, 'avc1.42E028'],
    [{ width: 3840, height: 2160 }, 'avc1.42E033'],
    [{ width: 8192, height: 8192 }, 'avc1.42E034'],
  ])('take the lowest level for %j', (size, name) => {
    expect(h264Name(pictureSettingsOf(config, size), 'constrained-baseline')).toBe(name);
  });
});
