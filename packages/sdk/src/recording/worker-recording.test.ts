import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientError } from '../errors.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import type { RunningRecordingOptions } from './running-recording.ts';
import type { WorkerReport, WorkerRequest } from './worker-messages.ts';
import { WorkerRecording } from './worker-recording.ts';

/** A worker that does nothing but what a test says. */
class FakeWorker {
  static last: FakeWorker | undefined;
  readonly requests: WorkerRequest[] = [];
  isTerminated = false;
  onmessage: ((event: { data: WorkerReport }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    FakeWorker.last = this;
    queueMicrotask(() => this.report({ kind: 'ready' }));
  }

  postMessage(request: WorkerRequest): void {
    this.requests.push(request);
  }

  report(data: WorkerReport): void {
    this.onmessage?.({ data });
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

const track = (name: string) =>
  ({ name, kind: 'audio', readyState: 'live', getSettings: () => ({}) }) as unknown as MediaStreamTrack;
const film = new File(['film'], 'a.mp4');
const recovered = new File(['recovered'], 'a.mp4');

/** A recording with a source, a store and timers in the hands of the test. */
function openRecording(recoverRecording: () => Promise<File> = async () => recovered) {
  const timers = new Set<{ delayMs: number; action: () => void }>();
  const listeners = new Set<() => void>();
  const told: string[] = [];
  const source = {
    videoTrack: undefined,
    audioTrack: track('first') as MediaStreamTrack | undefined,
    audioDelayUs: 0,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const after = (delayMs: number, action: () => void) => {
    const timer = { delayMs, action };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const options = {
    source,
    config: { filePath: 'a.mp4', target: { kind: 'keep' } },
    environment: { after } as unknown as RunningRecordingOptions['environment'],
    store: { recoverRecording } as unknown as RecordingStore,
    container: 'mp4',
    kinds: { video: false, audio: true },
    onProgress: ({ durationMs }) => told.push(`progress ${durationMs}`),
    onTrouble: ({ code, details }) => told.push(`${code} ${details.track}`),
    onFailed: ({ code }) => told.push(`failed ${code}`),
  } satisfies RunningRecordingOptions;
  const recording = new WorkerRecording(options);
  return {
    recording,
    source,
    told,
    change: () => [...listeners].map((listener) => listener()),
    listeners,
    /** Time passes: every timer that waits now goes off. */
    elapse: () => [...timers].map((timer) => timers.delete(timer) && timer.action()),
    /** The timer that is due first goes off. */
    elapseShortest: () => {
      const [first] = [...timers].sort((a, b) => a.delayMs - b.delayMs);
      if (first !== undefined && timers.delete(first)) first.action();
    },
    /** Lets what was just answered take its way. */
    settle: () => new Promise((resolve) => setTimeout(resolve)),
  };
}

async function started(test: ReturnType<typeof openRecording>): Promise<FakeWorker> {
  const starting = test.recording.start();
  await test.settle();
  const worker = FakeWorker.last as FakeWorker;
  worker.report({ kind: 'created', id: 'rec_1' });
  worker.report({ kind: 'started' });
  await starting;
  return worker;
}

beforeEach(() => {
  vi.stubGlobal('Worker', FakeWorker);
  vi.stubGlobal(
    'MediaStreamTrackProcessor',
    class {
      readonly readable = new ReadableStream();
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

describe('the page half of a recording', () => {
  it('hands tracks over, starts, and gives the file of the worker', async () => {
    const test = openRecording();
    const worker = await started(test);
    expect(worker.requests.map(({ kind }) => kind)).toEqual(['track', 'start']);
    expect(worker.requests[1]).toMatchObject({ config: { filePath: 'a.mp4' }, container: 'mp4' });
    expect(worker.requests[1]).not.toHaveProperty('config.target');

    const stopping = test.recording.stop();
    worker.report({ kind: 'finished', file: film });
    expect(await stopping).toBe(film);
    expect(worker.isTerminated).toBe(true);
    expect(test.listeners.size).toBe(0);
  });

  it('rejects with what the worker says, and ends it', async () => {
    const test = openRecording();
    const starting = test.recording.start();
    const outcome = expect(starting).rejects.toMatchObject({ code: 'RECORD_FILE_EXISTS' });
    await test.settle();
    FakeWorker.last?.report({ kind: 'failed', error: { code: 'RECORD_FILE_EXISTS', message: 'x', details: {} } });
    await outcome;
    expect(FakeWorker.last?.isTerminated).toBe(true);
  });

  it('does not wait for a worker that says nothing', async () => {
    const test = openRecording();
    const outcome = expect(test.recording.start()).rejects.toMatchObject({ code: 'RECORD_WRITE_FAILED' });
    await test.settle();
    test.elapse();
    await outcome;
  });

  it('hands over only tracks that changed, and says nothing of an end that was a change', async () => {
    const test = openRecording();
    const worker = await started(test);
    test.change();
    expect(worker.requests.length).toBe(2);

    worker.report({ kind: 'track-ended', track: 'audio', generation: 1 });
    test.source.audioTrack = track('second');
    test.change();
    expect(worker.requests[2]).toMatchObject({ kind: 'track', track: 'audio', generation: 2 });
    test.elapse();
    expect(test.told).toEqual([]);

    worker.report({ kind: 'track-ended', track: 'audio', generation: 2 });
    test.elapse();
    expect(test.told).toEqual(['RECORD_TRACK_ENDED audio']);
  });

  it('gives the file up to a failure', async () => {
    const test = openRecording();
    const worker = await started(test);
    worker.report({ kind: 'failed', error: { code: 'RECORD_STORAGE_FULL', message: 'x', details: {} } });
    worker.report({ kind: 'finished', file: film });
    expect(test.told).toEqual(['failed RECORD_STORAGE_FULL']);
    expect(await test.recording.stop()).toBe(film);
  });

  it.each([
    ['hangs', (worker: FakeWorker) => worker],
    ['breaks down', (worker: FakeWorker) => worker.onerror?.()],
    [
      'cannot finish',
      (worker: FakeWorker) =>
        worker.report({ kind: 'lost', error: { code: 'RECORD_WRITE_FAILED', message: 'x', details: {} } }),
    ],
  ])('finishes the file from the storage when the worker %s', async (_, breakDown) => {
    const test = openRecording();
    const worker = await started(test);
    breakDown(worker);
    const stopping = test.recording.stop();
    await test.settle();
    test.elapse();
    expect(await stopping).toBe(recovered);
    expect(worker.isTerminated).toBe(true);
  });

  it('rejects with why there is no file when the storage has none either', async () => {
    const test = openRecording(() => Promise.reject(clientError('RECORD_OPEN_FAILED')));
    const worker = await started(test);
    worker.report({ kind: 'lost', error: { code: 'RECORD_STORAGE_FULL', message: 'x', details: {} } });
    const outcome = expect(test.recording.stop()).rejects.toMatchObject({ code: 'RECORD_STORAGE_FULL' });
    // Once for the first attempt to find it, once for the second.
    for (let i = 0; i < 2; i++) {
      await test.settle();
      test.elapseShortest();
    }
    await outcome;
  });
});
