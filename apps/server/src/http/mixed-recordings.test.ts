import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { type TestServer, temporaryDirectory } from '../testing/test-server.ts';
import { testServers } from '../testing/test-servers.ts';

const { open, start } = testServers();

/** Publishes a stream; its media flows, onto the tapes there are by then, each time the returned function is called. */
async function live(t: TestServer, streamId: string): Promise<() => void> {
  const answer = await t.publish('r', streamId, await t.token('r', `user-of-${streamId.replace('?kind=', '-')}`));
  const sessionId = answer.headers.get('location')?.split('/').at(-1) ?? '';
  const flow = (): void => t.media.at(-1)?.connect(sessionId);
  flow();
  return flow;
}

async function recordMix(t: TestServer, body: Record<string, unknown> = {}): Promise<string> {
  const answer = await t.call('POST', '/v1/recordings', { roomId: 'r', mode: 'mix', ...body });
  expect(answer.body).toMatchObject({ mode: 'mix' });
  expect(answer.status).toBe(201);
  return String(answer.body.recordingId);
}

const get = async (t: TestServer, id: string) => (await t.call('GET', `/v1/recordings/${id}`)).body;
const until = (t: TestServer, id: string, expected: Record<string, unknown>) =>
  eventually(async () => expect(await get(t, id)).toMatchObject(expected));
const factsOf = (t: TestServer, mixer = 0) => [...(t.mixers[mixer]?.facts.values() ?? [])].at(-1);

