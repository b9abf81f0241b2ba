import { mediaUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { analyseRecording } from './analyse.ts';
import type { BeepFact } from './beep-detector.ts';
import { DEFAULT_EXPECTATION, type Expectation } from './expectation.ts';
import { beepHzOf } from './flash-beep.ts';
import type { RecordingFacts, VideoFrameFact } from './recording-facts.ts';

const EXPECTATION = { ...DEFAULT_EXPECTATION, video: 'optional', participantIndex: 5 } as const;

describe('whom a recording shows', () => {
  it('is not told by a tone that the start of the file cuts, which rings at other pitches', () => {
    const facts = soundOf([beepAt(0, 7, false), beepAt(700_000, 5), beepAt(1_700_000, 5)]);

    const { faults, participants } = analyseRecording(facts, EXPECTATION);

    expect(participants).toEqual([5]);
    expect(faults.filter(({ code }) => code === 'WRONG_PARTICIPANT')).toEqual([]);
  });

  it('is not told by a tone that the end of the file cuts', () => {
    const facts = soundOf([beepAt(700_000, 5), beepAt(1_700_000, 5), { ...beepAt(2_463_000, 7), durationUs: 37_000 }]);

    expect(analyseRecording(facts, EXPECTATION).participants).toEqual([5]);
  });

  it('tells a drift from the scatter of a few seconds', () => {
    const seconds = Array.from({ length: 20 }, (_, second) => second);
    const scattered = seconds.map((second) => ({ second, offsetMs: ((second * 7) % 5) * 3 }));
    const sliding = seconds.map((second) => ({ second, offsetMs: second * 0.6 }));

    expect(driftCodes(scattered)).toEqual([]);
    expect(driftCodes(sliding)).toEqual(['DRIFT']);
  });

  it('takes a step in a short file for no drift', () => {
    const stepped = [4.3, 4.3, 4.3, 4.3, 1.5, 1.5, 1.5].map((offsetMs, second) => ({ second, offsetMs }));

    expect(driftCodes(stepped)).toEqual([]);
  });

  it('measures no offset by a beep that was optional: a cut one begins late', () => {
    const cut = [0, 0, 70, 0, 0].map((offsetMs, second) => ({ second, offsetMs }));
    const isUnmuted = [{ fromS: 2.2, toS: 3, beep: 'optional' }] as const;

    expect(faultCodes(cut)).toEqual(['OFFSET']);
    expect(faultCodes(cut, { spans: isUnmuted })).toEqual([]);
  });

  it('is told by every whole tone', () => {
    const facts = soundOf([beepAt(700_000, 5), beepAt(1_200_000, 7), beepAt(1_700_000, 5)]);

    expect(analyseRecording(facts, EXPECTATION).faults.map(({ code }) => code)).toContain('WRONG_PARTICIPANT');
  });
});

function beepAt(startUs: number, participant: number, isExact = true): BeepFact {
  return { startUs: mediaUs(startUs), durationUs: 100_000, frequencyHz: beepHzOf(participant), isExact };
}

type SecondOffset = { readonly second: number; readonly offsetMs: number };

function driftCodes(offsets: readonly SecondOffset[]): string[] {
  return faultCodes(offsets).filter((code) => code === 'DRIFT');
}

/** Codes when the beep of each second is that much later than its flash. */
function faultCodes(offsets: readonly SecondOffset[], expectation: Partial<Expectation> = {}): string[] {
  const beeps = offsets.map(({ second, offsetMs }) => beepAt(second * 1e6 + 500_000 + offsetMs * 1e3, 5));
  const frames = Array.from({ length: offsets.length * 30 }, (_, index): VideoFrameFact => {
    const ptsUs = mediaUs(Math.round((index * 1e6) / 30));
    const isFlash = index % 30 >= 15 && index % 30 < 18;
    return { ptsUs, isFlash, counter: index, participantIndex: 5 };
  });
  const span = { fromUs: mediaUs(0), toUs: mediaUs(offsets.length * 1e6) };
  const sound = soundOf(beeps);
  if (sound.audio === undefined) throw new Error('no sound');
  const video = { codec: 'h264', width: 320, height: 180, sizes: ['320x180'], span, frames, decodeErrorCount: 0 };
  const facts = { ...sound, video, durationUs: span.toUs, audio: { ...sound.audio, span } };
  return analyseRecording(facts, { ...EXPECTATION, ...expectation }).faults.map(({ code }) => code);
}

function soundOf(beeps: readonly BeepFact[]): RecordingFacts {
  const span = { fromUs: mediaUs(0), toUs: mediaUs(2_500_000) };
  const audio = { codec: 'opus', sampleRate: 48_000, channels: 1, beeps, span, holes: [], decodeErrorCount: 0 };
  return { name: 'sound.webm', container: 'webm', bytes: 1000, durationUs: 2_500_000, audio };
}
