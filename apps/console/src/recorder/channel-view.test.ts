import { type DataRecordProgress, RoomtapeClientError } from '@roomtape/sdk';
import { describe, expect, it } from 'vitest';
import { statusOf } from './channel-status.ts';
import { type ChannelView, closedChannel, shownDurationMs, withProgress, withState } from './channel-view.ts';

const PROGRESS: DataRecordProgress = {
  durationMs: 2000,
  currentFileBytes: 500_000,
  framesPerSecond: 30,
  videoBitrateBps: 1_500_000,
  audioBitrateBps: 64_000,
  droppedFrames: 0,
};
const UNPLUGGED = new RoomtapeClientError('RECORD_TRACK_ENDED', {
  message: 'A device was unplugged',
  retryable: false,
  whatToDo: 'Plug it in.',
});

function after(...steps: ((view: ChannelView) => ChannelView)[]): ChannelView {
  return steps.reduce((view, step) => step(view), closedChannel('main'));
}
const state =
  (next: ChannelView['state'], nowMs: number, error?: RoomtapeClientError) =>
  (view: ChannelView): ChannelView =>
    withState(view, { state: next, error }, nowMs);
const progress =
  (nowMs: number) =>
  (view: ChannelView): ChannelView =>
    withProgress(view, PROGRESS, nowMs);

describe('a channel of the recorder page', () => {
  it('lets the time run between two readings', () => {
    const view = after(state('recording', 1000), progress(3000));

    expect([shownDurationMs(view, 3000), shownDurationMs(view, 3400)]).toEqual([2000, 2400]);
  });

  it('holds the time in a pause and goes on from there', () => {
    const paused = after(state('recording', 1000), progress(3000), state('paused', 3500));
    const resumed = withState(paused, { state: 'recording', error: undefined }, 60_000);

    expect([shownDurationMs(paused, 50_000), shownDurationMs(resumed, 60_100)]).toEqual([2500, 2600]);
  });

  it('begins a new recording at zero and keeps the figures of a finished one', () => {
    const finished = after(state('recording', 0), progress(2000), state('success', 2000));
    const again = withState(finished, { state: 'recording', error: undefined }, 9000);

    expect(finished.progress?.currentFileBytes).toBe(500_000);
    expect([again.progress, shownDurationMs(again, 9000)]).toEqual([undefined, 0]);
  });

  it('warns while something is wrong and the recording goes on, and no longer', () => {
    const warned = after(state('recording', 0), state('recording', 100, UNPLUGGED));
    const healed = withState(warned, { state: 'recording', error: undefined }, 200);

    expect(statusOf(warned)).toEqual({ words: 'A device was unplugged. Plug it in.', tone: 'warning' });
    expect(healed.warning).toBeUndefined();
  });

  it.each([
    ['no-record', 'Choose what the Main channel shows.'],
    ['recording', 'Recording main-recording.mp4.'],
    ['paused', 'Paused. main-recording.mp4 goes on where it stopped.'],
    ['success', 'main-recording.mp4 is finished. It is in this browser'],
  ] as const)('says what it is doing when the state is %s', (next, words) => {
    expect(statusOf(after(state(next, 0))).words).toContain(words);
  });
});
