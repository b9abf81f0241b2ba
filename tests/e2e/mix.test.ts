// A room of real WHIP publishers in one film, mixed while they talk: each in its rectangle each second, every voice,
// through a change of the layout, a pause and a killed mixer.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';
import { ADA, BOB, CANVAS, sideBySide, watchFilm } from './watched-film.ts';

const OFFSET_MS_MAX = 20;
const WAIT = { timeout: 40_000, interval: 100 };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.close(), 30_000);

describe('a mixed recording', { timeout: 120_000 }, () => {
  it('shows and sounds everybody, through a new layout, a pause and a killed mixer', async () => {
    const roomId = 'mix';
    const publishers = [
      await stage.publish({ roomId, userId: 'ada', source: { participantIndex: ADA } }),
      await stage.publish({ roomId, userId: 'bob', source: { participantIndex: BOB } }),
    ];
    const request = { roomId, mode: 'mix', canvas: CANVAS, layout: sideBySide('ada', 'bob') } as const;
    const { recordingId } = await stage.client.recordings.start(request);
    await untilMixed(recordingId, 3000);
    await stage.client.recordings.changeLayout(recordingId, { layout: sideBySide('bob', 'ada') });
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
    const film = watchFilm(path);
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
