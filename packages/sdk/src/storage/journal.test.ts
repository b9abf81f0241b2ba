import { describe, expect, it } from 'vitest';
import { type BegunLine, journalLine, readJournal } from './journal.ts';
import { fileNameOf, freePath } from './stored-path.ts';

const BEGUN: BegunLine = {
  version: 1,
  id: 'rec_1',
  filePath: 'a/课程.mp4',
  container: 'mp4',
  startedAt: '2026-11-22T20:00:00.000Z',
};
const FINISHED = { finishedAt: '2026-11-22T20:01:00.000Z', durationUs: 60_000_000 };
const text = (...lines: Uint8Array[]) => lines.map((line) => new TextDecoder().decode(line)).join('');

describe('the journal of a recording', () => {
  it('says what was begun, and that it is finished once that line is whole', () => {
    const whole = text(journalLine(BEGUN), journalLine(FINISHED));

    expect(readJournal(text(journalLine(BEGUN)))).toEqual({ begun: BEGUN, finished: undefined });
    expect(readJournal(whole)).toEqual({ begun: BEGUN, finished: FINISHED });
    for (let end = text(journalLine(BEGUN)).length; end < whole.length; end += 1) {
      expect(readJournal(whole.slice(0, end))).toEqual({ begun: BEGUN, finished: undefined });
    }
  });

  it('says nothing without a whole first line', () => {
    const first = text(journalLine(BEGUN));
    for (const torn of ['', '\n', 'null\n', '{}\n', '[1]\n', first.slice(0, -1), `x${first}`]) {
      expect(readJournal(torn)).toBeUndefined();
    }
  });
});

describe('stored paths', () => {
  it('get a number before the suffix when they are taken', () => {
    const taken = new Set(['a.b/film.mp4', 'a.b/film (1).mp4', 'a.b/film']);

    expect(freePath('a.b/film.mp4', taken)).toBe('a.b/film (2).mp4');
    expect(freePath('a.b/film', taken)).toBe('a.b/film (1)');
    expect(freePath('film.mp4', taken)).toBe('film.mp4');
    expect(fileNameOf('a.b/film.mp4')).toBe('film.mp4');
  });
});
