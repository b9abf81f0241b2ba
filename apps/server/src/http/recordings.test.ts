import { appendFile, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer, temporaryDirectory } from '../testing/test-server.ts';
import { testServers } from '../testing/test-servers.ts';

const { start } = testServers();

/** Publishes a stream whose media flows. */
async function live(t: TestServer, streamId: string, userId: string): Promise<string> {
  const answer = await t.publish('r', streamId, await t.token('r', userId));
  const sessionId = answer.headers.get('location')?.split('/').at(-1) ?? '';
  t.media.at(-1)?.connect(sessionId);
  await eventually(async () => {
    const { body } = await t.call('GET', '/v1/rooms/r');
    expect(body.streams).toContainEqual(expect.objectContaining({ streamId, state: 'live' }));
  });
  return sessionId;
}

async function record(t: TestServer, body: Record<string, unknown> = {}): Promise<string> {
  const answer = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'single', ...body });
  expect(answer.status).toBe(201);
  return String(answer.body.recordingId);
}

const state = async (t: TestServer, id: string) => (await t.call('GET', `/v1/recordings/${id}`)).body.state;
const until = (t: TestServer, id: string, expected: string) =>
  eventually(async () => expect(await state(t, id)).toBe(expected));

type File = { fileId: string; name: string; state: string; url: string };
const files = async (t: TestServer, id: string) => (await t.call('GET', `/v1/recordings/${id}`)).body.files as File[];

