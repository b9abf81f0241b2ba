import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { type TestServer, temporaryDirectory } from '../testing/test-server.ts';
import { testServers } from '../testing/test-servers.ts';

const { open, start } = testServers();

/** Records a room in which the streams named are live, until there is media of all of them. */
async function record(t: TestServer, streams: readonly string[], body: object = {}): Promise<string> {
  const answer = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'single', ...body });
  const id = String(answer.body.recordingId);
  for (const streamId of streams) {
    const published = await t.publish('r', streamId, await t.token('r', `user-of-${streamId}`));
    t.media[0]?.connect(published.headers.get('location')?.split('/').at(-1) ?? '');
  }
  await until(t, id, { state: streams.length === 0 ? 'starting' : 'recording' });
  return id;
}

const look = async (t: TestServer, id: string) => (await t.call('GET', `/v1/recordings/${id}`)).body;
const until = (t: TestServer, id: string, expected: object) =>
  eventually(async () => expect(await look(t, id)).toMatchObject(expected));
const snapshot = (t: TestServer, id: string, body?: object) => t.call('POST', `/v1/recordings/${id}/snapshot`, body);
const render = (t: TestServer, id: string, body?: object, headers = {}) =>
  t.call('POST', `/v1/recordings/${id}/renders`, body, headers);
/** Films made later have a mixer of their own, which is the newest. */
const factsOf = (t: TestServer) => [...(t.mixers.at(-1)?.facts.values() ?? [])].at(-1);

async function finish(t: TestServer, id: string): Promise<void> {
  await t.call('POST', `/v1/recordings/${id}/stop`);
  await until(t, id, { state: 'finished' });
}

describe('a snapshot', () => {
  it('is a file of the recording that everybody with its address can load, also after a restart', async () => {
    const dataDir = await temporaryDirectory();
    const before = await start({ dataDir });
    const id = await record(before, ['cam']);
    const { status, body } = await snapshot(before, id);
    expect(status).toBe(201);
    expect(body).toMatchObject({ streamId: 'cam', userId: 'user-of-cam', container: 'jpeg', state: 'finished' });
    expect(body).toMatchObject({ name: 'cam.snapshot-1.jpg', durationMs: 0, bytes: 9 });
    const loaded = await fetch(`${before.url}${body.url}`);
    expect([loaded.headers.get('content-type'), await loaded.text()]).toEqual(['image/jpeg', 'a picture']);
    const again = await snapshot(before, id, { format: 'webp', width: 320 });
    expect(again.body).toMatchObject({ name: 'cam.snapshot-2.webp', container: 'webp', width: 320 });
    expect((await fetch(`${before.url}${again.body.url}`)).headers.get('content-type')).toBe('image/webp');
    await finish(before, id);
    await open.pop()?.close();

    const after = await start({ dataDir });
    expect((await snapshot(after, id)).body).toMatchObject({ name: 'cam.snapshot-3.jpg' });
    const { files, state } = await look(after, id);
    expect(state).toBe('finished');
    expect((files as { name: string }[]).map(({ name }) => name)).toEqual([
      ...['cam.1.mp4', 'cam.snapshot-1.jpg', 'cam.snapshot-2.webp', 'cam.snapshot-3.jpg'],
    ]);
    const [, first] = files as { url: string }[];
    expect(await (await fetch(`${after.url}${first?.url}`)).text()).toBe('a picture');
  });

  it('is taken by a worker from the tape of the stream, at the time wanted, with the pauses', async () => {
    const t = await start();
    const id = await record(t, ['cam', 'screen']);
    await t.call('POST', `/v1/recordings/${id}/pause`);
    await snapshot(t, id, { streamId: 'screen', atMs: 2500, width: 320 });
    const job = t.workers[0]?.snapshots[0];
    expect(job).toMatchObject({ media: 'audio-video', atUs: 2_500_000, width: 320, format: 'jpeg' });
    expect(job?.pauses).toEqual([{ fromAt: expect.any(Number) }]);
    const tapes = [...(t.media[0]?.tapes.values() ?? [])];
    expect(job?.tapeDirectory).toBe(tapes.find(({ streamId }) => streamId === 'screen')?.directory);
  });

  it('of a mix is one of its film, unless a stream is named', async () => {
    const t = await start();
    const id = await record(t, ['cam'], { mode: 'mix' });
    await eventually(() => expect(factsOf(t)?.streams).toHaveLength(1));
    expect((await snapshot(t, id)).body).toMatchObject({ streamId: 'mix', name: 'mix.snapshot-1.jpg' });
    expect((await snapshot(t, id, { streamId: 'cam' })).body).toMatchObject({ streamId: 'cam' });
    const [film, cam] = t.workers[0]?.snapshots ?? [];
    expect(film?.tapeDirectory).toBe([...(t.mixers[0]?.jobs.values() ?? [])][0]?.tapeDirectory);
    expect(cam?.tapeDirectory).toBe([...(t.media[0]?.tapes.values() ?? [])][0]?.directory);
  });

  it('is refused with the reason', async () => {
    const t = await start();
    const id = await record(t, ['a', 'b']);
    const empty = await record(t, [], { streams: ['c'] });
    const sound = await record(t, ['d'], { format: 'mp3' });
    const upload = (await t.call('POST', '/v1/files', { roomId: 'r', name: 'x.mp4', bytes: 4 })).body.recordingId;
    const answers = await Promise.all([
      snapshot(t, id),
      snapshot(t, id, { streamId: 'none' }),
      snapshot(t, empty),
      snapshot(t, sound, { streamId: 'd' }),
      snapshot(t, id, { width: 7 }),
      snapshot(t, id, { format: 'gif' }),
      snapshot(t, String(upload ?? 'rec_none')),
    ]);
    expect(answers.map(({ status, body }) => [status, (body.error as { code: string }).code])).toEqual([
      [400, 'INVALID_REQUEST'],
      [404, 'STREAM_NOT_FOUND'],
      [503, 'NO_PICTURE'],
      [409, 'NO_VIDEO'],
      [400, 'INVALID_REQUEST'],
      [400, 'INVALID_REQUEST'],
      [404, 'RECORDING_NOT_FOUND'],
    ]);
    const worker = t.workers[0];
    if (worker !== undefined) worker.refuseSnapshot = 'NO_PICTURE';
    expect(await snapshot(t, id, { streamId: 'a' })).toMatchObject({ status: 503 });
    expect(JSON.stringify(await look(t, id))).not.toContain('snapshot');
  });

  it('needs the right to record', async () => {
    const t = await start();
    const id = await record(t, ['cam']);
    const token = await t.token('r', 'ann', ['play']);
    for (const verb of ['snapshot', 'renders']) {
      const headers = { authorization: `Bearer ${token}` };
      expect((await t.call('POST', `/v1/recordings/${id}/${verb}`, {}, headers)).status).toBe(403);
    }
  });

  it('waits for no third one of its recording', async () => {
    const t = await start();
    const id = await record(t, ['cam']);
    const worker = t.workers[0];
    let letGo = (): void => {};
    if (worker !== undefined) {
      worker.holdSnapshots = new Promise((resolve) => {
        letGo = resolve;
      });
    }
    const two = [snapshot(t, id), snapshot(t, id)];
    await eventually(() => expect(worker?.snapshots).toHaveLength(2));
    expect(await snapshot(t, id)).toMatchObject({ status: 429 });
    letGo();
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([201, 201]);
    expect((await snapshot(t, id)).status).toBe(201);
  });
});

