import { describe, expect, it } from 'vitest';
import { type KeeperState, LinkKeeper } from './link-keeper.ts';
import { created, FakeEnvironment, type FakePeerConnection, refused, settle } from './testing/fake-environment.ts';

const RESTART_FRAGMENT = 'a=ice-ufrag:server2\r\na=ice-pwd:serverpassword2\r\na=fingerprint:sha-256 BB\r\n';

function keep() {
  const environment = new FakeEnvironment();
  let sessions = 0;
  environment.answer = (request) => {
    if (request.method === 'POST') return created(`/session/${++sessions}`);
    return new Response(null, { status: 204 });
  };
  const states: string[] = [];
  const keeper = new LinkKeeper({
    environment,
    describeLink: async () => ({ environment, url: 'http://rec.test/whip/r/s', token: 't', prepare: () => undefined }),
    onLink: () => undefined,
    onState: (state: KeeperState, error) => states.push(error === undefined ? state : `${state}: ${error.code}`),
  });
  const latest = (): FakePeerConnection => environment.connections.at(-1) as FakePeerConnection;
  const methods = (): string[] => environment.requests.map((request) => request.method);
  return { environment, keeper, states, latest, methods };
}

async function keepConnected() {
  const kept = keep();
  const started = kept.keeper.start();
  await settle();
  kept.latest().become('connected');
  await started;
  return kept;
}

describe('LinkKeeper', () => {
  it('is connected when media can flow', async () => {
    const { states, latest } = await keepConnected();

    expect(states).toEqual(['requesting', 'connected']);
    expect(latest().remoteDescriptions).toHaveLength(1);
  });

  it('sends candidates found together in one request', async () => {
    const { environment, latest, methods } = await keepConnected();

    latest().find('candidate:1');
    latest().find('candidate:2');
    await environment.advance(20);

    expect(methods()).toEqual(['POST', 'PATCH']);
    expect(environment.requests[1]?.body).toContain('a=candidate:1\r\na=candidate:2');
  });

  it('waits a moment when the connection is only interrupted', async () => {
    const { environment, states, latest, methods } = await keepConnected();

    latest().become('disconnected');
    await environment.advance(1000);
    latest().become('connected');
    await environment.advance(60_000);

    expect(states).toEqual(['requesting', 'connected', 'reconnecting', 'connected']);
    expect(methods()).toEqual(['POST']);
  });

  it('restarts ICE in the same session when the connection failed', async () => {
    const { environment, states, latest, methods } = await keepConnected();
    environment.answer = () => new Response(RESTART_FRAGMENT, { status: 200, headers: { ETag: '"2"' } });

    latest().become('failed');
    await settle();
    latest().become('connected');

    expect(states.slice(2)).toEqual(['reconnecting', 'connected']);
    expect(methods()).toEqual(['POST', 'PATCH']);
    expect(environment.requests[1]).toMatchObject({ headers: { 'If-Match': '*' } });
    expect(environment.requests[1]?.body).toContain('a=ice-ufrag:user2');
    expect(latest().remoteDescriptions.at(-1)).toContain('a=ice-ufrag:server2');
    expect(environment.connections).toHaveLength(1);
  });

  it('publishes again under the same address when a restart is refused', async () => {
    const { environment, states, latest, methods } = await keepConnected();
    const answer = environment.answer;
    environment.answer = (request) =>
      request.method === 'PATCH' ? refused(404, 'SESSION_NOT_FOUND') : answer(request);

    latest().become('failed');
    await environment.advance(500);
    latest().become('connected');

    expect(methods()).toEqual(['POST', 'PATCH', 'DELETE', 'POST']);
    expect(environment.requests.at(-1)?.url).toBe(environment.requests[0]?.url);
    expect(environment.connections.map((connection) => connection.isClosed)).toEqual([true, false]);
    expect(states.slice(2)).toEqual(['reconnecting', 'reconnecting: CONNECTION_FAILED', 'connected']);
  });

  it('waits longer from attempt to attempt while the server is away, and comes back with it', async () => {
    const { environment, latest, methods } = await keepConnected();
    const answer = environment.answer;
    const postedAtMs: number[] = [];
    environment.answer = (request) => {
      if (request.method === 'POST') postedAtMs.push(environment.nowMs());
      return undefined;
    };

    latest().become('failed');
    await environment.advance(20_000);
    environment.answer = answer;
    await environment.advance(8_000);
    latest().become('connected');

    expect(postedAtMs).toEqual([500, 1500, 3500, 7500, 15_500]);
    expect(methods().at(-1)).toBe('POST');
  });

  it('starts a new session when a restart connects nothing in time', async () => {
    const { environment, latest, methods } = await keepConnected();
    const answer = environment.answer;
    environment.answer = (request) =>
      request.method === 'PATCH' ? new Response(RESTART_FRAGMENT, { status: 200 }) : answer(request);

    latest().become('failed');
    await environment.advance(10_500);

    expect(methods()).toEqual(['POST', 'PATCH', 'DELETE', 'POST']);
  });

  it('fails at once on a refusal that no new attempt can change', async () => {
    const { environment, keeper, states, methods } = keep();
    environment.answer = () => refused(409, 'STREAM_TAKEN');

    const error = await keeper.start().catch((thrown: unknown) => thrown);
    await environment.advance(60_000);

    expect(error).toMatchObject({ code: 'STREAM_TAKEN' });
    expect(states).toEqual(['requesting', 'failed: STREAM_TAKEN']);
    expect(methods()).toEqual(['POST']);
  });

  it('tries a few times to begin while the media process restarts', async () => {
    const { environment, keeper, latest } = keep();
    const answer = environment.answer;
    environment.answer = () => refused(503, 'MEDIA_UNAVAILABLE', true);

    const started = keeper.start();
    await environment.advance(600);
    environment.answer = answer;
    await environment.advance(2000);
    latest().become('connected');

    await expect(started).resolves.toBeUndefined();
    expect(environment.requests.length).toBe(3);
  });

  it('goes back to waiting when a viewer returns before its publisher', async () => {
    const { environment, states, latest } = await keepConnected();
    const answer = environment.answer;
    environment.answer = (request) =>
      request.method === 'DELETE' ? answer(request) : refused(404, 'STREAM_NOT_FOUND');

    latest().become('failed');
    await environment.advance(5000);
    environment.answer = answer;
    await environment.advance(8000);
    latest().become('connected');

    expect(states.at(-1)).toBe('connected');
  });

  it('ends the session once, and a late answer too', async () => {
    const { environment, keeper, states, methods } = keep();
    const started = keeper.start().catch((thrown: unknown) => thrown);

    await keeper.stop();
    await keeper.stop();
    await environment.advance(60_000);

    expect(await started).toMatchObject({ code: 'CANCELLED' });
    expect(states).toEqual(['requesting', 'stopped']);
    expect(methods().filter((method) => method === 'POST').length).toBe(
      methods().filter((method) => method === 'DELETE').length,
    );
  });
});
