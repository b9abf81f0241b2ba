import { afterAll, describe, expect, it } from 'vitest';
import { analyseFile } from './analyse-file.ts';
import { KnownFiles } from './testing/known-files.ts';

/** Codecs blur an edge a little; the analyser itself is exact to 0.1 ms. */
const OFFSET_TOLERANCE_MS = 1;

const files = new KnownFiles();
afterAll(() => files.close());

function codes(path: string, expectation = {}): string[] {
  return [...new Set(analyseFile(path, expectation).faults.map((fault) => fault.code))];
}

describe('analyser', () => {
  it('finds nothing wrong with a good MP4, whatever part of a second it begins with', () => {
    for (const phaseS of [0, 1 / 15, 0.4, 0.9]) {
      const analysis = analyseFile(files.make({ seconds: 5, phaseS }), { video: 'required', audio: 'required' });

      expect(analysis.faults).toEqual([]);
      expect(Math.abs(analysis.offset?.meanMs ?? 99)).toBeLessThan(OFFSET_TOLERANCE_MS);
      expect(analysis.video?.counter).toMatchObject({ frames: 150, missing: 0, repeated: 0, unreadable: 0, fps: 30 });
      expect(analysis.participants).toEqual([1]);
    }
  });

  it('measures late and early sound to the millisecond', () => {
    for (const audioLateMs of [35, -35, 12, 120, -200]) {
      const analysis = analyseFile(files.make({ seconds: 5, phaseS: 0.5, audioLateMs }));

      expect(Math.abs((analysis.offset?.meanMs ?? 0) - audioLateMs)).toBeLessThan(OFFSET_TOLERANCE_MS);
      expect(analysis.faults.map((fault) => fault.code)).toEqual(
        Math.abs(audioLateMs) > 20 ? Array.from({ length: analysis.offset?.count ?? 0 }, () => 'OFFSET') : [],
      );
    }
  });

  it('reads other containers and codecs as exactly', () => {
    // FFmpeg 5.1 writes Matroska whose sound is early by the pre-skip of Opus, 6.5 ms, rounded to its clock.
    const matroskaMs = -6.5;
    const rows = [
      ['webm', matroskaMs, ['-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '400k', '-c:a', 'libopus']],
      ['mkv', matroskaMs, ['-c:v', 'copy', '-c:a', 'libopus']],
      ['mp4', 0, ['-c:v', 'copy', '-c:a', 'libopus']],
      ['mp4', 0, ['-c:v', 'copy', '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov+delay_moov']],
    ] as const;
    for (const [extension, offsetMs, output] of rows) {
      const analysis = analyseFile(files.make({ seconds: 5, phaseS: 0.3, extension, output }));

      expect(analysis.faults).toEqual([]);
      expect(Math.abs((analysis.offset?.meanMs ?? 99) - offsetMs)).toBeLessThan(OFFSET_TOLERANCE_MS);
    }
  });

  it('names the second whose beep is missing', () => {
    const path = files.make({ seconds: 6, phaseS: 0.5, silentS: [[2.4, 2.8]] });

    const analysis = analyseFile(path);

    expect(analysis.faults).toMatchObject([{ code: 'BEEP_MISSING', atMs: 2500 }]);
    expect(analysis.missingSeconds).toBe(1);
  });

  it('accepts the silence it was told of, and complains when it is not there', () => {
    const muted = files.make({ seconds: 8, phaseS: 0.5, silentS: [[3, 5]] });
    const whole = files.make({ seconds: 8, phaseS: 0.5 });
    const spans = [{ fromS: 3, toS: 5, beep: 'forbidden' }] as const;

    expect(codes(muted, { spans })).toEqual([]);
    expect(codes(muted)).toEqual(['BEEP_MISSING']);
    expect(codes(whole, { spans })).toEqual(['BEEP_UNEXPECTED']);
  });

  it('counts pictures left out and finds the flash that went with them', () => {
    const single = files.make({ seconds: 5, phaseS: 0.5, droppedFrames: (frame) => frame === 70 });
    const second = files.make({ seconds: 6, phaseS: 0.5, droppedFrames: (frame) => frame >= 60 && frame < 90 });

    expect(analyseFile(single).faults).toMatchObject([{ code: 'FRAMES_MISSING', atMs: 2367 }]);
    expect(codes(second)).toEqual(['FLASH_MISSING', 'FRAMES_MISSING']);
    expect(codes(second, { spans: [{ fromS: 1.9, toS: 3.1, flash: 'optional' }] })).toEqual([]);
  });

  it('measures the drift of a slow clock and tells it from none', () => {
    // 200 ppm are 120 ms in 10 minutes, 4 ms in these 20 seconds.
    const drifting = analyseFile(files.make({ seconds: 20, phaseS: 0.5, audioDriftPpm: 200 }));
    const steady = analyseFile(files.make({ seconds: 20, phaseS: 0.5 }));

    expect(Math.abs((drifting.offset?.driftMsPer10Min ?? 0) - 120)).toBeLessThan(6);
    expect(drifting.faults.map((fault) => fault.code)).toEqual(['DRIFT']);
    expect(Math.abs(steady.offset?.driftMsPer10Min ?? 99)).toBeLessThan(5);
  });

  it('notices another participant, a missing track and a wrong length', () => {
    const path = files.make({ seconds: 4, phaseS: 0.5, source: { participantIndex: 3 } });
    const silent = files.make({ seconds: 4, output: ['-c:v', 'copy', '-an'] });

    expect(codes(path, { participantIndex: 3 })).toEqual([]);
    expect(codes(path, { participantIndex: 1 })).toContain('WRONG_PARTICIPANT');
    expect(codes(silent, { audio: 'required' })).toEqual(['TRACK_MISSING']);
    expect(codes(path, { durationMs: 5000 })).toEqual(['DURATION']);
  });

  it('notices sound that ends early and pictures shown at the wrong time', () => {
    const short = files.make({ seconds: 5, output: ['-c:v', 'copy', '-af', 'atrim=end=4', '-c:a', 'aac'] });
    const uneven = files.make({
      seconds: 4,
      output: [
        '-vf',
        'setpts=PTS+0.02/TB*eq(mod(N\\,50)\\,49)',
        '-fps_mode',
        'passthrough',
        '-c:v',
        'libx264',
        '-bf',
        '0',
      ],
    });

    expect(codes(short)).toContain('END_SKEW');
    expect(codes(uneven)).toContain('CADENCE');
  });

  it('notices pictures that are damaged', () => {
    const noise = 'geq=lum=if(between(N\\,70\\,72)\\,128\\,lum(X\\,Y)):cb=cb(X\\,Y):cr=cr(X\\,Y)';
    const path = files.make({ seconds: 4, output: ['-vf', noise, '-c:v', 'libx264', '-c:a', 'aac'] });

    expect(codes(path)).toContain('FRAMES_UNREADABLE');
  });
});
