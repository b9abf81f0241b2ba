// A room of real WHIP publishers in one film, mixed while they talk: every tile of every frame and every voice, while
// layouts change, somebody is muted, loses packets, comes back and leaves, the recording is paused and the mixer killed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FilmJudge, type PersonVerdict } from '../../bench/mix-proof/film-judge.ts';
import { readFilm } from '../../bench/mix-proof/film-reader.ts';
import { disagreements, readTruth } from '../../bench/mix-proof/film-truth.ts';
import { ProofRoom } from '../../bench/mix-proof/proof-room.ts';
import { type ProofScript, perform, step } from '../../bench/mix-proof/proof-script.ts';
import { Stage } from './stage.ts';

const CANVAS = { width: 640, height: 360, fps: 30 };
const OFFSET_MS_MAX = 20;
const HALF = { width: 320, height: 180 };
const SEATS = {
  mode: 'custom' as const,
  cells: [
    { x: 0, y: 0, ...HALF, streamId: 'cleo' },
    { x: 320, y: 90, ...HALF, streamId: 'ada' },
    { x: 0, y: 180, ...HALF },
  ],
};

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.close(), 30_000);

const SCRIPT: ProofScript = {
  seconds: 10,
  present: ['ada', 'bob', 'cleo'],
  firstLayout: { mode: 'tile', fit: 'fit' },
  steps: [
    step(0.5, (room) => room.lose('cleo', 0.03)),
    step(1.2, (room) => room.changeLayout({ mode: 'gallery' })),
    step(1.8, (room) => room.mute('bob', 'audio', true)),
    step(2.8, (room) => room.changeLayout({ mode: 'horizontal' })),
    step(3.4, () => killMixer()),
    step(4, (room) => room.mute('bob', 'audio', false)),
    step(4.5, (room) => room.changeLayout({ mode: 'floating', bigStreamId: 'bob' })),
    step(5, (room) => room.pause(600)),
    step(6.2, (room) => room.reconnect('ada', 300)),
    step(7.4, (room) => room.changeLayout(SEATS)),
    step(8.4, (room) => room.leave('cleo')),
    step(9, (room) => room.changeLayout({ mode: 'speaker' })),
  ],
};

describe('a mixed recording', { timeout: 120_000 }, () => {
  it('has everybody in their place and in step with their voice, whatever happens meanwhile', async () => {
    const { server, client, factory, clock, ids } = stage;
    const room = new ProofRoom({ url: server.url, client, factory, clock, ids, roomId: 'mix' });
    for (const name of SCRIPT.present) await room.join(name);
    await room.record({ canvas: CANVAS, layout: SCRIPT.firstLayout });
    await perform(SCRIPT, room);
    const { files, problems } = await room.finish();
    await room.close();

    const { width, height } = CANVAS;
    expect(files).toMatchObject([{ streamId: 'mix', container: 'mp4', width, height }]);
    expect(problems.filter(({ resolvedAt }) => resolvedAt === undefined)).toEqual([]);
    const [file] = files;
    if (file === undefined) throw new Error('no file');
    const { path } = await stage.check(file, { video: 'optional', audio: 'optional', otherBeeps: 'optional' });
    const truth = await readTruth(room.recordingId, server.dataDirectory);
    expect(disagreements(truth, room)).toEqual([]);
    const judge = new FilmJudge(truth, room.people);
    const film = readFilm(path, truth.fps, (frame, luma) => judge.look(frame, luma));
    const { people, ...seen } = judge.verdict(film.beeps);
    console.log(people.map(describePerson).join('; '));

    expect(film).toMatchObject({ missing: 0, doubled: 0, errors: 0 });
    expect(film.pictures).toBeGreaterThan(8 * CANVAS.fps);
    expect({ ...seen, faults: seen.faults.filter((fault) => !fault.endsWith('is not heard')) }).toMatchObject({
      ...{ wrongFrames: 0, blankFrames: 0, faults: [] },
    });
    expect(seen.rightTileSeconds).toBe(seen.tileSeconds);
    expect(seen.modes).toEqual(['tile', 'gallery', 'horizontal', 'floating', 'custom', 'speaker']);
    for (const { voiceSeconds, heard, missedInLoss, heardMuted, offsetsMs } of people) {
      // Sound is not sent twice: a machine too busy to take a packet in time may lose a beep.
      expect(voiceSeconds - heard - missedInLoss).toBeLessThanOrEqual(1);
      expect(heardMuted).toBe(0);
      expect(voiceSeconds).toBeGreaterThanOrEqual(2);
      expect(Math.abs(middle(offsetsMs))).toBeLessThanOrEqual(OFFSET_MS_MAX);
    }
  });
});

async function killMixer(): Promise<void> {
  const mixer = (await stage.server.children()).find(({ name, pid }) => name === 'mixer-0' && pid !== undefined);
  if (mixer?.pid === undefined) throw new Error('no mixer runs');
  process.kill(mixer.pid, 'SIGKILL');
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function describePerson({ name, voiceSeconds, heard, offsetsMs }: PersonVerdict): string {
  return `${name}: heard ${heard} of ${voiceSeconds} s, offsets ms ${offsetsMs.map((ms) => ms.toFixed(1)).join(' ')}`;
}
