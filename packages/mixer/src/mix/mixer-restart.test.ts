import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createSystemClock, silentLog } from '@roomtape/media';
import { openTape, openTapeReader } from '@roomtape/tape';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts } from '../mix-job.ts';
import {
  at,
  beepsOf,
  entriesOf,
  type Guest,
  START,
  settingsOf,
  streamOf,
  tapeGuest,
  watchFilm,
} from '../testing/synthetic-room.ts';
import { type MixerOptions, openMixer } from './mixer.ts';

const SECONDS = 4;
const FRAMES = SECONDS * 30;
const GUESTS: readonly Guest[] = [
  { name: 'ann', index: 0, to: SECONDS + 0.5, gopSeconds: 5 },
  // A moment of a beep is lost.
  { name: 'ben', index: 1, from: 0.7, to: SECONDS + 0.5, lost: [2.03, 2.07] },
];
const CANVAS = { width: 320, height: 96, fps: 30 };
const TIME = { timestamp: { place: 'top-left' } } as const;

let folder = '';
let facts: MixFacts;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-restart-'));
  const streams = await Promise.all(GUESTS.map((guest) => tapeGuest(join(folder, 'room'), guest)));
  facts = {
    startAt: at(0),
    stopAt: at(SECONDS),
    pauses: [],
    settings: [
      { at: at(0), settings: settingsOf({ canvas: CANVAS, layout: { mode: 'tile' } }) },
      {
        at: at(2),
        settings: settingsOf({
          canvas: CANVAS,
          layout: { mode: 'speaker', style: { cornerRadius: 12 } },
          overlays: TIME,
        }),
      },
    ],
    streams,
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Made = { readonly hashes: Map<number, number>; readonly directory: string };

async function mix(name: string, more: Partial<MixerOptions> = {}): Promise<Made> {
  const hashes = new Map<number, number>();
  const job = { jobId: 'film', tapeDirectory: join(folder, name) };
  const onFrame = (frame: number, hash: number): Map<number, number> => hashes.set(frame, hash);
  const options = { job, facts, clock: createSystemClock(), log: silentLog, isComplete: true, onFrame, ...more };
  const mixer = await openMixer(options);
  while ((await mixer.step()) !== 'finished');
  return { hashes, directory: job.tapeDirectory };
}

/** A copy of a film's tape that ends at a byte, as a kill leaves it. */
function cutCopy(from: string, name: string, share: number): string {
  const to = join(folder, name);
  mkdirSync(to);
  const [chunk = ''] = readdirSync(from);
  copyFileSync(join(from, chunk), join(to, chunk));
  truncateSync(join(to, chunk), Math.floor(statSync(join(from, chunk)).size * share));
  return to;
}

/** The numbers of all pictures and sound packets on a film's tape, in the tape's order. */
function numbersOn(directory: string): { frames: number[]; packets: number[] } {
  const [frames, packets]: [number[], number[]] = [[], []];
  for (const { entry } of openTapeReader(directory)) {
    if (entry.kind !== 'frame') continue;
    if (entry.trackId === 1) frames.push((entry.pts - 90_000) / 3000);
    else packets.push((entry.pts - 48_000 + 312) / 960);
  }
  return { frames, packets };
}

/** Every packet of sound on a film's tape. */
function soundOn(directory: string): string[] {
  return [...openTapeReader(directory)].flatMap(({ entry }) =>
    entry.kind === 'frame' && entry.trackId === 2 ? [Buffer.from(entry.data).toString('base64')] : [],
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a mix that is killed', () => {
  it('goes on at the same frame, with no frame twice and none missing, and makes the same frames', async () => {
    const whole = await mix('whole');
    expect(whole.hashes.size).toBe(FRAMES);
    for (const share of [0.001, 0.02, 0.21, 0.37, 0.5, 0.663, 0.8, 0.93, 0.999]) {
      const name = `cut-${share}`;
      const cut = cutCopy(whole.directory, name, share);
      const { hashes } = await mix(name);
      const { frames, packets } = numbersOn(cut);
      expect(frames).toEqual(upTo(FRAMES));
      expect(packets).toEqual(upTo(packets.length));
      expect(packets.length).toBeGreaterThanOrEqual(SECONDS * 50);
      const different = [...hashes].filter(([frame, hash]) => whole.hashes.get(frame) !== hash);
      expect(different.map(([frame]) => frame)).toEqual([]);
    }
    const film = watchFilm(join(folder, 'cut-0.5'));
    expect(film.picturesUs).toHaveLength(FRAMES);
    expect(film.errors).toBe(0);
    expect(beepsOf(film, 0).map((us) => Math.round(us / 1e6))).toEqual([0, 1, 2, 3]);
  });

  it('says so when it is done already', async () => {
    const { directory } = await mix('done');
    const mixer = await openMixer({
      job: { jobId: 'film', tapeDirectory: directory },
      facts,
      clock: createSystemClock(),
      log: silentLog,
    });
    expect(await mixer.step()).toBe('finished');
    expect(mixer.mixedUs).toBe(SECONDS * 1e6);
    expect(mixer.lastSequence).toBe([...openTapeReader(directory)].at(-1)?.sequence);
  });
});

describe('a live mix', () => {
  it('waits some seconds, not for ever, for a stream that broke off before its clock was known', async () => {
    let now = at(0);
    const clock: Clock = { ...createSystemClock(), now: () => now };
    const guest: Guest = { name: 'cat', index: 2, to: 2 };
    const directory = join(folder, 'broken-off');
    const writer = await openTape({ directory, tapeId: 'cat', clock: createSystemClock(), log: silentLog });
    for (const entry of entriesOf(guest)) if (entry.kind !== 'clock-anchor') writer.append(entry);
    await writer.flush();
    const { leftAt: _, ...stream } = streamOf(directory, guest);
    const job = { jobId: 'film', tapeDirectory: join(folder, 'broken-off-film') };
    const { stopAt: _end, ...open } = facts;
    const mixer = await openMixer({ job, facts: { ...open, streams: [stream] }, clock, log: silentLog });
    const made = async (seconds: number): Promise<unknown> => {
      now = at(seconds);
      while ((await mixer.step()) === 'more');
      return mixer.describe().nextFrame;
    };
    expect(await made(5)).toBe(0);
    expect(await made(9)).toBe(7 * 30 + 1);
    await mixer.close();
    await writer.close();
  });

  it('makes the same frames and the same sound as one of finished tapes', async () => {
    const later = await mix('later');
    let now = START;
    const clock: Clock = { ...createSystemClock(), now: () => now as ReturnType<Clock['now']> };
    const live = await Promise.all(
      GUESTS.map(async (guest) => {
        const directory = join(folder, 'live', guest.name);
        const writer = await openTape({ directory, tapeId: guest.name, clock: createSystemClock(), log: silentLog });
        return { guest, directory, writer, entries: entriesOf(guest) };
      }),
    );
    const known = (until: number): MixFacts => {
      const streams = live
        .filter(({ guest }) => at(guest.from ?? 0) <= until)
        .map(({ directory, guest }) => ({ ...streamOf(directory, guest), leftAt: undefined }))
        .map(({ leftAt: _, ...stream }) => stream);
      const { stopAt, ...open } = facts;
      const settings = facts.settings.filter((change) => change.at <= until);
      return { ...open, settings, streams, ...(stopAt !== undefined && stopAt <= until ? { stopAt } : {}) };
    };
    const hashes = new Map<number, number>();
    const mixer = await openMixer({
      job: { jobId: 'film', tapeDirectory: join(folder, 'live-film') },
      facts: known(now),
      clock,
      log: silentLog,
      onFrame: (frame, hash) => hashes.set(frame, hash),
    });
    let result = await mixer.step();
    for (let polls = 0; result !== 'finished' && polls < 200; polls += 1) {
      now += 200_000;
      for (const { entries, writer } of live) {
        // Written within a quarter of a second, as capture does.
        while (entries[0] !== undefined && arrivalOf(entries[0]) <= now - 150_000) {
          const next = entries.shift();
          if (next !== undefined) writer.append(next);
        }
        await writer.flush();
      }
      mixer.setFacts(known(now));
      do result = await mixer.step();
      while (result === 'more');
      expect(mixer.mixedUs).toBeLessThanOrEqual(Math.max(0, now - START - 1_900_000));
    }
    for (const { writer } of live) await writer.close();
    expect(result).toBe('finished');
    const same = [...later.hashes].filter(([frame, hash]) => hashes.get(frame) === hash).length;
    expect(same).toBe(FRAMES);
    expect(soundOn(join(folder, 'live-film'))).toEqual(soundOn(later.directory));
  });
});

function arrivalOf(entry: ReturnType<typeof entriesOf>[number]): number {
  return 'arrivedAt' in entry ? entry.arrivedAt : 'at' in entry ? entry.at : entry.toAt;
}
