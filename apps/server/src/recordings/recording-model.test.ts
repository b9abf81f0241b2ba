import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import type { JournalEvent, JournalFact } from './journal-event.ts';
import { isFinal, nextFileName, PROBLEMS_MAX, reduceJournal, stateOf, wants } from './recording-model.ts';

const started: JournalFact = { kind: 'started', recordingId: 'rec_1', request: { roomId: 'r', mode: 'single' } };
const linked = (jobId: string, streamId = 'cam'): JournalFact => ({
  kind: 'stream-linked',
  jobId,
  tapeId: `tape-${jobId}`,
  streamId,
  userId: 'ann',
  fileName: `${streamId}.1`,
});
const media = (jobId: string): JournalFact => ({ kind: 'media-started', jobId });
const ended = (jobId: string): JournalFact => ({ kind: 'stream-ended', jobId, sequence: 7 });
const saved = (jobId: string): JournalFact => ({ kind: 'files-finished', jobId, files: [] });
const failed = (jobId: string): JournalFact => ({
  kind: 'projection-failed',
  jobId,
  code: 'PROJECTION_FAILED',
  message: '',
  files: [],
});
const discarded = (jobId: string): JournalFact => ({ kind: 'stream-discarded', jobId });
const [paused, resumed, stopped]: JournalFact[] = [
  { kind: 'paused' },
  { kind: 'resumed' },
  { kind: 'stopped' },
] as const;

function reduce(...facts: (JournalFact | undefined)[]) {
  const events = facts.map((fact, at) => ({ ...fact, at: unixUs(at) }) as JournalEvent);
  const model = reduceJournal([{ ...started, at: unixUs(0) } as JournalEvent, ...events]);
  if (model === undefined) throw new Error('no model');
  return model;
}

describe('state of a recording', () => {
  it.each([
    ['nothing yet', [], 'starting'],
    ['a stream without media', [linked('a')], 'starting'],
    ['media', [linked('a'), media('a')], 'recording'],
    ['a stream that came and went', [linked('a'), media('a'), ended('a'), saved('a')], 'recording'],
    ['a pause before anything', [paused], 'paused'],
    ['a pause', [linked('a'), media('a'), paused], 'paused'],
    ['a pause that is over', [linked('a'), media('a'), paused, resumed], 'recording'],
    ['a stop with nothing taped', [stopped], 'finished'],
    ['a stop', [linked('a'), media('a'), stopped], 'finishing'],
    ['a stop while paused', [linked('a'), media('a'), paused, stopped], 'finishing'],
    ['a stop and its end', [linked('a'), media('a'), stopped, ended('a')], 'finishing'],
    ['files', [linked('a'), media('a'), stopped, ended('a'), saved('a')], 'finished'],
    ['one file of two', [linked('a'), linked('b'), stopped, saved('a')], 'finishing'],
    ['a stream that had no media', [linked('a'), stopped, discarded('a')], 'finished'],
    ['a file and a failure', [linked('a'), linked('b'), stopped, saved('a'), failed('b')], 'finished'],
    ['only failures', [linked('a'), stopped, failed('a'), discarded('a')], 'failed'],
  ])('after %s', (_what, facts, state) => {
    expect(stateOf(reduce(...facts))).toBe(state);
  });

  it('is final only when it was stopped and every stream is settled', () => {
    expect(isFinal(reduce(linked('a'), media('a'), ended('a'), saved('a')))).toBe(false);
    expect(isFinal(reduce(linked('a'), stopped, saved('a')))).toBe(true);
  });
});

describe('a journal', () => {
  it('is none without its beginning', () => {
    expect(reduceJournal([])).toBeUndefined();
    expect(reduceJournal([{ kind: 'stopped', at: unixUs(1) }])).toBeUndefined();
  });

  it('may repeat facts without changing what they said first', () => {
    const model = reduce(
      linked('a'),
      media('a'),
      media('a'),
      paused,
      paused,
      resumed,
      resumed,
      stopped,
      stopped,
      paused,
    );

    expect(model).toMatchObject({ stoppedAt: 7, pauses: [{ fromAt: 3, toAt: 5 }], links: [{ mediaStartedAt: 1 }] });
    expect(model.pauses).toHaveLength(1);
  });

  it('never reopens what was settled', () => {
    const model = reduce(linked('a'), saved('a'), failed('a'), ended('a'));

    expect(model.links).toMatchObject([{ outcome: 'finished' }]);
    expect(model.links[0]?.end).toBeUndefined();
  });

  it('keeps a lasting problem once, says when it was over, and keeps no more than the limit', () => {
    const problem: JournalFact = { kind: 'problem', code: 'DISK_FULL', message: 'full', streamId: 'cam' };
    const over: JournalFact = { kind: 'problem-resolved', code: 'DISK_FULL', streamId: 'cam' };
    expect(reduce(problem, problem, over, problem).problems).toMatchObject([{ at: 0, resolvedAt: 2 }, { at: 3 }]);

    const many = Array.from({ length: 250 }, () => [problem, over]).flat();
    expect(reduce(...many).problems).toHaveLength(PROBLEMS_MAX);
  });
});

describe('streams of a recording', () => {
  it('are all of its room, or those it names, until it is stopped', () => {
    const stream = { roomId: 'r', streamId: 'cam' };
    const named = { ...reduce(), request: { roomId: 'r', mode: 'single' as const, streams: ['screen'] } };

    expect(wants(reduce(), stream)).toBe(true);
    expect(wants(reduce(), { ...stream, roomId: 'other' })).toBe(false);
    expect(wants(named, stream)).toBe(false);
    expect(wants(named, { ...stream, streamId: 'screen' })).toBe(true);
    expect(wants(reduce(stopped), stream)).toBe(false);
  });

  it('get file names no other stream can have', () => {
    expect(nextFileName(reduce(linked('a'), linked('b', 'cam-2')), 'cam')).toBe('cam.2');
  });
});
