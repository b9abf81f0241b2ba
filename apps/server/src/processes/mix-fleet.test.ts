import type { MixEvent, MixFacts } from '@roomtape/mixer';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFakeProcess, type FakeProcess } from '../testing/fake-process.ts';
import { type MixerProcess, MixFleet } from './mix-fleet.ts';

type FakeMixer = MixerProcess & FakeProcess;

const FACTS = { streams: [], settings: [], pauses: [] } as unknown as MixFacts;

/** A mixer that is up once it was opened. */
function fakeMixer(name: string, fleet: () => MixFleet): FakeMixer {
  const mixer: FakeMixer = Object.assign(createFakeProcess(name), {
    open: async () => {
      mixer.calls.push('open');
      mixer.isUp = true;
      fleet().processUp();
    },
    progressed: () => void mixer.calls.push('progressed'),
  });
  mixer.isUp = false;
  return mixer;
}

function mixFleet(names: readonly string[]) {
  const clock = createFakeClock();
  const events: MixEvent[] = [];
  const retries: string[] = [];
  const fleet: MixFleet = new MixFleet({
    clock,
    onEvent: (event) => events.push(event),
    onRetry: (_jobId, code) => retries.push(code),
  });
  const mixers = names.map((name) => fakeMixer(name, () => fleet));
  for (const mixer of mixers) fleet.add(mixer);
  return { clock, events, retries, fleet, mixers };
}

const job = (jobId: string) => ({ jobId, tapeDirectory: `/tapes/${jobId}` });
const progressed = (jobId: string, mixedUs: number): MixEvent => ({ kind: 'mix-progressed', jobId, mixedUs, lagMs: 0 });

describe('mix fleet', () => {
  it('tells a process that its film is longer than ever, and gives up a film that never is', () => {
    const { fleet, mixers, events, retries } = mixFleet(['mixer-0']);
    fleet.start(job('a'), FACTS);
    const [mixer] = mixers;
    const livesTo = (mixedUs: number): number | undefined => {
      const before = mixer?.calls.filter((call) => call === 'progressed').length ?? 0;
      fleet.receive(progressed('a', mixedUs));
      if (mixer !== undefined) fleet.processDown(mixer, 'signal SIGSEGV');
      return (mixer?.calls.filter((call) => call === 'progressed').length ?? 0) - before;
    };
    expect([1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6].map(livesTo)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(events.every(({ kind }) => kind === 'mix-progressed')).toBe(true);
    // What was told of just before a death may not be on the tape.
    expect([6.5e6, 7e6, 6.6e6, 6.9e6].map(livesTo)).toEqual([0, 0, 0, 0]);
    expect(events.at(-1)).toMatchObject({ kind: 'mix-failed', code: 'MIXER_ENDED', retryable: false });
    expect(retries).toHaveLength(10);
  });
});
