// The film of a mixed recording is watched while it is made, by a viewer that came before its first picture: who sits
// where, through a new layout, what is heard when it is seen, and how long after it happened.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MediaKind, ticksToUs, type UnixUs, US_PER_SECOND, unixUs } from '@roomtape/media';
import {
  type AnsweredMedia,
  createSyntheticSource,
  PlayedFile,
  type PlayedFrame,
  type SyntheticSource,
  WhepClient,
} from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';
import { ADA, BOB, CANVAS, sideBySide, type WatchedFilm, watchFilm } from './watched-film.ts';

const SOURCE = { width: 320, height: 180, fps: 30, videoBitrateBps: 300_000 };
const PICTURES = 105;
const OFFSET_MS_MAX = 40;
const WAIT = { timeout: 30_000, interval: 50 };

let stage: Stage;
let folder: string;
beforeAll(async () => {
  [stage, folder] = await Promise.all([Stage.open(), mkdtemp(join(tmpdir(), 'roomtape-live-'))]);
}, 60_000);
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe('a mixed recording that is watched live', { timeout: 90_000 }, () => {
  it('shows everybody in their place, in step with their voices, some seconds after it happened', async () => {
    const roomId = 'live';
    let startAt = unixUs(0);
    const createSource = (at: UnixUs): SyntheticSource => {
      startAt = at;
      const signalStartUs = at % US_PER_SECOND;
      return createSyntheticSource({ ...SOURCE, name: 'ada', participantIndex: ADA, signalStartUs });
    };
    await Promise.all([
      stage.publish({ roomId, userId: 'ada', client: { createSource } }),
      stage.publish({ roomId, userId: 'bob', source: { participantIndex: BOB } }),
    ]);
    const request = { roomId, mode: 'mix', canvas: CANVAS, layout: sideBySide('ada', 'bob') } as const;
    const { recordingId, film } = await stage.client.recordings.start(request);
    const viewing = await Viewing.open(film?.liveUrl ?? '', await stage.token(roomId, 'eve'));

    await untilRoomTime(recordingId, 1000);
    await stage.client.recordings.changeLayout(recordingId, { layout: sideBySide('bob', 'ada') });
    await viewing.untilPictures(PICTURES);
    await viewing.close();

    const seen = watchFilm(viewing.write(join(folder, 'seen.mp4')));
    const delays = viewing.delaysMs(seen, startAt);
    console.log(`${seen.print()}; ${describeDelays(delays)}`);
    expect(seen.seatings).toEqual(['1 | 2', '2 | 1']);
    expect(seen.pictures.length).toBeGreaterThanOrEqual(PICTURES - 2);
    for (const who of [ADA, BOB]) {
      expect(seen.offsetsMs(who).length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...seen.offsetsMs(who).map(Math.abs))).toBeLessThanOrEqual(OFFSET_MS_MAX);
    }
  });
});

/** Waits until so much has happened since the recording's first media. */
async function untilRoomTime(recordingId: string, ms: number): Promise<void> {
  const passedMs = async (): Promise<number> => {
    const { firstKeyframeAt } = await stage.client.recordings.get(recordingId);
    return firstKeyframeAt === undefined ? 0 : stage.clock.now() / 1000 - Date.parse(firstKeyframeAt);
  };
  await expect.poll(passedMs, { ...WAIT, message: `${ms} ms are past` }).toBeGreaterThanOrEqual(ms);
}

/** A viewer that keeps what it gets, with the moment it came. */
class Viewing {
  readonly #frames: { readonly frame: PlayedFrame; readonly at: UnixUs }[] = [];
  #client: WhepClient | undefined;

  static async open(path: string, token: string): Promise<Viewing> {
    const viewing = new Viewing();
    const { factory, clock, ids, server } = stage;
    viewing.#client = new WhepClient({
      ...{ factory, clock, ids, token },
      url: `${server.url}${path}`,
      onFrame: (frame) => viewing.#frames.push({ frame, at: clock.now() }),
    });
    await viewing.#client.connect();
    return viewing;
  }

  async untilPictures(count: number): Promise<void> {
    const seen = (): number => this.#of('video').length;
    await expect.poll(seen, { ...WAIT, message: `${count} pictures came` }).toBeGreaterThanOrEqual(count);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  /** Writes what came; both kinds are placed by what the sender reported of them, also before it first did. */
  write(path: string): string {
    const media = this.#client?.media ?? [];
    const file = new PlayedFile({ path, media });
    const starts = new Map(media.map((one) => [one, this.#startOf(one)]));
    for (const { frame } of this.#frames) {
      const capturedAt = unixUs((starts.get(frame.media) ?? 0) + usOf(frame));
      file.take({ ...frame, capturedAt });
    }
    file.finish();
    return path;
  }

  /** How long after it was taken each picture of Ada came, ms. */
  delaysMs(seen: WatchedFilm, startAt: UnixUs): number[] {
    const arrivals = this.#of('video');
    return seen.pictures.flatMap(({ tiles }, index) => {
      const counter = tiles.find(({ participantIndex }) => participantIndex === ADA)?.counter;
      const arrival = arrivals[index];
      if (counter === undefined || arrival === undefined) return [];
      return [(arrival.at - startAt) / 1000 - (counter * 1000) / SOURCE.fps];
    });
  }

  #of(kind: MediaKind): { readonly frame: PlayedFrame; readonly at: UnixUs }[] {
    return this.#frames.filter(({ frame }) => frame.media.kind === kind);
  }

  #startOf(media: AnsweredMedia): number {
    const known = this.#frames.find(({ frame }) => frame.media === media && frame.capturedAt !== undefined)?.frame;
    if (known?.capturedAt === undefined) throw new Error(`no report on ${media.kind}`);
    return known.capturedAt - usOf(known);
  }
}

function usOf({ media, pts }: PlayedFrame): number {
  return ticksToUs(pts, media.kind === 'audio' ? 48_000 : 90_000);
}

function describeDelays(delaysMs: readonly number[]): string {
  const sorted = [...delaysMs].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0);
  return `from camera to viewer ms: least ${at(0)}, median ${at(0.5)}, 95% ${at(0.95)}, most ${at(1)}`;
}
