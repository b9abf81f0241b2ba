import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let t: TestServer;
let token: string;
beforeAll(async () => {
  t = await startTestServer({ env: { ROOMTAPE_ICE_SERVERS: 'stun:stun.example.org:3478' } });
  token = await t.token('r', 'ann');
});
afterAll(() => t.close());

type Options = { method?: string; type?: string; body?: string; bearer?: string; headers?: Record<string, string> };
const send = (path: string, { method = 'POST', type, body, bearer = token, headers }: Options = {}) =>
  fetch(`${t.url}${path}`, {
    method,
    headers: {
      ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
const offer = (path: string, options: Options = {}) =>
  send(path, { type: 'application/sdp', body: 'v=0 offer', ...options });
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

describe('WHIP and WHEP', () => {
  it('publish, trickle, restart and end a session', async () => {
    const answer = await offer('/whip/r/cam');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('application/sdp');
    expect(await answer.text()).toBe('v=0 answer');
    expect(answer.headers.get('etag')).toBe('"etag-1"');
    expect(answer.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
    expect(answer.headers.get('link')).toBe('<stun:stun.example.org:3478>; rel="ice-server"');
    expect(answer.headers.get('access-control-expose-headers')).toContain('Location');
    const location = answer.headers.get('location') ?? '';
    expect(location).toMatch(/^\/whip\/r\/cam\/ses_/);

    const patch = (ifMatch?: string, type = 'application/trickle-ice-sdpfrag') =>
      send(location, {
        method: 'PATCH',
        type,
        body: 'a=candidate:1',
        ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
      });
    expect((await patch('"etag-1"')).status).toBe(204);
    const restarted = await patch('*');
    expect([restarted.status, restarted.headers.get('etag'), await restarted.text()]).toEqual([
      200,
      '"etag-2"',
      'a=ice-ufrag:new',
    ]);
    const refused = [await patch(), await patch('"other"'), await patch('*', 'application/sdp')];
    expect(refused.map((response) => response.status)).toEqual([428, 412, 415]);

    expect((await send(location, { method: 'DELETE' })).status).toBe(200);
    expect(await codeOf(await send(location, { method: 'DELETE' }))).toBe('SESSION_NOT_FOUND');
    expect(await codeOf(await patch('*'))).toBe('SESSION_NOT_FOUND');
  });

  it('refuse what is no offer', async () => {
    expect(await codeOf(await offer('/whip/r/x', { body: 'nonsense' }))).toBe('INVALID_SDP');
    expect(await codeOf(await offer('/whip/r/x', { type: 'text/plain' }))).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(await codeOf(await offer('/whip/r/x', { type: 'application/json', body: '{}' }))).toBe(
      'UNSUPPORTED_MEDIA_TYPE',
    );
    expect(await codeOf(await send('/whip/r/x'))).toBe('UNSUPPORTED_MEDIA_TYPE');
    const large = await offer('/whip/r/x', { body: `v=0${'x'.repeat(64 * 1024)}` });
    expect([large.status, await codeOf(large)]).toEqual([413, 'REQUEST_TOO_LARGE']);
    expect(await codeOf(await offer('/whip/r/a.b'))).toBe('INVALID_ID');
    expect((await t.call('GET', '/v1/rooms/r')).body).toMatchObject({ error: { code: 'ROOM_NOT_FOUND' } });
  });

  it('need a token for this room and action', async () => {
    expect(await codeOf(await offer('/whip/r/cam', { bearer: '' }))).toBe('UNAUTHENTICATED');
    expect(await codeOf(await offer('/whip/other/cam'))).toBe('FORBIDDEN');
    const playOnly = await t.token('r', 'eve', ['play']);
    expect(await codeOf(await offer('/whip/r/cam', { bearer: playOnly }))).toBe('FORBIDDEN');
    const own = (await offer('/whip/r/mine')).headers.get('location') ?? '';
    const eve = await t.token('r', 'eve');
    expect(await codeOf(await send(own, { method: 'DELETE', bearer: eve }))).toBe('FORBIDDEN');
    expect(await codeOf(await send(own.replace('/mine/', '/other/'), { method: 'DELETE' }))).toBe('SESSION_NOT_FOUND');
    expect((await send(own, { method: 'DELETE' })).status).toBe(200);
  });

  it('take expired tokens for none', async () => {
    const { body } = await t.call('POST', '/v1/rooms/r/tokens', { userId: 'ann', ttlSeconds: 1 });
    await eventually(async () => expect((await offer('/whip/r/y', { bearer: String(body.token) })).status).toBe(401));
  });

  it('give a stream to one user at a time', async () => {
    // A room that the API made stays, whoever else has left it by then.
    await t.call('POST', '/v1/rooms', { roomId: 'r' });
    await offer('/whip/r/stage');
    const taken = await offer('/whip/r/stage', { bearer: await t.token('r', 'bob') });
    expect([taken.status, await codeOf(taken)]).toEqual([409, 'STREAM_TAKEN']);
    expect((await offer('/whip/r/stage')).status).toBe(201);
    expect(t.media[0]?.calls.filter((call) => call === 'close true').length).toBeGreaterThan(0);
    expect((await t.call('DELETE', '/v1/rooms/r/streams/stage')).status).toBe(204);
    expect((await t.call('DELETE', '/v1/rooms/r/streams/stage')).body).toMatchObject({
      error: { code: 'STREAM_NOT_FOUND' },
    });
  });

  it('play what is published', async () => {
    const early = await t.publish('r', 'show', token);
    expect(await codeOf(await offer('/whep/r/show'))).toBe('STREAM_NOT_FOUND');
    t.media[0]?.connect(early.headers.get('location')?.split('/').at(-1) ?? '');
    await eventually(async () => expect((await offer('/whep/r/show')).status).toBe(201));

    const answer = await offer('/whep/r/show');
    const location = answer.headers.get('location') ?? '';
    expect(location).toMatch(/^\/whep\/r\/show\/ses_/);
    expect(await codeOf(await send(location.replace('/whep/', '/whip/'), { method: 'DELETE' }))).toBe(
      'SESSION_NOT_FOUND',
    );
    expect((await send(location, { method: 'DELETE' })).status).toBe(200);
    expect(await codeOf(await offer('/whep/none/show', { bearer: t.apiKey }))).toBe('ROOM_NOT_FOUND');
  });

  it('let the API key publish for a user it names', async () => {
    const answer = await offer('/whip/k/cam?userId=obs', { bearer: t.apiKey });
    expect(answer.status).toBe(201);
    expect([...(t.media[0]?.sessions.values() ?? [])].at(-1)?.userId).toBe('obs');
  });

  it('answer preflights and name the methods they take', async () => {
    const preflight = await fetch(`${t.url}/whip/r/cam`, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.org', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(preflight.headers.get('accept-post')).toBe('application/sdp');
    const wrong = await send('/whip/r/cam', { method: 'GET' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  it('are limited in number, and come back when the media process does', async () => {
    const small = await startTestServer({ env: { ROOMTAPE_SESSIONS_MAX: '1' } });
    await small.publish('r', 'a', small.apiKey);
    const second = await small.publish('r', 'b', small.apiKey);
    expect([second.status, await codeOf(second)]).toEqual([503, 'LIMIT_REACHED']);
    small.media[0]?.child.die('killed');
    const down = await small.publish('r', 'c', small.apiKey);
    expect([down.status, await codeOf(down)]).toEqual([503, 'MEDIA_UNAVAILABLE']);
    await eventually(async () => expect((await small.publish('r', 'c', small.apiKey)).status).toBe(201));
    await small.close();
  });
});
