import type { Engine } from '@roomtape/sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Programme } from './programme.ts';

type StateListener = (change: { streamId: string; state: string }) => void;

/** An engine that plays what is there. */
function fakeEngine() {
  const there = new Set<string>();
  const calls: string[] = [];
  let tell: StateListener = () => undefined;
  const engine = {
    on: (_name: string, listener: StateListener) => {
      tell = listener;
    },
    startPlayingStream: async (streamId: string) => {
      calls.push(`play ${streamId}`);
      if (!there.has(streamId)) throw new Error('no such stream');
      return { streamId };
    },
    stopPlayingStream: async (streamId: string) => {
      calls.push(`stop ${streamId}`);
    },
  };
  const programme = new Programme(engine as unknown as Engine);
  return { there, calls, programme, tell: (streamId: string, state: string) => tell({ streamId, state }) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the live picture of a mix', () => {
  it('is asked for until it is there, and missed in words only after a while', async () => {
    const { there, calls, programme } = fakeEngine();
    programme.show('rec_1');
    await vi.advanceTimersByTimeAsync(3500);
    expect(calls).toEqual(['play rec_1', 'play rec_1', 'play rec_1']);
    expect(programme.store.value).toMatchObject({ state: 'opening', problem: undefined });

    await vi.advanceTimersByTimeAsync(5000);
    expect(programme.store.value.problem).toMatchObject({ key: 'programme' });

    programme.dismiss();
    await vi.advanceTimersByTimeAsync(3000);
    expect(programme.store.value.problem).toBeUndefined();

    there.add('rec_1');
    await vi.advanceTimersByTimeAsync(2000);
    expect(programme.store.value).toEqual({ state: 'live', mediaStream: { streamId: 'rec_1' }, problem: undefined });
  });

  it('comes back when its connection failed', async () => {
    const { there, calls, programme, tell } = fakeEngine();
    there.add('rec_1');
    programme.show('rec_1');
    await vi.advanceTimersByTimeAsync(0);
    tell('rec_1', 'failed');
    expect(programme.store.value).toMatchObject({ state: 'opening', mediaStream: undefined });

    await vi.advanceTimersByTimeAsync(2000);
    expect(programme.store.value.state).toBe('live');
    expect(calls).toEqual(['play rec_1', 'play rec_1']);
  });

  it('ends with its mix, and asks no more', async () => {
    const { calls, programme } = fakeEngine();
    programme.show('rec_1');
    await vi.advanceTimersByTimeAsync(0);
    programme.show(undefined);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(calls).toEqual(['play rec_1', 'stop rec_1']);
    expect(programme.store.value).toEqual({ state: 'off', mediaStream: undefined, problem: undefined });
  });
});