describe('a series of pictures', () => {
  it('is one file of its recording, a list whose pictures are loaded beside it', async () => {
    const t = await start();
    const pictures = { format: 'jpeg', everySeconds: 5, width: 320 };
    const id = await record(t, ['cam'], { outputs: [{ format: 'mp4' }, pictures] });
    const job = [...(t.workers[0]?.jobs.values() ?? [])][0];
    const folder = job?.outputDirectory ?? '';
    const list = [{ name: 'cam.1-000001.jpg', atMs: 0 }];
    await writeFile(join(folder, 'cam.1.jpg.json'), JSON.stringify(list));
    await writeFile(join(folder, 'cam.1-000001.jpg'), 'one');
    const facts = { state: 'recording', bytes: 3, durationUs: 1, startedAt: unixUs(1e15), missingUs: {} } as const;
    const series = { path: join(folder, 'cam.1.jpg.json'), container: 'jpeg', output: 1, part: 1, ...facts } as const;
    t.workers[0]?.emit({ kind: 'progressed', jobId: job?.jobId ?? '', files: [series] });
    await until(t, id, { outputs: [{ format: 'mp4' }, pictures], files: [{ container: 'jpeg', output: 1 }] });

    const [file] = (await look(t, id)).files as { url: string }[];
    const [path, token] = (file?.url ?? '').split('?');
    const index = await fetch(`${t.url}${path}?${token}`);
    expect([index.headers.get('content-type'), await index.json()]).toEqual(['application/json', list]);
    const part = (name: string) => fetch(`${t.url}${path}/${name}?${token}`);
    const picture = await part('cam.1-000001.jpg');
    expect([picture.headers.get('content-type'), await picture.text()]).toEqual(['image/jpeg', 'one']);
    for (const other of ['cam.1-000002.jpg', 'cam.1.mp4', 'cam.1.jpg.json', '..%2F..%2Fjournal.jsonl'])
      expect((await part(other)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('a film made later', () => {
  it('is a recording of its own from the tapes of a finished one', async () => {
    const t = await start();
    const id = await record(t, ['cam', 'screen']);
    expect(await render(t, id)).toMatchObject({ status: 409, body: { error: { code: 'INVALID_STATE' } } });
    await finish(t, id);
    const { status, body } = await render(t, id, { layout: { mode: 'speaker' }, canvas: { width: 640, height: 360 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ mode: 'mix', renderedFrom: id, state: 'finishing', roomId: 'r' });
    expect(body.film).toMatchObject({ layout: { mode: 'speaker' }, mixedMs: 0, totalMs: expect.any(Number) });
    const film = String(body.recordingId);
    await until(t, film, { state: 'finished', files: [{ streamId: 'mix', name: 'mix.1.mp4', state: 'finished' }] });
    expect(factsOf(t)).toMatchObject({
      stopAt: expect.any(Number),
      settings: [{ settings: { layout: { mode: 'speaker' }, canvas: { width: 640, height: 360 } } }],
      streams: [
        { streamId: 'cam', lastSequence: 9 },
        { streamId: 'screen', lastSequence: 9 },
      ],
    });
    expect([...(t.mixers[0]?.jobs.values() ?? [])]).toMatchObject([{ isComplete: true }]);
    expect(await look(t, id)).toMatchObject({ state: 'finished', mode: 'single' });
    expect((await render(t, film)).body).toMatchObject({ renderedFrom: film, film: { canvas: { width: 640 } } });
  });

  it('of a mix looks as it did, but for the parts that are asked for', async () => {
    const t = await start();
    const canvas = { width: 640, height: 360, fps: 15 };
    const id = await record(t, ['cam'], { mode: 'mix', layout: { mode: 'tile' }, canvas });
    const change = { overlays: { labels: {} }, canvas: { quality: 30 } };
    expect(await t.call('PUT', `/v1/recordings/${id}/layout`, change)).toMatchObject({ status: 200 });
    await t.call('PUT', `/v1/recordings/${id}/layout`, { layout: { mode: 'single' } });
    await finish(t, id);
    const looks = () =>
      factsOf(t)?.settings.map(
        ({
          settings: {
            layout,
            overlays,
            canvas: { width, fps },
          },
        }) => {
          return [layout.mode, Object.keys(overlays).length, width, fps];
        },
      );
    await render(t, id, {});
    await eventually(() => expect(t.mixers[1]?.jobs.size).toBe(1));
    expect(t.mixers[0]?.jobs.size).toBe(1);
    const recorded = [
      ['tile', 0, 640, 15],
      ['tile', 1, 640, 15],
      ['single', 1, 640, 15],
    ];
    expect(looks()).toEqual(recorded);
    await render(t, id, { layout: { mode: 'gallery' }, canvas: { width: 320, height: 180 } });
    await eventually(() => expect(t.mixers[1]?.jobs.size).toBe(2));
    expect(looks()).toEqual([
      ['gallery', 0, 320, 15],
      ['gallery', 1, 320, 15],
    ]);
  });

  it('goes on from the first line of its journal after a crash', async () => {
    const dataDir = await temporaryDirectory();
    const before = await start({ dataDir });
    const id = await record(before, ['cam']);
    await finish(before, id);
    const film = String((await render(before, id, { layout: { mode: 'single' } })).body.recordingId);
    await until(before, film, { state: 'finished' });
    const made = factsOf(before);
    await open.pop()?.close();
    const journal = join(dataDir, 'recordings', film, 'journal.jsonl');
    await writeFile(journal, `${(await readFile(journal, 'utf8')).split('\n')[0]}\n`);
    // What is left of the recording it was made from is its tapes.
    await rm(join(dataDir, 'recordings', id), { recursive: true });

    const after = await start({ dataDir });
    await until(after, film, { state: 'finished', renderedFrom: id, files: [{ state: 'finished' }] });
    expect(factsOf(after)).toEqual(made);
  });

  it('is begun once for one key, and refused when it cannot be', async () => {
    const t = await start();
    const id = await record(t, ['cam']);
    await finish(t, id);
    const key = { 'idempotency-key': 'k' };
    const [first, second] = [
      await render(t, id, { format: 'webm' }, key),
      await render(t, id, { format: 'webm' }, key),
    ];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.recordingId).toBe(first.body.recordingId);
    const codes = async (...bodies: object[]) => {
      const answers = await Promise.all(bodies.map((body) => render(t, id, body)));
      return answers.map(({ body }) => (body.error as { code: string }).code);
    };
    const outside = { layout: { mode: 'custom', cells: [{ x: 0, y: 0, width: 2000, height: 20 }] } };
    expect(await codes({ canvas: { width: 65 } }, outside, { format: 'avi' }, { streams: ['x'] })).toEqual([
      ...['LAYOUT_ODD_SIZE', 'LAYOUT_OUTSIDE_CANVAS', 'INVALID_REQUEST', 'INVALID_REQUEST'],
    ]);
    await rm(join(t.dataDir, 'tapes'), { recursive: true });
    expect(await codes({})).toEqual(['TAPE_GONE']);
  });

  it('is refused where nothing was recorded', async () => {
    const t = await start();
    const id = await record(t, []);
    await finish(t, id);
    expect(await render(t, id)).toMatchObject({ status: 409, body: { error: { code: 'NOTHING_RECORDED' } } });
  });
});