describe('a mixed recording', () => {
  it('tapes every stream and makes one film of them, in a process that is started for it', async () => {
    const t = await start();
    const flow = await live(t, 'cam');
    expect(t.mixers).toEqual([]);

    const id = await recordMix(t, { layout: { mode: 'gallery' }, canvas: { width: 640, height: 360 } });
    flow();
    await live(t, 'screen');
    await eventually(() => expect(factsOf(t)?.streams.map(({ streamId }) => streamId)).toEqual(['cam', 'screen']));
    await until(t, id, { state: 'recording', film: { mixedMs: 1000, lagMs: 40, layout: { mode: 'gallery' } } });
    const { text } = (await t.call('GET', '/metrics')).body;
    expect(text).toMatch(/roomtape_mixes 1\n[\s\S]*roomtape_mix_lag_milliseconds 40\n/);
    await t.call('POST', `/v1/recordings/${id}/stop`);
    await until(t, id, { state: 'finished', problems: [] });

    const { files } = await get(t, id);
    expect(files).toMatchObject([{ streamId: 'mix', name: 'mix.1.mp4', state: 'finished' }]);
    expect(factsOf(t)).toMatchObject({ streams: [{ lastSequence: 9 }, { lastSequence: 9 }] });
    expect([...(t.workers[0]?.ends.values() ?? [])]).toMatchObject([{ sequence: 7 }]);
    expect(t.workers[0]?.jobs.size).toBe(1);
  });

  it('tells what the publishers say their pictures are, to the room and to the mixer, also after a restart', async () => {
    const dataDir = await temporaryDirectory();
    const before = await start({ dataDir });
    await live(before, 'cam');
    const flow = await live(before, 'slides?kind=screen');
    const streams = (await before.call('GET', '/v1/rooms/r/streams')).body;
    expect(streams).toMatchObject({
      streams: [
        { streamId: 'cam', kind: 'camera' },
        { streamId: 'slides', kind: 'screen' },
      ],
    });
    await recordMix(before, { layout: { mode: 'presentation' } });
    flow();
    const kinds = [
      ['cam', 'camera'],
      ['slides', 'screen'],
    ];
    const told = (t: TestServer) => factsOf(t)?.streams.map(({ streamId, kind }) => [streamId, kind]);
    await eventually(() => expect(told(before)).toEqual(kinds));
    const refused = await before.publish('r', 'x?kind=hologram', await before.token('r', 'ann'));
    expect(refused.status).toBe(400);
    await open.pop()?.close();

    const after = await start({ dataDir });
    await eventually(() => expect(told(after)).toEqual(kinds));
    type Listed = { readonly streams: readonly { readonly streamId: string; readonly kind: string }[] };
    await eventually(async () => {
      // Streams come back in any order.
      const { streams: back } = (await after.call('GET', '/v1/rooms/r/streams')).body as Listed;
      expect(back.map(({ streamId, kind }) => [streamId, kind]).sort()).toEqual(kinds);
    });
  });

  it('tapes all simulcast layers as long as a film is made of them, whatever else is recorded', async () => {
    const t = await start();
    const flow = await live(t, 'cam');
    const single = await t.call('POST', '/v1/recordings', { roomId: 'r' });
    const id = await recordMix(t);
    flow();
    const layerCalls = () => t.media.at(-1)?.calls.filter((call) => call.startsWith('layers'));
    await eventually(() => expect(layerCalls()).toEqual(['layers true']));
    await t.call('POST', `/v1/recordings/${id}/stop`);
    await eventually(() => expect(layerCalls()).toEqual(['layers true', 'layers false']));
    await t.call('POST', `/v1/recordings/${String(single.body.recordingId)}/stop`);
  });

  it('tells the mixer when somebody leaves, when it is paused and when the layout changes', async () => {
    const t = await start({ env: { ROOMTAPE_REPUBLISH_WAIT_MS: '0' } });
    const flow = await live(t, 'cam');
    const id = await recordMix(t);
    flow();
    await eventually(() => expect(factsOf(t)?.streams).toHaveLength(1));

    await t.call('POST', `/v1/recordings/${id}/pause`);
    await t.call('POST', `/v1/recordings/${id}/resume`);
    const answer = await t.call('PUT', `/v1/recordings/${id}/layout`, { layout: { mode: 'speaker' } });
    expect(answer.body).toMatchObject({ film: { layout: { mode: 'speaker' }, canvas: { width: 1280 } } });

    await eventually(() => expect(factsOf(t)?.settings.map(({ settings }) => settings.layout.mode)).toHaveLength(2));
    expect(factsOf(t)?.pauses).toMatchObject([{ fromAt: expect.any(Number), toAt: expect.any(Number) }]);
  });

  it('goes on after a restart from its journal, and finishes by itself once it was stopped', async () => {
    const dataDir = await temporaryDirectory();
    const before = await start({ dataDir });
    const flow = await live(before, 'cam');
    const id = await recordMix(before, { layout: { mode: 'single' } });
    flow();
    await eventually(() => expect(factsOf(before)?.streams).toHaveLength(1));
    const first = factsOf(before);
    await open.pop()?.close();

    const after = await start({ dataDir });
    await eventually(() =>
      expect(factsOf(after)).toMatchObject({ startAt: first?.startAt, settings: first?.settings }),
    );
    await after.call('POST', `/v1/recordings/${id}/stop`);
    await until(after, id, { state: 'finished' });
  });

  it('starts its film again when the mixer dies, and fails without losing the tapes when it always does', async () => {
    const t = await start();
    const flow = await live(t, 'cam');
    const id = await recordMix(t);
    flow();
    await eventually(() => expect(factsOf(t)?.streams).toHaveLength(1));

    t.mixers[0]?.child.die('signal SIGSEGV');
    await eventually(() => expect(t.mixers.length).toBeGreaterThan(1));
    await until(t, id, { state: 'recording' });
    const jobId = [...(t.mixers[0]?.jobs.keys() ?? [])][0] ?? '';
    const failure = { code: 'MIX_FAILED', message: 'the encoder cannot be opened', retryable: false } as const;
    await eventually(() => expect(t.mixers.at(-1)?.jobs.has(jobId)).toBe(true));
    t.mixers.at(-1)?.emit({ kind: 'mix-failed', jobId, ...failure });
    await t.call('POST', `/v1/recordings/${id}/stop`);

    await until(t, id, { state: 'failed' });
    expect((await get(t, id)).problems).toContainEqual(expect.objectContaining({ code: 'MIX_FAILED' }));
  });

  it('that is only heard is mixed without pictures, is live as sound, has no snapshot, and can be seen later', async () => {
    const t = await start();
    const flow = await live(t, 'cam');
    const id = await recordMix(t, { format: 'mp3' });
    flow();
    const jobs = () => t.mixers.flatMap((mixer) => [...mixer.jobs.values()]);
    await eventually(() => expect(jobs()).toMatchObject([{ isAudioOnly: true }]));
    const snapshot = await t.call('POST', `/v1/recordings/${id}/snapshot`);
    expect(snapshot).toMatchObject({ status: 409, body: { error: { code: 'NO_VIDEO' } } });
    const viewed = await fetch(`${t.url}/whep/r/${id}`, {
      ...{ method: 'POST', body: 'v=0 offer' },
      headers: { authorization: `Bearer ${await t.token('r', 'viewer')}`, 'content-type': 'application/sdp' },
    });
    expect(viewed.status).toBe(201);
    expect([...(t.media[0]?.sessions.values() ?? [])].at(-1)).toMatchObject({
      kind: 'play',
      tape: { kinds: ['audio'] },
    });
    await t.call('POST', `/v1/recordings/${id}/stop`);
    await until(t, id, { state: 'finished' });
    expect((await t.call('POST', `/v1/recordings/${id}/renders`, {})).status).toBe(201);
    await eventually(() => expect(jobs().map(({ isAudioOnly }) => isAudioOnly)).toEqual([true, undefined]));
  });

  it('ends without a film when nobody had media, and says so', async () => {
    const t = await start();
    const id = await recordMix(t);

    await t.call('POST', `/v1/recordings/${id}/stop`);

    await until(t, id, { state: 'finished', files: [], problems: [{ code: 'NOTHING_RECORDED' }] });
    expect(t.mixers).toEqual([]);
  });

  it('refuses what cannot be: layouts of other modes, bad cells, changes of a single or stopped recording', async () => {
    const t = await start();
    const single = await t.call('POST', '/v1/recordings', { roomId: 'r', layout: { mode: 'tile' } });
    const cell = { x: 0, y: 0, width: 2000, height: 100 };
    const outside = await t.call('POST', '/v1/recordings', {
      ...{ roomId: 'r', mode: 'mix', layout: { mode: 'custom', cells: [cell] } },
    });
    const id = await recordMix(t);
    const size = await t.call('PUT', `/v1/recordings/${id}/layout`, { canvas: { width: 640 } });
    await t.call('POST', `/v1/recordings/${id}/stop`);
    const late = await t.call('PUT', `/v1/recordings/${id}/layout`, { layout: { mode: 'tile' } });

    expect([single, outside, size, late].map(({ status }) => status)).toEqual([400, 400, 400, 409]);
    expect(single.body).toMatchObject({ error: { code: 'INVALID_REQUEST', details: { field: 'layout' } } });
    expect(late.body).toMatchObject({ error: { code: 'INVALID_STATE' } });
  });
});
