import { mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFlvHeader, writeMetadataTag } from '@roomtape/flv';
import { concatBytes } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer, temporaryDirectory } from '../testing/test-server.ts';
import { testServers } from '../testing/test-servers.ts';
import { readPicture } from '../uploads/stored-picture.ts';

const { open, start } = testServers();

/** 5 s of FLV as far as its metadata says, and something behind it. */
const FILE = concatBytes([
  writeFlvHeader({ audio: true, video: true }),
  writeMetadataTag({ durationSeconds: 5, video: { codec: 'h264', width: 640, height: 360 } }),
  new Uint8Array(3000).fill(7),
]);

type Begun = { recordingId: string; fileId: string; url: string };

async function begin(t: TestServer, facts: Record<string, unknown> = {}, token = t.apiKey) {
  const body = { roomId: 'r', name: 'lesson.flv', bytes: FILE.length, ...facts };
  const answer = await t.call('POST', '/v1/files', body, { authorization: `Bearer ${token}` });
  return { ...answer, begun: answer.body as Begun };
}

function send(t: TestServer, url: string, options: { from: number; bytes: Uint8Array; token?: string; type?: string }) {
  return fetch(`${t.url}${url}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${options.token ?? t.apiKey}`,
      'content-type': options.type ?? 'application/partial-upload',
      'upload-offset': String(options.from),
    },
    body: options.bytes as Uint8Array<ArrayBuffer>,
  });
}

const head = (t: TestServer, url: string, token = t.apiKey) =>
  fetch(`${t.url}${url}`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } });

const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

