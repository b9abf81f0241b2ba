import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLog, unixUs } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import type { PictureJob } from '../projection-job.ts';
import { countedPictures, readPictureFile } from '../testing/counted-pictures.ts';
import { beeps } from '../testing/flash-beep.ts';
import { EPOCH, Script, type ScriptTrack, wall } from '../testing/script.ts';
import { type IndexedPicture, isPictureOf } from './picture-index.ts';
import { createPictureSeries } from './picture-series.ts';

const root = mkdtempSync(join(tmpdir(), 'roomtape-series-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const S = 1_000_000;
const pictures = countedPictures({ seconds: 7 });
const video = (more: Partial<ScriptTrack> = {}): ScriptTrack => ({
  trackId: 1,
  codec: 'h264',
  packets: pictures,
  ...more,
});
const audio: ScriptTrack = { trackId: 2, codec: 'opus', packets: beeps({ seconds: 7 }) };
const both = new Script().track(video()).track(audio);

let count = 0;

async function jobOf(script: Script, more: Partial<PictureJob> = {}): Promise<PictureJob> {
  count += 1;
  const [tapeDirectory, outputDirectory] = [join(root, `tape-${count}`), join(root, `files-${count}`)];
  mkdirSync(outputDirectory);
  await script.write(tapeDirectory);
  const facts = { jobId: 'job', tapeDirectory, outputDirectory, fileName: 'cam.1' };
  return { ...facts, startAt: unixUs(EPOCH), fragmentMs: 500, container: 'jpeg', everyMs: 2000, ...more };
}

type Run = {
  readonly stopAt?: number;
  readonly pauses?: { fromAt: number; toAt: number }[];
  readonly stepsMax?: number;
};

/** Makes a series, or the first steps of one, and tells the series and how many steps it took. */
function make(job: PictureJob, { stopAt = 100 * S, pauses = [], stepsMax = 10_000 }: Run = {}) {
  const series = createPictureSeries(job, silentLog);
  series.setPauses(pauses.map(({ fromAt, toAt }) => ({ fromAt: wall(fromAt), toAt: wall(toAt) })));
  series.finish({ stopAt: wall(stopAt) });
  let steps = 0;
  while (steps < stepsMax && series.step(unixUs(EPOCH + steps)) !== 'finished') steps += 1;
  if (steps === stepsMax) series.abandon();
  return { series, steps };
}

const indexOf = (job: PictureJob): IndexedPicture[] =>
  JSON.parse(readFileSync(join(job.outputDirectory, 'cam.1.jpg.json'), 'utf8')) as IndexedPicture[];
const countersOf = (job: PictureJob) =>
  indexOf(job).map(({ name, atMs }) => [atMs, readPictureFile(join(job.outputDirectory, name)).counter]);

describe('a series of pictures', () => {
  it('has a picture for every so many seconds, its list, and one file that stands for both', async () => {
    const job = await jobOf(both, { width: 160 });
    const { series } = make(job);
    expect(countersOf(job)).toEqual([
      [0, 0],
      [2000, 20],
      [4000, 40],
      [6000, 60],
    ]);
    const list = indexOf(job);
    expect(list.map(({ name }) => name)).toEqual([1, 2, 3, 4].map((n) => `cam.1-00000${n}.jpg`));
    expect(list[1]).toMatchObject({ width: 160, height: 90 });
    expect(Math.abs(Date.parse(list[1]?.wallTime ?? '') * 1000 - wall(2 * S))).toBeLessThan(40_000);
    const bytes = list.reduce((sum, { name }) => sum + statSync(join(job.outputDirectory, name)).size, 0);
    expect(series.files()).toMatchObject([
      { container: 'jpeg', state: 'finished', width: 160, height: 90, bytes, durationUs: expect.closeTo(7 * S, -5) },
    ]);
    expect(basename(series.files()[0]?.path ?? '')).toBe('cam.1.jpg.json');
    expect(readdirSync(job.outputDirectory).sort()).toEqual([...list.map(({ name }) => name), 'cam.1.jpg.json']);
  });

  it('leaves pauses out of its times and into its wall times', async () => {
    const job = await jobOf(both);
    make(job, { pauses: [{ fromAt: 1.5 * S, toAt: 3.95 * S }] });
    // Goes on with the keyframe of second 4, 1.5 s into the recording.
    expect(countersOf(job)).toEqual([
      [0, 0],
      [2000, 45],
      [4000, 65],
    ]);
    const wallMs = Date.parse(indexOf(job)[1]?.wallTime ?? '');
    expect(Math.abs(wallMs * 1000 - wall(4.5 * S))).toBeLessThan(100_000);
  });

  it('begins with the first picture, repeats one that stands still, and ends with the recording', async () => {
    const keeps = (us: number) => us >= 3 * S && (us < 4 * S || us >= 6 * S);
    const job = await jobOf(new Script().track(video({ keeps })).track(audio), { everyMs: 1060 });
    make(job, { stopAt: 6.5 * S });
    expect(countersOf(job)).toEqual([
      [3180, 31],
      [4240, 39],
      [5300, 39],
      [6360, 63],
    ]);
  });

  it.each([5, 12, 25])('killed after %d steps and begun again has the same pictures, none made twice', async (kill) => {
    const whole = await jobOf(both, { everyMs: 500 });
    make(whole);
    const job = { ...whole, outputDirectory: join(root, `again-${kill}`) };
    mkdirSync(job.outputDirectory);
    make(job, { stepsMax: kill });
    const before = readdirSync(job.outputDirectory).filter((name) => name.endsWith('.jpg'));
    const times = before.map((name) => statSync(join(job.outputDirectory, name)).mtimeMs);
    writeFileSync(join(job.outputDirectory, 'cam.1-000009.jpg.part'), 'half');
    make(job);
    expect(indexOf(job)).toEqual(indexOf(whole));
    for (const { name } of indexOf(job))
      expect(readFileSync(join(job.outputDirectory, name))).toEqual(readFileSync(join(whole.outputDirectory, name)));
    expect(before.map((name) => statSync(join(job.outputDirectory, name)).mtimeMs)).toEqual(times);
    expect(readdirSync(job.outputDirectory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('makes a picture again that is gone', async () => {
    const job = await jobOf(both);
    make(job);
    rmSync(join(job.outputDirectory, 'cam.1-000003.jpg'));
    make(job);
    expect(countersOf(job)[2]).toEqual([4000, 40]);
  });

  it('decodes only what it needs where keyframes are near, and all of it where there are none', async () => {
    const packets = countedPictures({ seconds: 30, gopFrames: 10_000 });
    const none = await jobOf(new Script().track(video({ packets })), { everyMs: 10_000 });
    expect(make(none).steps).toBeGreaterThan(200 / 8);
    expect(countersOf(none)).toEqual([
      [0, 0],
      [10_000, 100],
      [20_000, 200],
    ]);
    const often = await jobOf(new Script().track(video({ packets: countedPictures({ seconds: 30 }) })), {
      everyMs: 10_000,
    });
    expect(make(often).steps).toBeLessThan(20);
    expect(countersOf(often).map(([, counter]) => counter)).toEqual([0, 100, 200]);
  });

  it('finds reordered pictures, and goes on over a change of codec', async () => {
    const packets = countedPictures({ seconds: 3, fps: 30, bFrames: 2 });
    const job = await jobOf(new Script().track(video({ packets })), { startAt: wall(-S), everyMs: 700 });
    make(job);
    expect(countersOf(job).map(([, counter]) => counter)).toEqual([0, 21, 42, 63, 84]);
    const vp8 = countedPictures({ seconds: 7, codec: 'vp8' });
    const script = new Script()
      .track(video({ keeps: (us) => us < 3 * S }))
      .track(video({ trackId: 3, codec: 'vp8', packets: vp8, keeps: (us) => us >= 3 * S }));
    const changed = await jobOf(script);
    make(changed);
    expect(countersOf(changed).map(([, counter]) => counter)).toEqual([0, 20, 40, 60]);
  });

  it('of sound alone has no file', async () => {
    const job = await jobOf(new Script().track(audio));
    expect(make(job).series.files()).toEqual([]);
    expect(readdirSync(job.outputDirectory)).toEqual([]);
  });
});

describe('the index of a series', () => {
  it.each([
    ['cam.1.jpg.json', 'cam.1-000001.jpg', true],
    ['cam.1.webp.json', 'cam.1-1234567.webp', true],
    ['cam.1.jpg.json', 'cam.1-000001.webp', false],
    ['cam.1.jpg.json', 'cam.2-000001.jpg', false],
    ['cam.1.jpg.json', 'cam.1-01.jpg', false],
    ['cam.1.jpg.json', 'cam.1.jpg.json', false],
    ['cam.1.mp4', 'cam.1-000001.jpg', false],
    ['cam.1.jpg.json', '../cam.1-000001.jpg', false],
  ])('%s has the part %s: %s', (index, entry, isPart) => {
    expect(isPictureOf(index, entry)).toBe(isPart);
  });
});
