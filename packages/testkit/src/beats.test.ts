import { mediaUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { analyseRecording } from './analyse.ts';
import { chartBeats, findFlashes } from './beats.ts';
import type { RecordingFacts, VideoFrameFact } from './recording-facts.ts';

const FRAME_US = 1e6 / 30;

/** Pictures of a file whose time 0 is `signalUs` of signal time, from one file time to another. */
function pictures(at: { fromUs: number; toUs: number; signalUs: number }): VideoFrameFact[] {
  const count = Math.round((at.toUs - at.fromUs) / FRAME_US);
  return Array.from({ length: count }, (_, i) => {
    const signalUs = at.signalUs + at.fromUs + i * FRAME_US;
    return {
      ptsUs: mediaUs(Math.round(at.fromUs + i * FRAME_US)),
      isFlash: Math.round(signalUs) % 1e6 < 99_999,
      counter: Math.round(signalUs / FRAME_US),
      participantIndex: 0,
    };
  });
}

function factsOf(frames: VideoFrameFact[]): RecordingFacts {
  const toUs = mediaUs((frames.at(-1)?.ptsUs ?? 0) + FRAME_US);
  return {
    name: 'made',
    container: 'mp4',
    bytes: 1,
    durationUs: toUs,
    video: {
      codec: 'h264',
      width: 320,
      height: 180,
      sizes: ['320x180'],
      frames,
      span: { fromUs: mediaUs(0), toUs },
      decodeErrorCount: 0,
    },
  };
}

function codes(frames: VideoFrameFact[], expectation = {}): string[] {
  return [...new Set(analyseRecording(factsOf(frames), expectation).faults.map((fault) => fault.code))];
}

describe('beats', () => {
  it('cover the whole file at the phase of its flashes', () => {
    const frames = pictures({ fromUs: 0, toUs: 5e6, signalUs: 600_000 });

    const chart = chartBeats({
      flashes: findFlashes(frames, FRAME_US),
      beeps: [],
      span: { fromUs: mediaUs(0), toUs: mediaUs(5e6) },
      cutsMax: 0,
    });

    expect(chart.beats.map((beat) => beat.atUs)).toEqual([400_000, 1_400_000, 2_400_000, 3_400_000, 4_400_000]);
    expect(chart.beats.every((beat) => beat.flash?.isExact)).toBe(true);
  });

  it('stay where they are through a gap and say what is missing in it', () => {
    const frames = [
      ...pictures({ fromUs: 0, toUs: 2.9e6, signalUs: 600_000 }),
      ...pictures({ fromUs: 4.9e6, toUs: 8e6, signalUs: 600_000 }),
    ];

    expect(codes(frames)).toEqual(['FLASH_MISSING', 'FRAMES_MISSING']);
    expect(codes(frames, { spans: [{ fromS: 2.8, toS: 5, flash: 'optional' }] })).toEqual([]);
  });

  it('accept a pause that was closed up only where a cut is expected', () => {
    const before = pictures({ fromUs: 0, toUs: 3e6, signalUs: 600_000 });
    const after = pictures({ fromUs: 3e6, toUs: 7e6, signalUs: 600_000 + 4.3e6 });
    const frames = [...before, ...after];

    expect(codes(frames, { cutsMax: 1 })).toEqual([]);
    expect(codes(frames)).toContain('FLASH_STRAY');
    expect(codes(frames)).toContain('FRAMES_MISSING');
  });

  it('notice a picture that is shown twice, too late, or not in order', () => {
    const frames = pictures({ fromUs: 0, toUs: 4e6, signalUs: 600_000 });
    const [a, b] = [frames[50], frames[51]];
    if (a === undefined || b === undefined) throw new Error('the pictures are made above');
    const changed = (changes: Readonly<Record<number, VideoFrameFact>>): VideoFrameFact[] =>
      frames.map((frame, i) => changes[i] ?? frame);

    expect(codes(changed({ 51: { ...b, counter: a.counter ?? 0 } }))).toContain('FRAMES_REPEATED');
    expect(codes(changed({ 50: { ...b, ptsUs: a.ptsUs }, 51: { ...a, ptsUs: b.ptsUs } }))).toContain(
      'FRAMES_OUT_OF_ORDER',
    );
    expect(codes(changed({ 51: { ...b, ptsUs: mediaUs(b.ptsUs + 15_000) } }))).toEqual(['CADENCE']);
    expect(codes(changed({ 51: { ...b, ptsUs: a.ptsUs } }))).toContain('PTS_NOT_RISING');
  });

  it('notice a picture that froze while it was white', () => {
    const frames = pictures({ fromUs: 0, toUs: 4e6, signalUs: 600_000 });
    const frozen = frames.map((frame, i) => (i > 44 && i < 60 ? { ...frame, isFlash: true } : frame));

    expect(codes(frozen)).toEqual(['FLASH_LENGTH']);
  });

  it('take pictures that are missing after a flash for missing, not for a long flash', () => {
    const frames = pictures({ fromUs: 0, toUs: 4e6, signalUs: 600_000 });
    const holed = frames.filter((_, i) => i < 45 || i > 49);

    expect(codes(holed)).toEqual(['FRAMES_MISSING']);
    expect(codes(holed, { missingFramesMax: 5 })).toEqual([]);
  });

  it('follow a republication whose count begins anew, where one is expected', () => {
    const frames = [
      ...pictures({ fromUs: 0, toUs: 3e6, signalUs: 600_000 }),
      ...pictures({ fromUs: 3e6, toUs: 6e6, signalUs: 600_000 }).map((frame, i) => ({ ...frame, counter: i })),
    ];

    expect(codes(frames, { cutsMax: 1 })).toEqual([]);
    expect(codes(frames)).toEqual(['FRAMES_OUT_OF_ORDER']);
  });
});
