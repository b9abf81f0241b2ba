import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog, unixUs } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixEvent, MixFacts, MixJob } from '../mix-job.ts';
import { at, beepsOf, START, settingsOf, tapeGuest, watchFilm } from '../testing/synthetic-room.ts';
import { createMixRunner, SOUND_WAVE_FILE } from './mix-runner.ts';

let folder = '';
let facts: MixFacts;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-runner-'));
  const streams = [await tapeGuest(folder, { name: 'ann', index: 3, to: 3 })];
  const request = {
    canvas: { width: 160, height: 96, fps: 30, background: { image: 'https://example.org/none.png' } },
    audio: { soundWave: true, channels: 2 },
    overlays: { labels: {}, timestamp: {} },
  } as const;
  facts = { startAt: at(0), pauses: [], settings: [{ at: at(0), settings: settingsOf(request) }], streams };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A runner whose clock says that the meeting is over, and its events. */
function run(job: MixJob, first: MixFacts) {
  const events: MixEvent[] = [];
  const system = createSystemClock();
  const begun = system.now();
  const clock = { ...system, now: () => unixUs(START + 60_000_000 + system.now() - begun) };
  const { promise, resolve } = Promise.withResolvers<MixEvent>();
  const runner = createMixRunner({
    clock,
    log: silentLog,
    pictures: { load: () => Promise.reject(new Error('not there')) },
    onEvent: (event) => {
      events.push(event);
      if (event.kind !== 'mix-progressed') resolve(event);
    },
  });
  runner.start(job, first);
  return { events, runner, last: promise };
}

describe('mix runner', () => {
  it('mixes until it is told of the end, reports a picture that cannot be had, writes the sound wave', async () => {
    const job = { jobId: 'film', tapeDirectory: join(folder, 'film') };
    const { events, runner, last } = run(job, facts);
    runner.start(job, { ...facts, stopAt: at(3) });
    expect(await last).toMatchObject({ kind: 'mixed', jobId: 'film', mixedUs: 3_000_000 });
    expect(events.find((event) => event.kind === 'mix-progressed' && event.problem !== undefined)).toBeDefined();
    await runner.close();
    const film = watchFilm(job.tapeDirectory);
    expect(film.picturesUs).toHaveLength(90);
    expect(beepsOf(film, 3)).toHaveLength(3);
    const lines = readFileSync(join(job.tapeDirectory, SOUND_WAVE_FILE), 'utf8').trim().split('\n');
    const levels = lines.map((line) => JSON.parse(line) as { filmUs: number; levels: Record<string, number[]> });
    expect(levels.map((line) => line.filmUs)).toEqual([0, 1_000_000, 2_000_000]);
    // The beep is in the first tenth of each second.
    for (const line of levels)
      expect((line.levels.ann?.[0] ?? 0) > 0.1 && (line.levels.ann?.[4] ?? 1) < 0.01).toBe(true);
  });

  it('makes a film of sound alone where nobody will see it, and asks for no pictures', async () => {
    const job = { jobId: 'film', tapeDirectory: join(folder, 'sound'), isAudioOnly: true };
    const { events, runner, last } = run(job, { ...facts, stopAt: at(3) });
    expect(await last).toMatchObject({ kind: 'mixed', mixedUs: 3_000_000 });
    await runner.close();
    expect(events.filter((event) => event.kind === 'mix-progressed' && event.problem !== undefined)).toEqual([]);
    const film = watchFilm(job.tapeDirectory);
    expect(film.picturesUs).toEqual([]);
    expect(beepsOf(film, 3)).toHaveLength(3);
  });

  it('goes on from its tape after it was closed', async () => {
    const job = { jobId: 'film', tapeDirectory: join(folder, 'film-again') };
    const first = run(job, { ...facts, stopAt: at(3) });
    await first.runner.close();
    const second = run(job, { ...facts, stopAt: at(3) });
    expect(await second.last).toMatchObject({ kind: 'mixed' });
    await second.runner.close();
    expect(watchFilm(job.tapeDirectory).picturesUs).toHaveLength(90);
  });

  it('is never behind with a room that is over', async () => {
    const lagsOf = async (job: MixJob) => {
      const { events, runner, last } = run(job, { ...facts, stopAt: at(3) });
      expect(await last).toMatchObject({ kind: 'mixed' });
      await runner.close();
      return events.flatMap((event) => (event.kind === 'mix-progressed' ? [event.lagMs] : []));
    };
    const later = await lagsOf({ jobId: 'later', tapeDirectory: join(folder, 'later'), isComplete: true });
    expect(later.length > 0 && later.every((lagMs) => lagMs === 0)).toBe(true);
    const live = await lagsOf({ jobId: 'live', tapeDirectory: join(folder, 'live') });
    expect(live.some((lagMs) => lagMs > 10_000)).toBe(true);
  });

  it('fails one mix with its reason and leaves the others alone', async () => {
    const job = { jobId: 'bad', tapeDirectory: join(folder, 'film') };
    const { runner, last } = run(job, { ...facts, settings: [] });
    expect(await last).toMatchObject({ kind: 'mix-failed', jobId: 'bad', retryable: false });
    expect(runner.describe()).toEqual({ mixes: [] });
    await runner.close();
  });
});
