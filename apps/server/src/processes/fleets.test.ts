import { RoomtapeError, unixUs } from '@roomtape/media';
import type { ProjectionEvent, ProjectionJob } from '@roomtape/recorder';
import type { MediaEvent, SessionRequest } from '@roomtape/webrtc';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFakeProcess } from '../testing/fake-process.ts';
import { type FleetEvent, MediaFleet } from './media-fleet.ts';
import { WorkerFleet } from './worker-fleet.ts';

function mediaFleet() {
  const clock = createFakeClock();
  const events: FleetEvent[] = [];
  const errors: [string, boolean][] = [];
  const fleet = new MediaFleet({
    clock,
    sessionsMax: 3,
    onEvent: (event) => events.push(event),
    onTapeError: (tapeId, _error, willRetry) => errors.push([tapeId, willRetry]),
  });
  const [one, two] = [createFakeProcess('media-0'), createFakeProcess('media-1')];
  fleet.add(one);
  fleet.add(two);
  return { clock, events, errors, fleet, one, two };
}

const session = (sessionId: string, streamId: string, kind: 'publish' | 'play' = 'publish'): SessionRequest => ({
  sessionId,
  kind,
  roomId: 'r',
  streamId,
  userId: 'u',
  offerSdp: 'v=0',
});
const tape = (streamId: string) => ({
  roomId: 'r',
  streamId,
  userId: 'u',
  tapeId: `t-${streamId}`,
  directory: '/none',
});

