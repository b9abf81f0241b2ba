// Publishers, recordings and files used in the wrong order, by the wrong people, or not at all; on the real server.

import type { RecordingFile } from '@roomtape/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { FILM_EXPECTED, sendingFilm } from './prepared-film.ts';
import { pidsOf } from './process-facts.ts';
import { rawRequest } from './raw-request.ts';

let stage: Stage;
let pids: Record<string, number>;

beforeAll(async () => {
  stage = await Stage.open();
  pids = await pidsOf(stage.server);
}, 60_000);

afterAll(() => stage?.close(), 60_000);

describe('a stream', { timeout: 60_000 }, () => {
  it('is refused to a second publisher, whose attempt the first does not notice', async () => {
    const ann = await stage.publish({ roomId: 'taken', userId: 'ann', streamId: 'cam', client: sendingFilm() });
    const { recordingId } = await stage.client.recordings.start({ roomId: 'taken' });
    await stage.untilRecorded(recordingId, 1);
    const bob = await stage.participant({ roomId: 'taken', userId: 'bob', streamId: 'cam', client: sendingFilm() });

    await expect(bob.connect()).rejects.toMatchObject({
      code: 'WHIP_REFUSED',
      message: expect.stringContaining('STREAM_TAKEN'),
      details: { status: 409 },
    });
    await stage.untilRecorded(recordingId, 3);
    await ann.close();
    const { files, problems } = await stage.finish(recordingId);
    for (const file of files) await stage.expectGood(file, FILM_EXPECTED);
    expect([files.length, problems]).toEqual([1, []]);
  });

  it('of a room or user the token is not for is refused to the publisher by name', async () => {
    const token = await stage.token('home', 'ann');
    const client = { ...sendingFilm(), token };
    const elsewhere = await stage.participant({ roomId: 'away', userId: 'ann', client });

    await expect(elsewhere.connect()).rejects.toMatchObject({ message: expect.stringContaining('FORBIDDEN') });
  });
});

describe('a recording', { timeout: 60_000 }, () => {
  it('that nobody comes for finishes without files and says so', async () => {
    const { recordingId, state } = await stage.client.recordings.start({ roomId: 'empty', streams: ['cam'] });
    expect(state).toBe('starting');

    const { files, problems } = await stage.finish(recordingId);
    expect(files).toEqual([]);
    expect(problems).toMatchObject([{ code: 'NOTHING_RECORDED', message: expect.stringContaining('cam') }]);
  });

  it('that waits for somebody begins when they come', async () => {
    const { recordingId } = await stage.client.recordings.start({ roomId: 'later' });
    await stage.publish({ roomId: 'later', userId: 'ann', client: sendingFilm() });
    await stage.untilRecorded(recordingId, 2);

    const { files, problems } = await stage.finish(recordingId);
    for (const file of files) await stage.expectGood(file, FILM_EXPECTED);
    expect([files.length, problems]).toEqual([1, []]);
  });

  it('may be stopped twice, and neither paused nor resumed once stopped', async () => {
    const { recordingId } = await stage.client.recordings.start({ roomId: 'stopped' });
    const first = await stage.client.recordings.stop(recordingId);
    const second = await stage.client.recordings.stop(recordingId);

    expect(second.stoppedAt).toBe(first.stoppedAt);
    const refusal = { code: 'INVALID_STATE', status: 409, details: { state: 'finished' } };
    await expect(stage.client.recordings.pause(recordingId)).rejects.toMatchObject(refusal);
    await expect(stage.client.recordings.resume(recordingId)).rejects.toMatchObject(refusal);
  });
});

describe('a file', { timeout: 60_000 }, () => {
  let file: RecordingFile;
  let whole: Uint8Array;

  it('is there to be asked for', async () => {
    const { recordingId } = await stage.client.recordings.start({ roomId: 'later' });
    await stage.untilRecorded(recordingId, 1);
    const { files } = await stage.finish(recordingId);
    file = files[0] as RecordingFile;
    whole = new Uint8Array(await (await stage.client.files.download(file.fileId)).arrayBuffer());
    expect(whole.length).toBe(file.bytes);
  });

  it.each([
    ['another unit', 'lines=1-2', 200],
    ['no numbers', 'bytes=-', 200],
    ['words', 'bytes=all', 200],
    ['a backward range', 'bytes=10-2', 200],
    ['a negative start', 'bytes=--5', 200],
    ['several ranges', 'bytes=0-1,5-6', 200],
    ['a thousand ranges', `bytes=${'0-1,'.repeat(1000)}0-1`, 200],
    ['a start beyond any number', `bytes=${'9'.repeat(400)}-`, 200],
    ['a start beyond the end', 'bytes=999999999999-', 416],
    ['the last nothing', 'bytes=-0', 416],
    ['an end beyond the end', 'bytes=0-999999999999999', 206],
    ['more than there is from the end', 'bytes=-999999999999', 206],
  ])('asked for with a range of %s is answered within its bounds', async (_what, range, status) => {
    const headers = { authorization: `Bearer ${stage.server.apiKey}`, range };
    const response = await fetch(`${stage.server.url}/v1/files/${file.fileId}`, { headers });

    expect(response.status).toBe(status);
    const body = new Uint8Array(await response.arrayBuffer());
    if (status === 416) expect(response.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    else expect(Buffer.compare(body, whole)).toBe(0);
  });

  it('is found by no path, name or id but its own', async () => {
    const headers = { authorization: `Bearer ${stage.server.apiKey}` };
    const [job = ''] = file.fileId.split('-');
    for (const id of [
      `${job}-0`,
      `${job}-2`,
      `${job}-99999`,
      `${job}-1e0`,
      `${job}--1`,
      job,
      file.name,
      `${file.fileId}.mp4`,
    ]) {
      const { status, code } = await rawRequest(stage.server.url, { path: `/v1/files/${id}`, headers });
      expect([status, code], id).toEqual(id.includes('.') ? [400, 'INVALID_ID'] : [404, 'FILE_NOT_FOUND']);
    }
    expect(await pidsOf(stage.server)).toEqual(pids);
  });
});
