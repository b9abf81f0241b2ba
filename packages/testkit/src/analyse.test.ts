import { mediaUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { analyseRecording } from './analyse.ts';
import type { BeepFact } from './beep-detector.ts';
import { DEFAULT_EXPECTATION } from './expectation.ts';
import { beepHzOf } from './flash-beep.ts';
import type { RecordingFacts } from './recording-facts.ts';

const EXPECTATION = { ...DEFAULT_EXPECTATION, video: 'optional', participantIndex: 5 } as const;

describe('whom a recording shows', () => {
  it('is not told by a tone that the start of the file cuts, which rings at other pitches', () => {
    const facts = soundOf([beepAt(0, 7, false), beepAt(700_000, 5), beepAt(1_700_000, 5)]);

    const { faults, participants } = analyseRecording(facts, EXPECTATION);

    expect(participants).toEqual([5]);
    expect(faults.filter(({ code }) => code === 'WRONG_PARTICIPANT')).toEqual([]);
  });

  it('is told by every whole tone', () => {
    const facts = soundOf([beepAt(700_000, 5), beepAt(1_200_000, 7), beepAt(1_700_000, 5)]);

    expect(analyseRecording(facts, EXPECTATION).faults.map(({ code }) => code)).toContain('WRONG_PARTICIPANT');
  });
});

function beepAt(startUs: number, participant: number, isExact = true): BeepFact {
  return { startUs: mediaUs(startUs), durationUs: 100_000, frequencyHz: beepHzOf(participant), isExact };
}

function soundOf(beeps: readonly BeepFact[]): RecordingFacts {
  const span = { fromUs: mediaUs(0), toUs: mediaUs(2_500_000) };
  const audio = { codec: 'opus', sampleRate: 48_000, channels: 1, beeps, span, holes: [], decodeErrorCount: 0 };
  return { name: 'sound.webm', container: 'webm', bytes: 1000, durationUs: 2_500_000, audio };
}
