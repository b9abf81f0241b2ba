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
    work: name.startsWith('renderer') ? ('render' as const) : ('live' as const),
    open: async () => {
      mixer.calls.push('open');
      mixer.isUp = true;
      fleet().processUp();
    },
    close: async () => {
      mixer.calls.push('close');
      mixer.isUp = false;
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
const render = (jobId: string) => ({ ...job(jobId), isComplete: true });
const mixed = (jobId: string): MixEvent => ({ kind: 'mixed', jobId, mixedUs: 1, lastSequence: 1 });
const progressed = (jobId: string, mixedUs: number): MixEvent => ({ kind: 'mix-progressed', jobId, mixedUs, lagMs: 0 });

describe('mix fleet', () => {
  it('has films made later in a process of their own, however little the others have to do', () => {
    const { fleet, mixers } = mixFleet(['mixer-0', 'renderer-0', 'mixer-1']);
    fleet.start(render('r'), FACTS);
    for (const name of ['a', 'b', 'c']) fleet.start(job(name), FACTS);
    fleet.start(render('s'), FACTS);
    const [live, renderer, second] = mixers;
    expect(live?.calls).toEqual(['open', 'start', 'start']);
    expect(second?.calls).toEqual(['open', 'start']);
    expect(renderer?.calls).toEqual(['open', 'start', 'start']);

    // It dies: nobody takes its work over, it goes on when it is back.
    if (renderer !== undefined) {
      renderer.isUp = false;
      fleet.processDown(renderer, 'signal SIGKILL');
    }
    expect([live?.calls.length, second?.calls.length]).toEqual([3, 2]);
    if (renderer !== undefined) renderer.isUp = true;
    fleet.processUp();
    expect(renderer?.calls).toEqual(['open', 'start', 'start', 'start', 'start']);
  });

  it('ends the process of films made later when there are none for a while, and starts it again for the next', async () => {
    const { fleet, mixers, clock } = mixFleet(['mixer-0', 'renderer-0']);
    const [live, renderer] = mixers;
    fleet.start(job('a'), FACTS);
    fleet.start(render('r'), FACTS);
    fleet.receive(mixed('r'));
    fleet.receive(mixed('a'));
    clock.advance(20_000);
    fleet.start(render('s'), FACTS);
    clock.advance(20_000);
    expect(renderer?.calls).toEqual(['open', 'start', 'start']);
    fleet.receive(mixed('s'));
    clock.advance(30_000);
    expect(renderer?.calls.slice(3)).toEqual(['close']);
    // Asked for while it closes: it is started anew.
    fleet.start(render('t'), FACTS);
    expect(renderer?.calls.slice(4)).toEqual([]);
    await new Promise(setImmediate);
    expect(renderer?.calls.slice(4)).toEqual(['open', 'start']);
    expect(live?.calls).toEqual(['open', 'start']);
  });

  it('gives up the films that wait for a process that cannot be started, and tries again for the next', async () => {
    const { fleet, mixers, events } = mixFleet(['renderer-0', 'mixer-0']);
    const [renderer] = mixers;
    const opening = renderer?.open;
    if (renderer !== undefined) renderer.open = () => Promise.reject(new Error('no memory'));
    fleet.start(render('r'), FACTS);
    await new Promise(setImmediate);
    expect(events).toMatchObject([{ kind: 'mix-failed', jobId: 'r', code: 'MIXER_ENDED' }]);
    if (renderer !== undefined && opening !== undefined) renderer.open = opening;
    fleet.start(render('s'), FACTS);
    expect(renderer?.calls).toEqual(['open', 'start']);
  });

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
