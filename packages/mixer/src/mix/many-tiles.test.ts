import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVideoEncoder } from '@roomtape/ffmpeg';
import { createSystemClock, describeConfig, silentLog, ticks, unixUs } from '@roomtape/media';
import { openTape } from '@roomtape/tape';
import { readPicture, SyntheticPicture } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixFacts, MixStream } from '../mix-job.ts';
import { planMix } from '../plan/mix-plan.ts';
import { StreamStory } from '../plan/stream-story.ts';
import { at, settingsOf, streamOf, watchFilm } from '../testing/synthetic-room.ts';
import { openMixer } from './mixer.ts';

const PEOPLE = 49;
const FRAMES = 5;
const FPS = 10;
const CANVAS = { width: 1120, height: 630, fps: FPS };
/** The strip tells sixteen people apart; with its counter beginning at another hundred for each, all of them. */
const STRIP_PEOPLE = 16;
const CLOCK = { trackId: 1, clockRate: 90_000 } as const;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-many-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a tape of half a second on which every picture says whose it is. */
async function tapePerson(index: number): Promise<MixStream> {
  const name = `p${index}`;
  const directory = join(folder, name);
  const writer = await openTape({ directory, tapeId: name, clock: createSystemClock(), log: silentLog });
  const size = { width: 160, height: 96 };
  const drawn = new SyntheticPicture({ ...size, name, participantIndex: index % STRIP_PEOPLE });
  const encoder = createVideoEncoder({ codec: 'h264', ...size, fps: FPS, bitrate: 300_000, gopFrames: 100 });
  writer.append({ kind: 'tape-opened', at: at(0), tapeId: name, roomId: 'room', streamId: name, userId: name });
  writer.append({ kind: 'track-added', at: at(0), mediaKind: 'video', codec: 'h264', ...CLOCK });
  writer.append({ kind: 'clock-anchor', trackId: 1, ticks: ticks(0), senderAt: at(0), arrivedAt: at(0) });
  for (let frame = 0; frame < FRAMES; frame += 1) {
    // Not at a flash: those are all white but for the strip.
    const picture = drawn.draw({ counter: 100 * index + frame, signalUs: 500_000 });
    for (const { key, data } of encoder.encode(picture, frame * 100_000)) {
      const arrivedAt = unixUs(at(frame / FPS) + 20_000);
      const facts = key ? describeConfig('h264', data) : undefined;
      if (facts !== undefined) writer.append({ kind: 'config-changed', at: at(0), trackId: 1, ...facts });
      const pts = ticks(frame * 9000);
      writer.append({ kind: 'frame', trackId: 1, type: key ? 'key' : 'delta', pts, dts: pts, arrivedAt, data });
    }
  }
  encoder.close();
  await writer.seal('test');
  await writer.close();
  return streamOf(directory, { name, index, to: 1 });
}

describe('a mix of forty-nine', () => {
  it('has each of them in a tile of their own, in order of joining', async () => {
    const streams = await Promise.all(Array.from({ length: PEOPLE }, (_, index) => tapePerson(index)));
    const request = { canvas: { ...CANVAS, quality: 18 }, layout: { mode: 'gallery' } } as const;
    const facts: MixFacts = {
      ...{ startAt: at(0), stopAt: at(FRAMES / FPS), pauses: [], streams },
      settings: [{ at: at(0), settings: settingsOf(request) }],
    };
    const job = { jobId: 'film', tapeDirectory: join(folder, 'film') };
    const mixer = await openMixer({ job, facts, clock: createSystemClock(), log: silentLog, isComplete: true });
    while ((await mixer.step()) !== 'finished');

    const stories = new Map(streams.map(({ inputId }) => [inputId, storyOfPicture()]));
    const tiles = planMix(facts, stories).spans[0]?.scene.tiles ?? [];
    const seen: (string | undefined)[][] = [];
    const film = watchFilm(job.tapeDirectory, (_, picture) => {
      const luma = { data: picture.y, stride: picture.width, width: picture.width, height: picture.height };
      seen.push(
        tiles.map(({ rect }) => {
          const { counter, participantIndex } = readPicture(luma, rect);
          const person = counter === undefined ? undefined : Math.floor(counter / 100);
          return person !== undefined && person % STRIP_PEOPLE === participantIndex ? `p${person}` : undefined;
        }),
      );
    });

    expect(film.picturesUs).toHaveLength(FRAMES);
    expect(new Set(tiles.map(({ rect }) => `${rect.x},${rect.y}`)).size).toBe(PEOPLE);
    expect(tiles.map(({ inputId }) => inputId)).toEqual(streams.map(({ inputId }) => inputId));
    for (const people of seen) expect(people).toEqual(streams.map(({ inputId }) => inputId));
  });
});

function storyOfPicture(): StreamStory {
  const story = new StreamStory();
  story.take({ kind: 'track-added', at: at(0), mediaKind: 'video', codec: 'h264', ...CLOCK });
  return story;
}
