// Pictures of a recording while it runs and afterwards, and a film made later: each shows exactly what a player of the
// recording's file shows at that time.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RecordingFile } from '@roomtape/api';
import { type PictureReading, type RecordingFacts, readPicture, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

const SIZE = { width: 320, height: 180 };
const PERSON = 5;
const SECONDS = 3;
/** Between two pictures, so that no rounding decides which it is. */
const AT_MS = 1517;
const run = promisify(execFile);

let stage: Stage;
let folder: string;
beforeAll(async () => {
  [stage, folder] = await Promise.all([Stage.open(), mkdtemp(join(tmpdir(), 'roomtape-pictures-'))]);
}, 60_000);
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe('pictures of a recording', { timeout: 90_000 }, () => {
  it('show what its file shows at that time, also those of a film made later', async () => {
    const roomId = 'pictures';
    const ada = await stage.publish({ roomId, userId: 'ada', source: { participantIndex: PERSON } });
    const outputs = [{ format: 'mp4' } as const, { format: 'webp', everySeconds: 1 } as const];
    const { recordings } = stage.client;
    const { recordingId } = await recordings.start({ roomId, outputs });
    await stage.untilRecorded(recordingId, SECONDS);
    const early = await recordings.snapshot(recordingId, { atMs: AT_MS });
    const newest = await recordings.snapshot(recordingId, { format: 'webp' });
    const { files } = await stage.finish(recordingId);
    await ada.close();
    const late = await recordings.snapshot(recordingId, { atMs: AT_MS, format: 'webp' });

    const [video, series] = ['mp4', 'webp'].map((container) => files.find((file) => file.container === container));
    const film = readRecording(await save(video));
    const seen = shownAt(film, AT_MS);
    expect(await look(early)).toMatchObject({ counter: seen, participantIndex: PERSON });
    expect(await look(late)).toMatchObject({ counter: seen, participantIndex: PERSON });
    expect((await look(newest)).counter).toBeGreaterThan(seen ?? 0);
    const list = (await (await fetch(`${stage.server.url}${series?.url}`)).json()) as { name: string; atMs: number }[];
    expect(list.map(({ atMs }) => atMs)).toEqual(list.map((_, index) => index * 1000));
    expect(list.length).toBeGreaterThanOrEqual(SECONDS);
    for (const { name, atMs } of list.slice(1)) {
      const { counter = 0 } = await part(series, name);
      expect(Math.abs(counter - (shownAt(film, atMs) ?? Number.NaN))).toBeLessThanOrEqual(1);
    }

    const canvas = { ...SIZE, fps: 30 };
    const made = await recordings.render(recordingId, { layout: { mode: 'single' }, canvas });
    expect(made).toMatchObject({ mode: 'mix', renderedFrom: recordingId });
    const [rendered] = (await stage.untilFinished(made.recordingId)).files;
    const picture = await look(await recordings.snapshot(made.recordingId, { atMs: AT_MS }));
    expect(picture).toMatchObject({ counter: shownAt(readRecording(await save(rendered)), AT_MS) });
    expect(Math.abs((rendered?.durationMs ?? 0) - (video?.durationMs ?? 0))).toBeLessThan(500);
  });
});

/** The number of the picture a player shows at a time. */
function shownAt({ video }: RecordingFacts, atMs: number): number | undefined {
  return video?.frames.findLast(({ ptsUs }) => ptsUs <= atMs * 1000)?.counter;
}

async function save(file: RecordingFile | undefined): Promise<string> {
  const path = join(folder, `${file?.fileId}-${file?.name}`);
  const answer = await stage.client.files.download(file?.fileId ?? '');
  await writeFile(path, new Uint8Array(await answer.arrayBuffer()));
  return path;
}

async function look(file: RecordingFile): Promise<PictureReading> {
  return read(await save(file));
}

/** Loads a picture of a series. */
async function part(series: RecordingFile | undefined, name: string): Promise<PictureReading> {
  const [path, query] = (series?.url ?? '').split('?');
  const answer = await fetch(`${stage.server.url}${path}/${name}?${query}`);
  await writeFile(join(folder, name), new Uint8Array(await answer.arrayBuffer()));
  return read(join(folder, name));
}

async function read(path: string): Promise<PictureReading> {
  const args = ['-v', 'error', '-i', path, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer' });
  return readPicture({ data: new Uint8Array(stdout), stride: SIZE.width, ...SIZE });
}
