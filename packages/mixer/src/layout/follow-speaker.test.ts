import { mediaUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { followSpeaker, nobodySpeaking, type SpeakerState } from './follow-speaker.ts';

type Scene = Readonly<Record<string, number>>;

/** Plays loudness by name for a while, five times a second, and returns who spoke at the end. */
function play(state: SpeakerState, scene: Scene, span: { from: number; to: number }): SpeakerState {
  const levels = Object.entries(scene).map(([inputId, loudness]) => ({ inputId, loudness }));
  let next = state;
  for (let ms = span.from; ms < span.to; ms += 200) next = followSpeaker(next, levels, mediaUs(ms * 1000));
  return next;
}

describe('the active speaker', () => {
  it('is nobody in silence, and the loudest as soon as somebody speaks', () => {
    const quiet = play(nobodySpeaking(), { ada: 0.001, ben: 0 }, { from: 0, to: 3000 });

    expect(quiet.inputId).toBeUndefined();
    expect(play(quiet, { ada: 0.1, ben: 0.3 }, { from: 3000, to: 3200 }).inputId).toBe('ben');
  });

  it('stays through a short remark of another', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3, ben: 0 }, { from: 0, to: 5000 });
    const remark = play(ada, { ada: 0.05, ben: 0.4 }, { from: 5000, to: 5800 });

    expect(remark.inputId).toBe('ada');
    expect(play(remark, { ada: 0.3, ben: 0 }, { from: 5800, to: 9000 }).inputId).toBe('ada');
  });

  it('changes after a second of somebody else, or of somebody much louder', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3, ben: 0 }, { from: 0, to: 5000 });

    expect(play(ada, { ada: 0, ben: 0.2 }, { from: 5000, to: 6400 }).inputId).toBe('ben');
    expect(play(ada, { ada: 0.3, ben: 0.6 }, { from: 5000, to: 6400 }).inputId).toBe('ben');
    expect(play(ada, { ada: 0.3, ben: 0.4 }, { from: 5000, to: 15_000 }).inputId).toBe('ada');
  });

  it('stays at least two seconds', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3, ben: 0 }, { from: 0, to: 200 });

    expect(play(ada, { ada: 0, ben: 0.3 }, { from: 200, to: 1900 }).inputId).toBe('ada');
    expect(play(ada, { ada: 0, ben: 0.3 }, { from: 200, to: 2200 }).inputId).toBe('ben');
  });

  it('stays when everybody falls silent', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3, ben: 0 }, { from: 0, to: 2000 });

    expect(play(ada, { ada: 0, ben: 0 }, { from: 2000, to: 60_000 }).inputId).toBe('ada');
  });

  it('goes on at once to the loudest when the speaker leaves', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3, ben: 0.1, cleo: 0.2 }, { from: 0, to: 400 });

    expect(followSpeaker(ada, [{ inputId: 'cleo', loudness: 0.2 }], mediaUs(400_000)).inputId).toBe('cleo');
    expect(followSpeaker(ada, [], mediaUs(400_000)).inputId).toBeUndefined();
  });

  it('shows one of two who dispute while a third is silent', () => {
    let state = play(nobodySpeaking(), { ada: 0.3, ben: 0, cleo: 0 }, { from: 0, to: 3000 });
    for (let ms = 3000; ms < 6000; ms += 400) {
      state = play(state, { ada: 0, ben: 0.3, cleo: 0.2 }, { from: ms, to: ms + 200 });
      state = play(state, { ada: 0, ben: 0.2, cleo: 0.3 }, { from: ms + 200, to: ms + 400 });
    }

    expect(state.inputId).not.toBe('ada');
  });

  it('is the same object while nothing changes', () => {
    const ada = play(nobodySpeaking(), { ada: 0.3 }, { from: 0, to: 400 });

    expect(followSpeaker(ada, [{ inputId: 'ada', loudness: 0.1 }], mediaUs(500_000))).toBe(ada);
  });
});