describe('uploads', () => {
  it('become a recording like any other, in parts, by the user who may publish', async () => {
    const t = await start();
    const token = await t.token('r', 'ann', ['publish']);
    const { status, headers, begun } = await begin(t, { name: '课程 1.flv' }, token);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(begun.url);

    const first = await send(t, begun.url, { from: 0, bytes: FILE.subarray(0, 1000), token });
    expect([first.status, first.headers.get('upload-offset'), first.headers.get('upload-complete')]).toEqual([
      204,
      '1000',
      '?0',
    ]);
    expect((await t.call('GET', '/v1/recordings')).body.recordings).toEqual([]);
    expect((await head(t, begun.url, token)).headers.get('upload-offset')).toBe('1000');
    const last = await send(t, begun.url, { from: 1000, bytes: FILE.subarray(1000), token });
    expect(last.headers.get('upload-complete')).toBe('?1');

    const { body } = await t.call('GET', `/v1/recordings/${begun.recordingId}`);
    expect(body).toMatchObject({ mode: 'upload', roomId: 'r', state: 'finished', problems: [], format: 'flv' });
    const [file] = body.files as { name: string; url: string }[];
    expect(file).toMatchObject({
      ...{ fileId: begun.fileId, userId: 'ann', name: '课程 1.flv', container: 'flv', bytes: FILE.length },
      ...{ durationMs: 5000, width: 640, height: 360 },
    });
    const served = await fetch(`${t.url}${file?.url}`);
    expect(new Uint8Array(await served.arrayBuffer())).toEqual(FILE);
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
    expect(served.headers.get('content-disposition')).toBe(
      `inline; filename="__ 1.flv"; filename*=UTF-8''%E8%AF%BE%E7%A8%8B%201.flv`,
    );
    // Who lost the last answer can still learn that all of it arrived.
    expect((await head(t, begun.url, token)).headers.get('upload-offset')).toBe(String(FILE.length));
  });

  it('go on after a restart from the bytes that are on disk', async () => {
    const dataDir = await temporaryDirectory();
    const before = await startTestServer({ dataDir });
    const { begun } = await begin(before);
    await send(before, begun.url, { from: 0, bytes: FILE.subarray(0, 2000) });
    await before.close();
    // A power cut takes what was not yet written.
    await truncate(join(dataDir, 'uploads', begun.fileId.replace(/-1$/, ''), 'media.part'), 1500);

    const t = await start({ dataDir });
    expect((await head(t, begun.url)).headers.get('upload-offset')).toBe('1500');
    expect((await send(t, begun.url, { from: 1500, bytes: FILE.subarray(1500) })).status).toBe(204);
    expect((await t.call('GET', `/v1/recordings/${begun.recordingId}`)).body.state).toBe('finished');
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
  });

  it('finish by themselves when the server died after the last byte, at whichever step', async () => {
    const dataDir = await temporaryDirectory();
    const before = await startTestServer({ dataDir });
    const begun = await Promise.all([0, 1].map(async () => (await begin(before)).begun));
    await before.close();
    for (const { fileId } of begun) {
      await writeFile(join(dataDir, 'uploads', fileId.replace(/-1$/, ''), 'media.part'), FILE);
    }
    // One had begun to make its recording ready.
    const half = join(dataDir, 'uploads', begun[0]?.fileId.replace(/-1$/, '') ?? '', 'recording', 'files');
    await mkdir(half, { recursive: true });
    await writeFile(join(half, '..', 'journal.jsonl'), '{"kind":"sta');

    const t = await start({ dataDir });
    for (const { recordingId, fileId } of begun) {
      const { body } = await t.call('GET', `/v1/recordings/${recordingId}`);
      expect(body).toMatchObject({ mode: 'upload', state: 'finished', files: [{ fileId, bytes: FILE.length }] });
    }
  });

  it('are refused to anybody else, with the right error', async () => {
    const t = await start();
    const ann = await t.token('r', 'ann', ['publish']);
    const { begun } = await begin(t, {}, ann);
    const others = {
      nobody: 'wrong',
      otherRoom: await t.token('s', 'ann', ['publish']),
      otherUser: await t.token('r', 'bob', ['publish']),
      onlyPlays: await t.token('r', 'ann', ['play']),
    };
    for (const [who, token] of Object.entries(others)) {
      const status = who === 'nobody' ? 401 : 403;
      expect((await send(t, begun.url, { from: 0, bytes: FILE, token })).status).toBe(status);
      expect((await head(t, begun.url, token)).status).toBe(status);
    }
    expect((await begin(t, {}, others.onlyPlays)).status).toBe(403);
    expect((await begin(t, { roomId: 's' }, ann)).status).toBe(403);
  });

  it('of pictures are kept for mixed films, also when a crash came at the last step, and make no recording', async () => {
    const dataDir = await temporaryDirectory();
    const t = await start({ dataDir });
    const png = concatBytes([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), new Uint8Array(500)]);
    const svg = new TextEncoder().encode('\ufeff <svg xmlns="http://www.w3.org/2000/svg"/>');
    const ids: string[] = [];
    for (const bytes of [png, svg]) {
      const { begun } = await begin(t, { name: 'logo', bytes: bytes.length });
      expect((await send(t, begun.url, { from: 0, bytes })).status).toBe(204);
      expect(await readPicture(dataDir, begun.fileId)).toEqual(bytes);
      expect((await head(t, begun.url)).status).toBe(404);
      ids.push(begun.fileId);
    }
    expect((await t.call('GET', '/v1/recordings')).body).toMatchObject({ recordings: [] });
    const large = await begin(t, { name: 'logo.png', bytes: 6_000_000 });
    expect(await codeOf(await send(t, large.begun.url, { from: 0, bytes: png }))).toBe('REQUEST_TOO_LARGE');
    for (const unknown of ['nobody', '../uploads', `../assets/${ids[0]}`, ''])
      expect(await readPicture(dataDir, unknown)).toBeUndefined();
    await open.pop()?.close();

    const left = join(dataDir, 'uploads', 'file_1');
    await mkdir(left);
    const facts = { recordingId: 'rec_1', jobId: ids[0]?.slice(0, -2), createdAt: 0, bytes: png.length };
    await writeFile(join(left, 'upload.json'), JSON.stringify(facts));
    await start({ dataDir });
    expect(await readdir(join(dataDir, 'uploads'))).not.toContain('file_1');
    expect(await readPicture(dataDir, ids[0] ?? '')).toEqual(png);
  });

  it('refuse a wrong offset, too many bytes, a wrong type and what is no media', async () => {
    const t = await start({ env: { ROOMTAPE_UPLOAD_MAX_BYTES: '10000' } });
    const { begun } = await begin(t);
    const wrong = await send(t, begun.url, { from: 5, bytes: FILE });
    expect([wrong.status, wrong.headers.get('upload-offset')]).toEqual([409, '0']);
    expect(await codeOf(wrong)).toBe('UPLOAD_OFFSET_MISMATCH');
    expect((await send(t, begun.url, { from: 0, bytes: FILE, type: 'text/html' })).status).toBe(415);
    const longer = concatBytes([FILE, FILE]);
    expect(await codeOf(await send(t, begun.url, { from: 0, bytes: longer }))).toBe('REQUEST_TOO_LARGE');
    expect((await begin(t, { bytes: 10_001 })).status).toBe(413);

    const { begun: page } = await begin(t, { name: 'x.mp4', bytes: 100 });
    const html = new TextEncoder().encode('<script>alert(1)</script>'.padEnd(100));
    expect((await send(t, page.url, { from: 0, bytes: html })).status).toBe(415);
    expect((await head(t, page.url)).status).toBe(404);
    expect(await readdir(join(t.dataDir, 'uploads'))).toHaveLength(1);
  });

  it('refuse names with folders, and keep what the file is from its bytes', async () => {
    const t = await start();
    for (const name of ['../../etc/passwd', 'a/b.mp4', 'a\\b.mp4', 'a\u0000.mp4', '', 'x'.repeat(201)]) {
      expect((await begin(t, { name })).status).toBe(400);
    }
    for (const facts of [
      { bytes: 0 },
      { bytes: -1 },
      { bytes: 1.5 },
      { durationMs: -1 },
      { roomId: '../r' },
      { x: 1 },
    ]) {
      expect((await begin(t, facts)).status).toBe(400);
    }
    const { begun } = await begin(t, { name: '..html' });
    await send(t, begun.url, { from: 0, bytes: FILE });
    const { body } = await t.call('GET', `/v1/recordings/${begun.recordingId}`);
    expect(body.files).toMatchObject([{ name: 'upload.flv', container: 'flv' }]);
  });

  it('can be given up, and an interrupted request leaves what it brought', async () => {
    const t = await start();
    const { begun } = await begin(t);
    const abort = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(FILE.subarray(0, 500)),
      cancel: () => undefined,
    });
    const sending = fetch(`${t.url}${begun.url}`, {
      ...{ method: 'PATCH', body, duplex: 'half', signal: abort.signal },
      headers: {
        ...{ authorization: `Bearer ${t.apiKey}`, 'content-type': 'application/partial-upload', 'upload-offset': '0' },
      },
    } as RequestInit).catch((error: unknown) => error);
    // HEAD would end the request: its sender has come back, it would mean.
    const media = join(t.dataDir, 'uploads', begun.fileId.replace(/-1$/, ''), 'media.part');
    await eventually(async () => expect((await stat(media)).size).toBe(500));
    abort.abort();
    await sending;
    expect((await head(t, begun.url)).headers.get('upload-offset')).toBe('500');
    expect((await send(t, begun.url, { from: 500, bytes: FILE.subarray(500, 900) })).status).toBe(204);

    expect((await t.call('DELETE', begun.url)).status).toBe(204);
    expect((await head(t, begun.url)).status).toBe(404);
    expect(await readdir(join(t.dataDir, 'uploads'))).toEqual([]);
  });
});
