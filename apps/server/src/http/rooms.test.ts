import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let t: TestServer;
beforeAll(async () => {
  t = await startTestServer();
});
afterAll(() => t.close());

describe('rooms API', () => {
  it('creates a room once, shows, lists and deletes it', async () => {
    expect(await t.call('POST', '/v1/rooms', { roomId: 'one' })).toMatchObject({
      status: 201,
      body: { roomId: 'one' },
    });
    expect((await t.call('POST', '/v1/rooms', { roomId: 'one' })).status).toBe(200);
    expect((await t.call('GET', '/v1/rooms/one')).body).toMatchObject({ participants: [], streams: [] });
    expect((await t.call('GET', '/v1/rooms')).body).toMatchObject({ rooms: [{ roomId: 'one' }] });
    expect((await t.call('GET', '/v1/rooms/one/streams')).body).toEqual({ streams: [] });
    expect((await t.call('DELETE', '/v1/rooms/one')).status).toBe(204);
    expect((await t.call('GET', '/v1/rooms/one')).body).toMatchObject({ error: { code: 'ROOM_NOT_FOUND' } });
    expect((await t.call('DELETE', '/v1/rooms/one')).status).toBe(404);
  });

  it.each([
    ['a slash', 'a%2Fb'],
    ['dots and slashes', '..%2F..'],
    ['only dots', '%2e%2e'],
    ['a dot', 'a.b'],
    ['10 kB', 'x'.repeat(10_000)],
    ['an umlaut', 'r%C3%BC'],
  ])('refuses an id with %s', async (_what, id) => {
    const { status, body } = await t.call('GET', `/v1/rooms/${id}`);

    // `..` never reaches a server: clients resolve it, so the path is another one.
    expect(body).toMatchObject({ error: { code: id === '%2e%2e' ? 'NOT_FOUND' : 'INVALID_ID' } });
    expect([400, 404]).toContain(status);
  });

  it.each([
    ['a slash', 'a/b'],
    ['dots', '..'],
    ['nothing', ''],
    ['10 kB', 'x'.repeat(10_000)],
  ])('refuses to create a room whose id has %s', async (_what, roomId) => {
    expect((await t.call('POST', '/v1/rooms', { roomId })).body).toMatchObject({ error: { code: 'INVALID_ID' } });
  });

  it('names the field that is wrong', async () => {
    const { body } = await t.call('POST', '/v1/rooms', { roomId: 'x', color: 'red' });

    expect(body).toMatchObject({ error: { code: 'INVALID_REQUEST', details: { problems: [{ field: 'color' }] } } });
  });

  it.each([
    ['not JSON', '{', 'INVALID_REQUEST', 400],
    ['no field', '{}', 'INVALID_REQUEST', 400],
    ['a number for an id', '{"roomId":5}', 'INVALID_REQUEST', 400],
    ['300 kB', JSON.stringify({ roomId: 'x'.repeat(300_000) }), 'REQUEST_TOO_LARGE', 413],
  ])('refuses a body with %s', async (_what, text, code, status) => {
    expect(await t.call('POST', '/v1/rooms', text)).toMatchObject({ status, body: { error: { code } } });
  });

  it('refuses a body of another type', async () => {
    const answer = await t.call('POST', '/v1/rooms', 'roomId=x', { 'content-type': 'text/plain' });

    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } });
  });

  it('tells unknown paths and wrong methods apart', async () => {
    expect((await t.call('GET', '/v1/nothing')).body).toMatchObject({ error: { code: 'NOT_FOUND' } });
    const wrong = await t.call('PUT', '/v1/rooms/one');
    expect(wrong).toMatchObject({ status: 405, body: { error: { code: 'METHOD_NOT_ALLOWED' } } });
    expect(wrong.headers.get('allow')).toContain('GET');
  });

  it('answers a path that cannot be decoded as any other error', async () => {
    const answer = await t.call('GET', '/v1/rooms/%E0%A4%A');

    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'INVALID_REQUEST', blame: 'caller' } } });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('says whose fault an error is, what to do and which request it was', async () => {
    const { body, headers } = await t.call('GET', '/v1/rooms/none');

    expect(body).toMatchObject({
      error: {
        blame: 'caller',
        retryable: false,
        whatToDo: expect.any(String),
        requestId: headers.get('x-request-id'),
      },
    });
  });
});

describe('access to rooms', () => {
  it('needs a key or a token', async () => {
    for (const authorization of ['', 'Bearer wrong', 'Basic abc', `Bearer ${'x'.repeat(5000)}`]) {
      const answer = await t.call('GET', '/v1/rooms', undefined, { authorization });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } });
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('lets a client see its own room and nothing else', async () => {
    await t.call('POST', '/v1/rooms', { roomId: 'mine' });
    const authorization = `Bearer ${await t.token('mine', 'ann')}`;
    const as = (method: string, path: string, body?: unknown) => t.call(method, path, body, { authorization });

    expect((await as('GET', '/v1/rooms/mine')).status).toBe(200);
    expect((await as('GET', '/v1/rooms/other')).body).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect((await as('GET', '/v1/rooms')).status).toBe(403);
    expect((await as('POST', '/v1/rooms/mine/tokens', { userId: 'bob' })).status).toBe(403);
    expect((await as('POST', '/v1/recordings', { roomId: 'mine', mode: 'single' })).status).toBe(403);
    expect((await as('GET', '/v1/debug')).status).toBe(403);
  });

  it('refuses tokens of a strange shape', async () => {
    expect((await t.call('POST', '/v1/rooms/r/tokens', { userId: 'a/b' })).body).toMatchObject({
      error: { code: 'INVALID_ID' },
    });
    const answer = await t.call('POST', '/v1/rooms/r/tokens', { userId: 'a', ttlSeconds: 1e9 });
    expect(answer.body).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  it('makes an address wait that guesses credentials', async () => {
    const guarded = await startTestServer({ env: { ROOMTAPE_AUTH_FAILURES_PER_MINUTE: '3' } });
    const guess = () => guarded.call('GET', '/v1/rooms', undefined, { authorization: 'Bearer guess' });
    const codes = [];
    for (let i = 0; i < 4; i += 1) codes.push((await guess()).status);
    await guarded.close();

    expect(codes).toEqual([401, 401, 401, 429]);
  });

  it('limits requests', async () => {
    const busy = await startTestServer({ env: { ROOMTAPE_REQUESTS_PER_MINUTE: '2' } });
    await busy.call('GET', '/v1/rooms');
    await busy.call('GET', '/v1/rooms');
    const third = await busy.call('GET', '/v1/rooms');
    await busy.close();

    expect(third).toMatchObject({ status: 429, body: { error: { code: 'TOO_MANY_REQUESTS', retryable: true } } });
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('limits rooms', async () => {
    const small = await startTestServer({ env: { ROOMTAPE_ROOMS_MAX: '1' } });
    await small.call('POST', '/v1/rooms', { roomId: 'a' });
    const second = await small.call('POST', '/v1/rooms', { roomId: 'b' });
    await small.close();

    expect(second).toMatchObject({ status: 503, body: { error: { code: 'LIMIT_REACHED' } } });
  });
});
