import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import type { JournalEvent, JournalFact } from './journal-event.ts';
import type { KeptRecording } from './kept-recording.ts';
import { reduceJournal } from './recording-model.ts';
import { chooseTaped } from './taped-moment.ts';

const at = (seconds: number) => unixUs(1_800_000_000_000_000 + seconds * 1_000_000);

/** A recording after some facts, each with the second at which it became true. */
function recording(mode: 'single' | 'mix', facts: readonly (readonly [number, JournalFact])[]): KeptRecording {
  const started = { kind: 'started' as const, recordingId: 'rec_1', request: { roomId: 'r', mode } };
  const all = [[0, started] as const, ...facts].map(([seconds, fact]) => ({ ...fact, at: at(seconds) }));
  const model = reduceJournal(all as JournalEvent[]);
  if (model === undefined) throw new Error('no recording');
  return { model, growing: new Map() } as unknown as KeptRecording;
}

function linked(seconds: number, streamId: string, jobId: string): (readonly [number, JournalFact])[] {
  const link = { jobId, tapeId: `tape_${jobId}`, streamId, userId: 'u', fileName: jobId };
  return [
    [seconds, { kind: 'stream-linked', ...link }],
    [seconds + 1, { kind: 'media-started', jobId }],
  ];
}

const chosen = (kept: KeptRecording, request: Parameters<typeof chooseTaped>[1]) => {
  const { link, atUs } = chooseTaped(kept, request);
  return [link.jobId, atUs === undefined ? undefined : atUs / 1e6];
};

describe('a moment of a recording', () => {
  const twice = recording('single', [
    ...linked(1, 'cam', 'a'),
    [10, { kind: 'stream-ended', jobId: 'a' }],
    ...linked(5, 'screen', 'b'),
    ...linked(20, 'cam', 'c'),
  ]);

  it('is looked for in the publication of the stream that was there then', () => {
    // The recording begins with the first media, at second 2; the streams' own at 2, 6 and 21.
    expect(chosen(twice, { streamId: 'cam', atMs: 3000 })).toEqual(['a', 3]);
    expect(chosen(twice, { streamId: 'cam', atMs: 18_999 })).toEqual(['a', 18.999]);
    expect(chosen(twice, { streamId: 'cam', atMs: 19_000 })).toEqual(['c', 0]);
    expect(chosen(twice, { streamId: 'screen', atMs: 5000 })).toEqual(['b', 1]);
    expect(chosen(twice, { streamId: 'cam' })).toEqual(['c', undefined]);
    expect(() => chosen(twice, { streamId: 'screen', atMs: 3000 })).toThrow('at 4000 ms');
    expect(() => chosen(twice, {})).toThrow('streamId');
  });

  it('leaves pauses out', () => {
    const paused = recording('single', [
      ...linked(1, 'cam', 'a'),
      [5, { kind: 'paused' }],
      [8, { kind: 'resumed' }],
      ...linked(9, 'screen', 'b'),
      [20, { kind: 'paused' }],
    ]);
    expect(chosen(paused, { streamId: 'screen', atMs: 5000 })).toEqual(['b', 0]);
    expect(chosen(paused, { streamId: 'screen', atMs: 9000 })).toEqual(['b', 4]);
    expect(chosen(paused, { streamId: 'cam', atMs: 9000 })).toEqual(['a', 9]);
  });

  it('follows the files where they say when they began', () => {
    const kept = recording('single', linked(1, 'cam', 'a'));
    const facts = { container: 'mp4', state: 'recording', bytes: 1, durationUs: 1, missingUs: {} } as const;
    const growing = new Map([['a', [{ path: 'x', startedAt: at(2.5), ...facts }]]]);
    expect(chosen({ ...kept, growing }, { atMs: 1000 })).toEqual(['a', 1]);
  });

  it('of a mix is one of the film, which begins with the first media', () => {
    const settings = { layout: { mode: 'tile' }, canvas: {}, audio: {}, overlays: {} };
    const film = {
      kind: 'film-opened',
      jobId: 'f',
      tapeId: 't',
      fileName: 'mix.1',
      settings,
    } as unknown as JournalFact;
    const mix = recording('mix', [[0, film], ...linked(1, 'cam', 'a'), ...linked(3, 'late', 'b')]);
    expect(chosen(mix, {})).toEqual(['f', undefined]);
    expect(chosen(mix, { atMs: 1500 })).toEqual(['f', 1.5]);
    expect(chosen(mix, { streamId: 'late', atMs: 2500 })).toEqual(['b', 0.5]);
    expect(() => chosen(mix, { streamId: 'nobody' })).toThrow('no such stream');
  });

  it('does not come while there is none', () => {
    expect(() => chosen(recording('single', []), {})).toThrow('no stream has been recorded yet');
    expect(chosen(recording('single', linked(1, 'cam', 'a').slice(0, 1)), {})).toEqual(['a', undefined]);
  });
});