describe('media fleet', () => {
  it('spreads streams and sends viewers and tapes to their publisher', async () => {
    const { fleet, one, two } = mediaFleet();
    await fleet.openSession(session('a', 'cam'));
    await fleet.openSession(session('b', 'screen'));
    await fleet.openSession(session('c', 'cam', 'play'));
    await fleet.startTape(tape('screen'));

    expect(one.calls).toEqual(['openSession', 'openSession']);
    expect(two.calls).toEqual(['openSession', 'startTape']);
    await expect(fleet.openSession(session('d', 'x'))).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });

  it('takes sessions for lost and tapes elsewhere when a process dies', async () => {
    const { fleet, one, two, events } = mediaFleet();
    await fleet.startTape(tape('cam'));
    fleet.setTapePaused('t-cam', true);
    await fleet.openSession(session('a', 'cam'));
    one.isUp = false;
    fleet.processDown(one, 'signal SIGSEGV');
    await Promise.resolve();
    await Promise.resolve();

    expect(events).toMatchObject([
      { kind: 'session-closed', sessionId: 'a', reason: expect.stringContaining('SIGSEGV') },
    ]);
    expect(two.calls).toEqual(['startTape', 'setTapePaused']);
    await fleet.openSession(session('b', 'cam'));
    expect(two.calls).toContain('openSession');
  });

  it('has no place while everything is down, and starts waiting tapes when something is up', async () => {
    const { fleet, one, two } = mediaFleet();
    one.isUp = false;
    two.isUp = false;
    await fleet.startTape(tape('cam'));
    await expect(fleet.openSession(session('a', 'cam'))).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    await expect(fleet.flushTape('t-cam')).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    two.isUp = true;
    fleet.processUp();

    expect(two.calls).toEqual(['startTape']);
  });

  it('tries a tape again that a full disk refused, and gives up one that never can be', async () => {
    const { fleet, one, errors, clock } = mediaFleet();
    one.refuse = new RoomtapeError('DISK_FULL', 'full', { blame: 'system', retryable: true });
    await fleet.startTape(tape('cam'));
    one.refuse = undefined;
    clock.advance(1000);
    expect([errors, one.calls.length]).toEqual([[['t-cam', true]], 2]);

    one.refuse = new RoomtapeError('INVALID_STATE', 'sealed', { blame: 'caller', retryable: false });
    await fleet.startTape({ ...tape('cam'), tapeId: 'sealed' });
    clock.advance(60_000);
    expect([errors.at(-1), one.calls.length]).toEqual([['sealed', false], 3]);
  });

  it('forgets a session the plane closed', async () => {
    const { fleet } = mediaFleet();
    await fleet.openSession(session('a', 'cam'));
    const closed: MediaEvent = {
      kind: 'session-closed',
      sessionId: 'a',
      roomId: 'r',
      streamId: 'cam',
      reason: '',
      at: unixUs(1),
    };
    fleet.receive(closed);

    expect(fleet.sessionCount).toBe(0);
    await expect(fleet.patchSession({ sessionId: 'a', ifMatch: '*', fragment: '' })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });
});

function workerFleet() {
  const clock = createFakeClock();
  const events: ProjectionEvent[] = [];
  const retries: string[] = [];
  const fleet = new WorkerFleet({ clock, onEvent: (e) => events.push(e), onRetry: (_job, code) => retries.push(code) });
  const [one, two] = [createFakeProcess('worker-0'), createFakeProcess('worker-1')];
  fleet.add(one);
  fleet.add(two);
  return { clock, events, retries, fleet, one, two };
}

const job = (jobId: string) => ({ jobId }) as ProjectionJob;
const failure = (code: string, retryable: boolean): ProjectionEvent => ({
  kind: 'failed',
  jobId: 'a',
  code,
  message: code,
  retryable,
  files: [],
});

describe('worker fleet', () => {
  it('spreads jobs and starts them again, with what they were told, where a worker is left', () => {
    const { fleet, one, two } = workerFleet();
    fleet.start(job('a'), []);
    fleet.start(job('b'), []);
    fleet.start(job('a'), []);
    fleet.finish('a', { stopAt: unixUs(1) });
    one.isUp = false;
    fleet.processDown(one, 'killed');

    expect(one.calls).toEqual(['start', 'setPauses', 'finish']);
    expect(two.calls).toEqual(['start', 'setPauses', 'start', 'setPauses', 'finish']);
  });

  it('gives up a job that kills its workers', () => {
    const { fleet, one, events } = workerFleet();
    fleet.start(job('a'), []);
    for (let i = 0; i < 5; i += 1) {
      fleet.processDown(one, 'signal SIGSEGV');
      fleet.processUp();
    }

    expect(events).toMatchObject([{ kind: 'failed', code: 'PROJECTION_FAILED', retryable: false }]);
    expect(fleet.jobCount).toBe(0);
  });

  it.each([
    ['NO_PICTURE', 'NO_PICTURE'],
    ['ENOSPC', 'DISK_FULL'],
    ['IPC_TIMEOUT', 'WORKER_UNAVAILABLE'],
    ['codec-failed', 'INTERNAL'],
  ])('has a picture taken where there is least to do, and tells %s as %s', async (code, told) => {
    const { fleet, one, two } = workerFleet();
    const look = { format: 'jpeg', media: 'video', startAt: unixUs(0), pauses: [] } as const;
    const picture = { ...look, tapeDirectory: 't', path: 'p' };
    fleet.start(job('a'), []);
    expect(await fleet.takeSnapshot(picture)).toEqual({ args: [picture] });
    two.refuse = new RoomtapeError(code, 'why', { blame: 'source', retryable: true });
    await expect(fleet.takeSnapshot(picture)).rejects.toMatchObject({ code: told, blame: 'source', retryable: true });
    expect([one.calls, two.calls]).toEqual([
      ['start', 'setPauses'],
      ['takeSnapshot', 'takeSnapshot'],
    ]);
    one.isUp = false;
    two.isUp = false;
    await expect(fleet.takeSnapshot(picture)).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
  });

  it('retries what may pass, waits for a full disk as long as it takes, and reports what is final', () => {
    const { fleet, clock, events, retries } = workerFleet();
    fleet.start(job('a'), []);
    for (let i = 0; i < 20; i += 1) {
      fleet.receive(failure('output-disk-full', true));
      clock.advance(5000);
    }
    expect([events, retries.length]).toEqual([[], 20]);

    fleet.receive(failure('damaged', false));
    expect(events).toHaveLength(1);
    expect(fleet.jobCount).toBe(0);
  });
});
