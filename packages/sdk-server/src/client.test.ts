import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error.ts';
import { createClient } from './client.ts';

type Sent = { url: string; method: string; headers: Record<string, string>; body: unknown };

function answering(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const fake: typeof fetch = async (url, init) => {
    const body = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    sent.push({ url: String(url), method: init?.method ?? '', headers: init?.headers as Record<string, string>, body });
    const answer = answers.shift();
    if (answer instanceof Response) return answer;
    throw answer ?? new Error('no more answers');
  };
  return { sent, client: createClient({ server: 'http://host:1/', apiKey: 'key', fetch: fake }) };
}

const refusal = {
  error: {
    code: 'STREAM_TAKEN',
    message: 'taken',
    blame: 'caller',
    retryable: false,
    whatToDo: 'choose another',
    details: { streamId: 's' },
    requestId: 'req_1',
  },
};

describe('client', () => {
  it('sends the key, JSON and the idempotency key', async () => {
    const { client, sent } = answering(Response.json({ recordingId: 'rec' }));

    expect(await client.recordings.start({ roomId: 'r' }, { idempotencyKey: 'once' })).toEqual({ recordingId: 'rec' });
    expect(sent).toMatchObject([
      {
        url: 'http://host:1/v1/recordings',
        method: 'POST',
        headers: { authorization: 'Bearer key', 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: { roomId: 'r', mode: 'single' },
      },
    ]);
  });

  it('knows the paths of rooms, recordings and files', async () => {
    const ok = () => Response.json({ rooms: [] });
    const { client, sent } = answering(
      ok(),
      ok(),
      ok(),
      new Response(null, { status: 204 }),
      ok(),
      ok(),
      ok(),
      ok(),
      ok(),
      ok(),
    );
    await client.rooms.create('r');
    await client.rooms.get('a/b');
    await client.rooms.list();
    await client.rooms.delete('r');
    await client.rooms.createToken('r', { userId: 'u' });
    await client.recordings.stop('rec');
    await client.recordings.list({ roomId: 'r', limit: 2 });
    await client.recordings.list();
    await client.files.download('f', { start: 5, end: 9 });
    await client.files.head('f');

    expect(sent.map(({ method, url }) => `${method} ${url.slice('http://host:1'.length)}`)).toEqual([
      'POST /v1/rooms',
      'GET /v1/rooms/a%2Fb',
      'GET /v1/rooms',
      'DELETE /v1/rooms/r',
      'POST /v1/rooms/r/tokens',
      'POST /v1/recordings/rec/stop',
      'GET /v1/recordings?roomId=r&limit=2',
      'GET /v1/recordings',
      'GET /v1/files/f',
      'HEAD /v1/files/f',
    ]);
    expect(sent[8]?.headers.range).toBe('bytes=5-8');
  });

  it('changes the layout of a mixed recording', async () => {
    const { client, sent } = answering(Response.json({ recordingId: 'rec' }));
    await client.recordings.changeLayout('rec/1', { layout: { mode: 'speaker' } });

    expect(sent).toMatchObject([
      { url: 'http://host:1/v1/recordings/rec%2F1/layout', method: 'PUT', body: { layout: { mode: 'speaker' } } },
    ]);
  });

  it('takes a picture and makes a film of a finished recording', async () => {
    const { client, sent } = answering(Response.json({ fileId: 'f' }), Response.json({ recordingId: 'rec_2' }));
    await client.recordings.snapshot('rec_1', { atMs: 2500, width: 320 });
    await client.recordings.render('rec_1', { layout: { mode: 'speaker' }, format: 'webm' }, { idempotencyKey: 'k' });

    expect(sent.map(({ method, url, body }) => [method, url.slice('http://host:1'.length), body])).toEqual([
      ['POST', '/v1/recordings/rec_1/snapshot', { atMs: 2500, width: 320 }],
      ['POST', '/v1/recordings/rec_1/renders', { layout: { mode: 'speaker' }, format: 'webm' }],
    ]);
    expect(sent[1]?.headers['idempotency-key']).toBe('k');
  });

  it('uploads a file in large parts, each at its offset, whatever pieces it is given', async () => {
    const upload = { recordingId: 'rec', fileId: 'file-1', url: '/v1/files/file-1', offset: 0 };
    const done = () => new Response(null, { status: 204 });
    const { client, sent } = answering(Response.json(upload, { status: 201 }), done(), done());
    const content = [new Uint8Array(3), new Uint8Array(5_000_000), new Uint8Array(2)];

    expect(await client.files.upload({ roomId: 'r', name: 'a.mp4', bytes: 5_000_005, content })).toEqual({
      ...upload,
      offset: 5_000_005,
    });
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://host:1/v1/files',
      'PATCH http://host:1/v1/files/file-1',
      'PATCH http://host:1/v1/files/file-1',
    ]);
    expect(sent[0]?.body).toEqual({ roomId: 'r', name: 'a.mp4', bytes: 5_000_005 });
    expect(sent.slice(1).map(({ headers }) => headers['upload-offset'])).toEqual(['0', '5000003']);
  });

  it('throws what the server refused with', async () => {
    const { client } = answering(Response.json(refusal, { status: 409 }));

    const error: unknown = await client.rooms.get('r').catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 'STREAM_TAKEN',
      blame: 'caller',
      retryable: false,
      status: 409,
      requestId: 'req_1',
    });
  });

  it('tells no answer and a strange answer apart', async () => {
    const { client } = answering(new TypeError('refused'), new Response('<html>', { status: 502 }));

    await expect(client.rooms.list()).rejects.toMatchObject({ code: 'CONNECTION_FAILED', retryable: true, status: 0 });
    await expect(client.rooms.list()).rejects.toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      retryable: true,
      status: 502,
    });
  });

  it('reports an unhealthy server without throwing', async () => {
    const { client } = answering(Response.json({ status: 'failing' }, { status: 503 }));

    expect(await client.health()).toEqual({ status: 'failing' });
  });
});
