import type { StartRecordingRequest } from '@roomtape/api';
import { createSystemIds, unixUs } from '@roomtape/media';
import type { MixFacts, MixJob } from '@roomtape/mixer';
import { describe, expect, it } from 'vitest';
import { Films } from './films.ts';
import type { JournalEvent, JournalFact } from './journal-event.ts';
import { applyEvent, beginModel, type RecordingModel, stateOf } from './recording-model.ts';

const at = (seconds: number) => unixUs(1_800_000_000_000_000 + seconds * 1_000_000);

/** A film made later, as its journal's one line tells it. */
function render(name: string, outputs: Partial<StartRecordingRequest> = {}): RecordingModel {
  const stream = { inputId: 'file_a', streamId: 'cam', userId: 'u', userName: 'u', joinedOrder: 0 };
  const origin = {
    startAt: at(0),
    stopAt: at(60),
    pauses: [{ fromAt: at(10), toAt: at(20) }],
    settings: [],
    streams: [{ ...stream, kind: 'camera' as const, joinedAt: at(0), leftAt: at(60), tapeId: 'tape_a' }],
  };
  const request = { roomId: 'r', mode: 'mix' as const, renderedFrom: 'rec_0', ...outputs };
  const film = { origin, jobId: `file_${name}`, tapeId: `tape_${name}`, fileName: 'mix.1' };
  const line = JSON.stringify({ kind: 'started', at: at(100), recordingId: `rec_${name}`, request, render: film });
  return beginModel(JSON.parse(line) as JournalEvent & { kind: 'started' });
}

function films() {
  const mixed: { job: MixJob; facts: MixFacts }[] = [];
  const projected: string[] = [];
  const recorded: JournalFact[] = [];
  const made = new Films({
    dataDirectory: '/data',
    fragmentMs: 500,
    ids: createSystemIds(),
    mixes: { start: (job, facts) => void mixed.push({ job, facts }), setFacts: () => {} },
    projector: {
      start: ({ jobId }) => void projected.push(`start ${jobId}`),
      setPauses: () => {},
      finish: (jobId, { stopAt }) => void projected.push(`finish ${jobId} ${(stopAt - at(0)) / 1e6}`),
    },
    record: async (_recordingId, fact) => recorded.push(fact),
  });
  return { made, mixed, projected, recorded };
}

describe('films made later', () => {
  it('are in work one at a time, each from its own facts, in the order they were asked for', () => {
    const { made, mixed, projected, recorded } = films();
    const [first, second, third] = [render('b'), render('c'), render('d')];
    for (const model of [first, second, first, third]) made.goOn(model);
    expect(mixed).toHaveLength(1);
    expect(mixed[0]).toMatchObject({
      job: { jobId: 'file_b', tapeDirectory: '/data/tapes/tape_b', isComplete: true },
      facts: { startAt: at(0), stopAt: at(60), streams: [{ tapeDirectory: '/data/tapes/tape_a' }] },
    });

    made.onMix(first, { kind: 'mixed', jobId: 'file_b', mixedUs: 50_000_000, lastSequence: 7 });
    expect(recorded).toEqual([{ kind: 'stream-ended', jobId: 'file_b', sequence: 7 }]);
    made.onMix(second, { kind: 'mix-failed', jobId: 'file_c', code: 'x', message: 'y', retryable: false });
    expect(mixed.map(({ job }) => job.jobId)).toEqual(['file_b', 'file_c', 'file_d']);
    expect(projected.filter((call) => call.startsWith('start'))).toEqual(
      ['b', 'c', 'd'].map((name) => `start file_${name}`),
    );
    expect(projected).toContain('finish file_b 50');
  });

  it.each([
    [{ media: 'audio' }, true],
    [{ format: 'mp3' }, true],
    [{ outputs: [{ format: 'wav' }, { format: 'mp4', media: 'audio' }] }, true],
    [{ outputs: [{ format: 'mp3' }, { format: 'jpeg' }] }, undefined],
    [{}, undefined],
  ] as const)('have pictures only where one of their files has: %j', (outputs, isAudioOnly) => {
    const { made, mixed } = films();
    made.goOn(render('b', outputs as Partial<StartRecordingRequest>));
    expect(mixed.map(({ job }) => job.isAudioOnly)).toEqual([isAudioOnly]);
  });

  it('are stopped from the first, and finished with their file', () => {
    const model = render('b');
    expect(stateOf(model)).toBe('finishing');
    const ended = applyEvent(model, { kind: 'stream-ended', at: at(110), jobId: 'file_b', sequence: 7 });
    const { made, mixed, projected } = films();
    made.goOn(ended);
    expect([mixed, projected]).toEqual([[], ['start file_b', 'finish file_b 100']]);
    expect(stateOf(applyEvent(ended, { kind: 'files-finished', at: at(111), jobId: 'file_b', files: [] }))).toBe(
      'finished',
    );
  });
});