describe('recordings', () => {
  it('record what is published now and later, and finish each stream to a file', async () => {
    const t = await start();
    const ann = await live(t, 'cam', 'ann');
    const id = await record(t);
    expect(await state(t, id)).toBe('starting');

    t.media[0]?.connect(ann);
    await until(t, id, 'recording');
    await live(t, 'screen', 'bob');
    await eventually(async () => expect(await files(t, id)).toHaveLength(2));
    expect((await t.call('POST', `/v1/recordings/${id}/stop`)).body.stoppedAt).toBeDefined();
    await until(t, id, 'finished');

    expect(await files(t, id)).toMatchObject([
      { streamId: 'cam', userId: 'ann', name: 'cam.1.mp4', state: 'finished', missingMs: { 'network-loss': 20 } },
      { streamId: 'screen', userId: 'bob', name: 'screen.1.mp4', durationMs: 1500 },
    ]);
    const { body } = await t.call('GET', `/v1/recordings/${id}`);
    expect(body).toMatchObject({ firstKeyframeAt: expect.any(String), problems: [], media: 'audio-video' });
    const [tape] = await readdir(join(t.dataDir, 'recordings', id, 'tapes'));
    expect(await readlink(join(t.dataDir, 'recordings', id, 'tapes', tape ?? ''))).toBe(`../../../tapes/${tape}`);
  });

  it('may start with nobody there, stop twice, and end without files', async () => {
    const t = await start();
    const id = await record(t);

    expect((await t.call('POST', `/v1/recordings/${id}/stop`)).body.state).toBe('finished');
    expect((await t.call('POST', `/v1/recordings/${id}/stop`)).status).toBe(200);
    expect(await files(t, id)).toEqual([]);
  });

  it('record only the streams they name', async () => {
    const t = await start();
    const id = await record(t, { streams: ['screen'] });
    await live(t, 'cam', 'ann');
    await live(t, 'screen', 'ann');

    await eventually(async () => expect((await files(t, id)).map((file) => file.name)).toEqual(['screen.1.mp4']));
  });

  it('share one tape between recordings of the same stream, and seal it with the last', async () => {
    const t = await start();
    await live(t, 'cam', 'ann');
    const one = await record(t);
    t.media[0]?.connect([...(t.media[0]?.sessions.keys() ?? [])][0] ?? '');
    await until(t, one, 'recording');
    const two = await record(t);
    await until(t, two, 'recording');

    expect(t.media[0]?.tapes.size).toBe(1);
    await t.call('POST', `/v1/recordings/${one}/stop`);
    await until(t, one, 'finished');
    expect(t.media[0]?.calls).not.toContain('stopTape');
    await t.call('POST', `/v1/recordings/${two}/stop`);
    await until(t, two, 'finished');
    expect(t.media[0]?.calls).toContain('stopTape');
  });

  it('pause and resume, and refuse both once stopped', async () => {
    const t = await start();
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await until(t, id, 'recording');

    expect((await t.call('POST', `/v1/recordings/${id}/pause`)).body.state).toBe('paused');
    expect((await t.call('POST', `/v1/recordings/${id}/pause`)).status).toBe(200);
    // What was captured before the pause still arrives: the tape is paused a moment later.
    await eventually(() => expect(t.media[0]?.calls).toContain('pause true'));
    expect((await t.call('POST', `/v1/recordings/${id}/resume`)).body.state).toBe('recording');
    await eventually(() =>
      expect([...(t.workers[0]?.pauses.values() ?? [])]).toMatchObject([[{ toAt: expect.anything() }]]),
    );
    expect(t.media[0]?.calls.filter((call) => call.startsWith('pause'))).toEqual(['pause true', 'pause false']);

    expect((await t.call('POST', `/v1/recordings/${id}/stop`)).body.state).toBe('finishing');
    expect(t.media[0]?.calls).not.toContain('stopTape');
    await eventually(() => expect([...(t.workers[0]?.pauses.values() ?? [])].at(-1)).toHaveLength(2));
    for (const verb of ['pause', 'resume']) {
      const answer = await t.call('POST', `/v1/recordings/${id}/${verb}`);
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'INVALID_STATE' } } });
    }
  });

  it('go on in the same file when the publisher comes back in time, and end the file when not', async () => {
    const t = await start({ env: { ROOMTAPE_REPUBLISH_WAIT_MS: '3000' } });
    const id = await record(t);
    const first = await live(t, 'cam', 'ann');
    t.media[0]?.lose(first);
    await eventually(async () =>
      expect((await t.call('GET', '/v1/rooms/r')).body.streams).toMatchObject([{ state: 'interrupted' }]),
    );
    const second = await live(t, 'cam', 'ann');
    expect((await files(t, id)).map((file) => file.state)).toEqual(['recording']);

    t.media[0]?.lose(second);
    await eventually(async () => expect((await files(t, id)).map((file) => file.state)).toEqual(['finished']));
    expect(await state(t, id)).toBe('recording');
    await live(t, 'cam', 'ann');
    await eventually(async () =>
      expect((await files(t, id)).map((file) => file.name)).toEqual(['cam.1.mp4', 'cam.2.mp4']),
    );
  });

  it('leave no file of a publisher who never connected', async () => {
    const t = await start();
    const id = await record(t);
    const refused = await fetch(`${t.url}/whip/r/cam`, {
      method: 'POST',
      headers: { authorization: `Bearer ${t.apiKey}`, 'content-type': 'application/sdp' },
      body: 'nonsense',
    });
    await t.call('POST', `/v1/recordings/${id}/stop`);

    expect(refused.status).toBe(400);
    await until(t, id, 'finished');
    expect(await files(t, id)).toEqual([]);
  });

  it('report what the tape and the worker could not do', async () => {
    const t = await start();
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await until(t, id, 'recording');
    const [tape] = t.media[0]?.tapes.values() ?? [];
    if (tape === undefined) throw new Error('no tape');
    const { roomId, streamId, tapeId } = tape;
    t.media[0]?.emit({ kind: 'tape-stalled', roomId, streamId, tapeId, code: 'DISK_FULL', at: 1 as never });
    await eventually(async () =>
      expect((await t.call('GET', `/v1/recordings/${id}`)).body.problems).toMatchObject([
        { code: 'DISK_FULL', streamId: 'cam' },
      ]),
    );
    t.media[0]?.emit({ kind: 'tape-recovered', roomId, streamId, tapeId, at: 1 as never });
    await eventually(async () =>
      expect((await t.call('GET', `/v1/recordings/${id}`)).body.problems).toMatchObject([
        { resolvedAt: expect.any(String) },
      ]),
    );

    const [jobId = ''] = t.workers[0]?.jobs.keys() ?? [];
    const failure = { code: 'PROJECTION_FAILED', message: 'damaged', retryable: false, files: [] };
    t.workers[0]?.emit({ kind: 'failed', jobId, ...failure });
    await t.call('POST', `/v1/recordings/${id}/stop`);
    await until(t, id, 'failed');
  });

  it('are started once per Idempotency-Key, also across a restart', async () => {
    const dataDir = await temporaryDirectory();
    const request = { roomId: 'r', mode: 'single' };
    const key = { 'idempotency-key': 'abc' };
    const one = await startTestServer({ dataDir });
    const first = await one.call('POST', '/v1/recordings', request, key);
    const again = await one.call('POST', '/v1/recordings', request, key);
    const other = await one.call('POST', '/v1/recordings', { ...request, media: 'audio' }, key);
    const long = await one.call('POST', '/v1/recordings', request, { 'idempotency-key': 'x'.repeat(256) });
    await one.close();
    const two = await startTestServer({ dataDir });
    const after = await two.call('POST', '/v1/recordings', request, key);
    await two.close();
    await rm(dataDir, { recursive: true });

    expect([first.status, again.status, after.status]).toEqual([201, 200, 200]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(after.body.recordingId).toBe(first.body.recordingId);
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'IDEMPOTENCY_MISMATCH' } } });
    expect(long.body).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  it('are listed newest first, by room, state and page', async () => {
    const t = await start();
    const ids = [await record(t), await record(t), await record(t, { roomId: 'other' })];
    await t.call('POST', `/v1/recordings/${ids[0]}/stop`);
    const list = async (query: string) => {
      const { body } = await t.call('GET', `/v1/recordings?${query}`);
      return { ids: (body.recordings as { recordingId: string }[]).map((r) => r.recordingId), next: body.next };
    };

    expect((await list('')).ids).toEqual([ids[2], ids[1], ids[0]]);
    expect((await list('roomId=r')).ids).toEqual([ids[1], ids[0]]);
    expect((await list('state=finished')).ids).toEqual([ids[0]]);
    const page = await list('limit=2');
    expect(page.ids).toEqual([ids[2], ids[1]]);
    expect((await list(`limit=2&after=${page.next}`)).ids).toEqual([ids[0]]);
    expect((await t.call('GET', '/v1/recordings?limit=1000')).status).toBe(400);
    expect((await t.call('GET', '/v1/recordings/rec_none')).body).toMatchObject({
      error: { code: 'RECORDING_NOT_FOUND' },
    });
  });

  it('of a kind that does not exist yet are refused with what does', async () => {
    const t = await start();

    const answer = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'hologram' });

    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'NOT_SUPPORTED', details: { supported: ['single', 'mix'] } } },
    });
  });

  it('are limited in number', async () => {
    const t = await start({ env: { ROOMTAPE_RECORDINGS_ACTIVE_MAX: '1' } });
    await record(t);

    const second = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'single' });

    expect(second).toMatchObject({ status: 503, body: { error: { code: 'LIMIT_REACHED' } } });
  });
});

