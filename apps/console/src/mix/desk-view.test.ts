import type { Recording } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { behindWords, focusOf, missingProblem, phaseOf, renderShare, rendersOf } from './desk-view.ts';
import { FIRST_SETTINGS } from './mix-wish.ts';

const film = (mixedMs: number, totalMs?: number) => ({
  ...{ ...FIRST_SETTINGS, mixedMs, lagMs: 0 },
  ...(totalMs === undefined ? {} : { totalMs }),
});
function recording(recordingId: string, state: Recording['state'], more: Partial<Recording> = {}): Recording {
  const at = '2026-01-01T00:00:00Z';
  return {
    ...{ recordingId, state, roomId: 'r', mode: 'mix', media: 'audio-video', format: 'mp4', audioCodec: 'aac' },
    ...{ createdAt: at, updatedAt: at, problems: [], files: [], ...more },
  };
}

const RENDER = recording('again', 'recording', { renderedFrom: 'old', film: film(500, 2000) });
const LIST = [
  recording('single', 'recording', { mode: 'single' }),
  RENDER,
  recording('now', 'paused'),
  recording('old', 'finished'),
];

describe('the recording on the desk', () => {
  it('is the film of the room that is being made, not a single one and no film made again', () => {
    expect(focusOf(LIST, undefined)?.recordingId).toBe('now');
    expect(focusOf(LIST.slice(0, 2), undefined)).toBeUndefined();
  });

  it('is the one asked for, whatever it is', () => {
    expect(focusOf(LIST, 'old')?.recordingId).toBe('old');
  });

  it('is missed in words only when the whole list was read', () => {
    const list = { recordings: LIST, isLoaded: true, hasMore: false, isBusy: false, problem: undefined };

    expect(missingProblem(list, 'gone')?.message).toContain('gone');
    expect([missingProblem(list, 'old'), missingProblem(list, undefined)]).toEqual([undefined, undefined]);
    expect(missingProblem({ ...list, hasMore: true }, 'gone')).toBeUndefined();
  });

  it.each([
    ['draft', undefined],
    ['live', recording('a', 'starting')],
    ['live', recording('a', 'paused')],
    ['finishing', recording('a', 'finishing')],
    ['finishing', RENDER],
    ['finishing', recording('a', 'recording', { mode: 'single' })],
    ['over', recording('a', 'finished')],
    ['over', recording('a', 'failed')],
  ] as const)('makes the desk %s', (phase, focus) => {
    expect(phaseOf(focus)).toBe(phase);
  });
});

describe('films made again', () => {
  it('belong to what they are made of, and say how far they are', () => {
    expect(rendersOf(LIST, 'old')).toEqual([RENDER]);
    expect(renderShare(RENDER)).toBe(0.25);
    expect(renderShare({ ...RENDER, film: film(500) })).toBeUndefined();
    expect(renderShare({ ...RENDER, state: 'finished' })).toBe(1);
  });
});

describe('the live picture', () => {
  it.each([
    [0, 'about 1 s behind'],
    [2000, 'about 2 s behind'],
    [7400, 'about 7 s behind'],
  ])('says how late it is at %d ms', (lagMs, words) => {
    expect(behindWords(lagMs)).toBe(words);
  });
});
