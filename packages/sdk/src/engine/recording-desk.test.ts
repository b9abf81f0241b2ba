import { describe, expect, it, vi } from 'vitest';
import { clientError } from '../errors.ts';
import type { DataRecorderOptions } from '../recording/data-recorder.ts';
import type { DataRecordConfig } from '../recording/record-config.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import { FakeEnvironment } from '../testing/fake-environment.ts';
import { RecordingDesk } from './recording-desk.ts';

const recorders: FakeRecorder[] = [];

/** A recorder that starts and stops when the test says. */
class FakeRecorder {
  readonly options: DataRecorderOptions;
  readonly started = Promise.withResolvers<void>();
  readonly file = Promise.withResolvers<File>();
  readonly calls: string[] = [];

  constructor(options: DataRecorderOptions) {
    this.options = options;
    recorders.push(this);
  }

  start(): Promise<void> {
    return this.started.promise;
  }
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  stop(): Promise<File> {
    this.calls.push('stop');
    return this.file.promise;
  }
}

vi.mock('../recording/data-recorder.ts', () => ({ DataRecorder: FakeRecorder }));

const CONFIG: DataRecordConfig = { filePath: 'a.mp4' };
const FILE = new File(['x'], 'a.mp4');
const SOURCE = { videoTrack: undefined, audioTrack: undefined, audioDelayUs: 0, onChange: () => () => undefined };
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

function setUp(openStore = async (): Promise<RecordingStore> => ({}) as RecordingStore) {
  recorders.length = 0;
  const told: string[] = [];
  const desk = new RecordingDesk<'main'>({
    environment: new FakeEnvironment(),
    openStore,
    onState: ({ state, error }) => told.push(error === undefined ? state : `${state} ${error.code}`),
    onProgress: () => told.push('progress'),
  });
  let ends = 0;
  const deliver = vi.fn(async (_file: File): Promise<void> => undefined);
  const start = () => desk.start('main', { source: SOURCE, config: CONFIG, deliver, onEnd: () => ends++ });
  const recorder = async (): Promise<FakeRecorder> => {
    await vi.waitFor(() => expect(recorders.length).toBeGreaterThan(0));
    return recorders.at(-1) as FakeRecorder;
  };
  return { desk, told, start, deliver, recorder, ends: () => ends };
}

async function running() {
  const parts = setUp();
  const started = parts.start();
  const recorder = await parts.recorder();
  recorder.started.resolve();
  await started;
  return { ...parts, recorder };
}

describe('RecordingDesk', () => {
  it('gives one file to everybody who stops at once, and nothing to who comes later', async () => {
    const { desk, recorder, ends } = await running();
    const stops = Promise.all([desk.stop('main'), desk.stop('main')]);
    recorder.file.resolve(FILE);

    expect(await stops).toEqual([FILE, FILE]);
    expect(recorder.calls).toEqual(['stop']);
    expect(await codeOf(desk.stop('main'))).toBe('RECORD_NOT_RUNNING');
    expect(ends()).toBe(1);
  });

  it('refuses a second recording while one starts or runs, and takes one after it ended', async () => {
    const { desk, start, recorder } = setUp();
    const first = start();
    expect(await codeOf(start())).toBe('RECORD_ALREADY_RUNNING');
    (await recorder()).started.resolve();
    await first;
    expect(await codeOf(start())).toBe('RECORD_ALREADY_RUNNING');

    (await recorder()).file.resolve(FILE);
    await desk.stop('main');
    const second = start();
    await vi.waitFor(() => expect(recorders).toHaveLength(2));
    recorders[1]?.started.resolve();
    expect(await codeOf(second)).toBe('done');
  });

  it('stops a recording that is still starting as soon as it has started', async () => {
    const { desk, start, recorder } = setUp();
    const started = start();
    const stopped = desk.stop('main');
    const made = await recorder();
    expect(made.calls).toEqual([]);

    made.started.resolve();
    made.file.resolve(FILE);

    expect(await stopped).toBe(FILE);
    await expect(started).resolves.toBeUndefined();
  });

  it('gives who stops the error of a start that failed, and is free again', async () => {
    const { desk, start, recorder, ends } = setUp();
    const started = codeOf(start());
    const stopped = codeOf(desk.stop('main'));
    (await recorder()).started.reject(clientError('RECORD_FILE_EXISTS'));

    expect(await Promise.all([started, stopped])).toEqual(['RECORD_FILE_EXISTS', 'RECORD_FILE_EXISTS']);
    expect(ends()).toBe(1);
    expect(desk.isRecording('main')).toBe(false);
  });

  it('tells the state callback when the storage cannot be opened', async () => {
    const { start, told } = setUp(() => Promise.reject(clientError('RECORD_OPEN_FAILED')));

    expect(await codeOf(start())).toBe('RECORD_OPEN_FAILED');
    expect(told).toEqual(['no-record RECORD_OPEN_FAILED']);
  });

  it('keeps the file of a recording that ended by itself until it is collected', async () => {
    const { desk, start, recorder, ends, told } = await running();
    recorder.options.onState({ state: 'no-record', error: clientError('RECORD_STORAGE_FULL'), config: CONFIG });
    recorder.file.resolve(FILE);

    expect(told).toEqual(['no-record RECORD_STORAGE_FULL']);
    expect(ends()).toBe(1);
    expect(await codeOf(desk.pause('main'))).toBe('RECORD_NOT_RUNNING');
    expect(await desk.stop('main')).toBe(FILE);
    const again = start();
    await vi.waitFor(() => expect(recorders).toHaveLength(2));
    recorders[1]?.started.resolve();
    expect(await codeOf(again)).toBe('done');
  });

  it('does not wait for an upload when the source goes, but gives the file only when it was handed over', async () => {
    const { desk, recorder, deliver } = await running();
    const sent = Promise.withResolvers<void>();
    deliver.mockImplementation(() => sent.promise);
    recorder.file.resolve(FILE);

    await desk.endAll();
    let isCollected = false;
    const stopped = desk.stop('main').then((file) => {
      isCollected = true;
      return file;
    });
    await Promise.resolve();
    expect(isCollected).toBe(false);
    sent.resolve();

    expect(await stopped).toBe(FILE);
    expect(deliver).toHaveBeenCalledTimes(1);
  });

  it('gives the file even when handing it over failed, and says so', async () => {
    const { desk, recorder, deliver, told } = await running();
    deliver.mockRejectedValue(clientError('RECORD_TARGET_FAILED'));
    recorder.file.resolve(FILE);

    expect(await desk.stop('main')).toBe(FILE);
    expect(told).toEqual(['success RECORD_TARGET_FAILED']);
  });

  it('pauses and resumes what runs, also when asked while it starts', async () => {
    const { desk, start, recorder } = setUp();
    const started = start();
    const paused = desk.pause('main');
    const made = await recorder();
    made.started.resolve();
    await Promise.all([started, paused]);
    await desk.resume('main');

    expect(made.calls).toEqual(['pause', 'resume']);
    expect(await codeOf(setUp().desk.pause('main'))).toBe('RECORD_NOT_RUNNING');
  });
});