describe('a restart', () => {
  it('goes on with open recordings and finishes stopped ones, with no command', async () => {
    const dataDir = await temporaryDirectory();
    const one = await startTestServer({ dataDir });
    const kept = await record(one);
    await live(one, 'cam', 'ann');
    await until(one, kept, 'recording');
    const tapeId = [...(one.media[0]?.tapes.keys() ?? [])][0];
    await one.close();
    // As after a crash: a stop that was written, and the line after it torn.
    const journal = join(dataDir, 'recordings', kept, 'journal.jsonl');
    const lines = (await readFile(journal, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines.map((line) => line.kind)).toEqual(['started', 'stream-linked', 'media-started']);

    const two = await startTestServer({ dataDir });
    expect(await state(two, kept)).toBe('recording');
    await eventually(() => expect([...(two.media[0]?.tapes.keys() ?? [])]).toEqual([tapeId]));
    await live(two, 'cam', 'ann');
    expect(await files(two, kept)).toHaveLength(1);
    await two.close();
    await appendFile(journal, `{"kind":"stopped","at":1767225600000000}\n{"kind":"stream-en`);

    const three = await startTestServer({ dataDir });
    await until(three, kept, 'finished');
    expect(await files(three, kept)).toMatchObject([{ state: 'finished', name: 'cam.1.mp4' }]);
    await three.close();
    expect(
      (await readFile(journal, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).kind),
    ).toContain('files-finished');
    await rm(dataDir, { recursive: true });
  });

  it('of the media process interrupts streams, keeps the tape and takes the publisher back', async () => {
    const t = await start();
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await until(t, id, 'recording');
    const tapeId = [...(t.media[0]?.tapes.keys() ?? [])][0];

    t.media[0]?.child.die('killed');
    const health = t.call('GET', '/healthz');
    await eventually(async () =>
      expect((await t.call('GET', '/v1/rooms/r')).body.streams).toMatchObject([{ state: 'interrupted' }]),
    );
    expect((await health).status).toBe(503);
    await eventually(() => expect([...(t.media[1]?.tapes.keys() ?? [])]).toEqual([tapeId]));
    await live(t, 'cam', 'ann');

    expect((await files(t, id)).map((file) => file.name)).toEqual(['cam.1.mp4']);
    expect((await t.call('GET', '/healthz')).status).toBe(200);
  });

  it('of a worker starts its jobs again', async () => {
    const t = await start();
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await until(t, id, 'recording');
    const [jobId = ''] = t.workers[0]?.jobs.keys() ?? [];

    t.workers[0]?.child.die('killed');
    await eventually(() => expect(t.workers[1]?.jobs.has(jobId)).toBe(true));
    await t.call('POST', `/v1/recordings/${id}/stop`);

    await until(t, id, 'finished');
  });
});

describe('files', () => {
  async function finishedFile(t: TestServer): Promise<File> {
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await until(t, id, 'recording');
    await t.call('POST', `/v1/recordings/${id}/stop`);
    await until(t, id, 'finished');
    const [file] = await files(t, id);
    if (file === undefined) throw new Error('no file');
    return file;
  }

  it('are read whole, in part, by head and again by tag', async () => {
    const t = await start();
    const file = await finishedFile(t);
    const get = (headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${t.url}${file.url}`, { method, headers });

    const whole = await get();
    expect(whole.status).toBe(200);
    expect(whole.headers.get('content-type')).toBe('video/mp4');
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(await whole.text()).toBe('finished file');
    const part = await get({ range: 'bytes=3-5' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 3-5/13', 'ish']);
    expect(await (await get({ range: 'bytes=-4' })).text()).toBe('file');
    expect(await (await get({ range: 'bytes=9-' })).text()).toBe('file');
    const head = await get({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '13', '']);
    const etag = whole.headers.get('etag') ?? '';
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    const beyond = await get({ range: 'bytes=13-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */13']);
    const saved = await fetch(`${t.url}${file.url}&download=1`);
    expect(saved.headers.get('content-disposition')).toBe('attachment; filename="cam.1.mp4"');
  });

  it('are read while they grow', async () => {
    const t = await start();
    const id = await record(t);
    await live(t, 'cam', 'ann');
    await eventually(async () => expect(await files(t, id)).toHaveLength(1));
    const [file] = await files(t, id);

    const answer = await fetch(`${t.url}${file?.url}`);

    expect([await answer.text(), answer.headers.get('cache-control')]).toEqual(['growing', 'no-store']);
  });

  it('need the key, or a token for just this file', async () => {
    const t = await start();
    const file = await finishedFile(t);
    const path = `/v1/files/${file.fileId}`;
    const status = async (suffix: string, headers?: Record<string, string>) =>
      (await fetch(`${t.url}${suffix}`, headers === undefined ? {} : { headers })).status;

    expect(await status(path)).toBe(401);
    expect(await status(path, { authorization: `Bearer ${t.apiKey}` })).toBe(200);
    expect(await status(`${path}?token=wrong`)).toBe(401);
    const token = new URL(`${t.url}${file.url}`).searchParams.get('token');
    expect(await status(`/v1/files/${file.fileId.replace(/-1$/, '-2')}?token=${token}`)).toBe(403);
    expect(await status('/v1/recordings', { authorization: `Bearer ${token}` })).toBe(403);
    expect(await status(path, { authorization: `Bearer ${await t.token('other', 'x', ['record'])}` })).toBe(403);
    expect(await status(path, { authorization: `Bearer ${await t.token('r', 'x', ['record'])}` })).toBe(200);
    for (const id of ['none', 'file_aaaaaaaaaaaaaaaaaaaa-1', `${file.fileId}0`]) {
      const answer = await t.call('GET', `/v1/files/${id}`);
      expect(answer.body).toMatchObject({ error: { code: 'FILE_NOT_FOUND' } });
    }
    expect((await t.call('GET', '/v1/files/..%2F..%2Fapi-key')).body).toMatchObject({ error: { code: 'INVALID_ID' } });
  });
});
