import { describe, expect, it } from 'vitest';
import { clientError } from '../errors.ts';
import type { NewRecording, RecordingInProgress, RecordingStore } from '../storage/recording-store.ts';
import { MemoryFile } from '../testing/memory-file.ts';
import type { PcmReport, PcmRequest } from './pcm-messages.ts';
import { PcmSession } from './pcm-session.ts';

const START: PcmRequest = {
  kind: 'start',
  filePath: 'talk.pcm',
  container: 'pcm',
  pcm: { sampleRate: 8000, channels: 1 },
  ifExists: 'overwrite',
};

describe('PcmSession', () => {
  it('writes samples in order, with silence where some were lost, and gives the file', async () => {
    const { answer, reports, file } = session();
    await answer(START);
    await answer({ kind: 'samples', samples: Int16Array.of(1, 2), silenceBefore: 0 });
    await answer({ kind: 'samples', samples: Int16Array.of(3, 4), silenceBefore: 3 });
    await answer({ kind: 'stop' });
    await answer({ kind: 'stop' });

    expect([...new Int16Array(file.bytes.buffer)]).toEqual([1, 2, 0, 0, 0, 3, 4]);
    expect(reports.map(({ kind }) => kind)).toEqual(['started', 'written', 'finished']);
    expect(reports[1]).toMatchObject({ bytes: 14, durationUs: 875 });
  });

  it('tells how far it is twice a second of sound', async () => {
    const { answer, reports } = session();
    await answer(START);
    for (let n = 0; n < 50; n++) await answer({ kind: 'samples', samples: new Int16Array(320), silenceBefore: 0 });

    expect(reports.filter(({ kind }) => kind === 'written')).toHaveLength(3);
  });

  it('makes no gap longer than a minute', async () => {
    const { answer, file } = session();
    await answer(START);
    await answer({ kind: 'samples', samples: Int16Array.of(1), silenceBefore: 1e12 });

    expect(file.size).toBe(2 * (60 * 8000 + 1));
  });

  it('finishes what it has when the storage is full, and says so', async () => {
    const { answer, reports, endedBy } = session({ limitBytes: 1000 });
    await answer(START);
    await answer({ kind: 'samples', samples: new Int16Array(320), silenceBefore: 0 });
    await answer({ kind: 'samples', samples: new Int16Array(320), silenceBefore: 0 });
    await answer({ kind: 'samples', samples: new Int16Array(320), silenceBefore: 0 });

    expect(reports.map(({ kind }) => kind)).toEqual(['started', 'failed', 'written', 'finished']);
    expect(reports[1]).toMatchObject({ error: { code: 'RECORD_STORAGE_FULL' } });
    expect(endedBy).toEqual(['finish 40000']);
  });

  it('keeps the recording unfinished when it cannot be finished', async () => {
    const { answer, reports, endedBy } = session({ finish: () => Promise.reject(clientError('RECORD_OPEN_FAILED')) });
    await answer(START);
    await answer({ kind: 'stop' });

    expect(reports.at(-1)).toMatchObject({ kind: 'lost', error: { code: 'RECORD_OPEN_FAILED' } });
    expect(endedBy).toEqual(['keep']);
  });

  it('tells why it cannot start, and takes nothing afterwards', async () => {
    const { answer, reports } = session({ create: () => Promise.reject(clientError('RECORD_FILE_EXISTS')) });
    await answer(START);
    await answer({ kind: 'samples', samples: Int16Array.of(1), silenceBefore: 0 });
    await answer({ kind: 'stop' });

    expect(reports).toEqual([{ kind: 'failed', error: expect.objectContaining({ code: 'RECORD_FILE_EXISTS' }) }]);
  });
});

type Faults = {
  limitBytes?: number;
  create?: () => Promise<RecordingInProgress>;
  finish?: () => Promise<File>;
};

function session(faults: Faults = {}) {
  const file = new MemoryFile(faults.limitBytes);
  const reports: PcmReport[] = [];
  const endedBy: string[] = [];
  const create = async ({ filePath }: NewRecording): Promise<RecordingInProgress> => ({
    id: 'a',
    filePath,
    file,
    finish: async (durationUs) => {
      if (faults.finish !== undefined) return await faults.finish();
      endedBy.push(`finish ${durationUs}`);
      return new File([file.bytes], filePath);
    },
    keep: async () => void endedBy.push('keep'),
    discard: async () => void endedBy.push('discard'),
  });
  const store = { create: faults.create ?? create } as Partial<RecordingStore> as RecordingStore;
  const made = new PcmSession(
    async () => store,
    (report) => reports.push(report),
  );
  return { answer: (request: PcmRequest) => made.answer(request), reports, file, endedBy };
}
