import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts } from '../mix-job.ts';
import type { OverlayPainter } from '../overlay/overlay-painter.ts';
import { at, settingsOf, tapeGuest } from '../testing/synthetic-room.ts';
import { openMixer } from './mixer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-mixer-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CANVAS = { width: 160, height: 96, fps: 10 };

/** The inputs a mixer works on. */
function inputsOf(mixer: { describe(): Record<string, unknown> }): string[] {
  const { inputs } = mixer.describe() as { inputs: { inputId: string }[] };
  return inputs.map(({ inputId }) => inputId);
}

describe('a long mix', () => {
  it('lets go of everything of somebody who left, and does not take it up again', async () => {
    const guests = [
      { name: 'ann', index: 0, to: 6 },
      { name: 'ben', index: 1, to: 1.2 },
    ];
    const facts: MixFacts = {
      ...{ startAt: at(0), stopAt: at(5.5), pauses: [] },
      settings: [{ at: at(0), settings: settingsOf({ canvas: CANVAS }) }],
      streams: await Promise.all(guests.map((guest) => tapeGuest(folder, guest))),
    };
    const job = { jobId: 'film', tapeDirectory: join(folder, 'film') };
    const mixer = await openMixer({ job, facts, clock: createSystemClock(), log: silentLog, isComplete: true });
    const seen: string[][] = [];
    do {
      mixer.setFacts(facts);
      seen.push(inputsOf(mixer));
    } while ((await mixer.step()) !== 'finished');
    expect(seen[0]).toEqual(['ann', 'ben']);
    expect(seen.at(-1)).toEqual(['ann']);
  });

  it('asks for the pictures of each look once, however often facts are told', async () => {
    const asked: string[] = [];
    const painter = {
      prepare: async (settings: { layout: { mode: string } }) => {
        asked.push(settings.layout.mode);
        return [];
      },
    } as unknown as OverlayPainter;
    const looks = (['tile', 'speaker', 'tile', 'gallery'] as const).map((mode, i) => ({
      at: at(i),
      settings: settingsOf({ canvas: CANVAS, layout: { mode } }),
    }));
    const facts: MixFacts = { startAt: at(0), pauses: [], settings: looks.slice(0, 2), streams: [] };
    const job = { jobId: 'looks', tapeDirectory: join(folder, 'looks') };
    const mixer = await openMixer({ job, facts, clock: createSystemClock(), log: silentLog, painter });
    for (const count of [2, 3, 4, 4]) mixer.setFacts({ ...facts, settings: looks.slice(0, count) });
    await mixer.close();
    await new Promise(setImmediate);
    expect(asked).toEqual(['tile', 'speaker', 'gallery']);
  });
});
