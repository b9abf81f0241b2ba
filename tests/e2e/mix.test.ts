// A room of real WHIP publishers in one film, mixed while they talk: each in its rectangle each second, every voice,
// through a change of the layout, a pause and a killed mixer.

import { type DecodedPicture, openMediaFile } from '@roomtape/ffmpeg';
import { BeepDetector, type BeepFact, participantOfBeepHz, readPicture } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

const TILE = { width: 320, height: 180 };
const LEFT = { x: 0, y: 0, ...TILE };
const RIGHT = { x: TILE.width, y: 0, ...TILE };
const CANVAS = { width: 2 * TILE.width, height: TILE.height, fps: 30 };
const ADA = 1;
const BOB = 2;
const OFFSET_MS_MAX = 20;
const WAIT = { timeout: 40_000, interval: 100 };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.close(), 30_000);

const cells = (left: string, right: string) => ({
  mode: 'custom' as const,
  cells: [
    { ...LEFT, streamId: left },
    { ...RIGHT, streamId: right },
  ],
});

describe('a mixed recording', { timeout: 120_000 }, () => {
  it('shows and sounds everybody, through a new layout, a pause and a killed mixer', async () => {
    const roomId = 'mix';
    const publishers = [
      await stage.publish({ roomId, userId: 'ada', source: { participantIndex: ADA } }),
      await stage.publish({ roomId, userId: 'bob', source: { participantIndex: BOB } }),
    ];
    const request = { roomId, mode: 'mix', canvas: CANVAS, layout: cells('ada', 'bob') } as const;
    const { recordingId } = await stage.client.recordings.start(request);
    await untilMixed(recordingId, 3000);
    await stage.client.recordings.changeLayout(recordingId, { layout: cells('bob', 'ada') });
    await untilMixed(recordingId, 6000);
    await killMixer();
    await stage.client.recordings.pause(recordingId);
    await stage.client.recordings.resume(recordingId);
    await untilMixed(recordingId, 10_000);
    const { files, problems } = await stage.finish(recordingId);
    await Promise.all(publishers.map((publisher) => publisher.close()));

    const [file] = files;
    if (file === undefined) throw new Error('no file');
    expect(files).toMatchObject([{ streamId: 'mix', container: 'mp4', ...{ width: 640, height: 180 } }]);
    expect(problems.filter(({ resolvedAt }) => resolvedAt === undefined)).toEqual([]);
    const { path } = await stage.check(file, { video: 'optional', audio: 'optional', otherBeeps: 'optional' });
    const film = watch(path);
    console.log(film.print());
    expect(film.gapsMs).toEqual([]);
    expect(film.seatings).toEqual(['1 | 2', '2 | 1']);
    for (const who of [ADA, BOB]) {
      expect(film.offsetsMs(who).length).toBeGreaterThanOrEqual(8);
      expect(Math.max(...film.offsetsMs(who).map(Math.abs))).toBeLessThanOrEqual(OFFSET_MS_MAX);
    }
  });
});

async function untilMixed(recordingId: string, ms: number): Promise<void> {
  const mixed = async () => (await stage.client.recordings.get(recordingId)).film?.mixedMs ?? 0;
  await expect.poll(mixed, { ...WAIT, message: `${ms} ms are mixed` }).toBeGreaterThanOrEqual(ms);
}

async function killMixer(): Promise<void> {
  const mixer = (await stage.server.children()).find(({ name, pid }) => name === 'mixer-0' && pid !== undefined);
  if (mixer?.pid === undefined) throw new Error('no mixer runs');
  process.kill(mixer.pid, 'SIGKILL');
}

type Film = {
  /** Who sat left and right, in order, each arrangement once. */
  readonly seatings: string[];
  /** Where a picture is missing. */
  readonly gapsMs: number[];
  /** How much later each beep of somebody is than the flash in its tile, ms. */
  offsetsMs(who: number): number[];
  print(): string;
};

function watch(path: string): Film {
  const file = openMediaFile(path);
  const detector = new BeepDetector();
  const flashes = new Map<number, number[]>([ADA, BOB].map((who) => [who, []]));
  const seatings: string[] = [];
  const pictureTimesMs: number[] = [];
  const flashing = new Set<number>();
  for (const media of file.media()) {
    if (media.kind === 'samples') {
      detector.push(media.samples[0] ?? new Float32Array(), Math.round((media.ptsUs * 48) / 1000));
      continue;
    }
    pictureTimesMs.push(media.ptsUs / 1000);
    const seen = [LEFT, RIGHT].map((rect) => readPicture(lumaOf(media), rect));
    const seating = seen.map(({ participantIndex }) => participantIndex ?? '-').join(' | ');
    if (!seating.includes('-') && seatings.at(-1) !== seating) seatings.push(seating);
    for (const { participantIndex: who, isFlash } of seen) {
      if (who === undefined) continue;
      if (isFlash && !flashing.has(who)) flashes.get(who)?.push(media.ptsUs / 1000);
      if (isFlash) flashing.add(who);
      else flashing.delete(who);
    }
  }
  file.close();
  const beeps = detector.finish();
  const gapsMs = pictureTimesMs.filter((at, i) => i > 0 && at - (pictureTimesMs[i - 1] ?? 0) > 34);
  const offsetsMs = (who: number): number[] => offsetsOf(flashes.get(who) ?? [], beeps, who);
  const words = (who: number): string =>
    `${who}: ${offsetsMs(who)
      .map((ms) => ms.toFixed(1))
      .join(' ')}`;
  const print = (): string => `${pictureTimesMs.length} pictures; offsets ms ${words(ADA)}; ${words(BOB)}`;
  return { seatings, gapsMs, offsetsMs, print };
}

function offsetsOf(flashesMs: readonly number[], beeps: readonly BeepFact[], who: number): number[] {
  const own = beeps.filter(({ frequencyHz, isExact }) => isExact && participantOfBeepHz(frequencyHz) === who);
  return flashesMs.flatMap((flashMs) => {
    const near = own.map(({ startUs }) => startUs / 1000 - flashMs).filter((ms) => Math.abs(ms) < 300);
    return near.length === 1 ? near : [];
  });
}

function lumaOf({ picture }: DecodedPicture): Parameters<typeof readPicture>[0] {
  return { data: picture.y, stride: picture.width, width: picture.width, height: picture.height };
}
