import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { reduceJournal } from './recording-model.ts';
import { viewOf } from './recording-view.ts';

const started = (streams?: string[]) => {
  const request = { roomId: 'r', mode: 'single' as const, ...(streams === undefined ? {} : { streams }) };
  return { kind: 'started', recordingId: 'rec_1', request, at: unixUs(1_000_000) } as const;
};
const viewAfter = (...events: Parameters<typeof reduceJournal>[0]) => {
  const model = reduceJournal(events);
  if (model === undefined) throw new Error('no recording');
  return viewOf(model, new Map());
};

describe('a recording that ended without files', () => {
  it('says that nothing was there to record', () => {
    const stopped = { kind: 'stopped', at: unixUs(5_000_000) } as const;

    expect(viewAfter(started(), stopped)).toMatchObject({
      state: 'finished',
      files: [],
      problems: [
        { code: 'NOTHING_RECORDED', message: expect.stringContaining('no stream of room r'), at: expect.any(String) },
      ],
    });
    expect(viewAfter(started(['cam']), stopped).problems[0]?.message).toContain('none of the streams cam');
  });

  it('says nothing while it still waits', () => {
    expect(viewAfter(started())).toMatchObject({ state: 'starting', problems: [] });
  });
});

describe('whose media is in a recording', () => {
  const linked = (streamId: string, jobId: string, userName: string) =>
    ({
      kind: 'stream-linked',
      ...{ jobId, tapeId: jobId, streamId, userId: `${streamId}-user`, userName },
      ...{ fileName: `${streamId}.1`, at: unixUs(2_000_000) },
    }) as const;
  const began = (jobId: string) => ({ kind: 'media-started', jobId, at: unixUs(3_000_000) }) as const;

  it('is told once for each stream, in order of joining, and not of who sent nothing', () => {
    const { recordedStreams } = viewAfter(
      started(),
      ...[
        linked('cam', 'j1', 'Ada'),
        linked('silent', 'j2', 'Eve'),
        linked('screen', 'j3', 'Ada'),
        began('j1'),
        began('j3'),
      ],
      ...[linked('cam', 'j4', 'Ada'), began('j4')],
    );

    expect(recordedStreams).toEqual([
      { streamId: 'cam', userId: 'cam-user', userName: 'Ada', kind: 'camera' },
      { streamId: 'screen', userId: 'screen-user', userName: 'Ada', kind: 'camera' },
    ]);
  });
});
