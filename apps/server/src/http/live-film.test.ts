import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let t: TestServer;
beforeEach(async () => {
  t = await startTestServer();
});
afterEach(() => t.close());

const offerTo = async (path: string, token: string): Promise<{ status: number; code: string | undefined }> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  const answer = await fetch(`${t.url}${path}`, { method: 'POST', headers, body: 'v=0 offer' });
  const text = await answer.text();
  const body = answer.ok ? {} : (JSON.parse(text) as { error?: { code: string } });
  return { status: answer.status, code: body.error?.code };
};
const record = async (body: Record<string, unknown> = {}) =>
  (await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'mix', ...body })).body as {
    recordingId: string;
    film?: { liveUrl?: string };
  };
const viewOf = async (id: string) => (await t.call('GET', `/v1/recordings/${id}`)).body;
const viewers = () => [...(t.media[0]?.sessions.values() ?? [])].filter(({ kind }) => kind === 'play');

describe('the film of a mixed recording, while it is made', () => {
  it('is played like a stream of its room that is named by the recording', async () => {
    const { recordingId, film } = await record();
    expect(film?.liveUrl).toBe(`/whep/r/${recordingId}`);
    expect(await offerTo(`/whep/r/${recordingId}`, await t.token('r', 'ann', ['play']))).toMatchObject({ status: 201 });
    expect(viewers()).toMatchObject([
      { roomId: 'r', streamId: recordingId, userId: 'ann', tape: { kinds: ['audio', 'video'] } },
    ]);
    expect(viewers()[0]?.tape?.directory).toMatch(new RegExp(`^${join(t.dataDir, 'tapes')}/tape_`));
    await t.call('POST', '/v1/rooms', { roomId: 'r' });
    expect((await t.call('GET', '/v1/rooms/r')).body).toMatchObject({ streams: [] });
  });

  it('is played by whoever may play in its room, and by nobody else', async () => {
    const { recordingId } = await record();
    const path = `/whep/r/${recordingId}`;
    expect(await offerTo(path, await t.token('r', 'eve', ['join']))).toMatchObject({ status: 403 });
    expect(await offerTo(path, await t.token('other', 'eve'))).toMatchObject({ status: 403 });
    expect(await offerTo(path, 'none')).toMatchObject({ status: 401 });
    await t.call('POST', '/v1/rooms', { roomId: 'other' });
    expect(await offerTo(`/whep/other/${recordingId}`, t.apiKey)).toEqual({ status: 404, code: 'STREAM_NOT_FOUND' });
  });

  it('has what the recording asks for', async () => {
    const { recordingId } = await record({ media: 'audio' });
    await offerTo(`/whep/r/${recordingId}`, t.apiKey);
    expect(viewers()).toMatchObject([{ tape: { kinds: ['audio'] } }]);
  });

  it('cannot be published in its place', async () => {
    const { recordingId } = await record();
    const token = await t.token('r', 'eve');
    expect(await offerTo(`/whip/r/${recordingId}`, token)).toEqual({ status: 409, code: 'STREAM_TAKEN' });
  });

  it('is no stream any more once the recording is stopped, nor is any other recording one', async () => {
    await t.call('POST', '/v1/rooms', { roomId: 'r' });
    const mix = await record();
    const single = await record({ mode: 'single' });
    await t.call('POST', `/v1/recordings/${mix.recordingId}/stop`);
    await eventually(async () => expect(await viewOf(mix.recordingId)).toMatchObject({ state: 'finished' }));
    expect((await viewOf(mix.recordingId)).film).not.toHaveProperty('liveUrl');
    for (const { recordingId } of [mix, single]) {
      const answer = await offerTo(`/whep/r/${recordingId}`, t.apiKey);
      expect(answer).toEqual({ status: 404, code: 'STREAM_NOT_FOUND' });
    }
  });
});
